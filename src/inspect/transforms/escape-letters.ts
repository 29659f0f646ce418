/**
 * What C, ANSI and JavaScript escapes have in common.
 */

export const CONTROL_LETTERS: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
]);

/** Up to three octal digits at `at` whose value stays within `max`; a length of 0 when there is none. */
export function readOctal(
  text: string,
  at: number,
  max: number,
): { readonly value: number; readonly length: number } {
  let value = 0;
  let length = 0;
  while (length < 3) {
    const digit = text.charCodeAt(at + length) - 0x30;
    // The negation also holds for NaN, past the end.
    if (!(digit >= 0 && digit <= 7) || value * 8 + digit > max) break;
    value = value * 8 + digit;
    length++;
  }
  return { value, length };
}
