/**
 * When a persistence cookie was last and first seen, as it stands behind the server's value: `VALUE|LAST|FIRST`. Written
 * as HAProxy writes it, so that sessions survive a change from one to the other: seconds since 1970 in steps of 4, rounded
 * up, as 30 bits in five characters of base64.
 *
 * A client can write what it likes there. It can only lengthen its own session that way.
 */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CHARS = 5;
const STEP_S = 4;

/** The characters for a time in seconds. */
export function writeDate(seconds: number): string {
  const steps = Math.ceil(seconds / STEP_S);
  let text = '';
  for (let shift = 6 * (CHARS - 1); shift >= 0; shift -= 6) text += DIGITS.charAt((steps >>> shift) & 63);
  return text;
}

/** The seconds that `text` says; 0 when it says nothing. What stands behind the five characters is not looked at. */
export function readDate(text: string): number {
  if (text.length < CHARS) return 0;
  let steps = 0;
  for (let index = 0; index < CHARS; index++) {
    const digit = DIGITS.indexOf(text.charAt(index));
    if (digit === -1) return 0;
    steps = steps * 64 + digit;
  }
  return steps * STEP_S;
}
