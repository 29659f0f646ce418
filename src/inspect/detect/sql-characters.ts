/**
 * What characters are to SQL. Values are latin1: one character, one byte.
 */

/** What a token that begins with the character is. */
export const SIGN_CHARACTER = 0;
export const SPACE_CHARACTER = 1;
export const DIGIT_CHARACTER = 2;
export const WORD_CHARACTER = 3;

/** One of the four for each byte. */
export const CHARACTER_KINDS: Uint8Array = makeKinds();
/** 1 where a word goes on with the character: letters, digits, `_`, `$`, bytes from 0x80 on. */
export const IN_WORD: Uint8Array = makeInWord();

export function isSpace(character: number): boolean {
  return CHARACTER_KINDS[character] === SPACE_CHARACTER;
}

export function isDigit(character: number): boolean {
  return CHARACTER_KINDS[character] === DIGIT_CHARACTER;
}

/** Whether a name goes on, with the names of its schema: `mysql.user`. */
export function isNamePart(character: number): boolean {
  return IN_WORD[character] === 1 || character === 0x2e;
}

export function isHexDigit(character: number): boolean {
  const lower = character | 0x20;
  return (character >= 0x30 && character <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

/** Whether nothing but white space comes from here to the end. */
export function isBlank(text: string, start: number): boolean {
  for (let at = start; at < text.length; at++) if (!isSpace(text.charCodeAt(at))) return false;
  return true;
}

function makeKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(SIGN_CHARACTER);
  kinds.fill(SPACE_CHARACTER, 0, 0x21);
  kinds.fill(DIGIT_CHARACTER, 0x30, 0x3a);
  kinds.fill(WORD_CHARACTER, 0x41, 0x5b);
  kinds.fill(WORD_CHARACTER, 0x61, 0x7b);
  kinds[0x5f] = WORD_CHARACTER;
  kinds.fill(WORD_CHARACTER, 0x80);
  // Latin1's no-break space is white space to MySQL.
  kinds[0xa0] = SPACE_CHARACTER;
  return kinds;
}

function makeInWord(): Uint8Array {
  const inWord = makeKinds().map((kind) => (kind === WORD_CHARACTER || kind === DIGIT_CHARACTER ? 1 : 0));
  inWord[0x24] = 1;
  return inWord;
}
