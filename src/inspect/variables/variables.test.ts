import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { InspectedRequest } from '../inspector.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { readCookies } from './cookies.ts';
import { ExchangeState } from './exchange-state.ts';
import { Facts } from './facts.ts';
import { valuesOf, variableNamed } from './catalog.ts';
import { splitTarget } from './target.ts';
import { readPairs } from './urlencoded.ts';
import { listedFields } from '../listed-fields.ts';

type Pair = readonly [name: string, value: string];

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}

const QUERIES: readonly (readonly [query: string, pairs: readonly Pair[]])[] = [
  ['', []],
  [
    'a=1&b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'a=1&a=2&a=',
    [
      ['a', '1'],
      ['a', '2'],
      ['a', ''],
    ],
  ],
  ['a', [['a', '']]],
  ['=v', [['', 'v']]],
  ['=', [['', '']]],
  ['&&a=1&&', [['a', '1']]],
  ['a=b=c', [['a', 'b=c']]],
  ['a+b=c+d%20e', [['a b', 'c d e']]],
  ['a=%', [['a', '%']]],
  ['a=%4', [['a', '%4']]],
  ['a=%zz%41', [['a', '%zzA']]],
  ['%61=%00', [['a', '\0']]],
  ['a=1;b=2', [['a', '1;b=2']]],
  ['a=%26b%3D1', [['a', '&b=1']]],
  ['a=\xc3\xa9', [['a', '\xc3\xa9']]],
];

for (const [query, pairs] of QUERIES) {
  test(`readPairs splits ${JSON.stringify(query)}`, () =>
    assert.deepEqual(pairsOf(readPairs(query, 9).values), pairs));
}

test('readPairs keeps what is beyond the bound as one value, decoded', () => {
  const exact = readPairs('a=1&b=2', 2);
  assert.deepEqual([exact.values.length, exact.isExceeded], [2, false]);
  const beyond = readPairs('a=1&b=2&c=%3C&d=4', 2);
  assert.deepEqual(
    [pairsOf(beyond.values), beyond.isExceeded],
    [
      [
        ['a', '1'],
        ['b', '2'],
        ['', 'c=<&d=4'],
      ],
      true,
    ],
  );
});

