/** The record of a connection that was closed before it could say anything. */
import type { Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import type { Connection } from '../net/connection.ts';
import type { ListenerContext } from './context.ts';
import { tcpRecord } from './tcp-record.ts';

export function recordRefusedArrival(
  context: ListenerContext,
  connection: Pick<Connection, 'bytesIn' | 'bytesOut'>,
  client: Client,
  beganAt: number,
  because: Reason,
  protocol: 'tcp' | 'udp' = 'tcp',
): void {
  if (context.record === undefined) return;
  context.record(
    tcpRecord(context, connection, client, {
      protocol,
      id: context.host.ids.next(performance.timeOrigin + beganAt),
      beganAt,
      destination: '',
      pool: '',
      poolMeant: '',
      server: '',
      choosingAt: -1,
      chosenAt: -1,
      connectedAt: -1,
      attempts: 0,
      retriedFor: '',
      isPersistent: false,
      source: '',
      sourceBecause: undefined,
      trace: undefined,
      verdict: 'drop',
      hits: [],
      because,
      end: because.code,
    }),
  );
}
