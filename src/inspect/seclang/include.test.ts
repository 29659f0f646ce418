import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadRules } from '../load-rules.ts';
import { INCLUDE_DEPTH_MAX } from './include.ts';
import { readRules } from './read-rules.ts';
import type { ReadRules } from './read-rules.ts';

let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-include-'));
  mkdirSync(join(folder, 'rules'));
  const files: Readonly<Record<string, string>> = {
    'main.conf': 'SecRule ARGS x id:1\nInclude rules/*.conf\nSecRule ARGS x id:9',
    'rules/a.conf': 'SecDefaultAction "phase:2,deny"\nSecRule ARGS x id:2\nInclude "../more.conf"',
    'rules/b.conf': 'SecRule ARGS "@pmFromFile words.data" id:4\nSecMarker END',
    'rules/words.data': 'alpha\n',
    'more.conf': 'SecRule ARGS x id:3',
    'loop.conf': 'Include inner.conf',
    'inner.conf': 'SecRule ARGS x id:1\nInclude loop.conf\nSecRule ARGS x id:2',
    'self.conf': '  Include self.conf',
    'latin1.conf': 'Include e9.dat',
    'missing.conf':
      'Include none.conf\nIncludeOptional none.conf\nInclude no*.conf\nIncludeOptional no*.conf',
    'folder.conf': 'Include rules',
    'chain.conf': 'SecRule ARGS x id:1,chain\nInclude more.conf\nSecRule ARGS y',
    'data.conf': 'SecRule ARGS "@pmFromFile none.data" id:1\nSecRule ARGS "@pmFromFile rules" id:2',
    'twice.conf': 'Include more.conf\nInclude more.conf',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'e9.dat'), Uint8Array.of(0xe9));
  for (let depth = 0; depth <= INCLUDE_DEPTH_MAX; depth++) {
    writeFileSync(join(folder, `deep-${depth}.conf`), `Include deep-${depth + 1}.conf`);
  }
});
after(() => rmSync(folder, { recursive: true }));

function read(name: string): ReadRules {
  const loaded = loadRules([name], folder);
  assert(loaded.kind === 'ok');
  return readRules(loaded.files);
}

function placesOf({ mistakes }: ReadRules): readonly string[] {
  return mistakes.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`);
}

test('included files are read in their place, in the order of their names, relative to their includer', () => {
  const { ruleSet, mistakes } = read('main.conf');
  assert.deepEqual(mistakes, []);
  const rules = ruleSet.items.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []));
  assert.deepEqual(
    rules.map(({ id, source, disruption }) => [id, source, disruption.do]),
    [
      ['1', 'main.conf:1', 'pass'],
      ['2', 'rules/a.conf:2', 'deny'],
      ['3', join(folder, 'more.conf:1'), 'deny'],
      ['4', 'rules/b.conf:1', 'deny'],
      ['9', 'main.conf:3', 'deny'],
    ],
  );
});

const MISTAKES: readonly (readonly [file: string, places: readonly string[]])[] = [
  ['loop.conf', ['inner.conf:2:9 include-loop']],
  ['self.conf', ['self.conf:1:11 include-loop']],
  ['latin1.conf', ['latin1.conf:1:9 rules-encoding']],
  ['missing.conf', ['missing.conf:1:9 rules-missing', 'missing.conf:3:9 rules-missing']],
  ['folder.conf', ['folder.conf:1:9 rules-missing']],
  ['deep-0.conf', [`deep-${INCLUDE_DEPTH_MAX - 1}.conf:1:9 include-limit`]],
  ['chain.conf', ['chain.conf:2:1 chain-open']],
  ['twice.conf', ['more.conf:1:1 id-duplicate']],
  ['data.conf', ['data.conf:1:27 operator-argument', 'data.conf:2:27 operator-argument']],
];

for (const [file, places] of MISTAKES) {
  test(`the mistakes of ${file} are ${places.join(', ')}`, () =>
    assert.deepEqual(placesOf(read(file)), places));
}
