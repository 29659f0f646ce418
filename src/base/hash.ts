/**
 * Hashes of text: the same in every thread, on every node and after a restart, so that two proxies send one key to one
 * server. Not keyed, and so no protection: who knows the servers can find keys for one of them, which is what
 * bounded load is against.
 *
 * FNV-1a over the characters (each below 256 where it comes from the network), then the last step of MurmurHash3, which
 * spreads keys that differ in one character over all 32 bits.
 */

/** Where FNV-1a begins. */
const START = 0x811c9dc5;

/** The hash of `text` from `start` to `end`: 0 to 2^32 - 1. Another `seed` gives another hash. */
export function hashText(text: string, start: number, end: number, seed: number = START): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** Spreads the bits of a 32-bit number over all of it. */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
