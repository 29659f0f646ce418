/**
 * What real traffic says about the health of a server: failures in a row are counted in the ServerTable, where the
 * supervisor sees how many there are. Only where a pool wants it: for the others this is one comparison.
 */
import type { PassiveOptions } from '../balance/health/options.ts';
import type { FailureCode } from './failure.ts';
import type { Pool } from './pool.ts';
import type { Server } from './server.ts';

type Kind = PassiveOptions['on'][number];

/** Failures that a server is to blame for. What the client or we did is none of them. */
const KINDS: Partial<Readonly<Record<FailureCode, Kind>>> = {
  'origin-connect-failed': 'connect',
  'origin-timeout-connect': 'connect',
  'origin-timeout-write': 'timeout',
  'origin-timeout-first-byte': 'timeout',
  'origin-timeout-body': 'timeout',
  'origin-closed': 'cut',
  'origin-cut': 'cut',
  'origin-refused': 'cut',
  'origin-body-refused': 'cut',
};

/** An attempt at `server` failed, whether or not the exchange is tried again. */
export function noteFailure(pool: Pool, server: Server, code: FailureCode): void {
  const { failures, on } = pool.options.health.passive;
  const kind = KINDS[code];
  if (failures > 0 && kind !== undefined && on.includes(kind)) pool.table.addError(server.row);
}

/**
 * How long it took to answer, on the clock of base/clock.ts: only where servers are chosen by it. Of a relayed TCP
 * connection that is how long it took to accept, of a flow of datagrams its first answer.
 */
export function noteTime(pool: Pool, server: Server, beganAt: number, answeredAt: number): void {
  if (pool.options.balance.by !== 'least-time') return;
  // A response may begin before the request is sent whole.
  pool.table.addResponseUs(server.row, Math.max(1, Math.round((answeredAt - beganAt) * 1000)));
}

/** A whole response came, or one that is tried again for its status, or a connection that is relayed as it is. */
export function noteAnswer(pool: Pool, server: Server, status: number): void {
  const { failures, on } = pool.options.health.passive;
  if (failures === 0) return;
  if (status >= 500 && on.includes('status-5xx')) pool.table.addError(server.row);
  else pool.table.clearErrors(server.row);
}
