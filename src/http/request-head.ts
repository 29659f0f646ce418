/**
 * Reads the head of an HTTP/1.x request: request line and header section (RFC 9112 §3, §5), strictly.
 *
 * A head is an object that is used again and again: it belongs to one exchange from its first byte until the exchange
 * has ended. Reading allocates one string, the head as latin1 (one character a byte), and every part is an offset in
 * it. READ_OK is only answered when the whole head is valid and its framing unambiguous; what is refused here is never
 * passed on.
 *
 * Bench: bench/codec.ts.
 */
import type { Buffer } from 'node:buffer';
import { CLASS, CR, LF, SP, TARGET, TOKEN } from './characters.ts';
import { isSameText } from './connection-options.ts';
import { READ_NEED, READ_OK } from './field-section.ts';
import type { ReadState, RefusalCode } from './field-section.ts';
import { EXPECT, HOST } from './known-headers.ts';
import { MessageHead } from './message-head.ts';
import type { HeadLimits } from './message-head.ts';
import {
  authorityEnd,
  authorityStart,
  FORM_ABSOLUTE,
  FORM_ASTERISK,
  FORM_AUTHORITY,
  FORM_ORIGIN,
  isHostAndPort,
  isSameHost,
  targetForm,
} from './target.ts';
import type { TargetForm } from './target.ts';

export interface RequestLimits extends HeadLimits {
  readonly targetBytes: number;
}

const METHOD_BYTES_MAX = 32;
/** Registered methods, so that the usual ones are shared strings (RFC 9110 §9, RFC 5789). */
const METHODS: readonly string[] = [
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
];
const METHOD_BYTES: readonly Uint8Array[] = METHODS.map((name) => new TextEncoder().encode(name));
const VERSION = new TextEncoder().encode('HTTP/1.');

const START = 0;
const START_LF = 1;
const METHOD = 2;
const TARGET_START = 3;
const IN_TARGET = 4;
const IN_VERSION = 5;
const LINE_LF = 6;

export class RequestHead extends MessageHead {
  method = '';
  targetStart = 0;
  targetEnd = 0;
  form: TargetForm = FORM_ORIGIN;
  /** Host and port as the client wrote them; empty for HTTP/1.0 without a Host. */
  host = '';
  /** `Expect: 100-continue` is there. */
  expectsContinue = false;
  /** An Expect is there that is not 100-continue (RFC 9110 §10.1.1: 417). */
  hasUnknownExpect = false;

  readonly #targetBytes: number;
  #state = START;
  /** Offset of the request line: 2 after an empty line, else 0. */
  #start = 0;
  /** What the fields say by themselves, for a head that repeats them. */
  #fieldHost = '';
  #fieldExpectsContinue = false;
  #fieldHasUnknownExpect = false;

  constructor(limits: RequestLimits) {
    super(limits);
    this.#targetBytes = limits.targetBytes;
  }

  /** Makes it ready for the next request. */
  override restart(): void {
    super.restart();
    this.#state = START;
    this.#start = 0;
    this.method = '';
    this.targetStart = 0;
    this.targetEnd = 0;
    this.form = FORM_ORIGIN;
    this.host = '';
    this.expectsContinue = false;
    this.hasUnknownExpect = false;
  }

  /** True once a byte of the request line was seen; an empty line before it is no beginning. */
  get hasBegun(): boolean {
    return this.#state >= METHOD;
  }

  /** Offset in `text` of the request line, and so of the first byte to forward. */
  get lineStart(): number {
    return this.#start;
  }

  get target(): string {
    return this.text.slice(this.targetStart, this.targetEnd);
  }

  get version(): string {
    return this.isHttp10 ? 'HTTP/1.0' : 'HTTP/1.1';
  }

