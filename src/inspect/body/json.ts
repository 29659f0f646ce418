/**
 * JSON (RFC 8259) flattened to arguments: `{"a":{"b":[1,"x"]}}` is `json.a.b.array_0` = `1`, `json.a.b.array_1` = `x`.
 *
 * Own reader, because depth and number must be bounded before they cost anything, duplicate keys must both be seen, and
 * what was read before a mistake must not be lost, nor what stands behind it. Strings are decoded to UTF-8 bytes. Containers that are open are on a
 * stack of its own, not on the engine's. Time is linear: the names together are bounded in proportion to the body, else
 * one long key above many values would be repeated for each.
 *
 * Names are ModSecurity's: an empty key is `empty-key`. An empty container is an argument without a value, so that its
 * key is seen; ModSecurity passes over it.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { EMPTY_KEY, ValueNames } from '../match/value-names.ts';
import type { ValueName } from '../match/value-names.ts';
import type { Places } from '../variables/urlencoded.ts';
import { Value } from '../variables/value.ts';
import { UNREAD_BODY } from './body.ts';
import type { ParsedBody } from './body.ts';
import { decodeEscapes } from './json-escapes.ts';

/** Bytes of all names together, as a multiple of the body. Documents of real interfaces stay below 6. */
const NAME_BYTES_FACTOR = 16;
const NAME_BYTES_BASE = 4096;

/** Ends the reading; caught in readJson only. */
class JsonProblem extends Error {}

/** `names` are those of documents that were read before. */
export function readJson(
  text: string,
  valuesMax: number,
  depthMax: number,
  names: ValueNames = jsonNames(),
): ParsedBody {
  const reader = new JsonReader(text, valuesMax, depthMax, names);
  readWhole(reader);
  const problem = reader.problem ?? (reader.isAscii ? undefined : problemOfBytes(text));
  const error = problem === undefined ? undefined : `JSON: ${problem}`;
  return {
    ...UNREAD_BODY,
    processor: 'JSON',
    values: reader.values,
    places: reader.places,
    isExceeded: reader.isExceeded,
    error,
  };
}

export function jsonNames(): ValueNames {
  return new ValueNames('json');
}

function readWhole(reader: JsonReader): void {
  try {
    reader.read();
    if (!reader.isExceeded) return;
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    reader.problem ??= error.message;
  }
  reader.takeRest();
}

/** RFC 8259 §8.1: nothing but UTF-8. Decoders repair the rest in ways of their own. */
function problemOfBytes(text: string): string | undefined {
  return isUtf8(Buffer.from(text, 'latin1')) ? undefined : 'text is not UTF-8';
}

const OBJECT = -1;
const NOWHERE = -1;

class JsonReader {
  readonly values: Value[] = [];
  readonly places: Places & { readonly ends: number[]; readonly names: ValueName[] };
  /** A mistake after which reading goes on. */
  problem: string | undefined;
  isAscii = true;
  /** There are more values than are split out. Reading goes on, but only to find what is wrong. */
  isExceeded = false;
  readonly #text: string;
  readonly #valuesMax: number;
  readonly #depthMax: number;
  #at = 0;
  /** Behind the last value: the keys that were read since are in no name yet. */
  #restStart = 0;
  #nameBytesLeft: number;
  /** The containers that are open: their names, and the index of the current element, or OBJECT. */
  readonly #containers: ValueName[] = [];
  readonly #indexes: number[] = [];
  readonly #names: ValueNames;
  /** Where the last string or word begins and ends; -1 where it does not stand in the text as it is. */
  #start = 0;
  #end = 0;

  constructor(text: string, valuesMax: number, depthMax: number, names: ValueNames) {
    this.#text = text;
    this.#names = names;
    this.places = { text, ends: [], names: [] };
    this.#valuesMax = valuesMax;
    this.#depthMax = depthMax;
    this.#nameBytesLeft = text.length * NAME_BYTES_FACTOR + NAME_BYTES_BASE;
  }

