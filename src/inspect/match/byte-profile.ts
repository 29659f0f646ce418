/**
 * What the bytes of a text alone say about it, found in one pass: which transformations could change it, and which bytes
 * it has that tests need.
 */
import { copyText, PIECE_BYTES, TEXT_BYTES } from './text-bytes.ts';

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
}

/** Set in every answer, so that a chain which must always run can ask for it. */
const ALWAYS = 1 << 31;

/** Shorter texts are read as they are: the copy costs as much as reading so many bytes does. */
const COPIED_BYTES_MIN = 32;

export function profileInto(into: ByteProfile, text: string, tables: ByteTables): void {
  if (text.length < COPIED_BYTES_MIN) profileShort(into, text, tables);
  else profileLong(into, text, tables);
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
  let triggerBits = ALWAYS;
  let groupBits = 0;
  let signBits = 0;
  for (let start = 0; start < text.length; start += PIECE_BYTES) {
    const count = copyText(text, start);
    for (let at = 0; at < count; at++) {
      const byte = bytes[at]!; // Below count.
      triggerBits |= triggers[byte]!;
      groupBits |= groups[byte]!;
      signBits |= signs[byte]!;
    }
  }
  into.triggers = triggerBits;
  into.groups = groupBits;
  into.signs = signBits;
}
