/**
 * The messages and streams of a case through the inspectors that the proxy uses.
 */
import { Buffer } from 'node:buffer';
import { makeStreamInspector } from '../../../src/inspect/snort/inspect-stream.ts';
import type { StreamInspection } from '../../../src/inspect/snort/inspect-stream.ts';
import { compileSnort, makeSnortInspector } from '../../../src/inspect/snort/snort-inspector.ts';
import type { SnortPlan } from '../../../src/inspect/snort/snort-inspector.ts';
import type { SuricataCase } from './case.ts';
import type { Connection } from './connections.ts';
import { ruleFilesOf } from './run-case.ts';
import type { ConnectionRun, ShownExchange } from './run-case.ts';

/** The hits of all exchanges, one line each. */
export function hitsOfExchanges(
  one: SuricataCase,
  runs: readonly ConnectionRun[],
  isFast: boolean,
): readonly string[] {
  const inspector = makeSnortInspector(planOf(one, isFast), { mode: 'detect', nowMs: () => 0 });
  return runs.flatMap(({ shown }) => {
    const connection = {};
    return shown.exchanges.flatMap((exchange) => {
      const transaction = inspector.begin(Object.assign({ connection }, exchange.request));
      runPhases(transaction, exchange);
      return transaction.hits.map(
        ({ rule, target, matched }) => `${rule} ${target} ${JSON.stringify(matched)}`,
      );
    });
  });
}

function runPhases(
  transaction: ReturnType<ReturnType<typeof makeSnortInspector>['begin']>,
  { requestBody, response, responseBody }: ShownExchange,
): void {
  transaction.requestHead();
  transaction.requestBody({ bytes: requestBody, isPrefix: false });
  if (response === undefined) return;
  transaction.responseHead(response);
  transaction.responseBody({ bytes: responseBody, isPrefix: false });
}

/** The ids of the rules that hit streams, sorted. `pieceBytes` is how many are fed at a time. */
export function hitsOfStreams(
  one: SuricataCase,
  connections: readonly Connection[],
  pieceBytes: number,
): readonly string[] {
  const inspector = makeStreamInspector(planOf(one, true), { mode: 'detect', nowMs: () => 0 });
  return connections
    .flatMap((connection) => {
      const inspection = inspector.begin(connection);
      feed(inspection, 'to_server', connection.fromClient, pieceBytes);
      feed(inspection, 'to_client', connection.fromServer, pieceBytes);
      inspection.end();
      return inspection.hits.map(({ rule }) => rule);
    })
    .sort();
}

function feed(
  inspection: StreamInspection,
  direction: 'to_server' | 'to_client',
  bytes: Buffer,
  pieceBytes: number,
): void {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    inspection.feed(direction, bytes.subarray(start, start + pieceBytes));
  }
}

function planOf(one: SuricataCase, isFast: boolean): SnortPlan {
  const compiled = compileSnort(ruleFilesOf(one), {
    variables: Object.fromEntries(one.variables),
    isLenient: true,
    isFast,
  });
  if (compiled.kind === 'bad') throw new Error(JSON.stringify(compiled.mistakes));
  return compiled.plan;
}
