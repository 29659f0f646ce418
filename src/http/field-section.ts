/**
 * Reads a field section (RFC 9112 §5): header fields or trailer fields, up to and with the empty line that ends it.
 *
 * Incremental: it can stop after any byte and go on where it was, so a head that comes byte by byte costs no more than
 * one that comes whole. It copies nothing and allocates nothing per field: five offsets of each field go into one
 * Int32Array. Strict as RFC 9112 §5 asks of those who must not be fooled: no bare CR or LF, no obs-fold, no space
 * before the colon, no byte outside tchar in a name or outside field content in a value.
 *
 *     Content-Type : text/html  CRLF
 *     ^nameStart  ^nameEnd
 *                    ^valueStart
 *                             ^valueEnd     offsets count from the start of the message, not of the buffer
 *
 * Bench: bench/codec.ts.
 */
import { ALIAS, CLASS, COLON, CR, FIELD, HTAB, LF, LOWER, SP, TOKEN } from './characters.ts';
import { findKnownHeader, HASH_PRIME, HASH_START, KNOWN_COUNT, UNKNOWN_HEADER } from './known-headers.ts';

/** What a reader of this folder answers; see base/read.ts. Plain numbers here, because they are returned per read. */
export const READ_NEED = 0;
export const READ_OK = 1;
export const READ_BAD = 2;
export type ReadState = typeof READ_NEED | typeof READ_OK | typeof READ_BAD;

/** Why a message was refused. The status and the sentence for each stand in http/refusal.ts. */
export type RefusalCode =
  | 'bare-lf'
  | 'bare-cr'
  | 'obs-fold'
  | 'header-name-empty'
  | 'header-name-bad'
  | 'space-before-colon'
  | 'header-value-bad'
  | 'head-too-large'
  | 'too-many-headers'
  | 'method-bad'
  | 'target-bad'
  | 'target-too-long'
  | 'version-bad'
  | 'version-unsupported'
  | 'status-bad'
  | 'reason-bad'
  | 'host-missing'
  | 'host-duplicate'
  | 'host-bad'
  | 'host-differs'
  | 'content-length-bad'
  | 'content-length-differs'
  | 'length-and-encoding'
  | 'transfer-encoding-bad'
  | 'transfer-encoding-http10'
  | 'connection-bad'
  | 'chunk-size-bad'
  | 'chunk-extension-bad'
  | 'chunk-extension-too-long'
  | 'chunk-end-bad'
  | 'trailer-bad'
  | 'trailer-forbidden'
  | 'trailer-too-large';

const STRIDE = 5;
const LINE_START = 0;
const NAME = 1;
const VALUE_START = 2;
const VALUE = 3;
const VALUE_LF = 4;
const END_LF = 5;

export class FieldSection {
  /** Fields read so far. */
  count = 0;
  /** Why the last read answered READ_BAD. */
  refusal: RefusalCode = 'header-name-bad';
  /** Offset of the empty line that ends the section; set with READ_OK. */
  sectionEnd = 0;
  /** Offset where reading goes on; with READ_OK the first byte after the section. */
  position = 0;
  /** True when some name has a byte that origins may take for `-`, such as `_`: the writer then looks for aliases. */
  hasAliasByte = false;

