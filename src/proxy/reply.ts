/** The step that answers with a page of our own. */
import { now } from '../base/clock.ts';
import type { Verdict } from '../base/verdict.ts';
import { LENGTH_NONE } from '../http/framing.ts';
import { FORM_AUTHORITY } from '../http/target.ts';
import { BODY_DISCARDED } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { FAILURES } from './failure.ts';
import type { FailureCode } from './failure.ts';
import { FORBIDDEN, isLocation, writeOwnPage } from './own-page.ts';
import type { OwnPage } from './own-page.ts';
import { RECORD } from './step.ts';

export function reply(exchange: Exchange): number {
  const { verdict, failure, head } = exchange;
  exchange.trace?.endInspection(now());
  if (!exchange.isRequestComplete && head.bodyLength !== LENGTH_NONE) {
    exchange.bodySink = BODY_DISCARDED;
    exchange.closesClient = true;
  }
  const page = failure === undefined ? pageOf(exchange, verdict) : pageOfFailure(exchange, failure);
  exchange.status = page.status;
  exchange.hasResponseBegun = true;
  exchange.hasOwnReply = true;
  if (!exchange.connection.keepsAlive(exchange)) exchange.closesClient = true;
  // Before the client knows: it, or another one, may send more at once.
  exchange.releaseHeld();
  exchange.connection.sendOwn(writeOwnPage(exchange, page));
  return RECORD;
}

function pageOf(exchange: Exchange, verdict: Verdict): OwnPage {
  if (verdict.do !== 'reply') return FORBIDDEN;
  const { status, location } = verdict;
  // What follows a 2xx to CONNECT is a tunnel (RFC 9110 §9.3.6), and there is none.
  if (status < 300 && exchange.head.form === FORM_AUTHORITY) return FORBIDDEN;
  if (location === undefined) return { status };
  // A rule can make it from what the client sent.
  return isLocation(location) ? { status, location } : FORBIDDEN;
}

function pageOfFailure(exchange: Exchange, failure: FailureCode): OwnPage {
  return { status: exchange.refusalStatus || FAILURES[failure].status };
}
