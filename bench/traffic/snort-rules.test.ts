import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { readSnortRules } from './snort-rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-snort-'));
after(() => rmSync(folder, { recursive: true }));

function rules(count: number, from: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `alert tcp any any -> any 80 (uricontent:"${from + index}";)`,
  );
}

mkdirSync(join(folder, 'one'));
mkdirSync(join(folder, 'two'));
writeFileSync(join(folder, 'one', 'a.rules'), rules(60, 0).join('\n'));
writeFileSync(
  join(folder, 'two', 'b.rules'),
  [
    ...rules(40, 60),
    // As in the other set.
    ...rules(10, 50),
    '# alert tcp any any -> any 80 (uricontent:"in a comment";)',
    'alert tcp any any -> any 25 (content:"no web";)',
    'alert http any any -> any any (flow:to_client; content:"an answer";)',
  ].join('\n'),
);

for (const count of [1, 7, 50, 99, 100]) {
  test(`readSnortRules takes exactly ${count} rules`, () => {
    const texts = readSnortRules(folder, count).map(({ text }) => text);
    const taken = texts
      .join('')
      .split('\n')
      .filter((line) => line !== '');
    assert.equal(taken.length, count);
    assert.equal(new Set(taken).size, count);
    assert.ok(taken.every((rule) => rule.includes('uricontent')));
  });
}

test('readSnortRules takes from each file as many as its share', () => {
  const counts = readSnortRules(folder, 10).map(({ name, text }) => [name, text.split('\n').length - 1]);
  assert.deepEqual(counts, [
    ['one-a.rules', 6],
    ['two-b.rules', 4],
  ]);
});

test('readSnortRules refuses to take more than there are', () => {
  assert.throws(() => readSnortRules(folder, 101), /Cannot take 101 Snort rules: .* has 100/);
});
