/**
 * What inspection is shown of a response, and what becomes of it then.
 *
 *     head ─ phase 3 ─┬─ body is held ── whole, or as much as is held ─ phase 4 ─┬─ sent
 *                     └─ body is not ─── phase 4 without a body ─────────────────┘
 *                any verdict but continue: a page of ours, the decoy, or nothing
 *
 * What the decoy answers is not inspected: a rule that hits it would send the exchange there again, without an end.
 * docs/decisions/responses.md says what was chosen and why.
 */
import { Buffer } from 'node:buffer';
import type { Verdict } from '../base/verdict.ts';
import * as known from '../http/known-headers.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { decodeContent, isEncoded } from '../inspect/body/content-encoding.ts';
import type { InspectedBody, Transaction } from '../inspect/inspector.ts';
import type { RouteContext } from './context.ts';
import type { Exchange } from './exchange.ts';
import { HeaderView } from './header-view.ts';
import { hasHeldType } from './held-types.ts';
import { heldOf } from './inspect-request.ts';
import { fieldValues } from './request-writer.ts';
import { fail, reviewResponse } from './steps.ts';

/** What to do with a body: send it as it comes, hold it, show what is held, or nothing: the exchange goes another way. */
export const SEND = 0;
export const HOLD = 1;
export const SHOW = 2;
export const OVER = 3;

const NO_BODY: InspectedBody = { bytes: new Uint8Array(0), isPrefix: false };
/** There is one, and nothing of it is shown because it is too long. */
const TOO_LONG: InspectedBody = { bytes: new Uint8Array(0), isPrefix: true };

/** Phase 3. False when the response does not pass. */
export function passesHead(exchange: Exchange, head: ResponseHead): boolean {
  const transaction = inspecting(exchange);
  if (transaction === undefined) return true;
  const response = { status: head.status, headers: new HeaderView(head) };
  return passes(exchange, () => transaction.responseHead(response));
}

/** What to do with the body of a response whose head has passed. `length` is as responseBodyLength has it. */
export function wayOfBody(
  exchange: Exchange,
  head: ResponseHead,
  length: number,
): typeof SEND | typeof HOLD | typeof OVER {
  const transaction = inspecting(exchange);
  if (transaction === undefined) return SEND;
  const { types, held } = routeOf(exchange).responses;
  const isHeld =
    length !== 0 &&
    transaction.wantsResponseBody &&
    // A part of a resource makes no sense to rules (RFC 9110 §15.3.7).
    head.status !== 206 &&
    hasHeldType(fieldValues(head, known.CONTENT_TYPE), types);
  if (!isHeld) return passesBody(exchange, NO_BODY) ? SEND : OVER;
  if (length <= held) return HOLD;
  const way = wayOfTooLong(exchange);
  return way === SHOW ? HOLD : way;
}

/** Phase 4, of what was held; a read may have brought more than that. False when the response does not pass. */
export function passesHeldBody(
  exchange: Exchange,
  head: ResponseHead,
  read: Buffer,
  isWhole: boolean,
): boolean {
  const bytes = heldOf(read, routeOf(exchange).responses.held);
  const isPrefix = !isWhole || bytes.length < read.length;
  const encodings = fieldValues(head, known.CONTENT_ENCODING);
  if (!isEncoded(encodings)) return passesBody(exchange, { bytes, isPrefix });
  const decoded = decodeContent(bytes, encodings, routeOf(exchange).responses.decode);
  if (decoded.kind === 'ok') return passesBody(exchange, { bytes: decoded.bytes, isPrefix });
  // A client reads as far as it can, or takes it as it is when it cannot read any of it.
  const readable = decoded.bytes.length > 0 ? decoded.bytes : bytes;
  return passesBody(exchange, { bytes: readable, isPrefix: true });
}

/** The body of a response while it is held. */
export class HeldBody {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  add(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    this.#count(exchange, end - start);
  }

  /** What to do now; `isWhole`: nothing more is to come. */
  way(exchange: Exchange, isWhole: boolean): typeof SEND | typeof HOLD | typeof SHOW | typeof OVER {
    const { responses, hold, isDetectOnly } = routeOf(exchange);
    if (this.#length > responses.held) return wayOfTooLong(exchange);
    if (isWhole) return SHOW;
    if (exchange.context.host.held.total <= hold.heldTotal) return HOLD;
    if (responses.beyond !== 'reject' || isDetectOnly) return SHOW;
    fail(exchange, 'held-total');
    return OVER;
  }

  /** All of it, which is then no longer held. */
  take(exchange: Exchange): Buffer {
    const pieces = this.#pieces.splice(0);
    this.#count(exchange, -this.#length);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces); // Length was just checked.
  }

  #count(exchange: Exchange, bytes: number): void {
    this.#length += bytes;
    exchange.heldBytes += bytes;
    exchange.context.host.held.add(bytes);
  }
}

/** Undefined where nobody looks at the response. */
function inspecting(exchange: Exchange): Transaction | undefined {
  const { transaction } = exchange;
  if (transaction === undefined || transaction.wantsResponse === false || exchange.isDeceived)
    return undefined;
  return routeOf(exchange).responses.isInspected ? transaction : undefined;
}

function wayOfTooLong(exchange: Exchange): typeof SEND | typeof SHOW | typeof OVER {
  const { responses, isDetectOnly } = routeOf(exchange);
  if (responses.beyond === 'pass') return passesBody(exchange, TOO_LONG) ? SEND : OVER;
  // Whoever only detects changes nothing.
  if (responses.beyond === 'prefix' || isDetectOnly) return SHOW;
  fail(exchange, 'response-body-not-held');
  return OVER;
}

function passesBody(exchange: Exchange, body: InspectedBody): boolean {
  const { transaction } = exchange;
  if (transaction === undefined) return true;
  exchange.context.host.gathered.beforeLong(body.bytes.length);
  return passes(exchange, () => transaction.responseBody(body));
}

/** A defect of ours ends the exchange: nothing is passed on that was not looked at. */
function passes(exchange: Exchange, ask: () => Verdict): boolean {
  let verdict: Verdict;
  try {
    verdict = ask();
  } catch (error) {
    exchange.context.host.onDefect(error);
    fail(exchange, 'internal');
    return false;
  }
  if (verdict.do === 'continue') return true;
  reviewResponse(exchange, verdict);
  return false;
}

function routeOf({ route }: Exchange): RouteContext {
  if (route === undefined) throw new Error('A response came for an exchange without a route');
  return route;
}
