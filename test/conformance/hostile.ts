/**
 * What values made to hurt cost: every pattern of every rule set in the data folder alone, and whole rule sets on bodies of
 * 128 KiB. CPU of the thread.
 *
 *     node test/conformance/hostile.ts [--json] [--every N] [--bodies N] [--record WHAT]
 *
 * Every pattern takes some minutes. `--every N` takes every Nth of them, `--bodies N` so many bodies for each whole rule set
 * (0 for none). `--record WHAT` writes the figures to bench/records. The exit code is 1 when a pattern is above the bar, or its
 * time grows faster than its value.
 */
import { Buffer } from 'node:buffer';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileRules, makeInspector } from '../../src/inspect/build.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { loadRules } from '../../src/inspect/load-rules.ts';
import type { RuleFile } from '../../src/inspect/load-rules.ts';
import { parsePattern } from '../../src/inspect/rx/parse.ts';
import { compileSnort, makeSnortInspector } from '../../src/inspect/snort/snort-inspector.ts';
import { seededRandom } from '../support/random.ts';
import { crsFiles } from './crs/crs-data.ts';
import { hostileInputs } from './rx/hostile-inputs.ts';
import { flat, LENGTHS, measureHostile, threadMs } from './rx/measure-hostile.ts';
import { crsPatterns, patternsIn, snortPatterns } from './rx/patterns.ts';
import type { RulePattern } from './rx/patterns.ts';
import { readSet } from './snort/sets.ts';
import { listedFields } from '../../src/inspect/listed-fields.ts';

const BAR_MS = 50;
/** Twice the length may cost so many times as much, above what a measurement may be off. */
const GROWTH_MAX = 2.6;
const NOISE_MS = 10;
const LENGTH = LENGTHS[2];
const DEBIAN = '/usr/share/modsecurity-crs';
const RECORDS = join(import.meta.dirname, '../../bench/records');

const HEADERS: readonly (readonly [string, string])[] = [
  ['Host', 'shop.example.com'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
  ['Content-Length', String(LENGTH)],
];

interface PatternFigures {
  readonly set: string;
  readonly patterns: number;
  readonly values: number;
  /** Of the worst pattern, for 128 KiB. */
  readonly worstMs: number;
  readonly worst: string;
  readonly aboveBar: number;
  /** Patterns that cost more than in proportion to the length. */
  readonly notLinear: number;
}

interface WholeFigures {
  readonly set: string;
  readonly bodies: number;
  readonly medianMs: number;
  /** The longest that the thread was held up. */
  readonly worstMs: number;
  /** The pattern that the worst body was made for. */
  readonly worst: string;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
    bodies: { type: 'string', default: '300' },
    record: { type: 'string' },
  },
});
const patterns = patternSets().map(([set, all]) => measureSet(set, every(all, Number(values.every))));
const bodyCount = Number(values.bodies);
const bodies = bodyCount === 0 ? [] : every(crsPatterns(), Math.max(1, Math.floor((2 * 294) / bodyCount)));
const whole = bodyCount === 0 ? [] : wholeSets().map(([set, make]) => measureWhole(set, make(), bodies));
const isMet = patterns.every(({ aboveBar, notLinear }) => aboveBar === 0 && notLinear === 0);
const figures = {
  format: 1,
  date: new Date(),
  barMs: BAR_MS,
  lengths: LENGTHS,
  every: Number(values.every),
  patterns,
  whole,
};
if (values.record !== undefined) writeRecord(values.record);
process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : table());
process.exitCode = isMet ? 0 : 1;

