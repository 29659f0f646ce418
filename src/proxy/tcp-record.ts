/** The record of a TCP connection or of a flow of datagrams, in the form that exchanges have. */
import { now } from '../base/clock.ts';
import type { Hit, Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import type { Connection } from '../net/connection.ts';
import type { ListenerContext } from './context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import type { ExchangeTrace } from './tracing/exchange-trace.ts';

/** What a session knows of itself. Times on the clock of base/clock.ts, -1 where it never came to that. */
export interface TcpFacts {
  /** `tcp` when left out. */
  readonly protocol?: 'tcp' | 'udp';
  readonly id: string;
  readonly beganAt: number;
  /** Where the client connected to; empty where nothing depends on it. */
  readonly destination: string;
  readonly pool: string;
  readonly poolMeant: string;
  readonly server: string;
  readonly choosingAt: number;
  readonly chosenAt: number;
  readonly connectedAt: number;
  /** Where it is known. */
  readonly firstByteAt?: number;
  readonly attempts: number;
  readonly retriedFor: string;
  readonly isPersistent: boolean;
  readonly verdict: ExchangeRecord['verdict'];
  readonly because: Reason;
  readonly hits: readonly Hit[];
  /** Our end of the connection to the server, and why it is not what was asked for. */
  readonly source: string;
  readonly sourceBecause: Reason | undefined;
  readonly trace: ExchangeTrace | undefined;
  readonly end: string;
}

export function tcpRecord(
  context: ListenerContext,
  connection: Pick<Connection, 'bytesIn' | 'bytesOut'>,
  client: Client,
  facts: TcpFacts,
): ExchangeRecord {
  const { beganAt, choosingAt, chosenAt, connectedAt, firstByteAt = -1 } = facts;
  const endedAt = now();
  return {
    id: facts.id,
    startedAtMs: performance.timeOrigin + beganAt,
    client,
    listener: context.name,
    destination: facts.destination,
    route: '',
    pool: facts.pool,
    poolMeant: facts.poolMeant,
    server: facts.server,
    protocol: facts.protocol ?? 'tcp',
    method: '',
    host: '',
    target: '',
    version: '',
    userAgent: '',
    referer: '',
    status: 0,
    verdict: facts.verdict,
    because: facts.because,
    hits: facts.hits,
    times: {
      headMs: -1,
      // One that waited in vain did so to its end.
      queueMs: choosingAt === -1 ? -1 : (chosenAt < choosingAt ? endedAt : chosenAt) - choosingAt,
      connectMs: connectedAt === -1 ? -1 : connectedAt - chosenAt,
      firstByteMs: firstByteAt === -1 ? -1 : firstByteAt - connectedAt,
      totalMs: endedAt - beganAt,
    },
    bytesIn: connection.bytesIn,
    bytesOut: connection.bytesOut,
    attempts: facts.attempts,
    retriedFor: facts.retriedFor,
    isOriginReused: false,
    isPersistent: facts.isPersistent,
    source: facts.source,
    sourceBecause: facts.sourceBecause ?? { code: '', text: '' },
    trace: facts.trace?.id ?? '',
    isTraceSampled: facts.trace?.isSampled === true,
    end: facts.end,
  };
}
