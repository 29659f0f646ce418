/** The metrics of a configuration: the names that are counted, and everything that is shown to who asks for it. */
import { poolKey, serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import type { Attackers } from '../decoy/attackers.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { collectCounts } from '../record/metrics/collect.ts';
import { FAMILIES } from '../record/metrics/families.ts';
import type { Sample } from '../record/metrics/family.ts';
import { collectPools, collectProcess, collectServers } from '../record/metrics/gauges.ts';
import type { ServerAtRow } from '../record/metrics/gauges.ts';
import { CLASSES, VERDICTS, WAY } from '../record/metrics/layout.ts';
import type { SpanCounts } from '../record/tracing/exporter.ts';
import type { Counted, PlaceBook } from '../record/metrics/place-book.ts';
import type { StateCounts } from './rule-state.ts';
import type { OwnedServers } from './servers-in-use.ts';
import { optionsOf, rowOf, serversOf } from './servers-in-use.ts';

/** Every name of a configuration for which something is counted. */
export function countedNames(config: Config): readonly Counted[] {
  const listeners = Object.entries(config.listeners).flatMap(([listener, { routes }]): Counted[] => [
    { kind: 'listener', labels: [listener] },
    ...['', ...routes].map((route): Counted => ({ kind: 'way', labels: [listener, route] })),
  ]);
  const pools = [
    ...Object.keys(config.pools).map((name): Counted => ({ kind: 'pool', labels: ['pool', name] })),
    ...Object.keys(config.decoys).map((name): Counted => ({ kind: 'pool', labels: ['decoy', name] })),
  ];
  const servers = serversOf(config).map(({ kind, pool, server }): Counted => ({
    kind: 'server',
    labels: [kind, pool, server],
  }));
  return [...listeners, ...pools, ...servers];
}

/** What there is to show. */
export interface Shown {
  readonly version: string;
  readonly config: Config;
  readonly book: PlaceBook;
  /** Blocks of the book that are in use. */
  readonly workers: number;
  readonly servers: Pick<OwnedServers, 'table' | 'rows' | 'slowStart'>;
  readonly attackers: Pick<Attackers, 'size' | 'dropped'>;
  readonly ruleState: readonly StateCounts[];
  /** Lines of the access log that were dropped. */
  readonly linesDropped: number;
  readonly happenings: Readonly<Happenings>;
  readonly spans: SpanCounts;
}

/** What the supervisor counts itself, since the start. */
export interface Happenings {
  workersDied: number;
  readonly reloads: Record<'ok' | 'bad', number>;
}

/** All metrics as they are now. */
export function collectMetrics(shown: Shown): readonly Sample[] {
  const { book, attackers, linesDropped, happenings, spans } = shown;
  const { table, slowStart } = shown.servers;
  const servers = serversAtRows(shown);
  return [
    ...collectProcess(shown.version),
    ...collectCounts(book, shown.workers),
    ...collectPools(table, servers, (kind, pool) => rowOf(shown.servers.rows, poolKey(kind, pool))),
    ...collectServers(table, servers, slowStart),
    { family: FAMILIES.workersDied, labels: [], value: happenings.workersDied },
    ...Object.entries(happenings.reloads).map(([result, value]) => ({
      family: FAMILIES.reloads,
      labels: [result],
      value,
    })),
    { family: FAMILIES.attackers, labels: [], value: attackers.size },
    { family: FAMILIES.attackersDropped, labels: [], value: attackers.dropped },
    ...shown.ruleState.flatMap(({ kind, entries, dropped, refused }) => [
      { family: FAMILIES.ruleState, labels: [kind], value: entries },
      { family: FAMILIES.ruleStateDropped, labels: [kind], value: dropped },
      { family: FAMILIES.ruleStateRefused, labels: [kind], value: refused },
    ]),
    { family: FAMILIES.logDropped, labels: [], value: linesDropped },
    { family: FAMILIES.spansSent, labels: [], value: spans.sent },
    ...Object.entries(spans.dropped).map(([reason, value]) => ({
      family: FAMILIES.spansDropped,
      labels: [reason],
      value,
    })),
    { family: FAMILIES.seriesMissing, labels: [], value: book.missing },
  ];
}

function serversAtRows({ config, servers: { rows } }: Shown): readonly ServerAtRow[] {
  return serversOf(config).flatMap((name): ServerAtRow[] => {
    const { kind, pool, server } = name;
    const row = rows.get(serverKey(kind, pool, server));
    return row === undefined
      ? []
      : [{ labels: [kind, pool, server], row, isBackup: optionsOf(config, name)?.backup === true }];
  });
}

/** Exchanges that have ended, by verdict. */
export function verdictCounts(book: PlaceBook): Record<ExchangeRecord['verdict'], number> {
  const counts = { continue: 0, reply: 0, deceive: 0, drop: 0 };
  for (const { kind, at } of book.places()) {
    if (kind !== 'way') continue;
    for (const [verdict, name] of VERDICTS.entries()) {
      const start = at + WAY.exchanges.at + verdict * CLASSES.length;
      for (let index = 0; index < CLASSES.length; index++) counts[name] += book.sum(start + index);
    }
  }
  return counts;
}
