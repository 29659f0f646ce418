/**
 * The regression tests of the OWASP CRS over sockets: a real Sallyport process in detect mode, a server that reflects, and
 * the access log as the witness. The hits must be those that the engine finds in process, rule for rule.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { compile, crsFiles, detector, SKIP, TESTS } from './crs/crs-data.ts';
import { inspectStage } from './crs/inspect-stage.ts';
import type { Seen } from './crs/inspect-stage.ts';
import { judge } from './crs/judge.ts';
import { loadRegressionTests } from './crs/load-tests.ts';
import type { RegressionTest } from './crs/load-tests.ts';
import { requestBytes } from './crs/request-bytes.ts';
import { OVERRIDE_OF, problemsIn } from './crs/run-tests.ts';
import { startReflectingServer } from './crs/reflecting-server.ts';
import { startSallyport } from './crs/sallyport.ts';
import type { LogLine } from './crs/sallyport.ts';
import { send } from './crs/send.ts';
import type { Answer } from './crs/send.ts';

/** The one that is unanswered has a Content-Length far beyond what it sends, and its client goes away. */
const COUNTS = { tests: 5003, stages: 5009, unanswered: ['920400-1'] } as const;

/** Connections at once. */
const LANES = 16;
/** Hits that a line of the access log holds. */
const LOGGED_HITS_MAX = 32;

interface Job {
  readonly test: RegressionTest;
  readonly request: Buffer;
  readonly inProcess: Seen;
  answer: Answer | undefined;
}

test('the CRS tests give the same hits through the running proxy', { skip: SKIP }, async (context) => {
  const tests = loadRegressionTests(TESTS);
  const inspector = detector(compile(crsFiles(4), true));
  const jobs = tests.flatMap((one) =>
    one.stages.map((stage): Job => {
      const request = requestBytes(stage);
      return { test: one, request, inProcess: inspectStage(inspector, request), answer: undefined };
    }),
  );
  const lines = await runJobs(jobs);
  const seen = new Map(jobs.map((job) => [job, seenOf(job, lines)]));

  await context.test('every request came to its answer and its line in the log', () => {
    assert.equal(jobs.length, COUNTS.stages);
    assert.equal(new Set(jobs.map(({ answer }) => answer?.clientPort)).size, jobs.length, 'ports differ');
    const unanswered = jobs.filter(({ answer }) => answer?.status === 0);
    assert.deepEqual(
      unanswered.map((job) => job.test.name),
      COUNTS.unanswered,
    );
  });

  await context.test('the hits, the refusals and the statuses are those of the engine in process', () => {
    const differences = jobs.flatMap((job) => {
      const here = summary(job.inProcess, job.inProcess.hits.length);
      const there = summary(seen.get(job)?.seen, seen.get(job)?.hitCount ?? 0);
      return here === there ? [] : [`${job.test.name}: in process ${here}, through the proxy ${there}`];
    });
    assert.deepEqual(differences, []);
  });

  await context.test('every test ends as it should', () => {
    const outcomes = tests.map((one) => {
      const stages = jobs.filter((job) => job.test === one).map((job) => seen.get(job)?.seen);
      return judge(one, stages.filter(isThere), OVERRIDE_OF.get(one.name));
    });
    assert.deepEqual(problemsIn(outcomes), []);
    assert.equal(outcomes.length, COUNTS.tests);
    const hits = outcomes.flatMap(({ seen: stages }) => stages.flatMap((stage) => stage.hits));
    assert(hits.length > 20_000, `${hits.length} hits are not what the tests are about`);
  });
});

async function runJobs(jobs: readonly Job[]): Promise<ReadonlyMap<number, readonly LogLine[]>> {
  const server = await startReflectingServer();
  try {
    const sallyport = await startSallyport(4, server.port);
    try {
      const queue = jobs.values();
      const lane = async (): Promise<void> => {
        for (const job of queue) {
          job.answer = await send(sallyport.port, job.request, job.inProcess.status === 0);
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    } catch (error) {
      await sallyport.stop();
      throw error;
    }
    return await sallyport.stop();
  } finally {
    await server.close();
  }
}

interface Logged {
  readonly seen: Seen;
  /** Those that are not shown are counted, too. */
  readonly hitCount: number;
}

/** What the log says of the first request of the connection; a test may send more bytes than its request has. */
function seenOf({ answer }: Job, lines: ReadonlyMap<number, readonly LogLine[]>): Logged | undefined {
  const line = lines.get(answer?.clientPort ?? 0)?.[0];
  if (answer === undefined || line === undefined) return undefined;
  const refusal = line.end === 'request-refused' ? line.reason?.code : undefined;
  const hits = (line.hits ?? []).map((hit) => ({ ...hit, source: '', transformations: [] }));
  return { seen: { status: answer.status, refusal, hits }, hitCount: line.hitCount ?? 0 };
}

function summary(seen: Seen | undefined, hitCount: number): string {
  if (seen === undefined) return 'nothing';
  const hits = seen.hits.slice(0, LOGGED_HITS_MAX).map(({ rule, target }) => `${rule} ${target}`);
  return [seen.status, seen.refusal, hitCount, ...hits].join(', ');
}

function isThere<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
