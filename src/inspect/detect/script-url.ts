/**
 * Tells whether the value of an attribute is an address that runs script, read as browsers read it: white space and
 * control characters within the scheme do not count, and character references stand for their characters.
 */

/** How many characters of a value, references as one, are read to find its scheme. */
const READ_MAX = 400;

const SCHEMES: readonly string[] = [
  ...['javascript:', 'vbscript:', 'vbs:', 'livescript:', 'mocha:', 'view-source:'],
  // Of `data:` what can be a page, or a script for an element that takes one.
  ...['data:text/', 'data:application/', 'data:image/svg', 'data:,', 'data:;', 'data:html', 'data:*'],
];
const LONGEST = Math.max(...SCHEMES.map((each) => each.length));

/** References by name that hide a scheme; the others cannot stand within one. */
const NAMED: readonly (readonly [name: string, character: number])[] = [
  ['colon', 0x3a],
  ['tab', 0x09],
  ['newline', 0x0a],
  ['nbsp', 0x20],
  ['sol', 0x2f],
  ['comma', 0x2c],
  ['lpar', 0x28],
];

/** Whether the piece of the text from `start` to `end` begins with such an address. */
export function isScriptUrl(text: string, start: number, end: number): boolean {
  const first = firstLetter(text, start, end);
  if (first !== 0x6a && first !== 0x76 && first !== 0x64 && first !== 0x6c && first !== 0x6d) return false;
  const scheme = readScheme(text, start, end);
  return SCHEMES.some((each) => scheme.startsWith(each));
}

/** The first letter, in lower case, that is no white space, control character, or byte above ASCII. */
function firstLetter(text: string, start: number, end: number): number {
  const last = Math.min(end, start + READ_MAX);
  for (let at = start; at < last;) {
    const character = characterAt(text, at, last);
    if (!isSkipped(character & 0xffff)) return (character & 0xffff) | 0x20;
    at += character >>> 16;
  }
  return 0;
}

/** The first characters in lower case, as far as the longest scheme goes. */
function readScheme(text: string, start: number, end: number): string {
  const last = Math.min(end, start + READ_MAX);
  let scheme = '';
  for (let at = start; at < last && scheme.length < LONGEST;) {
    const character = characterAt(text, at, last);
    at += character >>> 16;
    if (!isSkipped(character & 0xffff)) scheme += String.fromCharCode(character & 0xffff);
  }
  return scheme.toLowerCase();
}

function isSkipped(character: number): boolean {
  return character <= 0x20 || character >= 0x7f;
}

/** The character that stands at `at`, references resolved, and in the upper half how many bytes it takes. */
function characterAt(text: string, at: number, end: number): number {
  const character = text.charCodeAt(at);
  if (character !== 0x26 || at + 1 >= end) return (1 << 16) | character;
  return text.charCodeAt(at + 1) === 0x23 ? numberReference(text, at, end) : namedReference(text, at, end);
}

/** `&#106;`, `&#x6A`: the semicolon may be missing, zeros may lead. What is none is an ampersand. */
function numberReference(text: string, start: number, end: number): number {
  const isHex = (text.charCodeAt(start + 2) | 0x20) === 0x78;
  const digits = start + (isHex ? 3 : 2);
  let at = digits;
  let value = 0;
  for (; at < end; at++) {
    const digit = digitOf(text.charCodeAt(at), isHex);
    if (digit < 0) break;
    // Beyond the last character of Unicode it is no letter of a scheme, however it goes on.
    value = Math.min(value * (isHex ? 16 : 10) + digit, 0xffff);
  }
  if (at === digits) return (1 << 16) | 0x26;
  if (text.charCodeAt(at) === 0x3b) at++;
  return ((at - start) << 16) | value;
}

function digitOf(character: number, isHex: boolean): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return isHex && lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function namedReference(text: string, start: number, end: number): number {
  for (const [name, character] of NAMED) {
    const after = start + 1 + name.length;
    if (after < end && text.charCodeAt(after) === 0x3b && isName(text, start + 1, name)) {
      return ((name.length + 2) << 16) | character;
    }
  }
  return (1 << 16) | 0x26;
}

function isName(text: string, start: number, name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    if ((text.charCodeAt(start + at) | 0x20) !== name.charCodeAt(at)) return false;
  }
  return true;
}
