/**
 * What the bytes of a text alone say about it, found in one pass: which transformations could change it, and which bytes
 * it has that tests need.
 */
import { copyText, PIECE_BYTES, TEXT_BYTES, TEXT_WORDS } from './text-bytes.ts';

/** Bits for each byte, 256 entries each. */
export interface ByteTables {
  /** The transformations that the byte triggers. */
  readonly triggers: Int32Array;
  /** The groups of bytes to which it belongs; both cases of a letter are one. */
  readonly groups: Int32Array;
  /** Its own bit, when it is one of the signs that few texts have. */
  readonly signs: Int32Array;
}

/** The bits of all bytes of a text together. */
export interface ByteProfile {
  triggers: number;
  groups: number;
  signs: number;
  /** For texts of some length, 1 for each byte that is there. */
  held: Uint8Array | undefined;
}

/** Set in every answer, so that a chain which must always run can ask for it. */
const ALWAYS = 1 << 31;

/** Shorter texts are read as they are: the copy costs as much as reading so many bytes does. */
const COPIED_BYTES_MIN = 32;

/** From here on the bytes that occur are noted first, and what they say is looked up once for each of the 256. */
const NOTED_BYTES_MIN = 1024;

export function profileInto(into: ByteProfile, text: string, tables: ByteTables): void {
  if (text.length < COPIED_BYTES_MIN) profileShort(into, text, tables);
  else if (text.length < NOTED_BYTES_MIN) profileLong(into, text, tables);
  else profileNoted(into, text, tables);
}

/** Of the bytes of two texts together; which bytes of a long one are there is not known then. */
export function joinedProfile(one: ByteProfile, other: ByteProfile): ByteProfile {
  return {
    triggers: one.triggers | other.triggers,
    groups: one.groups | other.groups,
    signs: one.signs | other.signs,
    held: undefined,
  };
}

export function copyProfile({ triggers, groups, signs, held }: ByteProfile, into: ByteProfile): void {
  into.triggers = triggers;
  into.groups = groups;
  into.signs = signs;
  into.held = held;
}

// Tables have an entry for every byte.

function profileShort(into: ByteProfile, text: string, { triggers, groups, signs }: ByteTables): void {
  let triggerBits = ALWAYS;
  let groupBits = 0;
  let signBits = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at) & 0xff;
    triggerBits |= triggers[byte]!;
    groupBits |= groups[byte]!;
    signBits |= signs[byte]!;
  }
  into.triggers = triggerBits;
  into.groups = groupBits;
  into.signs = signBits;
}

function profileLong(into: ByteProfile, text: string, { triggers, groups, signs }: ByteTables): void {
  const bytes = TEXT_BYTES;
  const count = copyText(text, 0);
  let triggerBits = ALWAYS;
  let groupBits = 0;
  let signBits = 0;
  for (let at = 0; at < count; at++) {
    const byte = bytes[at]!; // Below count.
    triggerBits |= triggers[byte]!;
    groupBits |= groups[byte]!;
    signBits |= signs[byte]!;
  }
  into.triggers = triggerBits;
  into.groups = groupBits;
  into.signs = signBits;
}

function profileNoted(into: ByteProfile, text: string, { triggers, groups, signs }: ByteTables): void {
  const seen = new Uint8Array(256);
  for (let start = 0; start < text.length; start += PIECE_BYTES) note(seen, copyText(text, start));
  into.held = seen;
  into.triggers = ALWAYS;
  into.groups = 0;
  into.signs = 0;
  for (let byte = 0; byte < 256; byte++) {
    if (seen[byte] === 0) continue;
    into.triggers |= triggers[byte]!;
    into.groups |= groups[byte]!;
    into.signs |= signs[byte]!;
  }
}

/** Four bytes with one look; their order is of no matter. */
function note(seen: Uint8Array, count: number): void {
  const words = TEXT_WORDS;
  const whole = count >>> 2;
  for (let at = 0; at < whole; at++) {
    const word = words[at]!; // Below count, as below.
    seen[word & 0xff] = 1;
    seen[(word >>> 8) & 0xff] = 1;
    seen[(word >>> 16) & 0xff] = 1;
    seen[word >>> 24] = 1;
  }
  for (let at = 4 * whole; at < count; at++) seen[TEXT_BYTES[at]!] = 1;
}