const COOKIES: readonly (readonly [fields: readonly string[], pairs: readonly Pair[]])[] = [
  [[], []],
  [
    ['a=1; b=2'],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    ['a=1;b=2;  c=3'],
    [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ],
  ],
  [
    ['a=1', 'a=2'],
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  [['a'], [['a', '']]],
  [['=x'], [['', 'x']]],
  [[' ; ;'], []],
  [
    ['a="x; y"'],
    [
      ['a', '"x'],
      ['y"', ''],
    ],
  ],
  [['a=%41+'], [['a', '%41+']]],
];

for (const [fields, pairs] of COOKIES) {
  test(`readCookies splits ${JSON.stringify(fields)}`, () =>
    assert.deepEqual(pairsOf(readCookies(fields, 9).values), pairs));
}

test('readCookies keeps what is beyond the bound, the fields that follow included', () => {
  const beyond = readCookies(['a=1; b=2', 'c=3'], 1);
  assert.deepEqual(
    [pairsOf(beyond.values), beyond.isExceeded],
    [
      [
        ['a', '1'],
        ['', ' b=2; c=3'],
      ],
      true,
    ],
  );
});

const TARGETS: readonly (readonly [
  target: string,
  uri: string,
  filename: string,
  basename: string,
  query: string,
])[] = [
  ['/', '/', '/', '', ''],
  ['/a/b.php?c=/d', '/a/b.php?c=/d', '/a/b.php', 'b.php', 'c=/d'],
  ['/a?b?c', '/a?b?c', '/a', 'a', 'b?c'],
  ['/a\\b', '/a\\b', '/a\\b', 'b', ''],
  ['http://host/a?b', '/a?b', '/a', 'a', 'b'],
  ['HTTP://host:8080', '/', '/', '', ''],
  ['http://host?a', '/?a', '/', '', 'a'],
  ['*', '*', '*', '*', ''],
  ['/http://x/y', '/http://x/y', '/http://x/y', 'y', ''],
  ['//x/y', '//x/y', '//x/y', 'y', ''],
];

for (const [target, uri, filename, basename, query] of TARGETS) {
  test(`splitTarget takes ${target} apart`, () => {
    assert.deepEqual(splitTarget(target), { uri, filename, basename, query });
  });
}

const FIELDS: readonly Pair[] = [
  ['Host', 'a.example'],
  ['Cookie', 's=1; t=2'],
  ['X-A', 'one'],
  ['x-a', 'two'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
];
const REQUEST: InspectedRequest = {
  method: 'POST',
  target: 'http://a.example/d/f.html?q=1',
  version: 'HTTP/1.1',
  headers: listedFields(FIELDS),
  clientAddress: '192.0.2.1',
};

function factsOf(request: InspectedRequest, limits = DEFAULT_LIMITS): Facts {
  return new Facts(request, limits, new ExchangeState(ExchangeState.empty(undefined)), () => 0);
}

function read(name: string, facts: Facts): readonly Pair[] {
  const variable = variableNamed(name);
  assert(variable !== undefined, name);
  return pairsOf(valuesOf(facts, variable));
}

test('every variable of the request has the value that SecLang gives it', () => {
  const facts = factsOf(REQUEST);
  facts.setBody({ bytes: Buffer.from('p=2&q=3'), isPrefix: false });
  const expected: Readonly<Record<string, readonly Pair[]>> = {
    ARGS: [
      ['q', '1'],
      ['p', '2'],
      ['q', '3'],
    ],
    ARGS_GET: [['q', '1']],
    ARGS_GET_NAMES: [['q', 'q']],
    ARGS_NAMES: [
      ['q', 'q'],
      ['p', 'p'],
      ['q', 'q'],
    ],
    ARGS_POST: [
      ['p', '2'],
      ['q', '3'],
    ],
    ARGS_POST_NAMES: [
      ['p', 'p'],
      ['q', 'q'],
    ],
    ARGUMENTS_EXCEEDED: [['', '0']],
    COOKIES_EXCEEDED: [['', '0']],
    FILES: [],
    FILES_NAMES: [],
    INBOUND_DATA_ERROR: [['', '0']],
    QUERY_STRING: [['', 'q=1']],
    REMOTE_ADDR: [['', '192.0.2.1']],
    REQBODY_ERROR: [['', '0']],
    REQBODY_ERROR_MSG: [['', '']],
    REQBODY_PROCESSOR: [['', 'URLENCODED']],
    REQUEST_BASENAME: [['', 'f.html']],
    REQUEST_BODY: [['', 'p=2&q=3']],
    REQUEST_BODY_LENGTH: [['', '7']],
    REQUEST_BODY_UNPARSED: [['', '']],
    REQUEST_COOKIES: [
      ['s', '1'],
      ['t', '2'],
    ],
    REQUEST_COOKIES_NAMES: [
      ['s', 's'],
      ['t', 't'],
    ],
    REQUEST_FILENAME: [['', '/d/f.html']],
    REQUEST_HEADERS: FIELDS,
    REQUEST_HEADERS_NAMES: FIELDS.map(([name]) => [name, name]),
    REQUEST_LINE: [['', 'POST http://a.example/d/f.html?q=1 HTTP/1.1']],
    REQUEST_METHOD: [['', 'POST']],
    REQUEST_PROTOCOL: [['', 'HTTP/1.1']],
    REQUEST_URI: [['', '/d/f.html?q=1']],
    REQUEST_URI_RAW: [['', 'http://a.example/d/f.html?q=1']],
  };
  for (const [name, values] of Object.entries(expected)) assert.deepEqual(read(name, facts), values, name);
});

test('arguments of the body join those of the query once the body is there', () => {
  const facts = factsOf(REQUEST);
  assert.deepEqual(read('ARGS', facts), [['q', '1']]);
  facts.setBody({ bytes: Buffer.from('p=2'), isPrefix: true });
  assert.deepEqual(read('ARGS', facts), [
    ['q', '1'],
    ['p', '2'],
  ]);
  assert.deepEqual(read('INBOUND_DATA_ERROR', facts), [['', '1']]);
});

test('the bound on arguments counts the query and the body together', () => {
  const facts = factsOf(REQUEST, { ...DEFAULT_LIMITS, argumentsMax: 2 });
  facts.setBody({ bytes: Buffer.from('p=2&r=%3C&s=4'), isPrefix: false });
  assert.deepEqual(read('ARGS', facts), [
    ['q', '1'],
    ['p', '2'],
    ['', 'r=<&s=4'],
  ]);
  assert.deepEqual(read('ARGUMENTS_EXCEEDED', facts), [['', '1']]);
});

test('a body of bytes above 127 is one character a byte', () => {
  const facts = factsOf({ ...REQUEST, headers: { count: 0, name: () => '', value: () => '' } });
  facts.setBody({ bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte), isPrefix: false });
  const text = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  assert.deepEqual(read('REQUEST_BODY', facts), [['', text]]);
  assert.deepEqual(read('REQUEST_BODY_UNPARSED', facts), [['', text]]);
});

test('the response is known in phase 3', () => {
  const facts = factsOf(REQUEST);
  facts.setResponse({ status: 503, headers: { count: 1, name: () => 'Server', value: () => 'x' } });
  assert.deepEqual(read('RESPONSE_STATUS', facts), [['', '503']]);
  assert.deepEqual(read('RESPONSE_HEADERS', facts), [['Server', 'x']]);
  assert.deepEqual(read('RESPONSE_HEADERS_NAMES', facts), [['Server', 'Server']]);
});
