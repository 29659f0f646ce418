import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNamedEndpoint, parseNamedEndpoint } from './named-endpoint.ts';

const NAMES: readonly (readonly [text: string, name: string, port: number])[] = [
  ['app.internal:8080', 'app.internal', 8080],
  ['App.INTERNAL.:80', 'app.internal', 80],
  ['localhost:1', 'localhost', 1],
  ['a-b.c_d.e1:65535', 'a-b.c_d.e1', 65_535],
  ['1app:80', '1app', 80],
  ['_http._tcp.app.internal', '_http._tcp.app.internal', 0],
  [`${'a'.repeat(63)}.b:80`, `${'a'.repeat(63)}.b`, 80],
];
for (const [text, name, port] of NAMES) {
  test(`"${text.slice(0, 40)}" is a name`, () => {
    assert.deepEqual(parseNamedEndpoint(text), { name, port, slot: 0 });
  });
}

for (const text of [
  '',
  ':80',
  'app',
  'app.internal',
  'app.internal:',
  'app.internal:0',
  'app.internal:080',
  'app.internal:65536',
  '-a.b:80',
  'a-.b:80',
  'a..b:80',
  '.a:80',
  'a b:80',
  'http://a:80',
  'a/b:80',
  '192.0.2.1:80',
  '256.0.0.1:80',
  '1.2.3:80',
  '[::1]:80',
  '::1:80',
  'b\u00fccher.example:80',
  '_http._tcp.app:80',
  `${'a'.repeat(64)}.b:80`,
  `${'a.'.repeat(127)}aa:80`,
]) {
  test(`"${text.slice(0, 40)}" is no name`, () => assert.equal(parseNamedEndpoint(text), undefined));
}

test('a name is shown with its port and the number of its address', () => {
  assert.equal(formatNamedEndpoint({ name: 'a.b', port: 80, slot: 0 }), 'a.b:80');
  assert.equal(formatNamedEndpoint({ name: '_x._tcp.b', port: 0, slot: 2 }), '_x._tcp.b#3');
});
