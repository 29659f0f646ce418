/**
 * Reads a chunked body (RFC 9112 §7.1): incremental, copies nothing, strict.
 *
 *     1*16HEX [ext] CRLF data CRLF ... 0 [ext] CRLF *( trailer CRLF ) CRLF
 *
 * Extensions are checked, bounded and dropped: the writer makes new chunks. A size is at most sixteen digits and below 2^53; no
 * sign, no white space (also not "bad white space" before an extension, which RFC 9112 §7.1.1 lets a recipient take),
 * no bare LF. Trailers that would change how the message is framed, routed or authenticated are refused (RFC 9110
 * §6.5.1), not dropped: an honest sender has none, and an origin may merge them into the header section.
 */
import { Buffer } from 'node:buffer';
import { CLASS, CR, HEX, LF } from './characters.ts';
import { EXTENSION_BAD, EXTENSION_END, EXTENSION_START, nextExtensionState } from './chunk-extension.ts';
import { FieldSection, READ_NEED, READ_OK } from './field-section.ts';
import type { RefusalCode } from './field-section.ts';
import * as known from './known-headers.ts';

export interface ChunkLimits {
  /** Bytes of all extensions of one body together. */
  readonly chunkExtensionBytes: number;
  readonly trailerBytes: number;
}

/** What `next` answers. */
export const CHUNK_NEED = 0;
/** `dataStart` to `dataEnd` is a piece of the body. */
export const CHUNK_DATA = 1;
/** The body is over; `position` is the first byte after it. */
export const CHUNK_END = 2;
export const CHUNK_BAD = 3;
export type ChunkState = typeof CHUNK_NEED | typeof CHUNK_DATA | typeof CHUNK_END | typeof CHUNK_BAD;

const DIGITS_MAX = 16;
const TRAILER_COUNT_MAX = 32;
/** The CRLF that ends the section is no part of limits.trailerBytes. */
const EMPTY_LINE_BYTES = 2;
const SEMICOLON = 0x3b;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const DONE = 7;

const FORBIDDEN_TRAILERS: ReadonlySet<number> = new Set(
  Array.from({ length: known.KNOWN_COUNT }, (_, id) => id).filter(
    (id) => id !== known.UNKNOWN_HEADER && id !== known.DATE && id !== known.SERVER,
  ),
);

export class ChunkedReader {
  refusal: RefusalCode = 'chunk-size-bad';
  dataStart = 0;
  dataEnd = 0;
  /** Where reading goes on in the bytes given last. */
  position = 0;
  /** The trailer lines, latin1, each with its CRLF. Set with CHUNK_END. */
  trailers = '';

