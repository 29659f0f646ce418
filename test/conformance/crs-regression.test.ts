/**
 * The regression tests of the OWASP CRS, all of them, in process: with the rules, and with none as the control.
 *
 * Counts are asserted, so that a runner that finds nothing is not taken for one that finds nothing wrong.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, crsFiles, detector, SKIP, TESTS } from './crs/crs-data.ts';
import { expectsHit } from './crs/judge.ts';
import type { Outcome } from './crs/judge.ts';
import { loadRegressionTests, testFiles } from './crs/load-tests.ts';
import type { RegressionTest } from './crs/load-tests.ts';
import { OVERRIDES } from './crs/overrides.ts';
import { OVERRIDE_OF, problemsIn, runTests } from './crs/run-tests.ts';

/**
 * What there is in CRS 4.28.0, file for file the release of the project: 322 `.yaml` with 4,966 tests, of which one file
 * (920539) is comments alone, and one `.yml` with 37. Two tests have several stages (942340-8 two, 934120-43 six). The
 * branch of development had 5,045 tests in `.yaml` on 2026-07-24: see `main.ts --crs`.
 */
const TOTALS = { files: 323, tests: 5003, stages: 5009, expectHit: 4003 } as const;

/** Tests of which the reader of HTTP refuses a message; of those without an override it is what they expect. */
const REFUSED = 33;

test('the tests of the CRS are all found', { skip: SKIP }, () => {
  const tests = allTests();
  assert.deepEqual(
    {
      files: testFiles(TESTS).length,
      tests: tests.length,
      stages: tests.reduce((sum, { stages }) => sum + stages.length, 0),
      expectHit: tests.filter(expectsHit).length,
    },
    TOTALS,
  );
  assert.equal(new Set(tests.map(({ name }) => name)).size, tests.length, 'names are given once');
  for (const { name, stages } of tests) assert(stages.length > 0, `${name} has no stage`);
});

test('every test of the CRS ends as it should at paranoia level 4', { skip: SKIP }, () => {
  const outcomes = outcomesOfCrs();
  assert.equal(outcomes.length, TOTALS.tests);
  assert.deepEqual(problemsIn(outcomes), []);
  const refused = outcomes.filter(({ seen }) => seen.some(({ refusal }) => refusal !== undefined));
  assert.equal(refused.length, REFUSED);
});

test('every override is about a test that there is, and is needed', { skip: SKIP }, () => {
  assert.equal(OVERRIDE_OF.size, OVERRIDES.length, 'a test is overridden once');
  const outcomes = new Map(outcomesOfCrs().map((outcome) => [outcome.test.name, outcome]));
  for (const row of OVERRIDES) {
    const outcome = outcomes.get(row.test);
    assert(outcome !== undefined, `there is no test ${row.test}`);
    assert(outcome.overridden !== undefined, `${row.test} would end as it should without its override`);
  }
});

test('with no rules, every test that expects a hit fails', { skip: SKIP }, () => {
  const outcomes = runTests(detector(compile([{ name: 'none.conf', text: '' }], true)), allTests());
  const passed = outcomes.filter(({ test: one, problem }) => expectsHit(one) && problem === undefined);
  // Those that are refused before any rule sees them, by an override.
  assert.deepEqual(
    passed.map(({ test: one }) => one.name),
    ['920290-4', '920430-5', '920430-8'],
  );
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  const unexpected = failed.filter(({ test: one }) => !expectsHit(one)).map(({ test: one }) => one.name);
  assert.deepEqual(unexpected, ['920620-1'], 'its override expects a hit');
  assert.equal(failed.length, TOTALS.expectHit - passed.length + unexpected.length);
});

let tests: readonly RegressionTest[] | undefined;
let outcomes: readonly Outcome[] | undefined;

/** Read once for all tests of this file. */
function allTests(): readonly RegressionTest[] {
  return (tests ??= loadRegressionTests(TESTS));
}

/** Run once for all tests of this file. */
function outcomesOfCrs(): readonly Outcome[] {
  return (outcomes ??= runTests(detector(compile(crsFiles(4), true)), allTests()));
}
