/**
 * Text from the network made safe to write into a log line, a terminal or a JSON document.
 *
 * Input is latin1: one character is one byte that arrived. Output is printable ASCII only. Valid UTF-8 is escaped as
 * well, byte by byte: what passes for a letter can reverse the line (U+202E), end it in some readers (U+2028, U+0085),
 * command a terminal (C1 as `c2 9b`) or look like another letter, and a list of the dangerous ones is never complete.
 * Every escape can be undone, so nothing of the evidence is lost. Characters above U+00FF, which only a name out of
 * the configuration can hold, become `\uHHHH`.
 *
 * Hot: escapeJson runs on every exchange. Clean text costs one test and comes back as the same string.
 */

/** Anything but printable ASCII without the quote and the backslash. */
const UNSAFE = /[^ !#-[\]-~]/;
const UNSAFE_ALL = /[^ !#-[\]-~]/g;

/** For lines of text: unsafe bytes become `\xHH`, the quote and the backslash too, so the result can stand in quotes. */
export function escapeForLog(latin1: string): string {
  return UNSAFE.test(latin1) ? latin1.replace(UNSAFE_ALL, logEscape) : latin1;
}

/** For people at a terminal, where the text does not stand in quotes: as for lines, with the quote left as it is. */
export function escapeForTerminal(latin1: string): string {
  // A backslash of the input is escaped itself, so this escape can only come from a quote.
  return escapeForLog(latin1).replaceAll('\\x22', '"');
}

/**
 * For the inside of a JSON string: a byte `HH` from 80 up becomes `\u00HH`. Parsing gives back exactly the latin1
 * string that went in, whatever its bytes; bytes are not decoded as UTF-8, because then two inputs (`e9`, `c3 a9`)
 * could end as one text.
 */
export function escapeJson(latin1: string): string {
  return UNSAFE.test(latin1) ? latin1.replace(UNSAFE_ALL, jsonEscape) : latin1;
}

/** JSON.stringify in pure printable ASCII: safe to show on a terminal as it is. `indent` is as there. */
export function asciiJson(value: unknown, indent?: number): string {
  // Outside of strings JSON is ASCII, and inside of strings each UTF-16 unit may be written as an escape.
  return JSON.stringify(value, undefined, indent).replace(/[\x7f-\uffff]/g, unicodeEscape);
}

function logEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? unicodeEscape(character) : `\\x${code.toString(16).padStart(2, '0')}`;
}

function jsonEscape(character: string): string {
  if (character === '"') return '\\"';
  return character === '\\' ? '\\\\' : unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
