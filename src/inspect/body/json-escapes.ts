/**
 * The escapes in strings of JSON (RFC 8259 §7), decoded to UTF-8 bytes.
 */
import { Buffer } from 'node:buffer';
import { hexWord } from '../transforms/characters.ts';
import { writeCodePoint } from './utf8.ts';

export interface DecodedEscapes {
  /** What is no escape stays as it is. */
  readonly text: string;
  /** Where the first backslash is that begins none, -1 when there is none. */
  readonly badAt: number;
  /** True when one is half of a surrogate pair without the other; it is U+FFFD in the text. */
  readonly hasHalf: boolean;
}

export function decodeEscapes(text: string): DecodedEscapes {
  if (!text.includes('\\')) return { text, badAt: -1, hasHalf: false };
  // Decoded in place: no escape is shorter than what it stands for.
  const bytes = Buffer.from(text, 'latin1');
  let length = 0;
  let badAt = -1;
  let hasHalf = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!; // Within the loop's bound.
    if (byte !== 0x5c) {
      bytes[length++] = byte;
      continue;
    }
    const letter = bytes[at + 1] ?? 0;
    const simple = BYTE_OF_LETTER[letter]!; // One entry for every byte.
    const code = letter === 0x75 ? hexWord(text, at + 2) : -1;
    if (simple !== 0) {
      bytes[length++] = simple;
      at++;
    } else if (code < 0) {
      if (badAt < 0) badAt = at;
      bytes[length++] = byte;
    } else {
      const low = isHigh(code) && text.startsWith('\\u', at + 6) ? hexWord(text, at + 8) : -1;
      const isPair = low >= 0xdc00 && low <= 0xdfff;
      if (!isPair && code >= 0xd800 && code <= 0xdfff) hasHalf = true;
      length = writeCodePoint(bytes, length, isPair ? joinPair(code, low) : code);
      at += isPair ? 11 : 5;
    }
  }
  return { text: bytes.toString('latin1', 0, length), badAt, hasHalf };
}

/** What the letter behind a backslash stands for; 0 where it is none of these. */
const BYTE_OF_LETTER: Uint8Array = new Uint8Array(256);
for (const [letter, byte] of [
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const)
  BYTE_OF_LETTER[letter.charCodeAt(0)] = byte;

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function joinPair(high: number, low: number): number {
  return 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
}