  readonly #offsets: Int32Array;
  readonly #countMax: number;
  /** Index of the first field of each known header, -1 for none. */
  readonly #first: Int16Array = new Int16Array(KNOWN_COUNT).fill(-1);
  /** How many fields each known header has. */
  readonly #times: Uint16Array = new Uint16Array(KNOWN_COUNT);
  /** True when the two tables above hold something, also of a field whose value was refused or never came. */
  #isMarked = false;
  #state = LINE_START;
  #hash = HASH_START;

  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#offsets = new Int32Array(countMax * STRIDE);
  }

  /** Makes it ready for a section that begins at offset `position` of its message. */
  restart(position: number): void {
    if (this.#isMarked) this.#unmark();
    this.count = 0;
    this.sectionEnd = 0;
    this.position = position;
    this.hasAliasByte = false;
    this.#state = LINE_START;
  }

  /**
   * Reads on. The message starts at `bytes[base]` and what is there of it ends before `bytes[end]`.
   *
   * The message may have moved to another buffer since the last call; only its bytes must be the same.
   */
  read(bytes: Uint8Array, base: number, end: number): ReadState {
    let at = base + this.position;
    let state = this.#state;
    while (at < end) {
      switch (state) {
        case LINE_START: {
          const byte = bytes[at]!; // at < end <= bytes.length here and below.
          if (byte === CR) {
            this.sectionEnd = at - base;
            state = END_LF;
            at++;
            break;
          }
          if ((CLASS[byte]! & TOKEN) === 0) return this.#bad(refuseNameStart(byte));
          if (this.count === this.#countMax) return this.#bad('too-many-headers');
          this.#offsets[this.count * STRIDE] = at - base;
          this.#hash = HASH_START;
          state = NAME;
          break;
        }
        case NAME: {
          let hash = this.#hash;
          let byte = 0;
          let classes: number;
          let seen = 0;
          while (at < end && ((classes = CLASS[(byte = bytes[at]!)]!) & TOKEN) !== 0) {
            seen |= classes;
            hash = Math.imul(hash ^ LOWER[byte]!, HASH_PRIME);
            at++;
          }
          this.#hash = hash;
          if ((seen & ALIAS) !== 0) this.hasAliasByte = true;
          if (at === end) break;
          if (byte !== COLON) return this.#bad(refuseNameEnd(byte));
          this.#endName(bytes, base, at);
          state = VALUE_START;
          at++;
          break;
        }
        case VALUE_START: {
          while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
          if (at === end) break;
          this.#offsets[this.count * STRIDE + 2] = at - base;
          state = VALUE;
          break;
        }
        case VALUE: {
          while (at < end && (CLASS[bytes[at]!]! & FIELD) !== 0) at++;
          if (at === end) break;
          if (bytes[at] !== CR) return this.#bad(bytes[at] === LF ? 'bare-lf' : 'header-value-bad');
          this.#endValue(bytes, base, at);
          state = VALUE_LF;
          at++;
          break;
        }
        case VALUE_LF:
          if (bytes[at] !== LF) return this.#bad('bare-cr');
          this.count++;
          state = LINE_START;
          at++;
          break;
        default:
          // END_LF
          if (bytes[at] !== LF) return this.#bad('bare-cr');
          this.position = at + 1 - base;
          return READ_OK;
      }
    }
    this.#state = state;
    this.position = at - base;
    return READ_NEED;
  }

  /** The number of the field's name in known-headers.ts. */
  id(index: number): number {
    return this.#offsets[index * STRIDE + 4]!; // index < count; the same for all accessors below.
  }

  nameStart(index: number): number {
    return this.#offsets[index * STRIDE]!;
  }

  nameEnd(index: number): number {
    return this.#offsets[index * STRIDE + 1]!;
  }

  valueStart(index: number): number {
    return this.#offsets[index * STRIDE + 2]!;
  }

  valueEnd(index: number): number {
    return this.#offsets[index * STRIDE + 3]!;
  }

  /** Offset of the first byte after the field's line, its CRLF included. */
  lineEnd(index: number): number {
    return index + 1 < this.count ? this.nameStart(index + 1) : this.sectionEnd;
  }

  /** Index of the first field of this known header, or -1. */
  first(id: number): number {
    return this.#first[id]!; // id < KNOWN_COUNT.
  }

  /** How many fields this known header has. */
  times(id: number): number {
    return this.#times[id]!;
  }

  /**
   * Takes back the marks of the fields that were read, the one that was not read to its end included. A loop over a
   * dozen fields costs a third of filling both tables.
   */
  #unmark(): void {
    const last = Math.min(this.count, this.#countMax - 1);
    for (let index = 0; index <= last; index++) {
      // An id left over from an earlier section has no mark to take back, and that is harmless.
      const id = this.#offsets[index * STRIDE + 4]!;
      this.#first[id] = -1;
      this.#times[id] = 0;
    }
    this.#isMarked = false;
  }

  #endName(bytes: Uint8Array, base: number, at: number): void {
    const offset = this.count * STRIDE;
    this.#offsets[offset + 1] = at - base;
    const id = findKnownHeader(bytes, base + this.#offsets[offset]!, at, this.#hash);
    this.#offsets[offset + 4] = id;
    if (id === UNKNOWN_HEADER) return;
    this.#isMarked = true;
    if (this.#first[id] === -1) this.#first[id] = this.count;
    this.#times[id]!++;
  }

  /** Trailing white space is no part of the value (RFC 9110 §5.5). */
  #endValue(bytes: Uint8Array, base: number, at: number): void {
    const offset = this.count * STRIDE;
    const start = base + this.#offsets[offset + 2]!;
    let end = at;
    while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
    this.#offsets[offset + 3] = end - base;
  }

  #bad(refusal: RefusalCode): ReadState {
    this.refusal = refusal;
    return READ_BAD;
  }
}

function refuseNameStart(byte: number): RefusalCode {
  if (byte === SP || byte === HTAB) return 'obs-fold';
  if (byte === COLON) return 'header-name-empty';
  return byte === LF ? 'bare-lf' : 'header-name-bad';
}

function refuseNameEnd(byte: number): RefusalCode {
  if (byte === SP || byte === HTAB) return 'space-before-colon';
  if (byte === LF) return 'bare-lf';
  return byte === CR ? 'bare-cr' : 'header-name-bad';
}
