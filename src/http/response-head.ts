/**
 * Reads the head of an HTTP/1.x response (RFC 9112 §4, §5) as strictly as a request: a server is trusted no more than
 * a client, because what it sends may be what an attacker made it send.
 *
 * Used again for each response on a connection, like RequestHead.
 */
import type { Buffer } from 'node:buffer';
import { CLASS, CR, DIGIT, FIELD, LF, SP } from './characters.ts';
import { IS_BAD, readConnectionOptions } from './connection-options.ts';
import { FieldSection, READ_BAD, READ_NEED, READ_OK } from './field-section.ts';
import type { ReadState, RefusalCode } from './field-section.ts';
import { LENGTH_NONE, readBodyLength } from './framing.ts';

export interface ResponseLimits {
  readonly headBytes: number;
  readonly headerCount: number;
}

const VERSION = new TextEncoder().encode('HTTP/1.');

const IN_VERSION = 0;
const IN_STATUS = 1;
const STATUS_END = 2;
const REASON = 3;
const LINE_LF = 4;
const FIELDS = 5;

/** Offset of the status code in `HTTP/1.1 200`. */
const STATUS_START = 9;

export class ResponseHead {
  readonly fields: FieldSection;
  refusal: RefusalCode = 'version-bad';
  /** The whole head, latin1. Set with READ_OK. */
  text = '';
  status = 0;
  isHttp10 = false;
  /** Bytes of the body as the fields say, LENGTH_NONE or LENGTH_CHUNKED; the method and status may overrule it. */
  bodyLength: number = LENGTH_NONE;
  /** Bits of http/connection-options.ts. */
  connection = 0;

  #limits: ResponseLimits;
  #state = IN_VERSION;
  #position = 0;

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
    this.fields = new FieldSection(limits.headerCount);
  }

  restart(): void {
    this.#state = IN_VERSION;
    this.#position = 0;
    this.text = '';
    this.status = 0;
    this.isHttp10 = false;
    this.bodyLength = LENGTH_NONE;
    this.connection = 0;
    this.fields.restart(0);
  }

  get length(): number {
    return this.#position;
  }

  get hasBegun(): boolean {
    return this.#position > 0;
  }

  /** Offset in `text` of the first byte after the status line. */
  get fieldsStart(): number {
    return this.fields.count > 0 ? this.fields.nameStart(0) : this.fields.sectionEnd;
  }

  value(id: number): string {
    const index = this.fields.first(id);
    return index === -1 ? '' : this.text.slice(this.fields.valueStart(index), this.fields.valueEnd(index));
  }

  /** Reads on: the message starts at `bytes[base]`, what is there of it ends before `bytes[end]`. */
  read(bytes: Buffer, base: number, end: number): ReadState {
    // Nothing beyond the bound is looked at, so that the answer is the same in whatever pieces the head came.
    const stop = Math.min(end, base + this.#limits.headBytes);
    if (this.#state < FIELDS) {
      const state = this.#readLine(bytes, base, stop);
      if (state !== READ_OK) return this.#bounded(state, stop - base);
      this.fields.restart(this.#position);
      this.#state = FIELDS;
    }
    const state = this.fields.read(bytes, base, stop);
    this.#position = this.fields.position;
    if (state === READ_BAD) return this.#bad(this.fields.refusal);
    if (state === READ_NEED) return this.#bounded(READ_NEED, stop - base);
    return this.#finish(bytes, base);
  }

  #bounded(state: ReadState, length: number): ReadState {
    if (state === READ_NEED && length === this.#limits.headBytes) return this.#bad('head-too-large');
    return state;
  }

  #readLine(bytes: Uint8Array, base: number, end: number): ReadState {
    let at = base + this.#position;
    while (at < end) {
      const byte = bytes[at]!; // at < end <= bytes.length in all of this loop.
      const index = at - base;
      switch (this.#state) {
        case IN_VERSION:
          if (!isVersionByte(byte, index)) return this.#bad('version-bad');
          if (index === 7) this.isHttp10 = byte === 0x30;
          if (index === 8) this.#state = IN_STATUS;
          at++;
          break;
        case IN_STATUS:
          if ((CLASS[byte]! & DIGIT) === 0) return this.#bad('status-bad');
          this.status = (index === STATUS_START ? 0 : this.status * 10) + byte - 0x30;
          if (index === STATUS_START + 2) this.#state = STATUS_END;
          at++;
          break;
        case STATUS_END:
          // The space before an empty reason is often left out; that is harmless, so it is taken.
          if (this.status < 100 || this.status > 599) return this.#bad('status-bad');
          if (byte !== SP && byte !== CR) return this.#bad('status-bad');
          this.#state = byte === SP ? REASON : LINE_LF;
          at++;
          break;
        case REASON:
          while (at < end && (CLASS[bytes[at]!]! & FIELD) !== 0) at++;
          if (at === end) break;
          if (bytes[at] !== CR) return this.#bad(bytes[at] === LF ? 'bare-lf' : 'reason-bad');
          this.#state = LINE_LF;
          at++;
          break;
        default:
          // LINE_LF
          if (byte !== LF) return this.#bad('bare-cr');
          this.#position = at + 1 - base;
          return READ_OK;
      }
    }
    this.#position = at - base;
    return READ_NEED;
  }

  #finish(bytes: Buffer, base: number): ReadState {
    const bodyLength = readBodyLength(this.fields, bytes, base, this.isHttp10);
    if (typeof bodyLength === 'string') return this.#bad(bodyLength);
    this.bodyLength = bodyLength;
    this.connection = readConnectionOptions(this.fields, bytes, base);
    if ((this.connection & IS_BAD) !== 0) return this.#bad('connection-bad');
    this.text = bytes.toString('latin1', base, base + this.#position);
    return READ_OK;
  }

  #bad(refusal: RefusalCode): ReadState {
    this.refusal = refusal;
    return READ_BAD;
  }
}

function isVersionByte(byte: number, index: number): boolean {
  if (index < 7) return byte === VERSION[index];
  if (index === 7) return byte === 0x30 || byte === 0x31;
  return byte === SP;
}