  #limits: ChunkLimits;
  #state = SIZE;
  #digits = 0;
  /** Bytes left of the chunk that is being read. */
  #remaining = 0;
  #extension: number = EXTENSION_START;
  #extensionBytes = 0;
  #fields: FieldSection | undefined;
  /** The trailer section so far; made only when there is one. */
  #gathered: Uint8Array<ArrayBuffer> | undefined;
  #gatheredLength = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  restart(): void {
    this.#state = SIZE;
    this.#digits = 0;
    this.#remaining = 0;
    this.#extensionBytes = 0;
    this.trailers = '';
    this.#fields = undefined;
    this.#gathered = undefined;
    this.#gatheredLength = 0;
  }

  /**
   * Reads on in `bytes` from `start` to `end`. After CHUNK_DATA call again from `position`; after CHUNK_NEED with the
   * bytes that follow.
   */
  next(bytes: Uint8Array, start: number, end: number): ChunkState {
    let at = start;
    while (at < end) {
      const byte = bytes[at]!; // at < end <= bytes.length.
      switch (this.#state) {
        case SIZE:
          if ((CLASS[byte]! & HEX) !== 0) {
            if (++this.#digits > DIGITS_MAX) return this.#bad('chunk-size-bad');
            this.#remaining = this.#remaining * 16 + hexValue(byte);
            at++;
            break;
          }
          if (this.#digits === 0 || this.#remaining > Number.MAX_SAFE_INTEGER)
            return this.#bad('chunk-size-bad');
          if (byte === CR) this.#state = SIZE_LF;
          else if (byte !== SEMICOLON) return this.#bad(byte === LF ? 'bare-lf' : 'chunk-size-bad');
          else {
            this.#state = EXTENSION;
            this.#extension = EXTENSION_START;
          }
          at++;
          break;
        case EXTENSION:
          if (++this.#extensionBytes > this.#limits.chunkExtensionBytes)
            return this.#bad('chunk-extension-too-long');
          this.#extension = nextExtensionState(this.#extension, byte);
          if (this.#extension === EXTENSION_BAD)
            return this.#bad(byte === LF ? 'bare-lf' : 'chunk-extension-bad');
          if (this.#extension === EXTENSION_END) this.#state = SIZE_LF;
          at++;
          break;
        case SIZE_LF:
          if (byte !== LF) return this.#bad('bare-cr');
          this.#state = this.#remaining > 0 ? DATA : TRAILER;
          this.#digits = 0;
          at++;
          break;
        case DATA: {
          const taken = Math.min(this.#remaining, end - at);
          this.#remaining -= taken;
          if (this.#remaining === 0) this.#state = DATA_CR;
          this.dataStart = at;
          this.dataEnd = at + taken;
          this.position = at + taken;
          return CHUNK_DATA;
        }
        case DATA_CR:
          if (byte !== CR) return this.#bad('chunk-end-bad');
          this.#state = DATA_LF;
          at++;
          break;
        case DATA_LF:
          if (byte !== LF) return this.#bad('chunk-end-bad');
          this.#state = SIZE;
          at++;
          break;
        case TRAILER:
          return this.#readTrailers(bytes, at, end);
        default:
          throw new Error('ChunkedReader.next after the end of the body');
      }
    }
    this.position = at;
    return CHUNK_NEED;
  }

  /**
   * Trailers are rare and small: their bytes are gathered until the end is there, so that a name that arrives in two
   * pieces is compared as one.
   */
  #readTrailers(bytes: Uint8Array, start: number, end: number): ChunkState {
    // The usual end is the bare empty line.
    if (this.#fields === undefined && end - start >= 2 && bytes[start] === CR && bytes[start + 1] === LF) {
      this.#state = DONE;
      this.position = start + 2;
      return CHUNK_END;
    }
    this.#fields ??= new FieldSection(TRAILER_COUNT_MAX);
    this.#gathered ??= new Uint8Array(this.#limits.trailerBytes + EMPTY_LINE_BYTES);
    const before = this.#gatheredLength;
    const taken = Math.min(end - start, this.#gathered.length - before);
    this.#gathered.set(bytes.subarray(start, start + taken), before);
    this.#gatheredLength = before + taken;
    const state = this.#fields.read(this.#gathered, 0, this.#gatheredLength);
    this.position = start + this.#fields.position - before;
    if (state === READ_OK) return this.#endTrailers(this.#fields, this.#gathered);
    if (state !== READ_NEED) return this.#bad('trailer-bad');
    return this.#gatheredLength === this.#gathered.length ? this.#bad('trailer-too-large') : CHUNK_NEED;
  }

  #endTrailers(fields: FieldSection, gathered: Uint8Array): ChunkState {
    for (let index = 0; index < fields.count; index++) {
      if (FORBIDDEN_TRAILERS.has(fields.id(index))) return this.#bad('trailer-forbidden');
    }
    const text = Buffer.from(gathered.buffer, 0, fields.sectionEnd).toString('latin1');
    if (fields.hasAliasByte && hasForbiddenAlias(fields, text)) return this.#bad('trailer-forbidden');
    this.trailers = text;
    this.#state = DONE;
    return CHUNK_END;
  }

  #bad(refusal: RefusalCode): ChunkState {
    this.refusal = refusal;
    return CHUNK_BAD;
  }
}

function hasForbiddenAlias(fields: FieldSection, text: string): boolean {
  for (let index = 0; index < fields.count; index++) {
    const name = text.slice(fields.nameStart(index), fields.nameEnd(index));
    if (FORBIDDEN_TRAILERS.has(known.lookAlikeOf(name))) return true;
  }
  return false;
}

function hexValue(byte: number): number {
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
}
