import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeInspector } from '../build.ts';
import { loadRules } from '../load-rules.ts';
import type { RuleFile } from '../load-rules.ts';
import { attachRules, shareRules } from './shared-rules.ts';
import type { Rules, SharedOptions } from './shared-rules.ts';

function fileOf(text: string): readonly RuleFile[] {
  return [{ name: 'r.conf', text }];
}

function shared(files: readonly RuleFile[], options: SharedOptions = {}) {
  const made = shareRules(files, options);
  assert(made.kind === 'ok', JSON.stringify(made));
  return made;
}

function hitsOf({ plan }: Rules, target: string): readonly string[] {
  const transaction = makeInspector(plan, { mode: 'on' }).begin({
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: { count: 0, name: () => '', value: () => '' },
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: new Uint8Array(0), isPrefix: false });
  return transaction.hits.map(({ rule, source, matched }) => `${rule} ${source} ${matched}`);
}

const ALWAYS = 'SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=evil"\n';

const SAME: readonly (readonly [what: string, text: string, options: SharedOptions])[] = [
  ['no rule', '', {}],
  ['literals', 'SecRule ARGS "@contains evil" "id:2,phase:2,pass"', {}],
  ['patterns with groups', 'SecRule ARGS "@rx ev(i)l" "id:2,phase:2,pass,capture,logdata:\'%{tx.1}\'"', {}],
  ['patterns that look around', 'SecRule ARGS "@rx ev(?=il)" "id:2,phase:2,pass"', {}],
  ['phrases', 'SecRule ARGS "@pm evil odd" "id:2,phase:2,pass"', {}],
  [
    'the same phrases twice',
    'SecRule ARGS "@pm a evil" "id:2,phase:2,pass"\nSecRule ARGS_NAMES "@pm a evil" "id:3,phase:2,pass"',
    {},
  ],
  ['macros', `${ALWAYS}SecRule ARGS "@contains %{tx.a}" "id:2,phase:2,pass"`, {}],
  [
    'single bytes',
    'SecRule ARGS "@contains \'" "id:2,phase:2,pass"\nSecRule ARGS "@rx [;|]" "id:3,phase:2,pass"',
    {},
  ],
  [
    'rules that are excluded',
    'SecRule ARGS "@contains evil" "id:2,phase:2,pass"\nSecRule ARGS "@contains evil" "id:3,phase:2,pass"',
    { exclude: ['2'] },
  ],
  [
    'targets that are excluded',
    'SecRule ARGS "@contains evil" "id:2,phase:2,pass"',
    { exclude: [{ rule: '2', target: 'ARGS:a' }] },
  ],
  [
    'what is left out',
    'SecRule ARGS "@fuzzyHash x 1" "id:2,phase:2,pass"\nSecRule ARGS "@contains evil" "id:3,phase:2,pass"',
    { isLenient: true },
  ],
  [
    'texts beyond latin1',
    'SecRule ARGS "@contains żółw" "id:2,phase:2,pass"\nSecRule ARGS "@contains evil" "id:3,phase:2,pass,msg:\'żółw\'"',
    {},
  ],
];

for (const [what, text, options] of SAME) {
  test(`attachRules gives the same hits: ${what}`, () => {
    const { rules, memory } = shared(fileOf(text), options);
    const attached = attachRules(memory);
    for (const target of ['/?a=evil&b=x', "/?a=x;'&odd=1", '/?a=%c5%bc%c3%b3%c5%82w&b=evil', '/']) {
      assert.deepEqual(hitsOf(attached, target), hitsOf(rules, target), target);
    }
    assert.deepEqual(attached.counts, rules.counts);
    assert.deepEqual(attached.limits, rules.limits);
    assert.deepEqual(attached.warnings, rules.warnings);
  });
}

test('attachRules needs no file that was read when the rules were shared', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-shared-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'main.conf'), 'Include mor*.conf\nIncludeOptional none/*.conf\n');
  writeFileSync(join(folder, 'more.conf'), 'SecRule ARGS "@pmFromFile words.data" "id:2,phase:2,pass"\n');
  writeFileSync(join(folder, 'words.data'), 'evil\n');
  const loaded = loadRules(['main.conf'], folder);
  assert(loaded.kind === 'ok');
  const { memory } = shared(loaded.files);
  writeFileSync(join(folder, 'words.data'), 'odd\n');
  writeFileSync(join(folder, 'more.conf'), 'SecRule ARGS "@contains x" "id:3,phase:2,pass"\n');
  writeFileSync(join(folder, 'more2.conf'), 'SecRule ARGS "@contains x" "id:4,phase:2,pass"\n');
  assert.deepEqual(hitsOf(attachRules(memory), '/?a=evil'), ['2 more.conf:1 evil']);
  rmSync(folder, { recursive: true });
  assert.deepEqual(hitsOf(attachRules(memory), '/?a=evil'), ['2 more.conf:1 evil']);
});

test('shareRules tells what is wrong, as compileRules does', () => {
  const made = shareRules(fileOf('SecRule ARGS "@rx (" "id:2,phase:2,pass"'), {});
  assert(made.kind === 'bad');
  assert.deepEqual(
    made.mistakes.map(({ line, code }) => [line, code]),
    [[1, 'pattern-syntax']],
  );
});

test('attached rules have collections of their own', () => {
  const text =
    'SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1"\nSecRule IP:seen "@gt 1" "id:2,phase:1,pass"';
  const { memory } = shared(fileOf(text));
  const [one, other] = [attachRules(memory), attachRules(memory)];
  assert.deepEqual([hitsOf(one, '/').length, hitsOf(one, '/').length, hitsOf(other, '/').length], [0, 1, 0]);
});
