/**
 * What inspection costs, in one process and without a socket: microseconds of CPU for each kind of request, with the CRS
 * at paranoia level 1 and with Snort rules, 500 and ten times as many; and what the rules take to compile and to keep.
 *
 *     node bench/inspect.ts [--rounds N] [--only KIND,KIND] [--json FILE]
 *     node bench/inspect.ts --explain [SET] [--only KIND,KIND]
 *
 * The steadiest of the figures about inspection: no other process takes part. Requests are those of the `inspect-`
 * workloads, none twice. The time to read their heads, which the proxy needs anyway, is measured too and taken away. With `--explain` nothing is timed:
 * it counts what the engine does for each kind with one set of rules (`in-process/explain.ts`).
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readCount } from './command.ts';
import type { SetResult } from './in-process/measure.ts';
import { FEW, MANY, RULE_SETS } from './in-process/rule-sets.ts';
import { describeMachine } from './machine/facts.ts';
import { missingRules } from './peers/rule-sets.ts';
import { median, spread } from './report/statistics.ts';
import { toText } from './report/table.ts';
import { KINDS } from './traffic/kinds.ts';

const PROGRAM = join(import.meta.dirname, 'in-process', 'measure.ts');
const ROUNDS = '15';
const EXPLAINER = join(import.meta.dirname, 'in-process', 'explain.ts');
const EXPLAINED = '200';
const COMPILE_MS_MAX = 1_000;
const PLAN_MIB_MAX = 60;
const ADDED_US_MAX = 10;
const MORE_RULES_MAX = 1.3;

try {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      explain: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  if (values.explain === true) explain(positionals[0] ?? `CRS+${FEW}`, readKinds(values.only));
  else if (positionals.length > 0) throw new Error('Cannot read the arguments: a set is for --explain');
  else main(readCount('--rounds', values.rounds ?? ROUNDS, 9_999), readKinds(values.only), values.json);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

function main(rounds: number, kinds: readonly string[], jsonFile: string | undefined): void {
  const missing = missingRules('crs+snort');
  if (missing !== undefined) throw new Error(`Cannot run: ${missing}`);
  const machine = describeMachine();
  process.stdout.write(`${machine.cpu}, node ${process.versions.node}, load average ${machine.load1}\n`);
  const sets = RULE_SETS.map(({ name }) => measureSet(name, rounds, kinds));
  const rows = kinds.map((kind) => ({ kind, us: addedBy(sets, kind), spread: spreadsOf(sets, kind) }));
  process.stdout.write('\nadded CPU µs/request; ± is how far the worst round was off\n');
  process.stdout.write(toText([headOf(sets), ...rows.map(cellsOf)]));
  process.stdout.write('\nrules\n');
  process.stdout.write(toText(rulesGrid(sets)));
  const bars = barsOf(sets, rows);
  for (const { text, value, max } of bars) {
    const verdict = value <= max ? 'met' : 'falls short';
    process.stdout.write(`  bar: ${text}: ${value.toFixed(2)} of ${max}, ${verdict}\n`);
  }
  if (jsonFile === undefined) return;
  const json = { format: 1, date: new Date(), machine, rounds, kinds: rows, sets, bars };
  writeFileSync(jsonFile, `${JSON.stringify(json, null, 2)}\n`);
}

function explain(set: string, kinds: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [EXPLAINER, set, EXPLAINED, kinds.join(',')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

/** In a process of its own. */
function measureSet(name: string, rounds: number, kinds: readonly string[]): SetResult {
  process.stderr.write(`measuring ${name}\n`);
  const args = ['--expose-gc', PROGRAM, name, String(rounds), kinds.join(',')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Cannot measure ${name}: ${stderr.trim()}`);
  // Written by our own program in this shape.
  return JSON.parse(stdout) as SetResult;
}

interface Row {
  readonly kind: string;
  /** By rule set; those of `none` are whole, the others without it. */
  readonly us: Readonly<Record<string, number>>;
  readonly spread: Readonly<Record<string, number>>;
}

function addedBy(sets: readonly SetResult[], kind: string): Record<string, number> {
  const reading = median(sets[0]?.rounds[kind] ?? []);
  return Object.fromEntries(
    sets.map(({ name, rounds }) => [
      name,
      median(rounds[kind] ?? []) - (name === RULE_SETS[0]?.name ? 0 : reading),
    ]),
  );
}

function spreadsOf(sets: readonly SetResult[], kind: string): Record<string, number> {
  return Object.fromEntries(sets.map(({ name, rounds }) => [name, spread(rounds[kind] ?? [])]));
}

function headOf(sets: readonly SetResult[]): string[] {
  return ['', ...sets.flatMap(({ name }) => [name === 'none' ? 'reading' : name, '±'])];
}

function cellsOf({ kind, us, spread: spreads }: Row): string[] {
  return [
    kind,
    ...Object.keys(us).flatMap((name) => [
      (us[name] ?? Number.NaN).toFixed(1),
      `${(100 * (spreads[name] ?? Number.NaN)).toFixed(0)} %`,
    ]),
  ];
}

function rulesGrid(sets: readonly SetResult[]): string[][] {
  const rows = sets
    .slice(1)
    .map(({ name, ruleCount, compileMs, planBytes, usedPlanBytes }) => [
      name,
      String(ruleCount),
      compileMs.toFixed(0),
      inMiB(planBytes).toFixed(1),
      inMiB(usedPlanBytes).toFixed(1),
    ]);
  return [['', 'rules', 'compile ms', 'plan MiB', 'MiB after the load'], ...rows];
}

interface MeasuredBar {
  readonly text: string;
  readonly value: number;
  readonly max: number;
}

function barsOf(sets: readonly SetResult[], rows: readonly Row[]): readonly MeasuredBar[] {
  const bars: MeasuredBar[] = [];
  const few = `CRS+${FEW}`;
  const many = `CRS+${MANY}`;
  for (const { kind, us } of rows) {
    if (kind.startsWith('page')) {
      bars.push({ text: `${kind}: ${few} add (goal 5)`, value: us[few] ?? Number.NaN, max: ADDED_US_MAX });
    }
    for (const [one, other] of [
      [many, few],
      [`Snort ${MANY}`, `Snort ${FEW}`],
    ] as const) {
      const value = (us[one] ?? Number.NaN) / (us[other] ?? Number.NaN);
      bars.push({ text: `${kind}: ${one} to ${other}`, value, max: MORE_RULES_MAX });
    }
  }
  const largest = sets.find(({ name }) => name === many);
  if (largest !== undefined) {
    bars.push({ text: `${many}: compile ms`, value: largest.compileMs, max: COMPILE_MS_MAX });
    bars.push({ text: `${many}: plan MiB`, value: inMiB(largest.usedPlanBytes), max: PLAN_MIB_MAX });
  }
  return bars;
}

function inMiB(bytes: number): number {
  return bytes / 2 ** 20;
}

function readKinds(text: string | undefined): readonly string[] {
  const all = KINDS.map(({ name }) => name);
  if (text === undefined) return all;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`Cannot read --only: "${unknown}" is none of ${all.join(', ')}`);
  return names;
}
