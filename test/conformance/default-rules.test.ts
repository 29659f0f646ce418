/**
 * How good the shipped rules are on data of others: labelled parameter values and a real access log.
 *
 * Detection is counted per class, false positives on benign values and log lines, and each has a floor in cases, not in
 * percent, so that one lost case fails the test. The figures are printed as diagnostics.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Hit } from '../../src/base/verdict.ts';
import { buildInspector } from '../../src/inspect/build.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { loadRules } from '../../src/inspect/load-rules.ts';
import { listedFields } from '../../src/inspect/listed-fields.ts';

const FOLDER = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'traffic',
);
const SKIP = existsSync(FOLDER) ? false : 'the data folder with traffic is not there (SALLYPORT_DATA)';

type Fields = readonly (readonly [name: string, value: string])[];

/** What a browser sends with every request. */
const FIELDS: Fields = [
  ['Host', 'shop.example'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
];

/** Cases of each class in the file, and how many of them must be found at least. */
const FLOORS: Readonly<Record<string, readonly [cases: number, found: number]>> = {
  sqli: [7235, 7232],
  xss: [355, 342],
  'path-traversal': [193, 193],
  cmdi: [59, 55],
};
const DETECTED_SHARE_MIN = 0.98;
const BENIGN_CASES = 12_870;
const BENIGN_HITS_MAX = 0;

/** Labelled as attacks, and found by no rule on purpose: nothing tells these from what people send. */
const CANNOT_BE_TOLD: ReadonlySet<string> = new Set([
  // cmdi
  'asdf3334',
  'id',
  "'true'",
  "'false'",
  // sqli
  "'1",
  '1wwis',
  '-3752',
]);

test('the rules find the labelled attacks and leave the benign values alone', { skip: SKIP }, (context) => {
  const counts = new Map<string, { cases: number; found: number }>();
  const missed: string[] = [];
  const inspector = load('detect');
  for (const [value = '', , type = ''] of readCsv(
    readFileSync(join(FOLDER, 'http-params-train.csv'), 'utf8'),
  ).slice(1)) {
    const hits = inspect(inspector, `/search?q=${escape(value)}`, FIELDS);
    const count = counts.get(type) ?? { cases: 0, found: 0 };
    counts.set(type, count);
    count.cases++;
    if (hits.length > 0) count.found++;
    if (type === 'norm' && hits.length > 0) missed.push(`false positive ${show(value)}: ${rulesOf(hits)}`);
    if (type !== 'norm' && hits.length === 0 && !CANNOT_BE_TOLD.has(value))
      missed.push(`missed ${type} ${show(value)}`);
  }
  report(context, counts, missed);
  for (const [type, [cases, found]] of Object.entries(FLOORS)) {
    const count = counts.get(type);
    assert.equal(count?.cases, cases, `cases of ${type}`);
    assert(count.found >= found, `${type}: ${count.found} of ${cases} found, the floor is ${found}`);
  }
  assert.equal(counts.get('norm')?.cases, BENIGN_CASES);
  assert((counts.get('norm')?.found ?? Infinity) <= BENIGN_HITS_MAX);
  const attacks = [...counts].flatMap(([type, count]) => (type === 'norm' ? [] : [count]));
  const found = attacks.reduce((sum, count) => sum + count.found, 0);
  const cases = attacks.reduce((sum, count) => sum + count.cases, 0);
  assert(found / cases >= DETECTED_SHARE_MIN);
  context.diagnostic(`all attacks: ${found} of ${cases} matched, ${((100 * found) / cases).toFixed(2)} %`);
});

/** Lines of the access log that some rule matches. None: the attempts in it are visits to pages that are not there. */
const LOG_HITS: readonly string[] = [];

test('the rules leave a real access log alone', { skip: SKIP }, (context) => {
  const inspector = load('detect');
  const lines = readFileSync(join(FOLDER, 'access-log-10000.txt'), 'latin1')
    .split('\n')
    .filter((line) => line !== '');
  const found: string[] = [];
  for (const line of lines) {
    const { target, referer, agent } = readLogLine(line);
    const fields: Fields = [['Host', 'blog.example'], ['User-Agent', agent], ...refererField(referer)];
    const hits = inspect(inspector, target, fields);
    if (hits.length > 0) found.push(`${target} (${rulesOf(hits)})`);
  }
  context.diagnostic(`access log: ${found.length} of ${lines.length} lines matched`);
  assert.equal(lines.length, 10_000);
  assert.deepEqual(found, LOG_HITS);
});

test('the prefilter changes no hit on any labelled value', { skip: SKIP }, () => {
  const quick = load('detect');
  const slow = load('detect', false);
  let count = 0;
  // Every seventh value: the slow way runs every test on every value.
  for (const [index, [value = '']] of readCsv(
    readFileSync(join(FOLDER, 'http-params-train.csv'), 'utf8'),
  ).entries()) {
    if (index % 7 !== 0) continue;
    const target = `/search?q=${escape(value)}`;
    assert.deepEqual(inspect(quick, target, FIELDS), inspect(slow, target, FIELDS), show(value));
    count++;
  }
  assert.equal(count, 2_959);
});

test('without rules nothing is found: the figures come from the rules', { skip: SKIP }, () => {
  const built = buildInspector([], { mode: 'detect', exclude: [] });
  assert(built.kind === 'ok');
  assert.deepEqual(inspect(built.inspector, "/?q='%20or%20'a'='a", FIELDS), []);
});

function report(
  context: TestContext,
  counts: ReadonlyMap<string, { cases: number; found: number }>,
  missed: readonly string[],
): void {
  for (const [type, { cases, found }] of counts) {
    context.diagnostic(`${type}: ${found} of ${cases} matched, ${((100 * found) / cases).toFixed(2)} %`);
  }
  for (const line of missed) context.diagnostic(line);
}

function load(mode: 'on' | 'detect', isFast = true): Inspector {
  const loaded = loadRules(['default'], '/');
  assert(loaded.kind === 'ok');
  const built = buildInspector(loaded.files, { mode, exclude: [], isFast });
  assert(built.kind === 'ok');
  return built.inspector;
}

function inspect(inspector: Inspector, target: string, fields: Fields): readonly Hit[] {
  const transaction = inspector.begin({
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: listedFields(fields),
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: new Uint8Array(0), isPrefix: false });
  return transaction.hits;
}

/** RFC 4180: fields in quotes may hold commas, line ends and doubled quotes. */
function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quotedField, bareField = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    row.push(quotedField?.replaceAll('""', '"') ?? bareField);
    if (end === ',') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}

function readLogLine(line: string): {
  readonly target: string;
  readonly referer: string;
  readonly agent: string;
} {
  const [, request = '', , referer = '', , agent = ''] = line.split('"');
  return { target: request.split(' ')[1] ?? '', referer, agent };
}

function refererField(referer: string): Fields {
  return referer === '-' ? [] : [['Referer', referer]];
}

function escape(value: string): string {
  return [...Buffer.from(value, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function rulesOf(hits: readonly Hit[]): string {
  return hits.map((hit) => hit.rule).join();
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 120));
}
