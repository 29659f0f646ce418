/**
 * Every promise of inspection against its bar: runs the suites and scripts that measure it, and prints what came out.
 *
 *     node test/conformance/report.ts [--json FILE] [--only WORD] [--all]
 *
 * `--only` takes the rows whose name holds the word; `--all` runs every case where suites take a sample otherwise. A row is
 * `met` when its suites ran and passed, without a skip, and its figure is within the bar; counts of cases are asserted by the
 * suites themselves. What takes other programs and a quiet machine is named with its command and not run: `not measured`.
 * The exit code is 1 when a row falls short, or was skipped.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs, promisify } from 'node:util';

const FOLDER = import.meta.dirname;
const ROOT = join(FOLDER, '../..');
/** What the runner says of every run. */
const SUMMARY = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

interface Row {
  readonly name: string;
  readonly bar: string;
  readonly suites?: readonly string[];
  readonly script?: Script;
  /** The command of what is not run here. */
  readonly elsewhere?: string;
}

interface Script {
  readonly args: readonly string[];
  /** Whether what it printed is within the bar. */
  readonly isMet: (figures: unknown) => boolean;
  /** The figures in what it printed; all of it when left out. */
  readonly pick?: (printed: unknown) => unknown;
}

interface Result {
  readonly name: string;
  readonly bar: string;
  readonly outcome: 'met' | 'falls short' | 'skipped' | 'not measured';
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number };
  /** What the suites say of themselves. */
  readonly said: readonly string[];
  readonly figures?: unknown;
  readonly command?: string;
}

/** Of what the test runner tells, what is used here. */
interface TestEvent {
  readonly type: string;
  readonly data: { readonly skip?: string | boolean; readonly message?: string; readonly name?: string };
}

interface Regression {
  readonly tests: number;
  readonly passed: number;
  readonly overridden: number;
}

interface Hostile {
  readonly patterns: readonly { readonly aboveBar: number; readonly notLinear: number }[];
  readonly whole: readonly { readonly worstMs: number }[];
}

interface Shared {
  readonly compiled: { readonly cpuMs: number; readonly sharedMiB: number };
  readonly attached: readonly { readonly cpuMs: number; readonly ownMiB: number }[];
}

/** Figures are those of our own scripts, in these shapes. */
const ROWS: readonly Row[] = [
  {
    name: 'CRS regression, through the running proxy',
    bar: 'all 5,003 of CRS 4.28.0 at paranoia level 4, at most 15 by an override with its reason; the same hits in process; without rules every test that expects a hit fails',
    suites: ['crs-proxy.test.ts', 'crs-regression.test.ts'],
    script: {
      args: ['test/conformance/crs/main.ts', '--json'],
      isMet: (figures) => {
        const { tests, passed, overridden } = figures as Regression;
        return tests === 5003 && passed === tests && overridden <= 15;
      },
      pick: (printed) => (printed as { readonly figures: unknown }).figures,
    },
  },
  { name: 'secrules-vectors', bar: 'all, byte for byte', suites: ['secrules/*.test.ts'] },
  {
    name: 'SQLi and XSS detectors',
    bar: 'at least 99 % of attack lines, none of the harmless look-alikes',
    suites: ['injection/lists.test.ts'],
  },
  {
    name: 'Snort sets',
    bar: '100 % parse, at least 99.5 % loaded, each alerts on its message and not on a changed one',
    suites: ['snort/snort-sets.test.ts'],
  },
  {
    name: 'suricata-verify',
    bar: 'alert counts equal in every case that a proxy can see, the others by class with the reason',
    suites: ['suricata.test.ts'],
  },
  {
    name: 'default rules',
    bar: '98 % of attacks found, below 0.05 % of harmless values and of log lines taken for one',
    suites: ['default-rules.test.ts'],
  },
  {
    name: 'differential',
    bar: 'fast, attached and slow give the same hits',
    suites: ['differential.test.ts', 'differential-debian.test.ts', 'snort/differential.test.ts'],
  },
  {
    name: 'hostile input, each pattern and each rule of Snort alone',
    bar: 'at most 50 ms for 128 KiB, linear in length',
    suites: ['rx/hostile.test.ts', 'rx/hostile-time.test.ts', 'snort/hostile.test.ts'],
    script: {
      args: ['test/conformance/hostile.ts', '--json', '--every', '10', '--bodies', '0'],
      isMet: (figures) =>
        (figures as Hostile).patterns.every(({ aboveBar, notLinear }) => aboveBar + notLinear === 0),
    },
  },
  {
    name: 'hostile input, whole rule sets (no promise: a goal)',
    bar: 'at most 50 ms for a body of 128 KiB made for one pattern',
    script: {
      args: ['test/conformance/hostile.ts', '--json', '--every', '1000', '--bodies', '60'],
      isMet: (figures) => (figures as Hostile).whole.every(({ worstMs }) => worstMs <= 50),
    },
  },
  {
    name: 'compile CRS and 5,000 Snort rules; memory',
    bar: 'below 1,000 ms; below 60 MiB, shared by workers',
    script: {
      args: ['--expose-gc', 'bench/shared-rules.ts', '--json'],
      isMet: (figures) => {
        const { compiled, attached } = figures as Shared;
        return compiled.cpuMs < 1000 && attached.every(({ ownMiB }) => compiled.sharedMiB + ownMiB < 60);
      },
    },
  },
  { name: 'fuzz', bar: 'every parser of rules, bodies and encodings', suites: ['../fuzz/*.test.ts'] },
  {
    name: 'added to a proxied request; ten times the rules',
    bar: 'at most 10 µs; at most 1.3 times',
    elsewhere: 'node bench/inspect.ts --json FILE',
  },
  {
    name: 'speed beside nginx and Apache with ModSecurity',
    bar: 'CPU at least 50 times less than nginx, never slower',
    elsewhere: 'npm run bench -- --only inspect-mix --json FILE',
  },
];