function table(): string {
  const lines = patterns.map(
    (row) =>
      `${row.set}: ${row.patterns} patterns, ${row.values} values, worst ${row.worstMs.toFixed(1)} ms, ${row.aboveBar} above ${BAR_MS} ms, ${row.notLinear} not linear`,
  );
  for (const row of whole) {
    lines.push(
      `${row.set}, whole: ${row.bodies} bodies, median ${row.medianMs.toFixed(1)} ms, worst ${row.worstMs.toFixed(1)} ms`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function writeRecord(what: string): void {
  const base = join(RECORDS, `${figures.date.toISOString().slice(0, 10)}-${what}`);
  const machine = `Node.js ${process.version}, ${cpus()[0]?.model ?? 'an unknown processor'}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
  writeFileSync(`${base}.json`, `${JSON.stringify({ machine, ...figures }, null, 2)}\n`);
  const rows = table().trimEnd().split('\n');
  writeFileSync(
    `${base}.md`,
    `# Values made to hurt\n\n\`node test/conformance/hostile.ts\`, ${figures.date.toISOString()}, ${machine}. CPU of the thread for 128 KiB.\n\n${rows.map((row) => `- ${row}`).join('\n')}\n`,
  );
}

function patternSets(): readonly (readonly [string, readonly RulePattern[]])[] {
  const snort = snortPatterns();
  const of = (part: string): readonly RulePattern[] => snort.filter(({ file }) => file.includes(part));
  return [
    ['CRS 4', crsPatterns()],
    ...(existsSync(DEBIAN) ? [['CRS 3.3 of Debian', patternsIn('rules/*.conf', DEBIAN)] as const] : []),
    ['Snort 2004', of('snort/2004/')],
    ['Snort community', of('snort/community/')],
    ['ET Open', of('snort/et-open/')],
    ['suricata-verify', of('suricata-verify/')],
  ];
}

function wholeSets(): readonly (readonly [string, () => Inspector])[] {
  return [
    ['CRS 4, paranoia level 1', () => seclang(crsFiles(1))],
    ['CRS 4, paranoia level 4', () => seclang(crsFiles(4))],
    ...(existsSync(DEBIAN) ? [['CRS 3.3 of Debian', () => seclang(debianFiles())] as const] : []),
    ['Snort community and ET Open', () => snort()],
  ];
}

function debianFiles(): readonly RuleFile[] {
  const loaded = loadRules(['/etc/modsecurity/crs/crs-setup.conf', `${DEBIAN}/rules/*.conf`], DEBIAN);
  if (loaded.kind === 'bad') throw new Error(loaded.mistakes.map(({ text }) => text).join('\n'));
  return loaded.files;
}

function seclang(files: readonly RuleFile[]): Inspector {
  const compiled = compileRules(files);
  if (compiled.kind === 'bad') throw new Error(compiled.mistakes.map(({ text }) => text).join('\n'));
  return makeInspector(compiled.plan, { mode: 'detect', ...compiled.limits });
}

function snort(): Inspector {
  const files = [...readSet('community'), ...readSet('et-open')];
  const compiled = compileSnort(files, { isLenient: true });
  if (compiled.kind === 'bad') throw new Error(compiled.mistakes.map(({ text }) => text).join('\n'));
  return makeSnortInspector(compiled.plan, { mode: 'detect' });
}

function measureSet(set: string, all: readonly RulePattern[]): PatternFigures {
  let worst = { ms: 0, source: '' };
  let aboveBar = 0;
  let notLinear = 0;
  let count = 0;
  for (const [index, pattern] of all.entries()) {
    // So that who waits knows for what.
    if (index % 100 === 0) process.stderr.write(`${set}: ${index} of ${all.length}\n`);
    const { ms, values: made } = measureHostile(pattern, index + 1);
    const [, half = 0, full = 0] = ms;
    count += made;
    if (full > worst.ms) worst = { ms: full, source: pattern.source };
    if (full > BAR_MS) aboveBar++;
    if (full > GROWTH_MAX * half + NOISE_MS) notLinear++;
  }
  return {
    set,
    patterns: all.length,
    values: count,
    worstMs: rounded(worst.ms),
    worst: printable(worst.source),
    aboveBar,
    notLinear,
  };
}

/** Each body is an argument of a form that is made for one pattern; what is measured is the longest phase. */
function measureWhole(set: string, inspector: Inspector, made: readonly RulePattern[]): WholeFigures {
  let worst = { ms: 0, source: '' };
  const times: number[] = [];
  for (const [index, { source, options }] of made.entries()) {
    const makers = hostileInputs(parsePattern(source, options).root, LENGTH - 2, seededRandom(index + 1));
    for (const make of [makers[(index * 5) % makers.length], makers.at(-1 - (index % 4))]) {
      const body = flat(`a=${make?.() ?? ''}`);
      const ms = Math.min(inspectMs(inspector, body), inspectMs(inspector, body));
      times.push(ms);
      if (ms > worst.ms) worst = { ms, source };
    }
  }
  times.sort((left, right) => left - right);
  return {
    set,
    bodies: times.length,
    medianMs: rounded(times[times.length >> 1] ?? 0),
    worstMs: rounded(worst.ms),
    worst: printable(worst.source),
  };
}

function inspectMs(inspector: Inspector, text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  const transaction = inspector.begin({
    method: 'POST',
    target: '/form',
    version: 'HTTP/1.1',
    headers: listedFields(HEADERS),
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  const startMs = threadMs();
  transaction.requestBody({ bytes, isPrefix: false });
  const ms = threadMs() - startMs;
  transaction.end();
  return ms;
}

function every<Value>(list: readonly Value[], stride: number): readonly Value[] {
  return list.filter((_, index) => index % stride === 0);
}

function printable(source: string): string {
  return source.slice(0, 100).replace(/[^ -~]/g, '?');
}

function rounded(ms: number): number {
  return Math.round(10 * ms) / 10;
}
