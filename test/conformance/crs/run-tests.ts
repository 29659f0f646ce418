/** Runs regression tests against an inspector, in process, and says how each ended. */
import type { Inspector } from '../../../src/inspect/inspector.ts';
import { inspectStage } from './inspect-stage.ts';
import { judge } from './judge.ts';
import type { Outcome } from './judge.ts';
import type { RegressionTest } from './load-tests.ts';
import { OVERRIDES } from './overrides.ts';
import type { Override } from './overrides.ts';
import { requestBytes } from './request-bytes.ts';

export const OVERRIDE_OF: ReadonlyMap<string, Override> = new Map(OVERRIDES.map((row) => [row.test, row]));

export function runTests(inspector: Inspector, tests: readonly RegressionTest[]): readonly Outcome[] {
  return tests.map((test) => {
    const seen = test.stages.map((stage) => inspectStage(inspector, requestBytes(stage)));
    return judge(test, seen, OVERRIDE_OF.get(test.name));
  });
}

/** For people: one line for each test that did not end as it should. */
export function problemsIn(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ test, problem }) => (problem === undefined ? [] : [`${test.name}: ${problem}`]));
}
