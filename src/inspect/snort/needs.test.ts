import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { listedFields } from '../listed-fields.ts';
import { Coverages } from './coverage.ts';
import { Expected } from './expected.ts';
import { loadSnortRules } from './load.ts';
import { needsOf } from './needs.ts';
import type { Need } from './needs.ts';
import { compileSnort, makeSnortInspector } from './snort-inspector.ts';

function ruleOf(options: string): string {
  return `alert tcp any any -> any any (flow:to_server; ${options} sid:1;)`;
}

function needsOfRule(options: string, isStream = false): readonly Need[] {
  const loaded = loadSnortRules([{ name: 'f', text: ruleOf(options) }], {
    withDisabled: false,
    variables: new Map(),
  });
  const [rule] = loaded.rules;
  assert.ok(rule !== undefined, JSON.stringify(loaded.mistakes));
  return needsOf(rule, new Coverages('to_server', isStream), new Expected());
}

/** What a rule looks for, and whether that can only stand in the line of a message. */
const ROWS: readonly (readonly [options: string, isInLineAlone: boolean])[] = [
  ['content:"|16 03|"; depth:2;', true],
  ['content:"|01|"; offset:2; depth:1;', true],
  ['content:"|01|"; offset:3; depth:1;', false],
  ['content:"|01|"; offset:2; depth:2;', false],
  ['content:"|01|"; offset:2;', false],
  ['content:"|01|"; depth:3; http_client_body;', false],
];

for (const [options, isInLineAlone] of ROWS) {
  test(`${options} is looked for ${isInLineAlone ? 'in the line alone' : 'in all places of its buffer'}`, () => {
    const [need] = needsOfRule(options);
    assert.ok(need !== undefined);
    const { isInLine, isInBody, field } = need.coverage;
    assert.equal(isInLine && !isInBody && field === undefined, isInLineAlone);
  });
}

test('a stream has no line', () => {
  const [need] = needsOfRule('content:"|16 03|"; depth:2;', true);
  assert.equal(need?.coverage.isInBody, true);
});

for (const isFast of [false, true]) {
  test(`the first bytes of a message are found in its line${isFast ? '' : ', rule by rule'}`, () => {
    const text = ruleOf('content:"T /"; offset:0; depth:3;');
    const compiled = compileSnort([{ name: 'a.rules', text }], { isFast });
    assert(compiled.kind === 'ok');
    const inspector = makeSnortInspector(compiled.plan, { mode: 'on', nowMs: () => 0, onAlert: 'continue' });
    for (const [method, target, hits] of [
      ['T', '/', 1],
      ['t', '/x%20y', 0],
      ['GET', '/', 0],
    ] as const) {
      for (const version of ['HTTP/1.1', 'HTTP/1.0', '']) {
        const headers = listedFields([['Host', 'T /']]);
        const transaction = inspector.begin({
          method,
          target,
          version,
          headers,
          clientAddress: '192.0.2.1',
        });
        transaction.requestHead();
        transaction.requestBody({ bytes: Buffer.from('T /'), isPrefix: false });
        assert.equal(transaction.hits.length, hits, `${method} ${target} ${version}`);
      }
    }
  });
}

test('bytes without a letter are found in either case, and letters beside them', () => {
  const text = ruleOf('content:"${"; nocase; content:"JNDI"; nocase; distance:0; http_client_body;');
  const compiled = compileSnort([{ name: 'a.rules', text }]);
  assert(compiled.kind === 'ok');
  const inspector = makeSnortInspector(compiled.plan, { mode: 'on', nowMs: () => 0, onAlert: 'continue' });
  for (const [body, hits] of [
    [`${'A'.repeat(5_000)}\${jnDi:x}`, 1],
    [`${'A'.repeat(5_000)}\${`, 0],
  ] as const) {
    const transaction = inspector.begin({
      method: 'POST',
      target: '/',
      version: 'HTTP/1.1',
      headers: listedFields([]),
      clientAddress: '192.0.2.1',
    });
    transaction.requestHead();
    transaction.requestBody({ bytes: Buffer.from(body), isPrefix: false });
    assert.equal(transaction.hits.length, hits);
  }
});

/** What each match of a content of the whole message is known by, and messages that hold the content. */
const IN_PARTS: readonly (readonly [
  content: string,
  literal: string,
  target: string,
  field: string,
  body: string,
])[] = [
  ['() |0a| {', '() \n {', '/', 'a', `${'x'.repeat(600)}() \n {`],
  ['() |0a| {', '() \n {', '/', '() \n {', 'x'],
  ['() |0a| {', '() \n {', '/() \n {', 'a', 'x'],
  ['|0a 0a|ab', 'ab', '/', 'a', '\n\nab'],
  ['|0a|ab', 'ab', '/', 'a', 'ab'],
  ['|0a|ab|0a|', 'ab\n', '/', 'a', 'ab\n'],
  ['az|0d 0a 0d 0a|b|0a|c', 'b\nc', '/', 'az', 'b\nc'],
  ['abcd|0a 0d|e', 'abcd\n', '/', 'a', 'abcd\n\re'],
];

for (const [content, literal, target, field, body] of IN_PARTS) {
  const at = JSON.stringify([target, field, body.slice(-8)]);
  test(`content:"${content}" is looked for by ${JSON.stringify(literal)}, and found in ${at}`, () => {
    const options = `content:"${content}";`;
    assert.deepEqual(needsOfRule(options)[0]?.literals, [literal]);
    for (const isFast of [false, true]) {
      const compiled = compileSnort([{ name: 'a.rules', text: ruleOf(options) }], { isFast });
      assert(compiled.kind === 'ok');
      const inspector = makeSnortInspector(compiled.plan, {
        mode: 'on',
        nowMs: () => 0,
        onAlert: 'continue',
      });
      const headers = listedFields([['Host', field]]);
      const transaction = inspector.begin({
        method: 'POST',
        target,
        version: 'HTTP/1.1',
        headers,
        clientAddress: '192.0.2.1',
      });
      transaction.requestHead();
      transaction.requestBody({ bytes: Buffer.from(body), isPrefix: false });
      assert.equal(transaction.hits.length, 1, isFast ? 'fast' : 'rule by rule');
    }
  });
}

test('a pair is looked for with what its pattern wants behind it', () => {
  const [need, ...others] = needsOfRule(
    'content:"<%"; http_client_body; pcre:"/<%[\\x00-\\x7f]{20}/"; http_client_body;',
  );
  assert.deepEqual(need?.literals, ['<%']);
  assert.notEqual(need.sequel, undefined);
  assert.deepEqual(others, []);
});

test('of bodies a rule wants no four bytes where it wants something longer, or something besides', () => {
  const wanted = (options: string): readonly (readonly string[])[] =>
    needsOfRule(options).map(({ literals }) => literals);
  assert.deepEqual(wanted('content:"/commerce.cgi"; http_uri; content:"<|28|)>";'), [['/commerce.cgi']]);
  assert.deepEqual(wanted('content:"<|28|)>"; content:"{|28|)}";'), [['<()>']]);
  assert.deepEqual(wanted('content:"<|28|)>"; http_uri; content:"jndi:ldap"; http_uri;'), [
    ['jndi:ldap'],
    ['<()>'],
  ]);
});

test('of bodies a rule wants no pair besides something else', () => {
  const needs = needsOfRule('content:"w="; http_client_body; content:"=="; http_client_body;');
  assert.deepEqual(
    needs.map(({ literals }) => literals),
    [['w=']],
  );
});
