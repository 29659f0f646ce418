import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileRules } from './file-rules.ts';

test('rules that are not run are told by id, in a line for each file and option', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-file-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rule = (sid: number, option: string): string =>
    `alert tcp any any -> any any (content:"a"; ${option} sid:${sid};)\n`;
  const files = { 'a.rules': join(folder, 'a.rules'), 'b.rules': join(folder, 'b.rules') };
  writeFileSync(
    files['a.rules'],
    [rule(1, 'ttl:64;'), rule(2, ''), rule(3, 'ttl:3;'), rule(4, 'flags:S;'), rule(5, 'ttl:1;')].join(''),
  );
  writeFileSync(files['b.rules'], rule(6, 'ttl:64;'));
  const rules = new FileRules();
  const loaded = rules.snort(
    { rules: [files['a.rules'], files['b.rules']], exclude: [], isLenient: false, variables: {} },
    { key: 'inspection', exclude: {} },
  );
  assert.deepEqual([...rules.problems], []);
  assert.deepEqual(loaded?.counts, { read: 6, run: 1 });
  const told = [...rules.warnings].map((warning) => warning.replace(`${folder}/`, ''));
  assert.equal(told.length, 3);
  assert.match(
    told[0] ?? '',
    /^a\.rules:1:1: 3 rules are not run: option "ttl": .+: snort-1, snort-3, snort-5 \[not-run\]$/,
  );
  assert.match(told[1] ?? '', /^a\.rules:4:1: Rule snort-4 is not run: option "flags": .+ \[not-run\]$/);
  assert.match(told[2] ?? '', /^b\.rules:1:1: Rule snort-6 is not run: option "ttl": .+ \[not-run\]$/);
});

test('of many rules that are not run twenty ids are told, or all; a protocol is called so', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-file-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.rules');
  writeFileSync(
    path,
    Array.from({ length: 23 }, (_, sid) => `alert udp any any -> any any (sid:${sid + 1};)\n`).join(''),
  );
  const wish = { rules: [path], exclude: [], isLenient: false, variables: {} };
  const ids = Array.from({ length: 23 }, (_, sid) => `snort-${sid + 1}`);
  for (const [tellsAll, told] of [
    [false, `${ids.slice(0, 20).join(', ')} and 3 more`],
    [true, ids.join(', ')],
  ] as const) {
    const rules = new FileRules(undefined, tellsAll);
    rules.snort(wish, { key: 'inspection', exclude: {} });
    assert.deepEqual(
      [...rules.warnings],
      [`${path}:1:1: 23 rules are not run: protocol "udp": a proxy does not see it: ${told} [not-run]`],
    );
  }
});