  read(): void {
    let name: ValueName | undefined = this.#names.begin(this.#text);
    if (this.#text.startsWith('\xef\xbb\xbf')) this.#stepOverMark();
    do name = this.#readValue(name) ?? this.#closeContainers();
    while (name !== undefined);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new JsonProblem('something follows the value');
  }

  /**
   * What is behind the last value as one more without a name, keys and all, its escapes decoded: it is beyond the bound, or
   * behind a mistake, where a lenient reader goes on.
   */
  takeRest(): void {
    if (this.#restStart === this.#text.length) return;
    this.#start = NOWHERE;
    this.#end = NOWHERE;
    this.#push(this.#names.apart(undefined, ''), decodeEscapes(this.#text.slice(this.#restStart)).text);
  }

  /** RFC 8259 §8.1: who reads may step over the mark of UTF-8 or refuse the text. */
  #stepOverMark(): void {
    this.problem = 'text begins with a byte order mark';
    this.#at = 3;
    this.#restStart = 3;
  }

  /** Reads a value, or the beginning of a container; answers the name of the first value in it. */
  #readValue(name: ValueName): ValueName | undefined {
    this.#skipSpace();
    const byte = this.#text.charCodeAt(this.#at);
    if (byte === 0x7b || byte === 0x5b) return this.#openContainer(name, byte);
    this.#noteRoom();
    let escaped: string | undefined;
    if (byte === 0x22) escaped = this.#readString();
    else this.#readWord();
    this.#addValue(name, escaped ?? this.#text.slice(this.#start, this.#end));
    return undefined;
  }

  #openContainer(name: ValueName, opening: number): ValueName | undefined {
    if (this.#containers.length >= this.#depthMax)
      throw new JsonProblem(`nested deeper than ${this.#depthMax}`);
    this.#at++;
    this.#skipSpace();
    // `}` and `]` are both two above what they close.
    if (this.#text.charCodeAt(this.#at) === opening + 2) {
      this.#noteRoom();
      this.#at++;
      this.#start = this.#at;
      this.#end = this.#at;
      this.#addValue(name, '');
      return undefined;
    }
    this.#containers.push(name);
    this.#indexes.push(opening === 0x7b ? OBJECT : 0);
    return opening === 0x7b ? this.#readKey(name) : this.#nameElement(name, 0);
  }

