/** The steps that need nothing but the head: who the client is, which route it takes, and whether it may. */
import { LENGTH_NONE } from '../http/framing.ts';
import * as known from '../http/known-headers.ts';
import { FORM_AUTHORITY } from '../http/target.ts';
import { identifyExchange } from '../identity/identify.ts';
import type { Exchange } from './exchange.ts';
import { fieldValues, originForm } from './request-writer.ts';
import { CHOOSE, failed, GUARD, INSPECT_HEAD } from './step.ts';

export function identify(exchange: Exchange): number {
  const { context, connection, head } = exchange;
  const { clientHeader } = context.identity;
  if (clientHeader !== 'off') {
    const id = clientHeader === 'forwarded' ? known.FORWARDED : known.X_FORWARDED_FOR;
    exchange.client = identifyExchange(context.identity, connection.client, fieldValues(head, id));
  }
  return GUARD;
}

/** What can be said by the head alone, without looking for attacks. */
export function guard(exchange: Exchange): number {
  const { context, connection, head, client } = exchange;
  const { options } = context;
  if (options.timeouts.exchange !== 'off') {
    exchange.deadlineAt = exchange.beganAt + options.timeouts.exchange;
    exchange.connection.deadlines.set(exchange);
  }
  // The path as the server will get it: a target in absolute-form must not pass by the routes that it belongs to.
  const route = context.routes.find(
    head.method,
    head.host,
    originForm(head),
    connection.destination?.address.text,
  );
  exchange.route = route;
  if (head.hasUnknownExpect) return failed(exchange, 'expectation-unknown');
  if (head.form === FORM_AUTHORITY && !route.allowConnect) return failed(exchange, 'connect-not-allowed');
  // The content of a CONNECT means nothing (RFC 9110 §9.3.6): a server could take it for the beginning of the tunnel.
  if (head.form === FORM_AUTHORITY && head.bodyLength !== LENGTH_NONE)
    return failed(exchange, 'request-refused');
  if (options.limits.bodyBytes !== 'off' && head.bodyLength > options.limits.bodyBytes) {
    return failed(exchange, 'request-body-too-large');
  }
  const mark = context.attackers?.isMarked(client.address);
  if (mark !== undefined && route.decoy !== undefined) {
    exchange.verdict = {
      do: 'deceive',
      because: { code: 'marked', text: `The client is marked: ${mark.cause.text}` },
    };
    exchange.pool = route.decoy;
    return CHOOSE;
  }
  exchange.pool = route.pool;
  return route.inspector === undefined
    ? route.pool === undefined
      ? failed(exchange, 'no-route')
      : CHOOSE
    : INSPECT_HEAD;
}
