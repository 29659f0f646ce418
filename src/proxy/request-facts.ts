/** What the request writer has to know of an exchange. */
import { FORM_AUTHORITY } from '../http/target.ts';
import { LENGTH_NONE } from '../http/framing.ts';
import type { Exchange } from './exchange.ts';
import { upgradeOf } from './request-writer.ts';
import type { RequestFacts } from './request-writer.ts';

/** Also decides which protocol the client may switch to: `exchange.upgrade`. */
export function requestFacts(exchange: Exchange): RequestFacts {
  const { connection, head, route } = exchange;
  // A body and an upgrade in one request would leave open whose bytes are whose.
  const mayUpgrade =
    route?.allowUpgrade === true && head.bodyLength === LENGTH_NONE && head.form !== FORM_AUTHORITY;
  exchange.upgrade = mayUpgrade ? upgradeOf(head) : '';
  return {
    peerAddress: connection.client.address,
    clientAddress: exchange.client.address,
    isPeerTrusted: connection.client.isTrusted,
    scheme: 'http',
    local: connection,
    sendsExpect: !exchange.sentContinue && !exchange.isRequestComplete,
    upgrade: exchange.upgrade,
    trace: exchange.trace?.fields() ?? '',
  };
}
