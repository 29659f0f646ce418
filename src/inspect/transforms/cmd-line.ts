/**
 * `cmdLine`. Description: undoes what shells ignore: removes `\`, `"`, `'` and `^`, turns `,`, `;` and white space into
 * one space, removes spaces before `/` and `(`, and lowers the case. Example: `C^MD, /c "dir"` becomes `cmd/c dir`.
 */
import { inputBytes, LONG_BYTES_MIN, outputFor, textOf } from './scratch.ts';

const PLAIN = 0;
const REMOVED = 1;
const SPACE = 2;
const TIGHT = 3;

/** What becomes of each byte. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if ('\\"\'^'.includes(character)) return REMOVED;
  if (' ,;\t\r\n'.includes(character)) return SPACE;
  return '/('.includes(character) ? TIGHT : PLAIN;
});

const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
);

export function cmdLine(value: string): string {
  if (value.length >= LONG_BYTES_MIN) return cmdLineOfLong(value);
  const output = outputFor(value.length);
  let length = 0;
  let isAfterSpace = false;
  let isChanged = false;
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    const kind = KINDS[byte & 0xff]!; // 256 entries.
    if (kind === REMOVED) continue;
    if (kind === SPACE) {
      if (!isAfterSpace) output[length++] = 0x20;
      isAfterSpace = true;
      isChanged ||= byte !== 0x20;
      continue;
    }
    if (isAfterSpace && kind === TIGHT) length--;
    isAfterSpace = false;
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    isChanged ||= isUpper;
    output[length++] = isUpper ? byte + 32 : byte;
  }
  return isChanged || length < value.length ? textOf(output, length) : value;
}

/** The same over bytes. What differs is counted, not remembered: a count needs no branch. */
function cmdLineOfLong(value: string): string {
  const bytes = inputBytes(value);
  const output = outputFor(value.length);
  const end = value.length;
  let length = 0;
  let changes = 0;
  let isAfterSpace = false;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at]!; // Below the end.
    const kind = KINDS[byte]!; // 256 entries, here and below.
    if (kind === PLAIN) {
      const lower = LOWER[byte]!;
      changes |= lower ^ byte;
      output[length++] = lower;
      isAfterSpace = false;
    } else if (kind === SPACE) {
      if (!isAfterSpace) output[length++] = 0x20;
      isAfterSpace = true;
      changes |= byte ^ 0x20;
    } else if (kind === TIGHT) {
      if (isAfterSpace) length--;
      isAfterSpace = false;
      output[length++] = byte;
    }
  }
  return changes !== 0 || length < end ? textOf(output, length) : value;
}
