/**
 * What the heads of requests and responses have in common: a start line, then a field section, read incrementally and
 * within one bound, and what the fields say about the body and the connection.
 */
import type { Buffer } from 'node:buffer';
import { IS_BAD, readConnectionOptions } from './connection-options.ts';
import { FieldSection, READ_BAD, READ_NEED, READ_OK } from './field-section.ts';
import type { ReadState, RefusalCode } from './field-section.ts';
import { LENGTH_NONE, readBodyLength } from './framing.ts';

export interface HeadLimits {
  /** Bytes of the whole head. */
  readonly headBytes: number;
  readonly headerCount: number;
}

export abstract class MessageHead {
  readonly fields: FieldSection;
  /** Why the last read answered READ_BAD. */
  refusal: RefusalCode = 'version-bad';
  /** The whole head, latin1, from the start line to the empty line. Set with READ_OK. */
  text = '';
  isHttp10 = false;
  /** Bytes of the body as the fields say, LENGTH_NONE or LENGTH_CHUNKED (http/framing.ts). */
  bodyLength: number = LENGTH_NONE;
  /** Bits of http/connection-options.ts. */
  connection = 0;

  /** Offset where reading goes on. */
  protected position = 0;
  readonly #headBytes: number;
  #isInFields = false;

  constructor(limits: HeadLimits) {
    this.#headBytes = limits.headBytes;
    this.fields = new FieldSection(limits.headerCount);
  }

  /** Makes it ready for the next message. */
  restart(): void {
    this.position = 0;
    this.#isInFields = false;
    this.text = '';
    this.isHttp10 = false;
    this.bodyLength = LENGTH_NONE;
    this.connection = 0;
    this.fields.restart(0);
  }

  /** Bytes of the head: with READ_OK the first byte after it. */
  get length(): number {
    return this.position;
  }

  /** The first value of a known header, or an empty string. */
  value(id: number): string {
    const index = this.fields.first(id);
    return index === -1 ? '' : this.text.slice(this.fields.valueStart(index), this.fields.valueEnd(index));
  }

  /** Reads on: the message starts at `bytes[base]`, what is there of it ends before `bytes[end]`. */
  read(bytes: Buffer, base: number, end: number): ReadState {
    // Nothing beyond the bound is looked at, so that the answer is the same in whatever pieces the head came.
    const stop = Math.min(end, base + this.#headBytes);
    if (!this.#isInFields) {
      const state = this.readLine(bytes, base, stop);
      if (state !== READ_OK) return this.#bounded(state, stop - base);
      this.fields.restart(this.position);
      this.#isInFields = true;
    }
    const state = this.fields.read(bytes, base, stop);
    this.position = this.fields.position;
    if (state === READ_BAD) return this.bad(this.fields.refusal);
    if (state === READ_NEED) return this.#bounded(READ_NEED, stop - base);
    return this.finish(bytes, base);
  }

  /** Reads the start line on from `position`; READ_OK when `position` is the first byte after it. */
  protected abstract readLine(bytes: Uint8Array, base: number, end: number): ReadState;

  /** The head is whole: what remains is what its fields mean together. */
  protected finish(bytes: Buffer, base: number): ReadState {
    const bodyLength = readBodyLength(this.fields, bytes, base, this.isHttp10);
    if (typeof bodyLength === 'string') return this.bad(bodyLength);
    this.bodyLength = bodyLength;
    this.connection = readConnectionOptions(this.fields, bytes, base);
    if ((this.connection & IS_BAD) !== 0) return this.bad('connection-bad');
    this.text = bytes.toString('latin1', base, base + this.position);
    return READ_OK;
  }

  protected bad(refusal: RefusalCode): ReadState {
    this.refusal = refusal;
    return READ_BAD;
  }

  #bounded(state: ReadState, length: number): ReadState {
    if (state === READ_NEED && length === this.#headBytes) return this.bad('head-too-large');
    return state;
  }
}
