/**
 * Goldens: goldens/NAME.yaml in, goldens/NAME.txt out, exactly. `ok-` becomes a configuration, `bad-` and `shape-` do
 * not; what `shape-` gets wrong, the JSON Schema can see too.
 *
 * GOLDENS_UPDATE=1 writes the expectations anew: read the difference before it is committed.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { CidrSet } from '../net/cidr.ts';
import { diagnosticCodes } from './diagnostic-codes.ts';
import { formatDiagnostic } from './diagnostic.ts';
import { readConfig } from './read.ts';
import type { ConfigResult } from './read.ts';

const FOLDER = new URL('goldens/', import.meta.url);
const COUNTS = { ok: 15, bad: 58, shape: 23 };
const ENVIRONMENT = { HOST: '127.0.0.1', SECONDS: '7', SERVER_PORT: '9001', EMPTY: '', NESTED: '${SECONDS}' };

const files = globSync('*.yaml', { cwd: FOLDER }).sort();

test('every golden is there', () => {
  for (const [kind, count] of Object.entries(COUNTS)) {
    assert.equal(files.filter((file) => file.startsWith(`${kind}-`)).length, count, kind);
  }
  assert.equal(files.length, COUNTS.ok + COUNTS.bad + COUNTS.shape);
});

for (const file of files) {
  test(`golden ${file} is read as expected`, () => {
    const result = readConfig(
      readFileSync(new URL(file, FOLDER), 'utf8'),
      '/etc/sallyport/x.yaml',
      ENVIRONMENT,
    );
    assert.equal(result.kind, file.startsWith('ok-') ? 'ok' : 'bad');
    const expectation = new URL(`${basename(file, '.yaml')}.txt`, FOLDER);
    const actual = print(result);
    if (process.env['GOLDENS_UPDATE'] === '1') writeFileSync(expectation, actual);
    assert.equal(actual, readFileSync(expectation, 'utf8'));
  });
}

test('every diagnostic that the text of a file can cause has a golden', () => {
  const seen = new Set<string>();
  for (const file of files) {
    const result = readConfig(readFileSync(new URL(file, FOLDER), 'utf8'), file, ENVIRONMENT);
    for (const { code } of result.diagnostics) seen.add(code);
  }
  const unseen = Object.keys(diagnosticCodes).filter((code) => !seen.has(code) && !code.startsWith('file-'));
  assert.deepEqual(unseen, []);
});

/** The diagnostics as they are shown, then one line for each value that is there. */
function print(result: ConfigResult): string {
  const lines = result.diagnostics.map(formatDiagnostic);
  if (result.kind === 'ok') lines.push(...linesOf(result.config, ''));
  return `${lines.join('\n')}\n`;
}

function linesOf(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  const isSection = typeof value === 'object' && value !== null && !Array.isArray(value) && !isLeaf(value);
  if (!isSection) return [`${path} = ${JSON.stringify(value, leafText)}`];
  const lines = Object.entries(value).flatMap(([key, inner]) =>
    linesOf(inner, path === '' ? key : `${path}.${key}`),
  );
  return lines.length === 0 ? [`${path} = {}`] : lines;
}

function isLeaf(value: object): boolean {
  return value instanceof CidrSet || isEndpoint(value);
}

/** Sections may have keys of these names too, but no address that was read. */
function isEndpoint(value: object): value is { address: { family: number; text: string }; port: number } {
  return 'port' in value && 'address' in value && typeof value.address === 'object';
}

function leafText(_key: string, value: unknown): unknown {
  if (value instanceof CidrSet) return `${value.size} networks`;
  if (typeof value !== 'object' || value === null || !isEndpoint(value)) return value;
  return `${value.address.text} port ${value.port}`;
}
