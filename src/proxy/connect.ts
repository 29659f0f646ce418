/** The step that gives an exchange a connection to its server. */
import { now } from '../base/clock.ts';
import type { Exchange } from './exchange.ts';
import type { Pool } from './pool.ts';
import type { Server } from './server.ts';
import { failed, FORWARD, WAIT } from './step.ts';

/** A connection to the server: one that is there, or a new one. */
export function connect(exchange: Exchange): number {
  if (exchange.origin !== undefined) return exchange.origin.isConnected ? FORWARD : WAIT;
  const { pool, server, connection } = exchange;
  if (pool === undefined || server === undefined) throw new Error('The step "connect" needs a server');
  const idle = pool.isPrivate
    ? connection.privateOrigin.take(server, exchange.client, exchange.source?.key ?? '')
    : pool.takeIdle(server, exchange.attempts > 1);
  if (idle !== undefined) {
    exchange.connectingAt = exchange.chosenAt;
    exchange.connectedAt = exchange.chosenAt;
    exchange.isOriginReused = true;
    idle.begin(exchange);
    return FORWARD;
  }
  exchange.isOriginReused = false;
  return connectNew(exchange, pool, server);
}

function connectNew(exchange: Exchange, pool: Pool, server: Server): number {
  const socket = exchange.source?.open(server.address);
  if (socket?.kind === 'failed') {
    exchange.failureReason = socket.because;
    return failed(exchange, 'source-unavailable');
  }
  exchange.connectingAt = now();
  pool.connect(server, socket?.kind === 'socket' ? socket.fd : undefined).begin(exchange);
  return WAIT;
}
