/**
 * Reads HTML as browsers do, old ones too, and tells whether it runs script: dangerous elements and attributes, event
 * handlers, addresses of script, declarations.
 *
 * One pass: each function takes a place in the text and gives the one behind what it read, or FOUND. No piece of the
 * text is copied, except names with NUL in them, which browsers leave out.
 */
import { DANGEROUS_ATTRIBUTES, DANGEROUS_TAGS, DECLARATIONS, EVENT_HANDLERS } from './html-names.ts';
import { isScriptUrl } from './script-url.ts';
import type { WordTable } from './word-table.ts';

/** The answer of a reader that found script. */
const FOUND = -1;
/** The answer of a reader of something that has no end. */
const NO_END = -2;

/**
 * Where attributes are read: how sure it is that they are some. Prose can look like them (`online=1`, `style=5`), so that
 * there only known event handlers count.
 */
export const IN_PROSE = 0;
export const BEHIND_QUOTE = 1;
const IN_TAG = 2;
type Place = typeof IN_PROSE | typeof BEHIND_QUOTE | typeof IN_TAG;

/** Of an event handler: `onend`; no dangerous attribute has a shorter name. */
const SHORTEST_NAME = 4;

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACK_QUOTE = 0x60;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const LESS = 0x3c;
const SLASH = 0x2f;

/** Reads text between tags from `start` on to the end. */
export function hasScriptInData(text: string, start: number): boolean {
  // Once a comment has no end no later one has: asking again for each would make the time quadratic.
  let canCloseComments = true;
  let less = text.indexOf('<', start);
  while (less !== -1) {
    const first = text.charCodeAt(less + 1);
    let after = less + 1;
    if (isTagStart(text, less)) {
      after = readAttributes(text, less, IN_TAG);
    } else if (first === 0x21 && canCloseComments && text.startsWith('--', less + 2)) {
      after = readComment(text, less + 2);
      if (after === NO_END) {
        canCloseComments = false;
        after = less + 2;
      }
    } else if (first === 0x21 || first === 0x3f) {
      after = readDeclaration(text, less + 2);
    }
    if (after === FOUND) return true;
    less = text.indexOf('<', after);
  }
  return false;
}

/** Reads attributes from `start` on as far as the tag goes, then the text behind it. */
export function hasScriptInAttributes(text: string, start: number, place: Place): boolean {
  const after = readAttributes(text, start, place);
  return after === FOUND || (after < text.length && hasScriptInData(text, after));
}

/** Whether the `<` at this place begins a tag. Browsers leave NUL out. */
function isTagStart(text: string, less: number): boolean {
  const first = text.charCodeAt(less + 1);
  return isLetter(first) || first === 0;
}

/** A comment from its dashes on. Without an end it hides what follows from some readers and not from others. */
function readComment(text: string, dashes: number): number {
  // Conditional comments of Internet Explorer, and includes that the server runs.
  const first = skipSpace(text, dashes + 2);
  const sign = text.charCodeAt(first);
  if (sign === 0x23 || (sign === 0x5b && (text.charCodeAt(first + 1) | 0x20) === 0x69)) return FOUND;
  // `-->` and `--!>` end it, and the dashes of its beginning may be those of its end.
  for (let at = text.indexOf('--', dashes); at !== -1; at = text.indexOf('--', at + 1)) {
    const after = text.charCodeAt(at + 2);
    if (after === GREATER) return at + 3;
    if (after === 0x21 && text.charCodeAt(at + 3) === GREATER) return at + 4;
  }
  return NO_END;
}

/** `<!DOCTYPE …>`, `<?import …`: by their keyword. What else they hold is read as text. */
function readDeclaration(text: string, start: number): number {
  let end = start;
  while (end < text.length && isNamePart(text.charCodeAt(end))) end++;
  return isListed(DECLARATIONS, text, start, end) ? FOUND : end;
}

/**
 * Attributes up to the `>` of the tag, and its name when `start` is at its `<`. A `<` where a name could be begins
 * another tag, as it did for old readers.
 */
function readAttributes(text: string, start: number, first: Place): number {
  let place = first;
  let at = start;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (character === GREATER) return at + 1;
    if (character === SLASH || isSpace(character)) {
      at++;
    } else if (character === LESS && isTagStart(text, at)) {
      at = readTagName(text, at + 1);
      place = IN_TAG;
    } else {
      at = readAttribute(text, at, place);
    }
    if (at === FOUND) return FOUND;
  }
  return at;
}

