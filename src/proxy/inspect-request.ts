/**
 * The steps that show a request to inspection: its head, then its body or as much of it as is held. Nothing is forwarded
 * before both have been looked at.
 */
import { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import { CONTINUE } from '../base/verdict.ts';
import type { Reason, Verdict } from '../base/verdict.ts';
import type { InspectedBody } from '../inspect/inspector.ts';
import type { Exchange } from './exchange.ts';
import { RequestView } from './request-view.ts';
import { CHOOSE, failed, HOLD, INSPECT_BODY, RECORD, REPLY, WAIT } from './step.ts';

const NOTHING = Buffer.alloc(0);
/** What rules get of a body that passes unseen. */
const UNSEEN: InspectedBody = { bytes: new Uint8Array(0), isPrefix: true };

export function inspectHead(exchange: Exchange): number {
  exchange.context.host.gathered.beforeLong(exchange.head.length);
  const transaction = exchange.route?.inspector?.begin(new RequestView(exchange));
  if (transaction === undefined) throw new Error('The step "inspect head" needs an inspector');
  exchange.transaction = transaction;
  exchange.trace?.beginInspection(now());
  const verdict = transaction.requestHead();
  return verdict === CONTINUE ? HOLD : judge(exchange, verdict);
}

/**
 * Waits until the body, or as much of it as is inspected, is there; nothing is forwarded before that. What is too long is so
 * however it comes: all at once, or in pieces.
 */
export function hold(exchange: Exchange): number {
  const { context, head, route, transaction } = exchange;
  if (route === undefined || transaction === undefined)
    throw new Error('The step "hold" needs a transaction');
  if (!transaction.wantsRequestBody) return INSPECT_BODY;
  const { isDetectOnly } = route;
  const { held, heldTotal } = route.hold;
  // Whoever only detects changes nothing: what is too long is inspected as far as it is held.
  const beyond = isDetectOnly ? 'prefix' : route.hold.beyond;
  if (head.bodyLength > held || exchange.queuedBytes > held) {
    if (beyond === 'reject') return failed(exchange, 'request-body-not-held');
    // Rules that look at the head run with the body, too: without them, a long body would be a way around them.
    if (beyond === 'pass') return judge(exchange, transaction.requestBody(UNSEEN));
    if (exchange.queuedBytes >= held) return INSPECT_BODY;
  }
  if (exchange.isRequestComplete) return INSPECT_BODY;
  if (context.host.held.total > heldTotal) {
    return isDetectOnly ? INSPECT_BODY : failed(exchange, 'held-total');
  }
  exchange.connection.body.ask(exchange);
  return WAIT;
}

export function inspectBody(exchange: Exchange): number {
  const { transaction, queue, route } = exchange;
  if (transaction === undefined || route === undefined)
    throw new Error('The step "inspect body" needs a transaction');
  const whole = queue?.joined() ?? NOTHING;
  const bytes = heldOf(whole, route.hold.held);
  exchange.context.host.gathered.beforeLong(bytes.length);
  const isPrefix = !exchange.isRequestComplete || bytes.length < whole.length;
  const verdict = transaction.requestBody({ bytes, isPrefix });
  if (verdict !== CONTINUE) return judge(exchange, verdict);
  return exchange.pool === undefined ? failed(exchange, 'no-route') : CHOOSE;
}

/** What of a body is inspected: a read may have brought more than is held. */
export function heldOf(bytes: Buffer, held: number): Buffer {
  return bytes.length > held ? bytes.subarray(0, held) : bytes;
}

/** Turns a verdict into the next step. */
export function judge(exchange: Exchange, verdict: Verdict): number {
  switch (verdict.do) {
    case 'continue':
      return exchange.pool === undefined ? failed(exchange, 'no-route') : CHOOSE;
    case 'deceive': {
      exchange.verdict = verdict;
      const decoy = exchange.route?.decoy;
      mark(exchange, verdict.because);
      if (decoy === undefined) return REPLY;
      exchange.pool = decoy;
      exchange.meant = undefined;
      return CHOOSE;
    }
    case 'reply':
      exchange.verdict = verdict;
      return REPLY;
    case 'drop':
      exchange.verdict = verdict;
      exchange.closesClient = true;
      return RECORD;
  }
}

function mark(exchange: Exchange, because: Reason): void {
  const { context, client, transaction } = exchange;
  const rule = transaction?.hits.at(-1)?.rule ?? because.code;
  context.attackers?.mark(client.address, { rule, exchange: exchange.id, text: because.text });
}
