/** Whether what came of a test is what it expects, or what stands in the overrides instead. */
import type { Hit } from '../../../src/base/verdict.ts';
import type { Seen } from './inspect-stage.ts';
import type { Expected, RegressionTest } from './load-tests.ts';
import type { Override } from './overrides.ts';

/** How the stages of one test ended. */
export interface Outcome {
  readonly test: RegressionTest;
  readonly seen: readonly Seen[];
  /** Undefined when everything is as expected. */
  readonly problem: string | undefined;
  /** What would be wrong without the override; undefined for a test that has none. */
  readonly overridden: string | undefined;
}

export function judge(test: RegressionTest, seen: readonly Seen[], override: Override | undefined): Outcome {
  const problems = test.stages.flatMap(({ expected }, index) => problemsOf(seen[index], expected));
  const expectation = problems.length === 0 ? undefined : problems.join('; ');
  if (override === undefined) return { test, seen, problem: expectation, overridden: undefined };
  const problem = seen.map((one) => deviation(one, override)).find((text) => text !== undefined);
  return { test, seen, problem, overridden: expectation };
}

/** True for a test that no engine without rules can pass. */
export function expectsHit({ stages }: RegressionTest): boolean {
  return stages.some(({ expected }) => expected.ids.length > 0 || expected.pattern !== undefined);
}

function problemsOf(seen: Seen | undefined, expected: Expected): readonly string[] {
  if (seen === undefined) return ['not run'];
  const problems: string[] = [];
  const { status } = expected;
  if (status !== undefined && seen.status !== status) problems.push(`status ${seen.status}, not ${status}`);
  // No hit of a rule that was never run proves nothing.
  if (seen.refusal !== undefined && !isRefusalExpected(expected)) problems.push(`refused: ${seen.refusal}`);
  if (expected.isError) problems.push(`status ${seen.status}, where no answer is expected`);
  return [...problems, ...hitProblems(seen.hits, expected)];
}

function isRefusalExpected({ status }: Expected): boolean {
  return status !== undefined && status >= 400;
}

function hitProblems(hits: readonly Hit[], expected: Expected): readonly string[] {
  const problems: string[] = [];
  const ids = new Set(hits.map(({ rule }) => Number(rule)));
  const missing = expected.ids.filter((id) => !ids.has(id));
  if (missing.length > 0) problems.push(`no hit of ${missing.join(', ')}`);
  const unwanted = expected.noIds.filter((id) => ids.has(id));
  if (unwanted.length > 0) problems.push(`hit of ${unwanted.join(', ')}`);
  const log = hits.map(logLine).join('\n');
  const { pattern, noPattern } = expected;
  if (pattern !== undefined && !new RegExp(pattern).test(log)) problems.push(`no match of ${pattern}`);
  if (noPattern !== undefined && new RegExp(noPattern).test(log)) problems.push(`match of ${noPattern}`);
  return problems;
}

/** As an error log has it: one line, control bytes escaped. */
function logLine(hit: Hit): string {
  const line = `[id "${hit.rule}"] [msg "${hit.message}"] [data "${hit.data ?? ''}"]`;
  return line.replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function deviation(seen: Seen, { instead }: Override): string | undefined {
  if (seen.status !== instead.status) return `status ${seen.status}, not ${instead.status} as overridden`;
  if ('refusal' in instead) {
    return seen.refusal === instead.refusal
      ? undefined
      : `refusal ${seen.refusal ?? 'none'}, not as overridden`;
  }
  if (seen.refusal !== undefined) return `refused: ${seen.refusal}`;
  const ids = new Set(seen.hits.map(({ rule }) => Number(rule)));
  const missing = instead.ids.filter((id) => !ids.has(id));
  return missing.length === 0 ? undefined : `no hit of ${missing.join(', ')} as overridden`;
}
