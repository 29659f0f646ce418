/**
 * Reads the head of an HTTP/1.x response (RFC 9112 §4, §5) as strictly as a request: a server is trusted no more than
 * a client, because what it sends may be what an attacker made it send.
 *
 * Used again for each response on a connection, like RequestHead.
 */
import { CLASS, CR, DIGIT, FIELD, LF, SP } from './characters.ts';
import { READ_NEED, READ_OK } from './field-section.ts';
import type { ReadState } from './field-section.ts';
import { MessageHead } from './message-head.ts';

const VERSION = new TextEncoder().encode('HTTP/1.');

const IN_VERSION = 0;
const IN_STATUS = 1;
const STATUS_END = 2;
const REASON = 3;
const LINE_LF = 4;

/** Offset of the status code in `HTTP/1.1 200`. */
const STATUS_START = 9;

export class ResponseHead extends MessageHead {
  status = 0;

  #state = IN_VERSION;

  override restart(): void {
    super.restart();
    this.#state = IN_VERSION;
    this.status = 0;
  }

  get hasBegun(): boolean {
    return this.position > 0;
  }

  /** Offset in `text` of the first byte after the status line. */
  get fieldsStart(): number {
    return this.fields.start;
  }

  protected override readLine(bytes: Uint8Array, base: number, end: number): ReadState {
    let at = base + this.position;
    while (at < end) {
      const byte = bytes[at]!; // at < end <= bytes.length in all of this loop.
      const index = at - base;
      switch (this.#state) {
        case IN_VERSION:
          if (!isVersionByte(byte, index)) return this.bad('version-bad');
          if (index === 7) this.isHttp10 = byte === 0x30;
          if (index === 8) this.#state = IN_STATUS;
          at++;
          break;
        case IN_STATUS:
          if ((CLASS[byte]! & DIGIT) === 0) return this.bad('status-bad');
          this.status = (index === STATUS_START ? 0 : this.status * 10) + byte - 0x30;
          if (index === STATUS_START + 2) this.#state = STATUS_END;
          at++;
          break;
        case STATUS_END:
          // The space before an empty reason is often left out; that is harmless, so it is taken.
          if (this.status < 100 || this.status > 599) return this.bad('status-bad');
          if (byte !== SP && byte !== CR) return this.bad('status-bad');
          this.#state = byte === SP ? REASON : LINE_LF;
          at++;
          break;
        case REASON:
          while (at < end && (CLASS[bytes[at]!]! & FIELD) !== 0) at++;
          if (at === end) break;
          if (bytes[at] !== CR) return this.bad(bytes[at] === LF ? 'bare-lf' : 'reason-bad');
          this.#state = LINE_LF;
          at++;
          break;
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

  protected override finish(): ReadState {
    return READ_OK;
  }
}

function isVersionByte(byte: number, index: number): boolean {
  if (index < 7) return byte === VERSION[index];
  if (index === 7) return byte === 0x30 || byte === 0x31;
  return byte === SP;
}
