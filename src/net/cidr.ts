/**
 * Networks in CIDR form, and sets of them that answer "is this address in one of you?" by binary search.
 *
 * IPv4 and IPv6 do not mix: `::/0` holds no IPv4 address, and IPv4-mapped addresses have become IPv4 before they get
 * here (see address.ts). A trust list must say what it means, so a network with host bits set is not silently masked.
 */
import type { Address } from './address.ts';
import { addressFromBytes, ipv4Value, parseAddress } from './address.ts';

export interface Cidr {
  /** The first address of the network. */
  readonly address: Address;
  /** Leading bits that are fixed: 0–32, or 0–128 for IPv6. */
  readonly prefix: number;
  /** Canonical text, always with the prefix: `10.0.0.0/8`, `::1/128`. */
  readonly text: string;
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32`, or a bare address, which is a network of one.
 *
 * `host-bits` means: well-formed, but bits after the prefix are set, as in `10.0.0.1/8`; whoever wrote it means either
 * one address or the network. networkOf says which network that would be.
 */
export function parseCidr(text: string): Cidr | 'host-bits' | undefined {
  const parts = splitCidr(text);
  if (parts === undefined) return undefined;
  const cidr = networkOf(parts.address, parts.prefix);
  return cidr.address.text === parts.address.text ? cidr : 'host-bits';
}

/** The network of the `prefix` leading bits of `address`: for `10.0.0.1` and 8 that is `10.0.0.0/8`. */
export function networkOf(address: Address, prefix: number): Cidr {
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bitsOf(address)) {
    throw new RangeError(`Cannot make a network: prefix ${prefix} is not of IPv${address.family}`);
  }
  const bytes = address.bytes.map((byte, index) => byte & byteMask(prefix - 8 * index));
  // Masking can make an IPv6 address look IPv4-mapped only if it was one before, and then it was IPv4.
  const network = addressFromBytes(bytes);
  return { address: network, prefix, text: `${network.text}/${prefix}` };
}

/**
 * A set of networks, made once and asked often.
 *
 * Overlapping and touching networks become ranges, sorted by start, both ends included, one array of 32-bit words per
 * end: one word a range for IPv4, four for IPv6.
 */
export class CidrSet {
  /** How many different networks the set was made of. */
  readonly size: number;
  /** What it was made of. */
  readonly cidrs: readonly Cidr[];
  readonly #v4: Ranges;
  readonly #v6: Ranges;

  static of(cidrs: readonly Cidr[]): CidrSet {
    return new CidrSet(cidrs);
  }

  private constructor(cidrs: readonly Cidr[]) {
    this.cidrs = cidrs;
    this.size = new Set(cidrs.map((cidr) => cidr.text)).size;
    this.#v4 = makeRanges(cidrs.filter((cidr) => cidr.address.family === 4));
    this.#v6 = makeRanges(cidrs.filter((cidr) => cidr.address.family === 6));
  }

  has(address: Address): boolean {
    const { bytes } = address;
    if (address.family === 4) return hasIpv4(this.#v4, wordAt(bytes, 0));
    if (this.#v6.starts.length === 0) return false;
    return hasIpv6(this.#v6, wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12));
  }

  /** Like has, for an address in text form; text that is no address is in no set. Allocates nothing for IPv4. */
  hasText(text: string): boolean {
    if (this.size === 0) return false;
    const value = ipv4Value(text);
    if (value >= 0) return hasIpv4(this.#v4, value);
    const address = parseAddress(text);
    return address !== undefined && this.has(address);
  }
}

interface Ranges {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

function splitCidr(text: string): { address: Address; prefix: number } | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash < 0) return { address, prefix: bitsOf(address) };
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
  // `::ffff:10.0.0.0/104` was written in 128 bits and is IPv4 now. A prefix that cuts the mapping itself is refused.
  const isMapped = address.family === 4 && text.includes(':');
  const prefix = Number(digits) - (isMapped ? 96 : 0);
  return prefix < 0 || prefix > bitsOf(address) ? undefined : { address, prefix };
}

function bitsOf(address: Address): number {
  return 8 * address.bytes.length;
}

/** The mask of one byte of which the `bits` highest are fixed; `bits` may lie outside 0–8. */
function byteMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff;
}

/** Sorts and joins the networks of one family. Exact big integers: this runs once per configuration. */
function makeRanges(cidrs: readonly Cidr[]): Ranges {
  const spans = cidrs.map(spanOf).sort((left, right) => compareNumbers(left.start, right.start));
  const joined: { start: bigint; end: bigint }[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last === undefined || span.start > last.end + 1n) joined.push({ ...span });
    else if (span.end > last.end) last.end = span.end;
  }
  const words = cidrs[0]?.address.family === 6 ? 4 : 1;
  return {
    starts: Uint32Array.from(joined.flatMap((span) => wordsOf(span.start, words))),
    ends: Uint32Array.from(joined.flatMap((span) => wordsOf(span.end, words))),
  };
}

function compareNumbers(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** First and last address of a network as numbers. */
function spanOf(cidr: Cidr): { start: bigint; end: bigint } {
  let start = 0n;
  for (const byte of cidr.address.bytes) start = start * 256n + BigInt(byte);
  return { start, end: start + (1n << BigInt(bitsOf(cidr.address) - cidr.prefix)) - 1n };
}

/** `value` as `count` 32-bit words, highest first. */
function wordsOf(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Number((value >> BigInt(32 * (count - 1 - index))) & 0xffff_ffffn),
  );
}

function wordAt(bytes: Uint8Array, offset: number): number {
  // In range: an address has 4 or 16 bytes, and callers ask for words inside.
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}

/** True if the last range that starts at or before `value` ends at or after it. */
function hasIpv4(ranges: Ranges, value: number): boolean {
  const { starts, ends } = ranges;
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    // In range: 0 ≤ low ≤ middle < high ≤ length.
    if (starts[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value <= ends[low - 1]!;
}

function hasIpv6(ranges: Ranges, a: number, b: number, c: number, d: number): boolean {
  const { starts, ends } = ranges;
  let low = 0;
  let high = starts.length / 4;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareWords(starts, 4 * middle, a, b, c, d) <= 0) low = middle + 1;
    else high = middle;
  }
  return low > 0 && compareWords(ends, 4 * (low - 1), a, b, c, d) >= 0;
}

/** Negative, zero or positive as the four words at `offset` are below, equal to or above a, b, c, d. */
function compareWords(
  words: Uint32Array,
  offset: number,
  a: number,
  b: number,
  c: number,
  d: number,
): number {
  // In range: a range has four words, and `offset` is the first of one.
  if (words[offset]! !== a) return words[offset]! - a;
  if (words[offset + 1]! !== b) return words[offset + 1]! - b;
  if (words[offset + 2]! !== c) return words[offset + 2]! - c;
  return words[offset + 3]! - d;
}
