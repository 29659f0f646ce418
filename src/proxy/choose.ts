/**
 * The step that gives an exchange its server: that of its session, the next one of its pool, or one of another pool when
 * none takes requests. Where all are full it waits in the queue of the pool.
 */
import type { Seeker } from '../balance/algorithm.ts';
import { now } from '../base/clock.ts';
import { beginSource } from './begin-source.ts';
import type { Destinations } from './destinations.ts';
import type { Exchange } from './exchange.ts';
import type { Pool } from './pool.ts';
import type { Server } from './server.ts';
import { peerEndpoint } from './source-policy.ts';
import { CONNECT, failed, WAIT } from './step.ts';
import type { GoOn } from './step.ts';
import type { Waiter } from './waiting-line.ts';

/** A place at a server of the pool, or one in its queue: then `goOn` is called when it has waited. */
export function choose(exchange: Exchange, goOn: GoOn): number {
  const { pool, place } = exchange;
  if (pool === undefined) throw new Error('The step "choose" needs a pool');
  if (exchange.wait !== undefined) return WAIT;
  if (place !== undefined) return goTo(exchange, pool, place);
  // Where nothing was inspected no time has passed that anybody could tell.
  const isFirst = exchange.attempts === 0 && exchange.transaction === undefined;
  exchange.choosingAt = isFirst ? exchange.headAt : now();
  exchange.trace?.endInspection(exchange.choosingAt);
  const server = takePlace(exchange, pool);
  if (server === undefined) return queueUp(exchange, pool, goOn);
  exchange.place = server;
  exchange.chosenAt = exchange.choosingAt;
  return goTo(exchange, pool, server);
}

function takePlace(exchange: Exchange, pool: Pool): Server | undefined {
  const bound = pool.boundTo(exchange);
  exchange.bound = bound;
  const kept = exchange.connection.privateOrigin.serverOf(pool, exchange.client);
  if (kept !== undefined && pool.takeAt(kept, bound)) return kept;
  return pool.take(exchange, bound, exchange.server);
}

function goTo(exchange: Exchange, pool: Pool, chosen: Server): number {
  exchange.source = pool.source.isSet ? beginSource(exchange, pool) : undefined;
  const family = exchange.source?.family;
  const moved = family === undefined ? chosen : pool.moveToFamily(chosen, family);
  const server = pool.destinations === undefined ? moved : findDestination(exchange, pool.destinations);
  if (server.kind === 'none') {
    exchange.failureReason = server.because;
    return failed(exchange, server.code);
  }
  exchange.place = server;
  exchange.isPersistent = exchange.bound === server;
  exchange.server = server;
  if (exchange.attempts++ === 0) pool.retries.count();
  exchange.trace?.begin(pool.name, server.name, server.address, exchange.chosenAt);
  return CONNECT;
}

/** A server of its own for where the client wanted to go. */
function findDestination(
  { connection }: Exchange,
  destinations: Destinations,
): ReturnType<Destinations['find']> {
  return destinations.find(connection.destination, peerEndpoint(connection.connection));
}

function queueUp(exchange: Exchange, pool: Pool, goOn: GoOn): number {
  const wait = new ExchangeWait(exchange, pool, goOn);
  if (wait.bound === undefined && !pool.isOpen) return fallBack(exchange, pool, goOn);
  exchange.wait = wait;
  exchange.queuedUntil = exchange.choosingAt + pool.options.timeouts.queue;
  exchange.connection.deadlines.set(exchange);
  if (pool.wait(wait)) return WAIT;
  endWait(exchange);
  return failed(exchange, 'queue-full');
}

/** No server of the pool takes requests: another pool does, if there is one. Ways of fallbacks have an end. */
function fallBack(exchange: Exchange, pool: Pool, goOn: GoOn): number {
  const other = pool.fallbackFor(exchange);
  if (other === undefined) return failed(exchange, 'no-server');
  exchange.meant ??= pool;
  exchange.pool = other;
  return choose(exchange, goOn);
}

/** An exchange that waits for a place. */
class ExchangeWait implements Waiter {
  readonly seeker: Seeker;
  readonly bound: Server | undefined;
  readonly avoid: Server | undefined;
  readonly #exchange: Exchange;
  readonly #goOn: GoOn;

  constructor(exchange: Exchange, pool: Pool, goOn: GoOn) {
    this.#exchange = exchange;
    this.#goOn = goOn;
    this.seeker = exchange;
    this.avoid = exchange.server;
    this.bound = pool.waitsFor(exchange, exchange.bound, exchange.server);
  }

  onPlace(server: Server): void {
    this.#exchange.place = server;
    this.#exchange.chosenAt = now();
    this.#end();
  }

  onNoServer(): void {
    this.#end();
  }

  #end(): void {
    endWait(this.#exchange);
    this.#goOn(this.#exchange);
  }
}

/** It is in no queue any more. */
export function endWait(exchange: Exchange): void {
  exchange.wait = undefined;
  exchange.queuedUntil = Infinity;
  exchange.connection.deadlines.set(exchange);
}
