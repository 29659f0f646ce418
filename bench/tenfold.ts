/**
 * What ten times the rules cost: 500 and 5,000 rules of Snort, alone and beside the CRS, in turn in one process, so that
 * what disturbs one disturbs the other. Microseconds of CPU for each kind of request, and the ratio, of which the bar is 1.3.
 *
 *     node bench/tenfold.ts [--rounds N] [--only KIND,KIND] [--json FILE]
 *
 * `bench/inspect.ts` measures each set in a process of its own, as the proxy has it; on a machine with strangers on it the
 * minutes between two processes move a ratio of theirs by a third. Here all sets see the same requests, batch by batch,
 * each round beginning with another set. Of the rounds the lowest quarter counts: noise only adds. The time to read the
 * heads, which the proxy needs anyway, is measured in the same way and taken away.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { readCount } from './command.ts';
import { exchangeOf, Feed } from './in-process/feed.ts';
import { buildSet, FEW, isLetThrough, MANY, RULE_SETS } from './in-process/rule-sets.ts';
import { describeMachine } from './machine/facts.ts';
import { missingRules } from './peers/rule-sets.ts';
import { lowerQuartile } from './report/statistics.ts';
import { toText } from './report/table.ts';
import { KINDS, type Kind } from './traffic/kinds.ts';
import { mixedVisits, visitsOf } from './traffic/samples.ts';
import type { Inspector } from '../src/inspect/inspector.ts';

const MORE_RULES_MAX = 1.3;
const ROUNDS = '60';
const DEFAULT_KINDS = 'page,page-varied,search,login,json,upload';
const CONNECTIONS = 64;
/** Requests of a batch: some milliseconds, so that a batch that nothing disturbs is not rare. */
const BATCH = 256;
const BATCH_HEAVY = 8;
/** Batches before the first that counts: V8 compiles what is hot, and remembered fields are there. */
const WARM_UP_BATCHES = 24;

const READING = RULE_SETS[0]?.name ?? '';
const PAIRS = [
  [`Snort ${FEW}`, `Snort ${MANY}`],
  [`CRS+${FEW}`, `CRS+${MANY}`],
] as const;

interface Subject {
  readonly name: string;
  readonly inspector: Inspector;
}

interface Row {
  readonly kind: string;
  /** By rule set, one figure a round; those of `none` are of reading. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
}

try {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, only: { type: 'string' }, json: { type: 'string' } },
  });
  main(
    readCount('--rounds', values.rounds ?? ROUNDS, 9_999),
    readKinds(values.only ?? DEFAULT_KINDS),
    values.json,
  );
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

function main(rounds: number, kinds: readonly Kind[], jsonFile: string | undefined): void {
  const missing = missingRules('crs+snort');
  if (missing !== undefined) throw new Error(`Cannot run: ${missing}`);
  const machine = describeMachine();
  process.stdout.write(`${machine.cpu}, node ${process.versions.node}, load average ${machine.load1}\n`);
  const names = [READING, ...PAIRS.flat()];
  const subjects = RULE_SETS.filter(({ name }) => names.includes(name)).map((set) => ({
    name: set.name,
    inspector: buildSet(set).inspector,
  }));
  for (const { inspector } of subjects) warmUp(inspector);
  const rows = kinds.map((kind) => ({ kind: kind.name, rounds: measureKind(kind, subjects, rounds) }));
  process.stdout.write('\nadded CPU µs/request, lower quartiles\n');
  process.stdout.write(toText([headOf(), ...rows.map(cellsOf)]));
  const bars = rows.flatMap(barsOf);
  for (const { text, value } of bars) {
    const verdict = value <= MORE_RULES_MAX ? 'met' : 'falls short';
    process.stdout.write(`  bar: ${text}: ${value.toFixed(2)} of ${MORE_RULES_MAX}, ${verdict}\n`);
  }
  if (jsonFile === undefined) return;
  const json = { format: 1, date: new Date(), machine, rounds, kinds: rows, max: MORE_RULES_MAX, bars };
  writeFileSync(jsonFile, `${JSON.stringify(json, null, 2)}\n`);
}

/** Requests of all kinds, so that V8 has seen what a proxy sees. */
function warmUp(inspector: Inspector): void {
  const feed = new Feed(mixedVisits(), CONNECTIONS);
  for (const arrived of feed.take(2_000)) isLetThrough(inspector, exchangeOf(arrived));
}

/** Each set has a feed of its own with the same requests: what is kept of a connection is kept for one set. */
function measureKind(kind: Kind, subjects: readonly Subject[], rounds: number): Row['rounds'] {
  const visits = visitsOf(kind);
  const measured = subjects.map(({ name, inspector }) => ({
    name,
    inspector,
    feed: new Feed(visits, CONNECTIONS),
    figures: [] as number[],
  }));
  const batch = kind.isHeavy === true ? BATCH_HEAVY : BATCH;
  for (let round = -WARM_UP_BATCHES; round < rounds; round++) {
    const first = (round + WARM_UP_BATCHES) % measured.length;
    for (const { inspector, feed, figures } of [...measured.slice(first), ...measured.slice(0, first)]) {
      const us = timeBatch(inspector, feed, batch);
      if (round >= 0) figures.push(us);
    }
  }
  return Object.fromEntries(measured.map(({ name, figures }) => [name, figures]));
}

/** Microseconds of CPU for one of them. */
function timeBatch(inspector: Inspector, feed: Feed, batch: number): number {
  const requests = feed.take(batch);
  const start = process.cpuUsage();
  for (const arrived of requests) isLetThrough(inspector, exchangeOf(arrived));
  const { user, system } = process.cpuUsage(start);
  return (user + system) / batch;
}

function headOf(): string[] {
  return ['', 'reading', ...PAIRS.flatMap(([few, many]) => [few, many, 'ratio'])];
}

function cellsOf(row: Row): string[] {
  const reading = lowerQuartile(row.rounds[READING] ?? []);
  const added = PAIRS.flatMap(([few, many]) => [
    addedBy(row, few).toFixed(2),
    addedBy(row, many).toFixed(2),
    (addedBy(row, many) / addedBy(row, few)).toFixed(2),
  ]);
  return [row.kind, reading.toFixed(2), ...added];
}

function barsOf(row: Row): { text: string; value: number }[] {
  return PAIRS.map(([few, many]) => ({
    text: `${row.kind}: ${many} to ${few}`,
    value: addedBy(row, many) / addedBy(row, few),
  }));
}

function addedBy({ rounds }: Row, name: string): number {
  return lowerQuartile(rounds[name] ?? []) - lowerQuartile(rounds[READING] ?? []);
}

function readKinds(text: string): readonly Kind[] {
  return text.split(',').map((part) => {
    const kind = KINDS.find(({ name }) => name === part.trim());
    if (kind !== undefined) return kind;
    const all = KINDS.map(({ name }) => name).join(', ');
    throw new Error(`Cannot read --only: "${part.trim()}" is none of ${all}`);
  });
}
