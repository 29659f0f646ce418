import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { findByGlob, findByName } from './glob.ts';

const ROWS: readonly (readonly [pattern: string, found: readonly string[]])[] = [
  ['*.conf', ['a.conf', 'b.conf']],
  ['?.conf', ['a.conf', 'b.conf']],
  ['a.conf', ['a.conf']],
  ['in/*', ['in/c.conf', 'in/c+d']],
  ['in/c+*', ['in/c+d']],
  ['aXconf', []],
  ['*.confi', []],
  ['none/*', []],
  ['a.conf/*', []],
];

test('findByName finds what a glob finds, where only the name has wildcards', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-glob-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'in'));
  for (const name of ['a.conf', 'b.conf', '.c.conf', 'in/c.conf', 'in/c+d'])
    writeFileSync(join(folder, name), '');
  for (const [pattern, expected] of ROWS) {
    for (const find of [findByName, findByGlob]) {
      const found = find(join(folder, pattern)).map((path) => relative(folder, path));
      assert.deepEqual(found.toSorted(), [...expected].sort(), `${find.name} ${pattern}`);
    }
  }
});
