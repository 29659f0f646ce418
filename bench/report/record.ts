/**
 * The result of a run as JSON and as a Markdown page, and the files that keep it in bench/records/.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Machine } from '../machine/facts.ts';
import type { Outcome } from '../run.ts';
import { barText, toBars } from './bars.ts';
import { median, medianRatio, valuesOf } from './statistics.ts';
import { toGrid, toMarkdown, toNotes } from './table.ts';

/** A whole run. */
export interface Run {
  readonly date: Date;
  readonly machine: Machine;
  /** Version of each program that took part. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  /** What is wrong with the run as a whole: peers that are missing, no pinning. */
  readonly warnings: readonly string[];
  readonly outcomes: readonly Outcome[];
}

/** The version of the shape below; readers of old records look here first. */
const FORMAT = 1;

export function toJson(run: Run): string {
  const workloads = run.outcomes.map((outcome) => ({
    name: outcome.workload.name,
    title: outcome.workload.title,
    subjects: outcome.measured.map((measured) => ({
      label: measured.label,
      medians: mediansOf(outcome, measured),
      ratios: ratiosOf(outcome, measured),
      rounds: Array.from(measured.rounds, (figures) => figures ?? null),
    })),
    bars: toBars(outcome),
    notes: toNotes(outcome),
  }));
  const { date, machine, versions, rounds, seconds, warnings } = run;
  return `${JSON.stringify({ format: FORMAT, date, machine, versions, rounds, seconds, warnings, workloads }, null, 2)}\n`;
}

export function toPage(run: Run, what: string): string {
  const { machine } = run;
  const facts = [
    `Date: ${run.date.toISOString()}`,
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}`,
    `Versions: ${listVersions(run)}`,
    `Commit: ${machine.commit ?? 'unknown'}`,
    `Rounds: ${run.rounds} of ${run.seconds} s each; load average at the start ${machine.load1}; CPU time from ${machine.cpuClock}`,
    ...run.warnings,
  ];
  const parts = run.outcomes.map((outcome) => {
    const notes = [...toBars(outcome).map(barText), ...toNotes(outcome)].map((note) => `- ${note}\n`);
    return [
      `## ${outcome.workload.name}\n\n${outcome.workload.title}\n`,
      toMarkdown(toGrid(outcome)),
      ...(notes.length > 0 ? [notes.join('')] : []),
    ].join('\n');
  });
  return [`# ${what}\n`, facts.map((fact) => `- ${fact}\n`).join(''), ...parts].join('\n');
}

export function listVersions(run: Run): string {
  return Object.entries(run.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** Writes both files and returns their path without the ending. A record of the same day and name is replaced. */
export function writeRecord(run: Run, what: string): string {
  const path = join(import.meta.dirname, '..', 'records', `${run.date.toISOString().slice(0, 10)}-${what}`);
  writeFileSync(`${path}.json`, toJson(run));
  writeFileSync(`${path}.md`, toPage(run, what));
  return path;
}

function mediansOf(outcome: Outcome, measured: Outcome['measured'][number]): Record<string, number> {
  return Object.fromEntries(
    outcome.workload.columns.map(({ key }) => [key, median(valuesOf(measured, key))]),
  );
}

function ratiosOf(
  outcome: Outcome,
  measured: Outcome['measured'][number],
): Record<string, Record<string, number>> {
  const baselines = outcome.measured.filter(({ label }) => outcome.workload.baselines.includes(label));
  return Object.fromEntries(
    baselines.map((baseline) => [
      baseline.label,
      Object.fromEntries(
        outcome.workload.columns.map(({ key }) => [key, medianRatio(measured, baseline, key)]),
      ),
    ]),
  );
}
