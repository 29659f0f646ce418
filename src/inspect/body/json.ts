/**
 * JSON (RFC 8259) flattened to arguments: `{"a":{"b":[1,"x"]}}` is `json.a.b.array_0` = `1`, `json.a.b.array_1` = `x`.
 *
 * Own reader, because depth and number must be bounded before they cost anything, duplicate keys must both be seen, and
 * what was read before a mistake must not be lost. Strings are decoded to UTF-8 bytes. Time is linear: the names
 * together are bounded in proportion to the body, else one long key above many values would be repeated for each.
 */
import { ByteOutput } from '../transforms/byte-output.ts';
import { hexWord } from '../transforms/characters.ts';
import { Value } from '../variables/value.ts';
import type { ParsedBody } from './body.ts';

/** Bytes of all names together, as a multiple of the body. Documents of real interfaces stay below 6. */
const NAME_BYTES_FACTOR = 16;
const NAME_BYTES_BASE = 4096;

interface Reader {
  readonly text: string;
  readonly values: Value[];
  readonly valuesMax: number;
  readonly depthMax: number;
  at: number;
  nameBytesLeft: number;
}

/** Ends the reading; caught in readJson only. */
class JsonProblem extends Error {}
/** There are more values than are split out. */
class TooMany extends Error {}

export function readJson(text: string, valuesMax: number, depthMax: number): ParsedBody {
  const nameBytesLeft = text.length * NAME_BYTES_FACTOR + NAME_BYTES_BASE;
  const reader: Reader = { text, values: [], valuesMax, depthMax, at: 0, nameBytesLeft };
  const parsed = { processor: 'JSON', values: reader.values, files: [] } as const;
  try {
    readValue(reader, 'json', 0);
    skipSpace(reader);
    if (reader.at < text.length) throw new JsonProblem('something follows the value');
    return { ...parsed, isExceeded: false, error: undefined };
  } catch (error) {
    if (error instanceof JsonProblem)
      return { ...parsed, isExceeded: false, error: `JSON: ${error.message}` };
    if (!(error instanceof TooMany)) throw error;
    reader.values.push(new Value('', text.slice(reader.at)));
    return { ...parsed, isExceeded: true, error: undefined };
  }
}

function readValue(reader: Reader, name: string, depth: number): void {
  skipSpace(reader);
  const start = reader.at;
  const character = reader.text.charAt(start);
  if (character === '{' || character === '[') {
    if (depth >= reader.depthMax) throw new JsonProblem(`nested deeper than ${reader.depthMax}`);
    reader.at++;
    if (character === '{') readObject(reader, name, depth);
    else readArray(reader, name, depth);
    return;
  }
  requireRoom(reader);
  const text = character === '"' ? readString(reader) : readWord(reader);
  addValue(reader, name, text);
}

/** Asked before a value is read, so that one which finds no room is still part of the rest. */
function requireRoom(reader: Reader): void {
  if (reader.values.length >= reader.valuesMax) throw new TooMany();
}

function addValue(reader: Reader, name: string, text: string): void {
  reader.nameBytesLeft -= name.length;
  if (reader.nameBytesLeft < 0) throw new JsonProblem('names are too long');
  reader.values.push(new Value(name, text));
}

function readObject(reader: Reader, name: string, depth: number): void {
  if (takesClosing(reader, '}')) {
    requireRoom(reader);
    addValue(reader, name, '');
    return;
  }
  do {
    skipSpace(reader);
    if (reader.text.charAt(reader.at) !== '"') throw new JsonProblem('a key is no string');
    const key = readString(reader);
    skipSpace(reader);
    if (reader.text.charAt(reader.at++) !== ':') throw new JsonProblem('a key has no colon');
    readValue(reader, `${name}.${key}`, depth + 1);
  } while (takesComma(reader, '}'));
}

function readArray(reader: Reader, name: string, depth: number): void {
  if (takesClosing(reader, ']')) {
    requireRoom(reader);
    addValue(reader, name, '');
    return;
  }
  let index = 0;
  do readValue(reader, `${name}.array_${index++}`, depth + 1);
  while (takesComma(reader, ']'));
}

function takesClosing(reader: Reader, closing: string): boolean {
  skipSpace(reader);
  const isThere = reader.text.charAt(reader.at) === closing;
  if (isThere) reader.at++;
  return isThere;
}

/** True behind a comma, false behind the closing bracket. */
function takesComma(reader: Reader, closing: string): boolean {
  skipSpace(reader);
  const character = reader.text.charAt(reader.at++);
  if (character !== ',' && character !== closing) throw new JsonProblem('a comma or a bracket is missing');
  return character === ',';
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const byte = reader.text.charCodeAt(reader.at);
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return;
    reader.at++;
  }
}

/** A number, `true`, `false` or `null`; the latter is an empty argument, as in ModSecurity. */
function readWord(reader: Reader): string {
  const start = reader.at;
  while (/[-+.0-9A-Za-z]/.test(reader.text.charAt(reader.at))) reader.at++;
  const word = reader.text.slice(start, reader.at);
  if (word === 'null') return '';
  const isNumber = /^-?[0-9]/.test(word) && !/[a-df-zA-DF-Z]/.test(word) && !Number.isNaN(Number(word));
  if (isNumber || word === 'true' || word === 'false') return word;
  throw new JsonProblem('a value is missing or unknown');
}

function readString(reader: Reader): string {
  const { text } = reader;
  const start = ++reader.at;
  const output = new ByteOutput(0);
  let runStart = start;
  for (;;) {
    const byte = text.charCodeAt(reader.at);
    if (!(byte >= 0x20)) throw new JsonProblem('a string is open or has control characters');
    if (byte === 0x22) break;
    reader.at++;
    if (byte !== 0x5c) continue;
    output.pushText(text.slice(runStart, reader.at - 1));
    readEscape(reader, output);
    runStart = reader.at;
  }
  const end = reader.at++;
  if (runStart === start) return text.slice(start, end);
  output.pushText(text.slice(runStart, end));
  return output.text();
}

const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

/** Decodes what follows the backslash before the reader. */
function readEscape(reader: Reader, output: ByteOutput): void {
  const letter = reader.text.charAt(reader.at++);
  const byte = ESCAPES.get(letter);
  if (byte !== undefined) {
    output.push(byte);
    return;
  }
  const high = letter === 'u' ? hexWord(reader.text, reader.at) : -1;
  if (high < 0) throw new JsonProblem('an escape is unknown');
  reader.at += 4;
  const isHigh = high >= 0xd800 && high <= 0xdbff && reader.text.startsWith('\\u', reader.at);
  const low = isHigh ? hexWord(reader.text, reader.at + 2) : -1;
  if (low < 0xdc00 || low > 0xdfff) {
    output.pushCodePoint(high);
    return;
  }
  reader.at += 6;
  output.pushCodePoint(0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00));
}
