/**
 * Writes the head of a response as the client gets it, and decides how its body is framed there.
 */
import type { ResponseEdit } from '../balance/persistence.ts';
import { HAS_CLOSE, HAS_KEEP_ALIVE, HAS_NAMES, namedForRemoval } from '../http/connection-options.ts';
import { LENGTH_UNTIL_CLOSE } from '../http/body-reader.ts';
import { flat } from '../http/flat.ts';
import { LENGTH_CHUNKED, LENGTH_NONE } from '../http/framing.ts';
import * as known from '../http/known-headers.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { headerSet, spliceFields } from '../http/splice.ts';

const HOP_BY_HOP: readonly number[] = [
  known.CONNECTION,
  known.KEEP_ALIVE,
  known.PROXY_CONNECTION,
  known.PROXY_AUTHENTICATE,
  known.TE,
  known.UPGRADE,
  known.TRANSFER_ENCODING,
];
const REMOVED: Uint8Array = headerSet(...HOP_BY_HOP);
const REMOVED_WITH_LENGTH: Uint8Array = headerSet(...HOP_BY_HOP, known.CONTENT_LENGTH);
const REMOVED_WITH_COOKIES: Uint8Array = headerSet(...HOP_BY_HOP, known.SET_COOKIE);
const REMOVED_WITH_BOTH: Uint8Array = headerSet(...HOP_BY_HOP, known.CONTENT_LENGTH, known.SET_COOKIE);

/** How the body goes to the client. */
export const FRAME_NONE = 0;
export const FRAME_LENGTH = 1;
export const FRAME_CHUNKED = 2;
export const FRAME_CLOSE = 3;
export type Frame = typeof FRAME_NONE | typeof FRAME_LENGTH | typeof FRAME_CHUNKED | typeof FRAME_CLOSE;

/**
 * Length of the response body as it comes from the server (RFC 9112 §6.3): bytes, LENGTH_CHUNKED or LENGTH_UNTIL_CLOSE.
 */
export function responseBodyLength(head: ResponseHead, method: string): number {
  if (hasNoBody(head.status, method)) return 0;
  return head.bodyLength === LENGTH_NONE ? LENGTH_UNTIL_CLOSE : head.bodyLength;
}

/** True for responses that never have a body, whatever their fields say. */
export function hasNoBody(status: number, method: string): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}

/** True when the server will keep the connection open after this response (RFC 9112 §9.3). */
export function keepsAlive(head: ResponseHead): boolean {
  if ((head.connection & HAS_CLOSE) !== 0) return false;
  return !head.isHttp10 || (head.connection & HAS_KEEP_ALIVE) !== 0;
}

/** How a body of this length goes to a client of this version. */
export function clientFrame(length: number, isHttp10: boolean): Frame {
  if (length === 0) return FRAME_NONE;
  if (length > 0) return FRAME_LENGTH;
  return isHttp10 ? FRAME_CLOSE : FRAME_CHUNKED;
}

/** How a response goes to its client, besides what its head says. */
export interface ResponseFacts {
  /** The method of the request. */
  readonly method: string;
  readonly frame: Frame;
  /** The Connection header to send, empty for none. */
  readonly connection: '' | 'close' | 'keep-alive';
  readonly isHttp10Client: boolean;
  /** What persistence changes in it; undefined for nothing. */
  readonly edit?: ResponseEdit | undefined;
}

/** What a field section became when it was written last, for a server that sends the same one again. */
export class WrittenResponse {
  #fields = '';
  #status = 0;
  #facts: ResponseFacts | undefined;
  #text = '';
  #isFlat = false;

  recall(fields: string, status: number, facts: ResponseFacts): string | undefined {
    const before = this.#facts;
    if (before === undefined || this.#fields !== fields || this.#status !== status) return undefined;
    const isSame =
      before.method === facts.method &&
      before.frame === facts.frame &&
      before.connection === facts.connection &&
      before.isHttp10Client === facts.isHttp10Client;
    if (!isSame) return undefined;
    if (!this.#isFlat) {
      this.#text = flat(this.#text);
      this.#isFlat = true;
    }
    return this.#text;
  }

  store(fields: string, status: number, facts: ResponseFacts, text: string): void {
    this.#fields = fields;
    this.#status = status;
    this.#facts = facts;
    this.#text = text;
    this.#isFlat = false;
  }
}

/**
 * The head as latin1 with the empty line. The status line is written anew for a server of HTTP/1.0, because our own
 * version is 1.1 (RFC 9112 §2.3). `written` saves the work for fields that come again.
 */
export function writeResponseHead(
  head: ResponseHead,
  facts: ResponseFacts,
  written?: WrittenResponse,
): string {
  const start = head.fieldsStart;
  const line = head.isHttp10 ? `HTTP/1.1${head.text.slice(8, start)}` : head.text.slice(0, start);
  const fields = head.remembered;
  // Its version decides nothing but the line: that of the fields is compared where they are remembered.
  if (written === undefined || fields === '' || facts.edit !== undefined)
    return line + writeFields(head, facts);
  const before = written.recall(fields, head.status, facts);
  if (before !== undefined) return line + before;
  const text = writeFields(head, facts);
  written.store(fields, head.status, facts, text);
  return line + text;
}

/** All lines after the status line, the empty line included. */
function writeFields(head: ResponseHead, facts: ResponseFacts): string {
  const { fields } = head;
  const { method, frame, connection, edit } = facts;
  const names = (head.connection & HAS_NAMES) === 0 ? undefined : namedForRemoval(fields, head.text);
  // A length is only true with the framing it came with; a 204, a 1xx and a 2xx to CONNECT must have none (RFC 9110 §8.6).
  const dropsLength =
    frame === FRAME_CHUNKED ||
    frame === FRAME_CLOSE ||
    head.status === 204 ||
    head.status < 200 ||
    (method === 'CONNECT' && head.status < 300);
  const removal = { known: removedOf(dropsLength, edit), names, aliases: undefined };
  let out = spliceFields(head.text, fields.start, fields, removal) + (edit?.lines ?? '');
  // A HEAD response says what GET would get, its framing included (RFC 9110 §9.3.2).
  const isChunkedHead = method === 'HEAD' && head.bodyLength === LENGTH_CHUNKED && !facts.isHttp10Client;
  if (frame === FRAME_CHUNKED || isChunkedHead) out += 'Transfer-Encoding: chunked\r\n';
  if (connection !== '') out += `Connection: ${connection}\r\n`;
  return `${out}\r\n`;
}

function removedOf(dropsLength: boolean, edit: ResponseEdit | undefined): Uint8Array {
  if (edit?.dropsCookies === true) return dropsLength ? REMOVED_WITH_BOTH : REMOVED_WITH_COOKIES;
  return dropsLength ? REMOVED_WITH_LENGTH : REMOVED;
}

const INTERIM: ResponseFacts = { method: 'GET', frame: FRAME_NONE, connection: '', isHttp10Client: false };

/** A 1xx response other than 101, as the client gets it. */
export function writeInformational(head: ResponseHead): string {
  return writeResponseHead(head, INTERIM);
}

/** A 101 that matched what the client asked for. */
export function writeSwitch(head: ResponseHead, edit?: ResponseEdit): string {
  const text = writeResponseHead(head, { ...INTERIM, edit });
  return `${text.slice(0, -2)}Connection: Upgrade\r\nUpgrade: ${head.value(known.UPGRADE)}\r\n\r\n`;
}
