import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { compileRules, makeInspector } from '../build.ts';
import { readJson } from '../body/json.ts';
import { ValueNames } from './value-names.ts';
import type { ValueName } from './value-names.ts';

/** The name of the member with this path, each key read where it stands in a document. */
function nameOf(names: ValueNames, path: readonly (string | number)[]): ValueName {
  const document = path.join('"');
  let name = names.begin(document);
  let at = 0;
  for (const part of path) {
    const end = at + String(part).length;
    name = typeof part === 'number' ? names.element(name, part) : names.member(name, document, at, end);
    at = end + 1;
  }
  return name;
}

test('a name is made once, and told from others with the same text', () => {
  const names = new ValueNames('json');
  const name = nameOf(names, ['a', 0, 'b']);
  assert.equal(name.text, 'json.a.array_0.b');
  assert.equal(name.length, name.text.length);
  assert.equal(nameOf(names, ['a', 0, 'b']), name);
  const other = nameOf(names, ['a', 'array_0', 'b']);
  assert.notEqual(other, name);
  assert.equal(other.text, name.text);
  assert.equal(nameOf(names, ['']).text, 'json.empty-key');
});

test('names that are long or deep are not kept, and right all the same', () => {
  const names = new ValueNames('json');
  for (const path of [['k'.repeat(61)], new Array<string>(40).fill('deep'), ['k'.repeat(61), 'a', 'b']]) {
    const name = nameOf(names, path);
    assert.equal(name.text, `json.${path.join('.')}`);
    assert.notEqual(nameOf(names, path), name);
  }
});

test('names that clients make up are all forgotten when there are too many', () => {
  const names = new ValueNames('json', 64);
  const first = nameOf(names, ['first']);
  for (let count = 0; count < 1_000; count++) {
    const name = nameOf(names, [`made up ${count}`, 0]);
    assert.equal(name.text, `json.made up ${count}.array_0`);
  }
  assert.notEqual(nameOf(names, ['first']), first);
});

test('documents read with names that are known say what they say without', () => {
  const names = new ValueNames('json', 64);
  const documents = [
    '{"a":[{"b":1,"b":"\\u0062"},[],{}],"\\u0061":"x","":null}',
    '{"a":[{"b":1},{"c":true}],"array_0":[7]}',
    '[1,2,{"a":"x"}]',
    '"alone"',
    '{"a":[1,',
    `{"${'k'.repeat(80)}":{"a":"b"}}`,
    `{"n":[${'{"x":1},'.repeat(90)}0]}`,
  ];
  for (let round = 0; round < 3; round++) {
    for (const document of documents) {
      const known = readJson(document, 50, 9, names);
      const fresh = readJson(document, 50, 9);
      assert.deepEqual(
        known.values.map(({ key, text }) => [key, text]),
        fresh.values.map(({ key, text }) => [key, text]),
      );
      assert.equal(known.error, fresh.error);
    }
  }
});

test('what a rule asks of a name holds for each document with it, and its values are told apart', () => {
  const text =
    'SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"\n' +
    'SecRule ARGS:json.a.b "@streq bad" "id:2,phase:2,deny"\n' +
    'SecRule ARGS_NAMES "@contains evil" "id:3,phase:2,deny"';
  const compiled = compileRules([{ name: 'r.conf', text }], { exclude: [] });
  assert(compiled.kind === 'ok');
  const inspector = makeInspector(compiled.plan, { mode: 'on', ...compiled.limits });
  const headers = {
    count: 1,
    name: () => 'Content-Type',
    value: () => 'application/json',
  };
  const verdictOf = (body: string): string => {
    const request = { method: 'POST', target: '/', version: 'HTTP/1.1', headers, clientAddress: '192.0.2.1' };
    const transaction = inspector.begin(request);
    transaction.requestHead();
    return transaction.requestBody({ bytes: Buffer.from(body, 'latin1'), isPrefix: false }).do;
  };
  for (let round = 0; round < 3; round++) {
    assert.equal(verdictOf('{"a":{"b":"good"}}'), 'continue');
    assert.equal(verdictOf('{"a":{"b":"bad"}}'), 'deceive');
    assert.equal(verdictOf('{"a":{"b":"\\u0062ad"}}'), 'deceive');
    assert.equal(verdictOf('{"\\u0061":{"b":"bad"}}'), 'deceive');
    assert.equal(verdictOf('{"a":{"c":"bad"}}'), 'continue');
    assert.equal(verdictOf('{"a":[{"evil":1}]}'), 'deceive');
    assert.equal(verdictOf('{"a":[{"evol":1}]}'), 'continue');
  }
});
