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
 * In the table they count from the start of the section: one that comes again, byte for byte, in another message is not
 * read again but moved there (message-head.ts).
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
/** Where the offsets of the fields begin in the table. */
const FIELDS_START = KNOWN_COUNT;
/** How a mark is put together: see FieldSection.#table. */
const INDEX_MASK = 0x3fff;
const TIMES_SHIFT = 14;
/** `times` counts no further. */
export const TIMES_MAX = 0x3f;
const GENERATION_SHIFT = 20;
const GENERATION_MAX = 0xfff;
/** No mark is of this generation. */
const NO_GENERATION = -1;
/** The CRLF that ends a section. */
const EMPTY_LINE_BYTES = 2;
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
  /** Offset of the section in its message. */
  start = 0;
  /** Offset of the empty line that ends the section; set with READ_OK. */
  sectionEnd = 0;
  /** Offset where reading goes on; with READ_OK the first byte after the section. */
  position = 0;
  /** True when some name has a byte that origins may take for `-`, such as `_`: the writer then looks for aliases. */
  hasAliasByte = false;

  readonly #countMax: number;
  /**
   * One table, so that a head touches few lines of memory that other work has pushed out of the cache: first a mark for
   * each known header, then five offsets for each field.
   *
   *     mark: generation 12 bits | times 6 bits (63 stands for more) | index of the first field 14 bits
   *
   * A mark of another generation is none, so a restart takes nothing back. (Two tables that a restart filled anew, or
   * took back field by field, cost as much as reading the head itself.)
   */
  readonly #table: Int32Array;
  /** The generation of the marks that count, NO_GENERATION while the section is hidden. */
  #generation = 1;
  /** The last that was used. */
  #newest = 1;
  #hiddenCount = 0;
  #hiddenBytes = 0;
  #hiddenAliasByte = false;
  #state = LINE_START;
  #hash = HASH_START;

  constructor(countMax: number) {
    if (countMax > INDEX_MASK) throw new RangeError(`A section of ${countMax} fields is not supported`);
    this.#countMax = countMax;
    this.#table = new Int32Array(KNOWN_COUNT + countMax * STRIDE);
  }

  /** Makes it ready for a section that begins at offset `position` of its message. */
  restart(position: number): void {
    if (++this.#newest > GENERATION_MAX) {
      this.#newest = 1;
      this.#table.fill(0, 0, KNOWN_COUNT);
    }
    this.#generation = this.#newest;
    this.#clear(position);
    this.#state = LINE_START;
  }

  /** Shows no field until `restart`, or until `recall` takes it back. */
  hide(): void {
    if (this.#generation === NO_GENERATION) return;
    this.#generation = NO_GENERATION;
    this.#hiddenCount = this.count;
    this.#hiddenBytes = this.sectionEnd - this.start;
    this.#hiddenAliasByte = this.hasAliasByte;
    this.#clear(0);
  }

  /**
   * The section that was whole when it was hidden stands, byte for byte, at offset `position` of the present message
   * too: it has been read.
   */
  recall(position: number): void {
    this.#generation = this.#newest;
    this.count = this.#hiddenCount;
    this.start = position;
    this.sectionEnd = position + this.#hiddenBytes;
    this.position = this.sectionEnd + EMPTY_LINE_BYTES;
    this.hasAliasByte = this.#hiddenAliasByte;
  }

  /**
   * Reads on. The message starts at `bytes[base]` and what is there of it ends before `bytes[end]`.
   *
   * The message may have moved to another buffer since the last call; only its bytes must be the same.
   */
  read(bytes: Uint8Array, base: number, end: number): ReadState {
    let at = base + this.position;
    let state = this.#state;
    const origin = base + this.start;
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
          this.#table[FIELDS_START + this.count * STRIDE] = at - origin;
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
          this.#endName(bytes, origin, at);
          state = VALUE_START;
          at++;
          break;
        }
        case VALUE_START: {
          while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
          if (at === end) break;
          this.#table[FIELDS_START + this.count * STRIDE + 2] = at - origin;
          state = VALUE;
          break;
        }
        case VALUE: {
          while (at < end && (CLASS[bytes[at]!]! & FIELD) !== 0) at++;
          if (at === end) break;
          if (bytes[at] !== CR) return this.#bad(bytes[at] === LF ? 'bare-lf' : 'header-value-bad');
          this.#endValue(bytes, origin, at);
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
    return this.#table[FIELDS_START + index * STRIDE + 4]!; // index < count; the same for all accessors below.
  }

  nameStart(index: number): number {
    return this.start + this.#table[FIELDS_START + index * STRIDE]!;
  }

  nameEnd(index: number): number {
    return this.start + this.#table[FIELDS_START + index * STRIDE + 1]!;
  }

  valueStart(index: number): number {
    return this.start + this.#table[FIELDS_START + index * STRIDE + 2]!;
  }

  valueEnd(index: number): number {
    return this.start + this.#table[FIELDS_START + index * STRIDE + 3]!;
  }

  /** Offset of the first byte after the field's line, its CRLF included. */
  lineEnd(index: number): number {
    return index + 1 < this.count ? this.nameStart(index + 1) : this.sectionEnd;
  }

  /** Index of the first field of this known header, or -1. */
  first(id: number): number {
    const mark = this.#table[id]!; // id < KNOWN_COUNT.
    return mark >>> GENERATION_SHIFT === this.#generation ? mark & INDEX_MASK : -1;
  }

  /** How many fields this known header has; TIMES_MAX stands for that many or more. */
  times(id: number): number {
    const mark = this.#table[id]!; // id < KNOWN_COUNT.
    return mark >>> GENERATION_SHIFT === this.#generation ? (mark >>> TIMES_SHIFT) & TIMES_MAX : 0;
  }

  #clear(position: number): void {
    this.count = 0;
    this.sectionEnd = 0;
    this.position = position;
    this.hasAliasByte = false;
    this.start = position;
  }

  #endName(bytes: Uint8Array, origin: number, at: number): void {
    const offset = FIELDS_START + this.count * STRIDE;
    this.#table[offset + 1] = at - origin;
    const id = findKnownHeader(bytes, origin + this.#table[offset]!, at, this.#hash);
    this.#table[offset + 4] = id;
    if (id === UNKNOWN_HEADER) return;
    const mark = this.#table[id]!;
    if (mark >>> GENERATION_SHIFT !== this.#generation) {
      this.#table[id] = (this.#generation << GENERATION_SHIFT) | (1 << TIMES_SHIFT) | this.count;
    } else if (((mark >>> TIMES_SHIFT) & TIMES_MAX) < TIMES_MAX) {
      this.#table[id] = mark + (1 << TIMES_SHIFT);
    }
  }

  /** Trailing white space is no part of the value (RFC 9110 §5.5). */
  #endValue(bytes: Uint8Array, origin: number, at: number): void {
    const offset = FIELDS_START + this.count * STRIDE;
    const start = origin + this.#table[offset + 2]!;
    let end = at;
    while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
    this.#table[offset + 3] = end - origin;
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
