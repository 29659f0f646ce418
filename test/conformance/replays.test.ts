/**
 * The public replays of one product's tests, through a real Sallyport in this process, with a client and a server that
 * put the bytes on the wire that the files describe.
 *
 * How much was run is asserted exactly: another number means that the data, the runner or left-out.ts has changed.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONTINUE } from '../../src/base/verdict.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { startProxy } from '../support/proxy.ts';
import { checkExpectation, invert } from './replays/check.ts';
import { AMENDED, EXCLUDED, FATES, IN_THE_CLEAR, LEFT_OUT } from './replays/left-out.ts';
import { ReplayClient } from './replays/client.ts';
import { ReplayOrigin } from './replays/origin.ts';
import { CorruptingRelay } from './replays/relay.ts';
import { rowFor, runScenario, scenarioName } from './replays/run.ts';
import type { Report, Setup } from './replays/run.ts';
import { readScenario } from './replays/scenario.ts';

const FOLDER = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'replays',
);
const SKIP = existsSync(FOLDER) ? false : 'the data folder with replays is not there (SALLYPORT_DATA)';

/** Where the plain configuration is not what a file needs. */
const SETUPS: Readonly<Record<string, Setup>> = {
  proxy_protocol_in: { pool: '    headers: { forwarded: replace, xForwardedFor: replace }' },
  proxy_protocol_out: { pool: '    proxyProtocol: v1', serverReadsProxyHeader: true },
  'domain-blacklist-30x': { isForOtherHost: true },
};

/** How much there is, and how much of it is run. */
const TOTALS = {
  files: 52,
  filesRun: 41,
  transactions: 250,
  transactionsRun: 148,
  transactionsExcluded: 102,
  inTheClear: 9,
  expectationsChecked: 249,
  expectationsLeftOut: 24,
} as const;

const EXCLUDED_BY_CAPABILITY = {
  'HTTP/2': 21,
  'HTTP/3': 3,
  TLS: 2,
  cache: 68,
  'access lists': 2,
  'forward proxying': 1,
  redirects: 5,
} as const;

test('the replays', { skip: SKIP }, async (context) => {
  const reports = await runAll(SETUPS);
  const ran = reports.flatMap(({ report }) => report.ran);
  const excluded = reports.flatMap(({ report }) => report.excluded);

  await context.test('every transaction that is run does what it should', () => {
    assert.deepEqual(problemsOf(reports), []);
  });

  await context.test('as much was run as there is, and as is excluded', () => {
    const counts = {
      files: reports.length,
      filesRun: reports.filter(({ report }) => report.ran.length > 0).length,
      transactions: ran.length + excluded.length,
      transactionsRun: ran.length,
      transactionsExcluded: excluded.length,
      inTheClear: reports.reduce((sum, { name, report }) => sum + countIn(name, report), 0),
      expectationsChecked: ran.reduce((sum, { checked }) => sum + checked.length, 0),
      expectationsLeftOut: ran.reduce((sum, { leftOut }) => sum + leftOut.length, 0),
    };
    assert.deepEqual(counts, TOTALS);
    assert.deepEqual(byCapability(reports), EXCLUDED_BY_CAPABILITY);
  });

  await context.test('every row of left-out.ts is about a transaction that there is, and is used', () => {
    const used = new Set(reports.flatMap(({ report }) => [...report.used]));
    for (const row of [...EXCLUDED, ...IN_THE_CLEAR, ...LEFT_OUT, ...AMENDED, ...FATES]) {
      assert(used.has(row), `not used: ${JSON.stringify(row)}`);
      const there = transactionsOf(row.file);
      for (const uuid of row.uuids ?? []) assert(there.has(uuid), `${row.file} has no ${uuid}`);
    }
  });

  await context.test('control: every expectation fails when it is turned around', () => {
    let count = 0;
    for (const { uuid, outcome, checked } of ran) {
      for (const expectation of checked) {
        const inverted = invert(expectation, outcome);
        assert.notEqual(
          checkExpectation(inverted, outcome),
          undefined,
          `${uuid} ${JSON.stringify(inverted)}`,
        );
        count++;
      }
    }
    assert.equal(count, TOTALS.expectationsChecked);
  });
});

test('every replay passes with each request held and inspected first', { skip: SKIP }, async () => {
  const held: Record<string, Setup> = {};
  for (const { name } of scenarios()) held[name] = { ...SETUPS[name], options: { inspector: LETS_PASS } };
  const reports = await runAll(held);
  assert.deepEqual(problemsOf(reports), []);
  assert.equal(reports.flatMap(({ report }) => report.ran).length, TOTALS.transactionsRun);
});

test('PROXY headers to the server are the same client in version 2', { skip: SKIP }, async () => {
  const setup = { pool: '    proxyProtocol: v2', serverReadsProxyHeader: true };
  const report = await runNamed('proxy_protocol_out', setup);
  assert.deepEqual(report.problems, []);
  assert.equal(report.ran.length, 1);
});

test('a server that is silent for longer than firstByte is answered with 504', { skip: SKIP }, async () => {
  const report = await runNamed('default_inactivity_timeout', {
    pool: '    timeouts: { firstByte: 1s }',
    delayMs: (delay) => delay,
  });
  assert.deepEqual(
    report.ran.map(({ outcome }) => outcome.answer.message?.start.split(' ')[1]),
    ['200', '504'],
  );
  assert(
    report.problems.includes('default_inactivity_timeout timeout2: It ended as origin-timeout-first-byte'),
  );
});

