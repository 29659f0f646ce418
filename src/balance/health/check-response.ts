/**
 * Reads the response to a check: as strictly as any other, and no more of it than is looked at. What a server sends
 * beyond that is never kept, so that one which answers a check with a film costs a few KiB.
 */
import { Buffer } from 'node:buffer';
import { BODY_BAD, BODY_END, BodyReader, LENGTH_UNTIL_CLOSE } from '../../http/body-reader.ts';
import { READ_BAD, READ_NEED } from '../../http/field-section.ts';
import { LENGTH_NONE } from '../../http/framing.ts';
import { ResponseHead } from '../../http/response-head.ts';
import { REFUSALS } from '../../http/refusal.ts';
import type { RefusalCode } from '../../http/field-section.ts';

/** Bytes of a response head, as by default in a pool. */
const HEAD_BYTES_MAX = 65_536;
const HEADER_COUNT_MAX = 200;
/** Bytes of the body that texts and patterns are looked for in. */
export const BODY_BYTES_MAX = 65_536;
/** Interim responses before the final one. */
const INTERIM_MAX = 16;
const CHUNK_LIMITS = { chunkExtensionBytes: 1024, trailerBytes: 8192 };

/** `need`: more bytes. `done`: everything that is looked at is there. A text: why it is no response. */
export type CheckReading = 'need' | 'done' | { readonly bad: string };

export class CheckResponse {
  /** Of the final response; 0 before its head is whole. */
  status = 0;
  readonly #wantsBody: boolean;
  readonly #isHead: boolean;
  readonly #head = new ResponseHead({ headBytes: HEAD_BYTES_MAX, headerCount: HEADER_COUNT_MAX });
  readonly #body = new BodyReader(CHUNK_LIMITS);
  #pending: Buffer = Buffer.alloc(0);
  #content: Buffer[] = [];
  #contentBytes = 0;
  #interims = 0;
  #isInBody = false;
  /** The body ends with the connection. */
  #isUntilClose = false;

  /** `wantsBody`: the body is looked at. Otherwise it is done with the head. */
  constructor(method: string, wantsBody: boolean) {
    this.#isHead = method === 'HEAD';
    this.#wantsBody = wantsBody;
  }

  /** The body as far as it is kept, latin1. */
  get body(): string {
    return Buffer.concat(this.#content).toString('latin1');
  }

  /** Takes bytes that came; they may be kept and changed. */
  feed(bytes: Buffer): CheckReading {
    if (this.#isInBody) return this.#feedBody(bytes);
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    return this.#feedHead();
  }

  /** The server sends no more. */
  end(): CheckReading {
    if (!this.#isInBody) return { bad: 'the connection ended before a whole response head' };
    // A body that was cut: what is there may be all that matters, but a server that cuts is not well.
    return this.#isUntilClose ? 'done' : { bad: 'the connection ended within the body' };
  }

  #feedHead(): CheckReading {
    for (;;) {
      const state = this.#head.read(this.#pending, 0, this.#pending.length);
      if (state === READ_NEED) return 'need';
      if (state === READ_BAD) return { bad: sentence(this.#head.refusal) };
      this.#pending = this.#pending.subarray(this.#head.length);
      if (this.#head.status >= 200) break;
      if (++this.#interims > INTERIM_MAX) return { bad: `more than ${INTERIM_MAX} interim responses` };
      this.#head.restart();
    }
    this.status = this.#head.status;
    return this.#beginBody();
  }

  #beginBody(): CheckReading {
    if (!this.#wantsBody || this.#isHead || this.status === 204 || this.status === 304) return 'done';
    this.#isUntilClose = this.#head.bodyLength === LENGTH_NONE;
    this.#body.begin(this.#isUntilClose ? LENGTH_UNTIL_CLOSE : this.#head.bodyLength);
    this.#isInBody = true;
    return this.#body.isDone ? 'done' : this.#feedBody(this.#pending);
  }

  #feedBody(bytes: Buffer): CheckReading {
    const state = this.#body.feed(bytes, 0, bytes.length);
    if (state === BODY_BAD) return { bad: sentence(this.#body.refusal) };
    const end = Math.min(this.#body.dataEnd, this.#body.dataStart + BODY_BYTES_MAX - this.#contentBytes);
    if (end > this.#body.dataStart) this.#content.push(bytes.subarray(this.#body.dataStart, end));
    this.#contentBytes += end - this.#body.dataStart;
    return state === BODY_END || this.#contentBytes >= BODY_BYTES_MAX ? 'done' : 'need';
  }
}

function sentence(code: RefusalCode): string {
  return REFUSALS[code].text;
}
