/**
 * The members of a collection as bytes: names and texts one after the other, each with its own end.
 *
 *     member   bytes of name × 2 + wide, bytes of text × 2 + wide   2 × Uint16
 *              end, last write (milliseconds since 1970)            2 × Float64
 *              name, text, and what is left of the text's room
 *
 * Texts of the network are one byte a character; others are wide, two bytes. Every text has room for a number, so that a
 * counter that is there can always be counted up, however full its collection is.
 *
 * Bytes go in and out; nothing is changed in place.
 */
import { Buffer } from 'node:buffer';

const HEAD_BYTES = 20;
/** The longest number that JavaScript writes: `-1.7976931348623157e+308`. */
const ROOM_MIN = 24;
/** Bytes of a name and its text. Longer texts are cut. */
const MEMBER_BYTES_MAX = 4096;

export interface Member {
  readonly text: string;
  readonly endMs: number;
  readonly writtenMs: number;
}

export const NO_MEMBERS: Uint8Array = new Uint8Array();

/** Names and texts of the members that have not ended. */
export function readMembers(bytes: Uint8Array, nowMs: number): Map<string, string> {
  const found = new Map<string, string>();
  const reader = new Reader(bytes);
  for (let at = 0; at < bytes.length; at = reader.next(at)) {
    if (reader.endMs(at) > nowMs) found.set(reader.name(at), reader.text(at));
  }
  return found;
}

/** The member of a name, if it has not ended. */
export function readMember(bytes: Uint8Array, name: string, nowMs: number): Member | undefined {
  if (bytes.length === 0) return undefined;
  const reader = new Reader(bytes);
  const at = reader.find(encode(name), nowMs);
  if (at === -1) return undefined;
  return { text: reader.text(at), endMs: reader.endMs(at), writtenMs: reader.writtenMs(at) };
}

/**
 * With this member instead of that of the same name; members that have ended are left out. Undefined when that would be
 * more than `bytesMax`.
 */
export function withMember(
  bytes: Uint8Array,
  name: string,
  { text, endMs, writtenMs }: Member,
  nowMs: number,
  bytesMax: number,
): Uint8Array | undefined {
  const encoded = encode(name);
  const room = MEMBER_BYTES_MAX - encoded.bytes.length;
  if (room < 0) return undefined;
  const value = cut(encode(text), room);
  const others = withoutMember(bytes, encoded, nowMs);
  const size = sizeOf(encoded.bytes.length, value.bytes.length);
  if (others.length + size > bytesMax) return undefined;
  const made = Buffer.alloc(others.length + size);
  made.set(others);
  const at = others.length;
  made.writeUInt16LE(2 * encoded.bytes.length + encoded.wide, at);
  made.writeUInt16LE(2 * value.bytes.length + value.wide, at + 2);
  made.writeDoubleLE(endMs, at + 4);
  made.writeDoubleLE(writtenMs, at + 12);
  made.set(encoded.bytes, at + HEAD_BYTES);
  made.set(value.bytes, at + HEAD_BYTES + encoded.bytes.length);
  return made;
}

/** Without the member of a name, and without those that have ended. */
export function withoutMember(bytes: Uint8Array, name: string | Encoded, nowMs: number): Uint8Array {
  const encoded = typeof name === 'string' ? encode(name) : name;
  const reader = new Reader(bytes);
  const made = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at = reader.next(at)) {
    if (reader.endMs(at) <= nowMs || reader.isNamed(at, encoded)) continue;
    made.set(bytes.subarray(at, reader.next(at)), length);
    length += reader.next(at) - at;
  }
  return made.subarray(0, length);
}

interface Encoded {
  readonly bytes: Buffer;
  readonly wide: 0 | 1;
}

function encode(text: string): Encoded {
  return /[^\0-\xff]/.test(text)
    ? { bytes: Buffer.from(text, 'utf16le'), wide: 1 }
    : { bytes: Buffer.from(text, 'latin1'), wide: 0 };
}

function cut({ bytes, wide }: Encoded, bytesMax: number): Encoded {
  return { bytes: bytes.subarray(0, wide === 1 ? bytesMax & ~1 : bytesMax), wide };
}

function sizeOf(nameBytes: number, textBytes: number): number {
  return HEAD_BYTES + nameBytes + Math.max(textBytes, ROOM_MIN);
}

/** Of a member by where it begins. */
class Reader {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  endMs(at: number): number {
    return this.#bytes.readDoubleLE(at + 4);
  }

  writtenMs(at: number): number {
    return this.#bytes.readDoubleLE(at + 12);
  }

  name(at: number): string {
    const start = at + HEAD_BYTES;
    return this.#decode(start, start + this.#nameBytes(at), this.#bytes.readUInt16LE(at) & 1);
  }

  text(at: number): string {
    const start = at + HEAD_BYTES + this.#nameBytes(at);
    return this.#decode(start, start + this.#textBytes(at), this.#bytes.readUInt16LE(at + 2) & 1);
  }

  isNamed(at: number, { bytes, wide }: Encoded): boolean {
    const start = at + HEAD_BYTES;
    if (this.#bytes.readUInt16LE(at) !== 2 * bytes.length + wide) return false;
    return this.#bytes.compare(bytes, 0, bytes.length, start, start + bytes.length) === 0;
  }

  /** Where the member of a name is that has not ended, or -1. */
  find(name: Encoded, nowMs: number): number {
    for (let at = 0; at < this.#bytes.length; at = this.next(at)) {
      if (this.isNamed(at, name)) return this.endMs(at) > nowMs ? at : -1;
    }
    return -1;
  }

  next(at: number): number {
    return at + sizeOf(this.#nameBytes(at), this.#textBytes(at));
  }

  #nameBytes(at: number): number {
    return this.#bytes.readUInt16LE(at) >> 1;
  }

  #textBytes(at: number): number {
    return this.#bytes.readUInt16LE(at + 2) >> 1;
  }

  #decode(start: number, end: number, wide: number): string {
    return this.#bytes.toString(wide === 1 ? 'utf16le' : 'latin1', start, end);
  }
}
