/**
 * The regression tests of the CRS from the command line.
 *
 *     node test/conformance/crs/main.ts [--rule 942100] [--slow] [--level 4] [--json]
 *
 * `--rule` takes the beginning of names, `942100` or `942100-7`; `--slow` runs the slow reference. Exits with 1 when a
 * test did not end as it should.
 */
import { parseArgs } from 'node:util';
import { compile, crsFiles, detector, TESTS } from './crs-data.ts';
import type { Level } from './crs-data.ts';
import type { Outcome } from './judge.ts';
import { loadRegressionTests } from './load-tests.ts';
import { problemsIn, runTests } from './run-tests.ts';

const { values } = parseArgs({
  options: {
    rule: { type: 'string', default: '' },
    slow: { type: 'boolean', default: false },
    level: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
  },
});
if (!/^[1-4]$/.test(values.level))
  throw new Error(`Cannot run at level "${values.level}": it is 1, 2, 3 or 4`);

const loadedAt = performance.now();
// The pattern above says so.
const inspector = detector(compile(crsFiles(Number(values.level) as Level), !values.slow));
const startedAt = performance.now();
const tests = loadRegressionTests(TESTS).filter(({ name }) => name.startsWith(values.rule));
const outcomes = runTests(inspector, tests);
const problems = problemsIn(outcomes);
const figures = {
  tests: tests.length,
  stages: tests.reduce((sum, { stages }) => sum + stages.length, 0),
  passed: outcomes.filter(({ problem }) => problem === undefined).length,
  overridden: outcomes.filter(({ overridden }) => overridden !== undefined).length,
  refused: outcomes.filter(({ seen }) => seen.some(({ refusal }) => refusal !== undefined)).length,
  failed: problems.length,
  loadMs: Math.round(startedAt - loadedAt),
  runMs: Math.round(performance.now() - startedAt),
};

if (values.json) print(JSON.stringify({ figures, tests: outcomes.map(plain) }, undefined, 1));
else print([...problems, JSON.stringify(figures)].join('\n'));
process.exitCode = problems.length === 0 && tests.length > 0 ? 0 : 1;

function plain({ test, seen, problem, overridden }: Outcome): object {
  const stages = seen.map(({ status, refusal, hits }) => ({ status, refusal, hits }));
  return { name: test.name, problem: problem ?? null, overridden: overridden ?? null, stages };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
