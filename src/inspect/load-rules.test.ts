import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defaultRulePaths, loadRules } from './load-rules.ts';

let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-rules-'));
  mkdirSync(join(folder, 'sub'));
  mkdirSync(join(folder, 'dir.conf'));
  writeFileSync(join(folder, 'b.conf'), 'b');
  writeFileSync(join(folder, 'a.conf'), 'a é');
  writeFileSync(join(folder, '[x].conf'), 'x');
  writeFileSync(join(folder, 'sub/c.conf'), 'c');
  writeFileSync(join(folder, 'latin1.txt'), Uint8Array.of(0xe9));
});
after(() => rmSync(folder, { recursive: true }));

test('the shipped rules are found, sorted, wherever the process stands', () => {
  const names = defaultRulePaths().map((path) => path.split('/').slice(-2).join('/'));
  assert(names.includes('rules/sql-injection.conf'));
  assert.deepEqual(names, [...names].sort());
  const loaded = loadRules(['default'], folder);
  assert(loaded.kind === 'ok');
  assert.deepEqual(
    loaded.files.map((file) => file.name),
    names,
  );
});

test('patterns give files in their order, each once, named below the folder', () => {
  const loaded = loadRules(['sub/c.conf', '*.conf', join(folder, 'a.conf')], folder);
  assert(loaded.kind === 'ok');
  assert.deepEqual(
    loaded.files.map(({ name, text, path }) => [name, text, path]),
    [
      ['sub/c.conf', 'c', join(folder, 'sub/c.conf')],
      ['[x].conf', 'x', join(folder, '[x].conf')],
      ['a.conf', 'a é', join(folder, 'a.conf')],
      ['b.conf', 'b', join(folder, 'b.conf')],
    ],
  );
});

test('a name with brackets that exists is no glob', () => {
  const loaded = loadRules(['[x].conf'], folder);
  assert(loaded.kind === 'ok');
  assert.deepEqual(
    loaded.files.map((file) => file.text),
    ['x'],
  );
});

test('what cannot be read is told, all of it', () => {
  const loaded = loadRules(['missing.conf', 'no*.conf', 'latin1.txt', 'dir.conf'], folder);
  assert(loaded.kind === 'bad');
  assert.deepEqual(
    loaded.mistakes.map(({ file, code, line }) => [file, code, line]),
    [
      ['missing.conf', 'rules-missing', 0],
      ['no*.conf', 'rules-missing', 0],
      ['dir.conf', 'rules-missing', 0],
      ['latin1.txt', 'rules-encoding', 0],
    ],
  );
});
