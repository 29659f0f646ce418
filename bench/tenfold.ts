/**
 * What ten times the rules cost: 500 and 5,000 rules of Snort, alone and beside the CRS, in turn. Microseconds of CPU for each
 * kind of request, and the ratio, of which the bar is 1.3.
 *
 *     node bench/tenfold.ts [--rounds N] [--only KIND,KIND] [--json FILE]
 *
 * `bench/inspect.ts` measures one set after the other: on a machine with strangers on it the minutes between two sets move a
 * ratio of theirs by a third. Here each set has a process of its own, too, as the proxy has it, and they are told in turn to
 * measure a batch, the same requests for all, each round beginning with another. Of the rounds the lowest quarter counts:
 * noise only adds. The time to read the heads, which the proxy needs anyway, is measured in the same way and taken away.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readCount, runCommand } from './command.ts';
import { FEW, MANY, RULE_SETS } from './in-process/rule-sets.ts';
import { describeMachine } from './machine/facts.ts';
import { missingRules } from './peers/rule-sets.ts';
import { lowerQuartile } from './report/statistics.ts';
import { toText } from './report/table.ts';
import { KINDS } from './traffic/kinds.ts';

const MORE_RULES_MAX = 1.3;
const ROUNDS = '60';
const DEFAULT_KINDS = 'page,page-varied,search,login,json,upload';
const PROGRAM = join(import.meta.dirname, 'in-process', 'turn.ts');

const READING = RULE_SETS[0]?.name ?? '';
const PAIRS = [
  [`Snort ${FEW}`, `Snort ${MANY}`],
  [`CRS+${FEW}`, `CRS+${MANY}`],
] as const;

interface Subject {
  readonly name: string;
  readonly child: ChildProcess;
}

interface Row {
  readonly kind: string;
  /** By rule set, one figure a round; those of `none` are of reading. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, only: { type: 'string' }, json: { type: 'string' } },
  });
  await main(
    readCount('--rounds', values.rounds ?? ROUNDS, 9_999),
    readKinds(values.only ?? DEFAULT_KINDS),
    values.json,
  );
});

async function main(rounds: number, kinds: readonly string[], jsonFile: string | undefined): Promise<void> {
  const missing = missingRules('crs+snort');
  if (missing !== undefined) throw new Error(`Cannot run: ${missing}`);
  const machine = describeMachine();
  process.stdout.write(`${machine.cpu}, node ${process.versions.node}, load average ${machine.load1}\n`);
  const rows = await measure(kinds, rounds);
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

async function measure(kinds: readonly string[], rounds: number): Promise<readonly Row[]> {
  const subjects: Subject[] = [];
  try {
    // One after the other, each until it is ready.
    for (const name of [READING, ...PAIRS.flat()]) {
      const child = fork(PROGRAM, [name], { stdio: 'inherit' });
      subjects.push({ name, child });
      await answerOf(name, child);
    }
    const rows: Row[] = [];
    for (const kind of kinds) rows.push({ kind, rounds: await measureKind(kind, subjects, rounds) });
    return rows;
  } finally {
    // They end when nobody talks to them.
    for (const { child } of subjects) if (child.connected) child.disconnect();
  }
}

async function measureKind(
  kind: string,
  subjects: readonly Subject[],
  rounds: number,
): Promise<Row['rounds']> {
  const figures = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    const first = round % subjects.length;
    for (const { name, child } of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      child.send(kind);
      figures.get(name)?.push(await answerOf(name, child));
    }
  }
  return Object.fromEntries(figures);
}

/** Throws when the process ends instead. */
function answerOf(name: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`Cannot measure ${name}: its process ended`));
    child.once('exit', onExit);
    child.once('message', (us) => {
      child.off('exit', onExit);
      resolve(Number(us));
    });
  });
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

function readKinds(text: string): readonly string[] {
  const all = KINDS.map(({ name }) => name);
  return text.split(',').map((part) => {
    const name = part.trim();
    if (all.includes(name)) return name;
    throw new Error(`Cannot read --only: "${name}" is none of ${all.join(', ')}`);
  });
}
