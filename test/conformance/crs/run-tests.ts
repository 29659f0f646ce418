/** Runs regression tests against an inspector, in process, and says how each ended. */
import type { Hit } from '../../../src/base/verdict.ts';
import type { Inspector } from '../../../src/inspect/inspector.ts';
import { inspectStage } from './inspect-stage.ts';
import type { Inspected } from './inspect-stage.ts';
import type { Expected, RegressionTest } from './load-tests.ts';
import { requestBytes } from './request-bytes.ts';

export interface Outcome {
  readonly test: RegressionTest;
  /** Undefined when everything was as expected. */
  readonly problem: string | undefined;
  /** True when the reader of HTTP refused one of the messages. */
  readonly isRefused: boolean;
}

export function runTest(inspector: Inspector, test: RegressionTest): Outcome {
  const problems: string[] = [];
  let isRefused = false;
  for (const stage of test.stages) {
    const inspected = inspectStage(inspector, requestBytes(stage));
    if (inspected.kind === 'refused') isRefused = true;
    const problem = compare(inspected, stage.expected);
    if (problem !== undefined) problems.push(problem);
  }
  return { test, problem: problems.length === 0 ? undefined : problems.join('; '), isRefused };
}

function compare(inspected: Inspected, expected: Expected): string | undefined {
  if (inspected.kind === 'refused') {
    return expected.status === 400 || expected.isError ? undefined : `refused: ${inspected.code}`;
  }
  const ids = new Set(inspected.hits.map(({ rule }) => Number(rule)));
  const missing = expected.ids.filter((id) => !ids.has(id));
  if (missing.length > 0) return `no hit of ${missing.join(', ')}`;
  const unwanted = expected.noIds.filter((id) => ids.has(id));
  if (unwanted.length > 0) return `hit of ${unwanted.join(', ')}`;
  const log = inspected.hits.map(logLine).join('\n');
  if (expected.pattern !== undefined && !new RegExp(expected.pattern).test(log))
    return `no match of ${expected.pattern}`;
  if (expected.noPattern !== undefined && new RegExp(expected.noPattern).test(log))
    return `match of ${expected.noPattern}`;
  return undefined;
}

/** As an error log has it: one line, control bytes escaped. */
function logLine(hit: Hit): string {
  const line = `[id "${hit.rule}"] [msg "${hit.message}"] [data "${hit.data ?? ''}"]`;
  return line.replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
