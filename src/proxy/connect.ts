/** The step that gives an exchange a connection to its server. */
import { now } from '../base/clock.ts';
import type { Exchange } from './exchange.ts';
import type { GoOn } from './step.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { Pool } from './pool.ts';
import type { Server } from './server.ts';
import { failed, FORWARD, WAIT } from './step.ts';

/** A connection to the server: one that is there, or a new one, which is made at the end of the turn: then `goOn` is called. */
export function connect(exchange: Exchange, goOn: GoOn): number {
  if (exchange.origin !== undefined) return exchange.origin.isConnected ? FORWARD : WAIT;
  const { pool, server } = exchange;
  if (pool === undefined || server === undefined) throw new Error('The step "connect" needs a server');
  const idle = takeKept(exchange, pool, server);
  if (idle !== undefined) {
    exchange.connectingAt = exchange.chosenAt;
    exchange.connectedAt = exchange.chosenAt;
    exchange.isOriginReused = true;
    idle.begin(exchange);
    return FORWARD;
  }
  exchange.isOriginReused = false;
  if (exchange.turn === undefined) {
    exchange.connectingAt = now();
    exchange.turn = exchange.context.host.turnEnd.wait(() => goOn(exchange));
  }
  if (!exchange.turn.isOver) return WAIT;
  exchange.turn = undefined;
  return connectNew(exchange, pool, server);
}

function takeKept(exchange: Exchange, pool: Pool, server: Server): OriginConnection | undefined {
  const { privateOrigin } = exchange.connection;
  const source = exchange.source?.key ?? '';
  const isRetry = exchange.attempts > 1;
  if (pool.isPrivate || privateOrigin.isOf(pool)) {
    const own = privateOrigin.take(server, exchange.client, source);
    if (own !== undefined) return own;
  }
  if (!pool.isPrivate) return pool.takeIdle(server, isRetry);
  return pool.isSharedBySource ? pool.takeIdleOf(server, source, isRetry) : undefined;
}

function connectNew(exchange: Exchange, pool: Pool, server: Server): number {
  const socket = exchange.source?.open(server.address);
  if (socket?.kind === 'failed') {
    exchange.failureReason = socket.because;
    return failed(exchange, 'source-unavailable');
  }
  pool.connect(server, socket?.kind === 'socket' ? socket.fd : undefined).begin(exchange);
  return WAIT;
}
