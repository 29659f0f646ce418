/**
 * What the heads of requests and responses have in common: a start line, then a field section, read incrementally and
 * within one bound, and what the fields say about the body and the connection.
 *
 * Peers repeat themselves: a browser sends the same fields for each picture of a page, a server the same ones for a
 * second. A head remembers the field section that it read last. When the same bytes follow the next start line, they are
 * not read again. That can never answer otherwise than reading would: a section is read from its first byte to the
 * empty line that ends it, by nothing but its own bytes, the version and the limits, which are all compared.
 */
import type { Buffer } from 'node:buffer';
import { LF } from './characters.ts';
import { IS_BAD, readConnectionOptions } from './connection-options.ts';
import { FieldSection, READ_BAD, READ_NEED, READ_OK } from './field-section.ts';
import type { ReadState, RefusalCode } from './field-section.ts';
import { LENGTH_NONE, readBodyLength } from './framing.ts';

export interface HeadLimits {
  /** Bytes of the whole head. */
  readonly headBytes: number;
  readonly headerCount: number;
}

/** Sections beyond this many bytes are not remembered: it bounds what a head that is kept for its connection holds. */
const REMEMBERED_BYTES_MAX = 4096;

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
  /** The section in `fields`, whole and valid, with what it meant; empty for none. */
  #remembered = '';
  #rememberedHttp10 = false;
  #rememberedBodyLength: number = LENGTH_NONE;
  #rememberedConnection = 0;

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
    this.fields.hide();
  }

  /** The field section with its empty line, for as long as it is remembered: the same string while it is the same. */
  get remembered(): string {
    return this.#remembered;
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
      if (this.#isRepeated(bytes, base, stop)) return this.#repeat(bytes, base);
      this.#remembered = '';
      this.fields.restart(this.position);
      this.#isInFields = true;
    }
    const fieldsStart = this.fields.start;
    const state = this.fields.read(bytes, base, stop);
    this.position = this.fields.position;
    if (state === READ_BAD) return this.bad(this.fields.refusal);
    if (state === READ_NEED) return this.#bounded(READ_NEED, stop - base);
    if (this.#finishFields(bytes, base) === READ_BAD || this.finish(bytes, base, false) === READ_BAD)
      return READ_BAD;
    this.#remember(fieldsStart);
    return READ_OK;
  }

  /** Reads the start line on from `position`; READ_OK when `position` is the first byte after it. */
  protected abstract readLine(bytes: Uint8Array, base: number, end: number): ReadState;

  /**
   * The head is whole: what remains is what its start line and its fields mean together. `isRepeated`: the fields are
   * those of the last head, and what that found of them still holds.
   */
  protected abstract finish(bytes: Buffer, base: number, isRepeated: boolean): ReadState;

  protected bad(refusal: RefusalCode): ReadState {
    this.refusal = refusal;
    return READ_BAD;
  }

  #finishFields(bytes: Buffer, base: number): ReadState {
    const bodyLength = readBodyLength(this.fields, bytes, base, this.isHttp10);
    if (typeof bodyLength === 'string') return this.bad(bodyLength);
    this.bodyLength = bodyLength;
    this.connection = readConnectionOptions(this.fields, bytes, base);
    if ((this.connection & IS_BAD) !== 0) return this.bad('connection-bad');
    this.text = bytes.toString('latin1', base, base + this.position);
    return READ_OK;
  }

  /** True when the section that is remembered comes next; then `text` is the whole head. */
  #isRepeated(bytes: Buffer, base: number, stop: number): boolean {
    const { length } = this.#remembered;
    const end = base + this.position + length;
    // Its last line feed is where a section of another length has something else, as a rule.
    if (length === 0 || end > stop || bytes[end - 1] !== LF || bytes[end - 3] !== LF) return false;
    if (this.isHttp10 !== this.#rememberedHttp10) return false;
    // One character is one byte, so equal text is equal bytes.
    const text = bytes.toString('latin1', base, end);
    if (text.slice(this.position) !== this.#remembered) return false;
    this.text = text;
    return true;
  }

  #repeat(bytes: Buffer, base: number): ReadState {
    this.fields.recall(this.position);
    this.position = this.fields.position;
    this.bodyLength = this.#rememberedBodyLength;
    this.connection = this.#rememberedConnection;
    return this.finish(bytes, base, true);
  }

  #remember(fieldsStart: number): void {
    if (this.position - fieldsStart > REMEMBERED_BYTES_MAX) return;
    this.#remembered = this.text.slice(fieldsStart);
    this.#rememberedHttp10 = this.isHttp10;
    this.#rememberedBodyLength = this.bodyLength;
    this.#rememberedConnection = this.connection;
  }

  #bounded(state: ReadState, length: number): ReadState {
    if (state === READ_NEED && length === this.#headBytes) return this.bad('head-too-large');
    return state;
  }
}
