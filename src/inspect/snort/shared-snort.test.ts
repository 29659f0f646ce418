import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeStreamInspector } from './inspect-stream.ts';
import type { SnortFile } from './parse.ts';
import { attachSnort, shareSnort } from './shared-snort.ts';
import { compileSnort, makeSnortInspector } from './snort-inspector.ts';
import type { SnortCompileOptions, SnortPlan } from './snort-inspector.ts';

function compiledOf(files: readonly SnortFile[], options: SnortCompileOptions = {}): SnortPlan {
  const compiled = compileSnort(files, options);
  assert(compiled.kind === 'ok', JSON.stringify(compiled));
  return compiled.plan;
}

function attachedOf(text: string, options: SnortCompileOptions = {}, name = 'a.rules'): SnortPlan {
  const files = [{ name, text }];
  return attachSnort(shareSnort(compiledOf(files, options), files));
}

function hitsOf(plan: SnortPlan, target: string, clientAddress = '192.0.2.1'): readonly string[] {
  const inspector = makeSnortInspector(plan, { mode: 'on', nowMs: () => 0 });
  const transaction = inspector.begin({
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: { count: 0, name: () => '', value: () => '' },
    clientAddress,
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: new Uint8Array(0), isPrefix: false });
  return transaction.hits.map(({ rule, source, severity }) => `${rule} ${source} ${severity}`);
}

const WEB = 'alert http any any -> any any';
const A = `${WEB} (http.uri; content:"/a"; sid:1;)`;

const SAME: readonly (readonly [what: string, text: string, options: SnortCompileOptions])[] = [
  ['one rule', A, {}],
  [
    'rules in their order of evaluation',
    `${A}\npass http any any -> any any (http.uri; content:"/a"; sid:2;)`,
    {},
  ],
  ['the line that a rule stands in', `\n\n# a comment\n${A}`, {}],
  [
    'a rule over several lines',
    `${WEB} \\\n  (http.uri; \\\r\n content:"/a"; sid:1;)\n${A.replace('sid:1', 'sid:2')}`,
    {},
  ],
  ['a rule in a comment', `# ${A}`, { withDisabled: true }],
  [
    'a priority by its class',
    `config classification: bad,Bad,1\n${WEB} (http.uri; content:"/a"; classtype:bad; sid:1;)`,
    {},
  ],
  [
    'variables of the file',
    `ipvar BAD 192.0.2.0/24\nalert http $BAD any -> any any (http.uri; content:"/a"; sid:1;)`,
    {},
  ],
  [
    'variables that are given',
    'alert http $BAD any -> any any (http.uri; content:"/a"; sid:1;)',
    { variables: { BAD: '192.0.2.1' } },
  ],
  [
    'variables that leave the client out',
    'alert http $BAD any -> any any (http.uri; content:"/a"; sid:1;)',
    { variables: { BAD: '198.51.100.1' } },
  ],
  ['alerts that are suppressed', `${A}\nsuppress gen_id 1, sig_id 1, track by_src, ip 192.0.2.0/24`, {}],
  ['rules that are excluded', `${A}\n${A.replace('sid:1', 'sid:2')}`, { exclude: ['snort-1'] }],
  ['rules of Snort 3', 'alert http ( msg:"a"; http_uri; content:"/a",nocase; sid:1; )', {}],
  ['a rule with a pattern', `${WEB} (http.uri; pcre:"/^\\/[ab]$/"; sid:1;)`, {}],
  ['a rule without a literal', `${WEB} (urilen:<9; sid:1;)`, {}],
  [
    'bytes beyond ASCII',
    `${WEB} (msg:"żółw"; http.uri; content:"/a"; sid:1;)\n${A.replace('sid:1', 'sid:2')}`,
    {},
  ],
  ['no rule', '', {}],
];

for (const [what, text, options] of SAME) {
  test(`attachSnort gives the same hits: ${what}`, () => {
    const files = [{ name: 'a.rules', text }];
    const compiled = compiledOf(files, options);
    const attached = attachSnort(shareSnort(compiled, files));
    for (const target of ['/a', '/b', '/A?x=%61']) {
      assert.deepEqual(hitsOf(attached, target), hitsOf(compiled, target), target);
    }
    assert.equal(attached.ruleCount, compiled.ruleCount);
  });
}

test('attachSnort gives a rule its file and line', () => {
  assert.deepEqual(hitsOf(attachedOf(`\n${A}`, {}, 'folder/x.rules'), '/a'), ['snort-1 folder/x.rules:2 4']);
});

test('attachSnort gives the rules about streams', () => {
  const plan = attachedOf('alert tcp any any -> any any (content:"evil"; sid:1;)');
  const ends = { client: { address: '192.0.2.1', port: 1 }, server: { address: '192.0.2.2', port: 25 } };
  const inspection = makeStreamInspector(plan, { mode: 'on', nowMs: () => 0 }).begin(ends);
  inspection.feed('to_server', Buffer.from('an ev'));
  assert.equal(inspection.feed('to_server', Buffer.from('il line')).do, 'deceive');
});

test('two attached plans share their tables, and not what they remember', () => {
  const files = [{ name: 'a.rules', text: A }];
  const memory = shareSnort(compiledOf(files), files);
  const [one, other] = [attachSnort(memory), attachSnort(memory)];
  const tableOf = ({ requests }: SnortPlan) => requests.fast?.index.tables.line?.windows.table;
  assert.equal(tableOf(one)?.buffer, memory);
  assert.equal(tableOf(other)?.buffer, memory);
  assert.notEqual(one.rules.at(0), other.rules.at(0));
  assert.equal(one.rules.at(0), one.rules.at(0));
});

test('shareSnort refuses rules whose file is not at hand', () => {
  const plan = compiledOf([{ name: 'a.rules', text: A }]);
  assert.throws(() => shareSnort(plan, [{ name: 'b.rules', text: A }]), /its file is not at hand/);
});

test('shareSnort refuses the slow reference', () => {
  const files = [{ name: 'a.rules', text: A }];
  assert.throws(() => shareSnort(compiledOf(files, { isFast: false }), files), /without tables/);
});