  protected override readLine(bytes: Uint8Array, base: number, end: number): ReadState {
    let at = base + this.position;
    while (at < end) {
      const byte = bytes[at]!; // at < end <= bytes.length in all of this loop.
      switch (this.#state) {
        case START:
          // One empty line before a request is left over from sloppy clients (RFC 9112 §2.2). It is not passed on.
          if (byte === CR && at === base) {
            this.#state = START_LF;
            at++;
            break;
          }
          if (byte === LF) return this.bad('bare-lf');
          this.#start = at - base;
          this.#state = METHOD;
          break;
        case START_LF:
          if (byte !== LF) return this.bad('bare-cr');
          this.#state = START;
          at++;
          break;
        case METHOD: {
          while (at < end && (CLASS[bytes[at]!]! & TOKEN) !== 0) at++;
          const length = at - base - this.#start;
          if (length > METHOD_BYTES_MAX) return this.bad('method-bad');
          if (at === end) break;
          if (bytes[at] !== SP || length === 0) return this.bad(bytes[at] === LF ? 'bare-lf' : 'method-bad');
          this.method = methodName(bytes, base + this.#start, at);
          this.#state = TARGET_START;
          at++;
          break;
        }
        case TARGET_START:
          this.targetStart = at - base;
          this.#state = IN_TARGET;
          break;
        case IN_TARGET: {
          const max = base + this.targetStart + this.#targetBytes + 1;
          const stop = max < end ? max : end;
          while (at < stop && (CLASS[bytes[at]!]! & TARGET) !== 0) at++;
          if (at === max) return this.bad('target-too-long');
          if (at === end) break;
          if (bytes[at] !== SP) return this.bad(refuseTarget(bytes[at]!));
          this.targetEnd = at - base;
          if (this.targetEnd === this.targetStart) return this.bad('target-bad');
          this.#state = IN_VERSION;
          at++;
          break;
        }
        case IN_VERSION: {
          const versionStart = base + this.targetEnd + 1;
          const bad = checkVersion(bytes, versionStart, Math.min(end, versionStart + 9));
          if (bad !== undefined) return this.bad(bad);
          at = Math.min(end, versionStart + 9);
          if (at < versionStart + 9) break;
          this.isHttp10 = bytes[versionStart + 7] === 0x30;
          this.#state = LINE_LF;
          break;
        }
        default:
          // LINE_LF
          if (byte !== LF) return this.bad('bare-cr');
          this.position = at + 1 - base;
          return READ_OK;
      }
    }
    this.position = at - base;
    return READ_NEED;
  }

  protected override finish(bytes: Buffer, base: number, isRepeated: boolean): ReadState {
    const form = targetForm(bytes, base + this.targetStart, base + this.targetEnd, this.method);
    if (form === -1) return this.bad('target-bad');
    this.form = form;
    if (!isRepeated) {
      const refusal = this.#readHostField(bytes, base);
      if (refusal !== undefined) return this.bad(refusal);
      this.#readExpect(bytes, base);
    }
    this.host = this.#fieldHost;
    this.expectsContinue = this.#fieldExpectsContinue;
    this.hasUnknownExpect = this.#fieldHasUnknownExpect;
    if (form === FORM_ORIGIN || form === FORM_ASTERISK) return READ_OK;
    const refusal = this.#readTargetHost(bytes, base);
    return refusal === undefined ? READ_OK : this.bad(refusal);
  }

  #readHostField(bytes: Uint8Array, base: number): RefusalCode | undefined {
    this.#fieldHost = '';
    const times = this.fields.times(HOST);
    if (times > 1) return 'host-duplicate';
    if (times === 0) return this.isHttp10 ? undefined : 'host-missing';
    const index = this.fields.first(HOST);
    const start = this.fields.valueStart(index);
    const end = this.fields.valueEnd(index);
    if (!isHostAndPort(bytes, base + start, base + end, false)) return 'host-bad';
    this.#fieldHost = this.text.slice(start, end);
    return undefined;
  }

  /** A target that names a host must agree with the Host field, and stands in for one that is not there. */
  #readTargetHost(bytes: Uint8Array, base: number): RefusalCode | undefined {
    let start = base + this.targetStart;
    let end = base + this.targetEnd;
    if (this.form === FORM_ABSOLUTE) {
      start = authorityStart(bytes, start, end);
      end = authorityEnd(bytes, start, end);
    }
    const named = this.text.slice(start - base, end - base);
    const isHttps = this.form === FORM_AUTHORITY || start - base - this.targetStart === 8;
    if (this.host !== '' && !isSameHost(this.host, named, isHttps)) return 'host-differs';
    this.host = named;
    return undefined;
  }

  #readExpect(bytes: Uint8Array, base: number): void {
    this.#fieldExpectsContinue = false;
    this.#fieldHasUnknownExpect = false;
    if (this.fields.times(EXPECT) === 0) return;
    const index = this.fields.first(EXPECT);
    const start = base + this.fields.valueStart(index);
    const isContinue = isSameText(bytes, start, base + this.fields.valueEnd(index), '100-continue');
    this.#fieldHasUnknownExpect = !isContinue || this.fields.times(EXPECT) > 1;
    // A client of HTTP/1.0 cannot read a 1xx response (RFC 9110 §10.1.1).
    this.#fieldExpectsContinue = isContinue && !this.isHttp10;
  }
}

function methodName(bytes: Uint8Array, start: number, end: number): string {
  for (let index = 0; index < METHODS.length; index++) {
    const name = METHOD_BYTES[index]!;
    if (name.length === end - start && name[0] === bytes[start] && isEqual(name, bytes, start))
      return METHODS[index]!;
  }
  return String.fromCharCode(...bytes.subarray(start, end)); // At most METHOD_BYTES_MAX.
}

function isEqual(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 1; index < name.length; index++) if (name[index] !== bytes[start + index]) return false;
  return true;
}

/** Checks the part of `HTTP/1.0 CR` or `HTTP/1.1 CR` that is there; undefined when nothing is wrong yet. */
function checkVersion(bytes: Uint8Array, start: number, end: number): RefusalCode | undefined {
  for (let at = start; at < end; at++) {
    const index = at - start;
    const byte = bytes[at]!;
    if (index < 7) {
      if (byte === VERSION[index]) continue;
      // `HTTP/2`: a well-formed version that we do not speak on this codec.
      if (index === 5 && byte >= 0x30 && byte <= 0x39) return 'version-unsupported';
      return byte === LF ? 'bare-lf' : 'version-bad';
    }
    if (index === 7 && byte !== 0x30 && byte !== 0x31) {
      return byte >= 0x30 && byte <= 0x39 ? 'version-unsupported' : 'version-bad';
    }
    if (index === 8 && byte !== CR) return byte === LF ? 'bare-lf' : 'version-bad';
  }
  return undefined;
}

function refuseTarget(byte: number): RefusalCode {
  if (byte === LF) return 'bare-lf';
  return byte === CR ? 'version-bad' : 'target-bad';
}