  /** Goes on behind a value: answers the name of the next one; undefined when nothing is open any more. */
  #closeContainers(): ValueName | undefined {
    while (this.#containers.length > 0) {
      this.#skipSpace();
      const byte = this.#text.charCodeAt(this.#at);
      const last = this.#containers.length - 1;
      const name = this.#containers[last]!; // There is one: something is open.
      const index = this.#indexes[last]!;
      if (byte !== 0x2c && byte !== (index === OBJECT ? 0x7d : 0x5d))
        throw new JsonProblem('a comma or a bracket is missing');
      this.#at++;
      if (byte === 0x2c) {
        if (index === OBJECT) return this.#readKey(name);
        this.#indexes[last] = index + 1;
        return this.#nameElement(name, index + 1);
      }
      this.#containers.pop();
      this.#indexes.pop();
    }
    return undefined;
  }

  /** Reads a key and its colon; answers the name of the value. */
  #readKey(container: ValueName): ValueName {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== 0x22) throw new JsonProblem('a key is no string');
    const escaped = this.#readString();
    const name = this.#nameMember(container, escaped);
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== 0x3a) throw new JsonProblem('a key has no colon');
    this.#at++;
    return name;
  }

  // What is beyond the bound needs no names.
  #nameElement(list: ValueName, index: number): ValueName {
    return this.isExceeded ? list : this.#names.element(list, index);
  }

  #nameMember(container: ValueName, escaped: string | undefined): ValueName {
    if (this.isExceeded) return container;
    return escaped === undefined
      ? this.#names.member(container, this.#text, this.#start, this.#end)
      : this.#names.apart(container, escaped === '' ? EMPTY_KEY : escaped);
  }

  #noteRoom(): void {
    if (this.values.length >= this.#valuesMax) this.isExceeded = true;
  }

  #addValue(name: ValueName, text: string): void {
    if (this.isExceeded) return;
    this.#nameBytesLeft -= name.length;
    if (this.#nameBytesLeft < 0) throw new JsonProblem('names are too long');
    this.#push(name, text);
    this.#restStart = this.#at;
  }

  #push(name: ValueName, text: string): void {
    this.values.push(new Value(name.text, text));
    this.places.names.push(name);
    this.places.ends.push(this.#start, this.#end);
  }

  #skipSpace(): void {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const byte = text.charCodeAt(at);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  /** A number, `true`, `false` or `null`; the latter is an empty argument, as in ModSecurity. */
  #readWord(): void {
    const text = this.#text;
    const start = this.#at;
    const end = numberEnd(text, start);
    if (end > start) {
      this.#at = end;
      this.#start = start;
      this.#end = end;
      return;
    }
    for (const word of ['true', 'false', 'null']) {
      if (!text.startsWith(word, start)) continue;
      this.#at = start + word.length;
      this.#start = start;
      this.#end = word === 'null' ? start : this.#at;
      return;
    }
    throw new JsonProblem('a value is missing or unknown');
  }

  /** Reads the string whose opening quote is here. Answers one with escapes; any other stands in the text. */
  #readString(): string | undefined {
    const text = this.#text;
    const start = this.#at + 1;
    let seen = 0;
    let at = start;
    for (;;) {
      const byte = text.charCodeAt(at);
      // NaN past the end, and so is not above.
      if (!(byte >= 0x20)) throw new JsonProblem('a string is open or has control characters');
      if (byte === 0x22 || byte === 0x5c) break;
      seen |= byte;
      at++;
    }
    if (seen >= 0x80) this.isAscii = false;
    if (text.charCodeAt(at) === 0x5c) return this.#readEscapedString(start, at);
    this.#at = at + 1;
    this.#start = start;
    this.#end = at;
    return undefined;
  }

  /** `escape` is where its first backslash is. */
  #readEscapedString(start: number, escape: number): string {
    const text = this.#text;
    let seen = 0;
    let end = escape;
    for (;;) {
      const byte = text.charCodeAt(end);
      if (!(byte >= 0x20)) throw new JsonProblem('a string is open or has control characters');
      if (byte === 0x22) break;
      seen |= byte;
      end += byte === 0x5c ? 2 : 1;
    }
    if (seen >= 0x80) this.isAscii = false;
    const decoded = decodeEscapes(text.slice(start, end));
    if (decoded.badAt >= 0) throw new JsonProblem('an escape is unknown');
    // One decoder keeps it, one drops it, one puts U+FFFD there.
    if (decoded.hasHalf) this.problem ??= 'an escape is half a character';
    this.#at = end + 1;
    this.#start = NOWHERE;
    this.#end = NOWHERE;
    return decoded.text;
  }
}

/** Where the number at `start` ends; `start` when none is there (RFC 8259 §6). */
function numberEnd(text: string, start: number): number {
  let at = text.charCodeAt(start) === 0x2d ? start + 1 : start;
  const first = text.charCodeAt(at);
  if (first === 0x30) at++;
  else if (isDigit(first)) at = skipDigits(text, at);
  else return start;
  if (text.charCodeAt(at) === 0x2e) {
    if (!isDigit(text.charCodeAt(at + 1))) return start;
    at = skipDigits(text, at + 1);
  }
  if ((text.charCodeAt(at) | 0x20) !== 0x65) return at;
  const sign = text.charCodeAt(at + 1);
  const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
  return isDigit(text.charCodeAt(digits)) ? skipDigits(text, digits) : start;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function skipDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}
