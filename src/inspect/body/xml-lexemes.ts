/**
 * The small pieces of XML mark-up: names, white space, and where a document type declaration ends.
 */

/** Where names are looked for in an array; beyond, in a set, so that many attributes cost no square. */
const NAMES_LISTED_MAX = 8;

export class NameSet {
  readonly #list: string[];
  #set: Set<string> | undefined;

  constructor(first: string) {
    this.#list = [first];
  }

  /** False when it was there. */
  add(name: string): boolean {
    if (this.#set?.has(name) ?? this.#list.includes(name)) return false;
    if (this.#set === undefined) this.#list.push(name);
    else this.#set.add(name);
    if (this.#list.length > NAMES_LISTED_MAX) this.#set ??= new Set(this.#list);
    return true;
  }
}

/** 1: may begin a name; 2: may only go on in it (XML 1.0 §2.3). Bytes above 127 are parts of letters. */
const NAME_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80 || /[A-Za-z_:]/.test(String.fromCharCode(byte))) return 1;
  return /[0-9.-]/.test(String.fromCharCode(byte)) ? 2 : 0;
});

/** Where the name at `start` ends; `start` when none is there. */
export function nameEnd(text: string, start: number): number {
  if (NAME_BYTES[text.charCodeAt(start)] !== 1) return start;
  let at = start + 1;
  // The table answers undefined past the end.
  while ((NAME_BYTES[text.charCodeAt(at)] ?? 0) !== 0) at++;
  return at;
}

export function isBlank(text: string): boolean {
  return skipSpace(text, 0) === text.length;
}

export function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const byte = text.charCodeAt(at);
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return at;
    at++;
  }
}

/** Behind the `>` that ends the declaration; -1 when there is none. */
export function doctypeEnd(text: string, start: number): number {
  let isInSubset = false;
  for (let at = start; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x5b) isInSubset = true;
    else if (byte === 0x5d) isInSubset = false;
    else if (byte === 0x3e && !isInSubset) return at + 1;
    else if (byte === 0x22 || byte === 0x27 || text.startsWith('<!--', at)) {
      const closing = byte === 0x3c ? '-->' : text.charAt(at);
      const end = text.indexOf(closing, at + (byte === 0x3c ? 4 : 1));
      if (end < 0) return -1;
      at = end + closing.length - 1;
    }
  }
  return -1;
}
