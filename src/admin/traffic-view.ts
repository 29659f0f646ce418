/**
 * `GET /v1/traffic`: counts since the start and what holds at the moment, for views that ask again and again and show
 * what has changed in between. A promise to scripts like the other shapes (views.ts): add to it, and rename nothing.
 */
import type { ExchangeRecord } from '../proxy/exchange-record.ts';

export interface TrafficView {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly workers: readonly WorkerTraffic[];
  /** Of the whole process, since it began. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** Upper bounds of the buckets of times, in seconds. */
  readonly bounds: readonly number[];
  readonly listeners: readonly ListenerTraffic[];
  readonly servers: readonly ServerTraffic[];
}

export interface WorkerTraffic {
  /** From 0 to 1: the part of the last second in which it was at work. */
  readonly busy: number;
  /** The longest that anything waited for its turn during the last second. */
  readonly delaySeconds: number;
  readonly heapBytes: number;
}

export interface ListenerTraffic {
  readonly name: string;
  readonly protocol: 'http' | 'tcp' | 'udp';
  /** Open at the moment. */
  readonly connections: number;
  /** Exchanges that have ended, by verdict. */
  readonly exchanges: Readonly<Record<ExchangeRecord['verdict'], number>>;
  /** The same by class of their status: none, 1xx to 5xx. */
  readonly classes: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Exchanges by the bounds of their times, and one more for those above. */
  readonly times: readonly number[];
}

export interface ServerTraffic {
  readonly pool: string;
  readonly isDecoy: boolean;
  readonly name: string;
  /** Used only when no other server of the pool takes requests. */
  readonly isBackup: boolean;
  /** The pool that serves in the place of this server's at the moment; null while that serves itself. */
  readonly servedBy: string | null;
  readonly state: 'up' | 'down';
  readonly mode: 'ready' | 'drain' | 'maintenance';
  /** As it is now, with what its agent and slow start make of it. */
  readonly weight: number;
  /** Its share in slow start, above 0 and below 1; null where it has all of its weight. */
  readonly slowStart: number | null;
  readonly inUse: number;
  readonly waiting: number;
  /** From 0 to 1, or null where no agent says. */
  readonly load: number | null;
  readonly exchanges: number;
  /** Those that ended by a fault of the server. */
  readonly failures: number;
  /** Sum and number of the times to the first byte. */
  readonly firstByteSeconds: number;
  readonly firstBytes: number;
}