const { values } = parseArgs({
  options: {
    json: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    all: { type: 'boolean', default: false },
  },
});
// Suites look for it; each runs in a process of its own.
if (values.all) process.env['SALLYPORT_TEST_ALL'] = '1';
const date = new Date();
const results: Result[] = [];
for (const row of ROWS.filter(({ name }) => name.includes(values.only))) {
  const result = await measure(row);
  results.push(result);
  process.stdout.write(textOf(result));
}
if (values.json !== '') {
  const [cpu] = cpus();
  const facts = { format: 1, date, isAll: values.all, machine: cpu?.model, node: process.versions.node };
  writeFileSync(values.json, `${JSON.stringify({ ...facts, rows: results }, undefined, 1)}\n`);
}
const areMet = results.every(({ outcome }) => outcome === 'met' || outcome === 'not measured');
if (!areMet || results.length === 0) process.exitCode = 1;

async function measure({ name, bar, suites = [], script, elsewhere }: Row): Promise<Result> {
  const { tests, said } = await runSuites(suites);
  if (elsewhere !== undefined) return { name, bar, outcome: 'not measured', tests, said, command: elsewhere };
  const told = script === undefined ? undefined : await runScript(script);
  const isShort = tests.failed > 0 || told?.isMet === false;
  const outcome = isShort ? 'falls short' : tests.skipped > 0 ? 'skipped' : 'met';
  return { name, bar, outcome, tests, said, ...(told === undefined ? {} : { figures: told.figures }) };
}

async function runSuites(suites: readonly string[]): Promise<Pick<Result, 'tests' | 'said'>> {
  const tests = { passed: 0, failed: 0, skipped: 0 };
  const said: string[] = [];
  if (suites.length === 0) return { tests, said };
  const globPatterns = suites.map((suite) => join(FOLDER, suite));
  // Node.js types what it yields as anything.
  const events = run({ globPatterns, concurrency: 1 }) as AsyncIterable<TestEvent>;
  for await (const { type, data } of events) {
    if (type === 'test:fail') {
      tests.failed++;
      said.push(`failed: ${data.name ?? ''}`);
    } else if (type === 'test:pass') tests[data.skip === undefined ? 'passed' : 'skipped']++;
    else if (type === 'test:diagnostic' && !SUMMARY.test(data.message ?? '')) said.push(data.message ?? '');
  }
  return { tests, said };
}

async function runScript({
  args,
  isMet,
  pick = (printed) => printed,
}: Script): Promise<{ readonly isMet: boolean; readonly figures: unknown }> {
  const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 };
  // Scripts exit with 1 when they fall short, and have printed their figures all the same.
  const { stdout } = await promisify(execFile)(process.execPath, [...args], options).catch(
    (error: unknown) => ({ stdout: (error as { readonly stdout?: string }).stdout ?? '' }),
  );
  try {
    const figures = pick(JSON.parse(stdout));
    return { isMet: isMet(figures), figures };
  } catch {
    return { isMet: false, figures: `Cannot read what ${args.join(' ')} printed: ${stdout.slice(0, 200)}` };
  }
}

function textOf({ name, bar, outcome, tests, said, figures, command }: Result): string {
  const { passed, failed, skipped } = tests;
  const lines = [
    `${name}: ${outcome}`,
    `  bar: ${bar}`,
    ...(passed + failed + skipped > 0
      ? [`  tests: ${passed} passed, ${failed} failed, ${skipped} skipped`]
      : []),
    ...said.map((text) => `  ${text}`),
    ...(figures === undefined ? [] : [`  ${JSON.stringify(figures)}`]),
    ...(command === undefined ? [] : [`  ${command}`]),
  ];
  return `${lines.join('\n')}\n`;
}