test('a quoted chunk extension hides no second request', { skip: SKIP }, async () => {
  const path = pathOf('chunk_extension_quoted_string');
  const transactions = readScenario(path).flatMap((session) => session.transactions);
  const origin = await ReplayOrigin.start(transactions, { readsProxyHeader: false, delayMs: () => 0 });
  const proxy = await startProxy(
    `{ listeners: { web: { bind: "127.0.0.1:0", pool: app } }, pools: { app: { servers: ["127.0.0.1:${origin.port}"] } } }`,
  );
  const client = new ReplayClient(proxy.port(), undefined);
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nuuid: 1\r\nTransfer-Encoding: chunked\r\n\r\n';
  // Who ends the extension at the line break reads a whole request, and then a second one.
  const body = '1;q="\r\nA\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: localhost\r\nuuid: 2\r\n\r\n';
  const answer = await client.ask({ head, body, endsWithClose: false }, { method: 'POST' });
  client.close();
  await proxy.close();
  await origin.close();
  assert.equal(answer.message?.start.split(' ')[1], '400');
  assert.equal(answer.raw.split('HTTP/1.1 ').length, 2);
  assert.equal(origin.arrived.get('1')?.message, undefined);
  assert.equal(origin.arrived.has('2'), false);
});

const CORRUPTIONS: readonly { name: string; file: string; from: string; to: string; problem: RegExp }[] = [
  {
    name: 'a value of a response field',
    file: 'targeted-cache-control',
    from: 'CDN-Cache-Control: max-age=30',
    to: 'CDN-Cache-Control: max-age=31',
    problem: /field CDN-Cache-Control is "max-age=31", not "max-age=30"/,
  },
  {
    name: 'the name of a response field',
    file: 'targeted-cache-control',
    from: 'ATS-Cache-Control:',
    to: 'ETS-Cache-Control:',
    problem: /response lost ATS-Cache-Control: no-store/,
  },
  {
    name: 'the spelling of a response field',
    file: 'range',
    from: 'ETag: range',
    to: 'Etag: range',
    problem: /response lost ETag: range/,
  },
  {
    name: 'one of two equal response fields',
    file: 'cache-test',
    from: 'X-Reveal-Duplicate: same\r\nCache',
    to: 'X-Reveal-Duplicatf: same\r\nCache',
    problem: /field X-Reveal-Duplicate is "same", not "same, same"/,
  },
  {
    name: 'the status',
    file: 'get_then_post',
    from: 'HTTP/1.1 507 ',
    to: 'HTTP/1.1 200 ',
    problem: /status is "200", not "507"/,
  },
  {
    name: 'the reason',
    file: 'cache-test',
    from: '200 OK',
    to: '200 KO',
    problem: /reason is "KO", not "OK"/,
  },
  {
    name: 'the content',
    file: 'range',
    from: '0123456789',
    to: '0123456798',
    problem: /content is "0123456798/,
  },
  {
    name: 'a trailer',
    file: 'chunked_trailer_proxied',
    from: 'Sever: ATS',
    to: 'Sever: BTS',
    problem: /content and trailers/,
  },
];

for (const { name, file, from, to, problem } of CORRUPTIONS) {
  test(`control: ${name} that is changed on the way is found`, { skip: SKIP }, async () => {
    await using relay = new CorruptingRelay(from, to);
    const report = await runNamed(file, { ...SETUPS[file], between: (port) => relay.start(port) });
    assert(relay.changes > 0, 'nothing was changed');
    assert.match(report.problems.join('\n'), problem);
  });
}

/** Lets everything pass, but wants to see the bodies. */
const LETS_PASS: Inspector = {
  ruleCount: 0,
  begin: () => ({
    hits: [],
    wantsRequestBody: true,
    wantsResponseBody: false,
    requestHead: () => CONTINUE,
    requestBody: () => CONTINUE,
    responseHead: () => CONTINUE,
    responseBody: () => CONTINUE,
    end: () => undefined,
  }),
};

interface NamedReport {
  readonly name: string;
  readonly report: Report;
}

async function runAll(setups: Readonly<Record<string, Setup>>): Promise<NamedReport[]> {
  const reports: NamedReport[] = [];
  for (const { name, path } of scenarios()) {
    reports.push({ name, report: await runScenario(name, readScenario(path), setups[name] ?? {}) });
  }
  return reports;
}

function runNamed(name: string, setup: Setup): Promise<Report> {
  return runScenario(name, readScenario(pathOf(name)), setup);
}

function scenarios(): { readonly name: string; readonly path: string }[] {
  const paths = globSync(`${FOLDER}/**/*.replay.yaml`).sort();
  return paths.map((path) => ({ name: scenarioName(path), path }));
}

function pathOf(name: string): string {
  const path = scenarios().find((scenario) => scenario.name === name)?.path;
  assert(path !== undefined, name);
  return path;
}

function transactionsOf(name: string): ReadonlySet<string> {
  return new Set(
    readScenario(pathOf(name)).flatMap(({ transactions }) => transactions.map(({ uuid }) => uuid)),
  );
}

function problemsOf(reports: readonly NamedReport[]): string[] {
  return reports.flatMap(({ report }) => report.problems);
}

function countIn(name: string, report: Report): number {
  return report.ran.filter(({ uuid }) => rowFor(IN_THE_CLEAR, name, uuid) !== undefined).length;
}

/** Excluded transactions by what they need; those that no row names need a cache. */
function byCapability(reports: readonly NamedReport[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, report } of reports) {
    for (const uuid of report.excluded) {
      const needs = rowFor(EXCLUDED, name, uuid)?.needs ?? 'cache';
      counts[needs] = (counts[needs] ?? 0) + 1;
    }
  }
  return counts;
}
