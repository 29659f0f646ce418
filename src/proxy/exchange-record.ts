/**
 * What is known of an exchange once it has ended: the one source of the access log, the metrics and `explain`.
 *
 * Strings that came from the network are latin1 and unescaped: whoever writes them somewhere escapes them.
 */
import type { Hit, Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';

export interface ExchangeTimes {
  /** From the first byte of the request to its whole head. */
  readonly headMs: number;
  /** Waiting for a free server or connection. */
  readonly queueMs: number;
  /** Connecting; 0 on a reused connection. */
  readonly connectMs: number;
  /** From the request sent to the first byte of the response. */
  readonly firstByteMs: number;
  /** From the first byte of the request to the last byte of the response. */
  readonly totalMs: number;
}

export interface ExchangeRecord {
  /** Unique, sortable by time, printable: see base/ids.ts. */
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly startedAtMs: number;
  readonly client: Client;
  readonly listener: string;
  /** Where the client connected to, such as `203.0.113.80:80`; empty where nothing depends on it. */
  readonly destination: string;
  /** Empty strings where it never came to that choice. */
  readonly route: string;
  readonly pool: string;
  /** The pool that was meant, where `pool` served in its place because it had no server; empty otherwise. */
  readonly poolMeant: string;
  readonly server: string;
  /** The request fields are empty for all but `http`. */
  readonly protocol: 'http' | 'tcp' | 'udp';
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** `HTTP/1.1`, `HTTP/1.0`, or empty. */
  readonly version: string;
  readonly userAgent: string;
  readonly referer: string;
  /** The status sent to the client; 0 when none was. */
  readonly status: number;
  /** The decision that held in the end, and why. */
  readonly verdict: 'continue' | 'reply' | 'deceive' | 'drop';
  readonly because: Reason;
  readonly hits: readonly Hit[];
  /** Milliseconds, fractions included; -1 where it never came to that. */
  readonly times: ExchangeTimes;
  /** Bytes read from and written to the client for this exchange, heads and framing included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections to servers that were tried; 2 means one retry. */
  readonly attempts: number;
  /** Why the last retry was made: a word of pools.POOL.retries.on; empty when there was none. */
  readonly retriedFor: string;
  /** True when the connection to the server had been used before. */
  readonly isOriginReused: boolean;
  /** True when the server was taken because the session belongs to it, and not by the algorithm of the pool. */
  readonly isPersistent: boolean;
  /** Our end of the connection to the server, such as `192.0.2.7:50123`; empty where the pool asks for no source. */
  readonly source: string;
  /** Why `source` is not what the pool asks for; an empty code where it is. */
  readonly sourceBecause: Reason;
  /** The id of its trace, 32 hexadecimal digits; empty where nothing is traced. */
  readonly trace: string;
  /** True when the trace is recorded. */
  readonly isTraceSampled: boolean;
  /** How it ended: `done`, or a code of proxy/failure.ts such as `client-gone` or `origin-timeout-first-byte`. */
  readonly end: string;
}

/** A record of its own, for whoever keeps it beyond the call that it came with. */
export function copyRecord(record: ExchangeRecord): ExchangeRecord {
  const { headMs, queueMs, connectMs, firstByteMs, totalMs } = record.times;
  return {
    id: record.id,
    startedAtMs: record.startedAtMs,
    client: record.client,
    listener: record.listener,
    destination: record.destination,
    route: record.route,
    pool: record.pool,
    poolMeant: record.poolMeant,
    server: record.server,
    protocol: record.protocol,
    method: record.method,
    host: record.host,
    target: record.target,
    version: record.version,
    userAgent: record.userAgent,
    referer: record.referer,
    status: record.status,
    verdict: record.verdict,
    because: record.because,
    hits: record.hits,
    times: { headMs, queueMs, connectMs, firstByteMs, totalMs },
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    attempts: record.attempts,
    retriedFor: record.retriedFor,
    isOriginReused: record.isOriginReused,
    isPersistent: record.isPersistent,
    source: record.source,
    sourceBecause: record.sourceBecause,
    trace: record.trace,
    isTraceSampled: record.isTraceSampled,
    end: record.end,
  };
}