function readTagName(text: string, start: number): number {
  let end = start;
  let prefixEnd = start;
  for (; end < text.length && !isTagNameEnd(text.charCodeAt(end)); end++) {
    if (text.charCodeAt(end) === 0x3a) prefixEnd = end + 1;
  }
  // With or without a prefix: `svg:script`.
  if (isListed(DANGEROUS_TAGS, text, start, end)) return FOUND;
  return prefixEnd > start && isListed(DANGEROUS_TAGS, text, prefixEnd, end) ? FOUND : end;
}

/** One attribute; an equals sign in front belongs to its name. */
function readAttribute(text: string, start: number, place: Place): number {
  let end = start + 1;
  while (end < text.length && !isAttributeNameEnd(text, end)) end++;
  const equals = skipSpace(text, end);
  if (text.charCodeAt(equals) !== EQUALS) return end;
  const valueStart = skipSpace(text, equals + 1);
  return readValue(text, valueStart, isDangerousName(text, start, end, place));
}

/** The value of an attribute, up to its end, or up to a `<` that begins a tag. */
function readValue(text: string, start: number, isDangerous: boolean): number {
  if (isDangerous) return FOUND;
  const quote = text.charCodeAt(start);
  if (quote === QUOTE || quote === DOUBLE_QUOTE || quote === BACK_QUOTE) {
    const close = text.indexOf(String.fromCharCode(quote), start + 1);
    const end = close === -1 ? text.length : close;
    if (isScriptUrl(text, start + 1, end)) return FOUND;
    // Without an end the page closes it, or the reader takes the quote for a character.
    return close === -1 ? start + 1 : close + 1;
  }
  let end = start;
  while (end < text.length && !isValueEnd(text, end)) end++;
  return isScriptUrl(text, start, end) ? FOUND : end;
}

/** Whether an attribute runs script by its name. In a tag signs around the name do not count: old readers skipped them. */
function isDangerousName(text: string, start: number, end: number, place: Place): boolean {
  let nameStart = start;
  if (place === IN_TAG) while (nameStart < end && !isLetter(text.charCodeAt(nameStart))) nameStart++;
  let nameEnd = nameStart;
  while (nameEnd < end && isNamePart(text.charCodeAt(nameEnd))) nameEnd++;
  if (nameEnd - nameStart < SHORTEST_NAME) return false;
  if (isEvent(text, nameStart)) return place === IN_TAG || isListed(EVENT_HANDLERS, text, nameStart, nameEnd);
  return place !== IN_PROSE && isListed(DANGEROUS_ATTRIBUTES, text, nameStart, nameEnd);
}

function isEvent(text: string, start: number): boolean {
  return (text.charCodeAt(start) | 0x20) === 0x6f && (text.charCodeAt(start + 1) | 0x20) === 0x6e;
}

/** Whether a name is in the table, also without its NULs, or up to the first: browsers differ. */
function isListed(table: WordTable, text: string, start: number, end: number): boolean {
  if (table.kindOf(text, start, end) !== 0) return true;
  let nul = start;
  while (nul < end && text.charCodeAt(nul) !== 0) nul++;
  if (nul === end) return false;
  const name = text.slice(start, end).replaceAll('\0', '');
  return table.kindOf(text, start, nul) !== 0 || table.kindOf(name, 0, name.length) !== 0;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(character: number): boolean {
  return character <= 0x20;
}

function isLetter(character: number): boolean {
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isNamePart(character: number): boolean {
  return (
    isLetter(character) ||
    (character >= 0x30 && character <= 0x3a) ||
    character === 0x2d ||
    character === 0x5f ||
    character === 0
  );
}

function isTagNameEnd(character: number): boolean {
  return (
    character === SLASH ||
    character === GREATER ||
    character === LESS ||
    (isSpace(character) && character !== 0)
  );
}

function isAttributeNameEnd(text: string, at: number): boolean {
  const character = text.charCodeAt(at);
  return character === EQUALS || character === SLASH || (character !== 0 && isValueEnd(text, at));
}

function isValueEnd(text: string, at: number): boolean {
  const character = text.charCodeAt(at);
  return character === GREATER || isSpace(character) || (character === LESS && isTagStart(text, at));
}
