import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteContext } from './context.ts';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import { hostName, RouteTable } from './routes.ts';
import type { RouteMatch } from './routes.ts';

function route(name: string): RouteContext {
  return {
    name,
    pool: undefined,
    decoy: undefined,
    inspector: undefined,
    isDetectOnly: false,
    hold: { held: 1024, heldTotal: 1024, beyond: 'reject' },
    responses: {
      isInspected: true,
      types: new Set(),
      held: 1024,
      beyond: 'prefix',
      decode: { decodedBytesMax: 1024, decodedRatioMax: 10, encodingsMax: 1 },
    },
    allowConnect: false,
    allowUpgrade: true,
  };
}

function match(name: string, asked: Partial<RouteMatch>): RouteMatch {
  return { hosts: [], paths: [], methods: [], ...asked, route: route(name) };
}

const TABLE = new RouteTable(
  [
    match('admin', { hosts: ['app.example'], paths: ['/admin'] }),
    match('writes', { hosts: ['app.example', 'api.example'], methods: ['POST', 'PUT'] }),
    match('below', { hosts: ['*.wild.example'] }),
    match('literal', { hosts: ['[2001:db8::1]'] }),
    match('files', { paths: ['/a/', '/b/'] }),
  ],
  route('otherwise'),
);

const ROWS: readonly (readonly [method: string, host: string, path: string, expected: string])[] = [
  ['GET', 'app.example', '/admin', 'admin'],
  ['GET', 'app.example', '/administrator', 'admin'],
  ['GET', 'APP.Example:8443', '/admin?x', 'admin'],
  ['GET', 'app.example', '/x/../admin', 'admin'],
  ['GET', 'app.example', '/%61dmin', 'admin'],
  ['GET', 'app.example', '//admin', 'admin'],
  ['GET', 'app.example', '/Admin', 'otherwise'],
  ['GET', 'app.example', '/x?/admin', 'otherwise'],
  ['GET', 'app.example.', '/admin', 'otherwise'],
  ['GET', 'xapp.example', '/admin', 'otherwise'],
  ['POST', 'api.example', '/admin', 'writes'],
  ['POST', 'app.example', '/x', 'writes'],
  ['post', 'app.example', '/x', 'otherwise'],
  ['PATCH', 'app.example', '/x', 'otherwise'],
  ['GET', 'a.wild.example', '/', 'below'],
  ['GET', 'a.b.wild.example:80', '/', 'below'],
  ['GET', 'wild.example', '/', 'otherwise'],
  ['GET', '.wild.example', '/', 'otherwise'],
  ['GET', 'evilwild.example', '/', 'otherwise'],
  ['GET', 'a.wild.example.evil', '/', 'otherwise'],
  ['GET', '[2001:db8::1]:80', '/', 'literal'],
  ['GET', '[2001:DB8::1]', '/', 'literal'],
  ['GET', '[2001:db8::2]', '/', 'otherwise'],
  ['GET', '', '/b/x', 'files'],
  ['GET', 'other', '/b', 'otherwise'],
  ['OPTIONS', 'other', '*', 'otherwise'],
  ['CONNECT', 'app.example:443', 'app.example:443', 'otherwise'],
];

for (const [method, host, path, expected] of ROWS) {
  test(`${method} ${path} of "${host}" takes ${expected}`, () => {
    assert.equal(TABLE.find(method, host, path).name, expected);
  });
}

test('the first route that matches takes it, and without any the default', () => {
  const table = new RouteTable([match('first', {}), match('second', {})], route('otherwise'));
  assert.equal(table.find('GET', 'a', '/').name, 'first');
  assert.equal(new RouteTable([], route('otherwise')).find('GET', 'a', '/').name, 'otherwise');
});

test('hostName takes the port away and nothing else', () => {
  for (const [host, name] of [
    ['a', 'a'],
    ['A:80', 'a'],
    ['a:', 'a'],
    ['[::1]', '[::1]'],
    ['[::1]:80', '[::1]'],
    ['', ''],
  ] as const) {
    assert.equal(hostName(host), name);
  }
});

test('a route that asks for destinations takes what was sent to one of them alone', () => {
  const destinations = CidrSet.of([parseCidr('203.0.113.0/24')].filter((cidr) => typeof cidr === 'object'));
  const table = new RouteTable([match('there', { destinations })], route('otherwise'));
  assert.equal(table.asksForDestination, true);
  assert.equal(table.find('GET', 'a', '/', '203.0.113.80').name, 'there');
  assert.equal(table.find('GET', 'a', '/', '203.0.114.80').name, 'otherwise');
  assert.equal(table.find('GET', 'a', '/').name, 'otherwise');
  assert.equal(new RouteTable([match('any', {})], route('otherwise')).asksForDestination, false);
});
