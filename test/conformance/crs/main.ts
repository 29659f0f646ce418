/**
 * The regression tests of the CRS from the command line.
 *
 *     node test/conformance/crs/main.ts [--rule 942100] [--slow] [--level 4] [--json] [--crs FOLDER]
 *
 * `--rule` takes the beginning of names, `942100` or `942100-7`; `--slow` runs the slow reference; `--crs` takes another
 * release, as its repository has it. `--json` prints figures, and all that is known of tests that failed. Exits with 1 when
 * a test did not end as it should.
 */
import { parseArgs } from 'node:util';
import { compile, CRS, crsFiles, detector, testsOf } from './crs-data.ts';
import type { Level } from './crs-data.ts';
import type { Outcome } from './judge.ts';
import { loadRegressionTests, testFiles } from './load-tests.ts';
import { problemsIn, runTests } from './run-tests.ts';

const { values } = parseArgs({
  options: {
    rule: { type: 'string', default: '' },
    slow: { type: 'boolean', default: false },
    level: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
    crs: { type: 'string', default: CRS },
  },
});
if (!/^[1-4]$/.test(values.level))
  throw new Error(`Cannot run at level "${values.level}": it is 1, 2, 3 or 4`);

const loadedAt = performance.now();
// The pattern above says so.
const inspector = detector(compile(crsFiles(Number(values.level) as Level, values.crs), !values.slow));
const startedAt = performance.now();
const tests = loadRegressionTests(testsOf(values.crs)).filter(({ name }) => name.startsWith(values.rule));
const outcomes = runTests(inspector, tests);
const problems = problemsIn(outcomes);
const figures = {
  files: testFiles(testsOf(values.crs)).length,
  tests: tests.length,
  stages: tests.reduce((sum, { stages }) => sum + stages.length, 0),
  passed: outcomes.filter(({ problem }) => problem === undefined).length,
  overridden: outcomes.filter(({ overridden }) => overridden !== undefined).length,
  refused: outcomes.filter(({ seen }) => seen.some(({ refusal }) => refusal !== undefined)).length,
  failed: problems.length,
  loadMs: Math.round(startedAt - loadedAt),
  runMs: Math.round(performance.now() - startedAt),
};

const failed = outcomes.filter(({ problem }) => problem !== undefined);
if (values.json) print(JSON.stringify({ figures, failed: failed.map(plain) }, undefined, 1));
else print([...problems, JSON.stringify(figures)].join('\n'));
process.exitCode = problems.length === 0 && tests.length > 0 ? 0 : 1;

function plain({ test, seen, problem, overridden }: Outcome): object {
  const stages = seen.map(({ status, refusal, hits }) => ({ status, refusal, hits }));
  return { name: test.name, problem: problem ?? null, overridden: overridden ?? null, stages };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
