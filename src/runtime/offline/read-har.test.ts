import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { isHar, readHar } from './read-har.ts';

type Json = Record<string, unknown>;

function entryOf(request: Json, response?: Json): Json {
  const headers: readonly Json[] = [];
  return {
    request: { method: 'GET', url: 'http://x/', httpVersion: 'HTTP/1.1', headers, ...request },
    ...(response === undefined ? {} : { response: { status: 200, headers, content: {}, ...response } }),
  };
}

function harOf(...entries: readonly unknown[]): string {
  return JSON.stringify({ log: { version: '1.2', entries } });
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

test('isHar tells JSON from requests', () => {
  for (const beginning of ['{"log"', ' \r\n{', '\xef\xbb\xbf{']) assert.equal(isHar(beginning), true);
  for (const beginning of ['GET / HTTP/1.1', '', '[', 'a{']) assert.equal(isHar(beginning), false);
});

test('readHar puts a request together', () => {
  const headers = [
    { name: 'Host', value: 'shop.example:8080' },
    { name: 'X-Name', value: 'Zoë' },
  ];
  const postData = { mimeType: 'text/plain', text: 'a=é' };
  const url = 'http://shop.example:8080/a%20b?c=d&e#f';
  const [exchange] = readHar(harOf(entryOf({ method: 'POST', url, headers, postData })));
  assert(exchange !== undefined);
  const { method, target, version, host, fields, body } = exchange.request;
  assert.deepEqual(
    [method, target, version, host],
    ['POST', '/a%20b?c=d&e', 'HTTP/1.1', 'shop.example:8080'],
  );
  assert.deepEqual(fields, [
    ['Host', 'shop.example:8080'],
    ['X-Name', 'Zo\xc3\xab'],
    ['Content-Length', '4'],
  ]);
  assert.equal(text(body), 'a=\xc3\xa9');
  assert.deepEqual(exchange.notes, []);
});

test('readHar makes HTTP/1.1 of HTTP/2, and says so', () => {
  const headers = [
    { name: ':authority', value: 'shop.example' },
    { name: ':path', value: '/a' },
    { name: 'accept', value: '*/*' },
  ];
  const [exchange] = readHar(harOf(entryOf({ url: 'https://other.example/a', httpVersion: 'h2', headers })));
  assert.deepEqual(exchange?.request.fields, [
    ['Host', 'shop.example'],
    ['accept', '*/*'],
  ]);
  assert.deepEqual([exchange.request.version, exchange.notes.length], ['HTTP/1.1', 1]);
});

const FRAMINGS: readonly (readonly [name: string, value: string])[] = [
  ['Content-Length', '1'],
  ['content-length', '7'],
  ['content-length', ''],
  ['Transfer-Encoding', 'chunked'],
];

for (const [name, value] of FRAMINGS) {
  test(`readHar leaves a body its ${name} "${value}"`, () => {
    const headers = [{ name, value }];
    const [exchange] = readHar(harOf(entryOf({ method: 'POST', headers, postData: { text: 'abc' } })));
    assert.deepEqual(exchange?.request.fields, [
      ['Host', 'x'],
      [name, value],
    ]);
  });
}

test('readHar adds no Content-Length where there is no body', () => {
  const [exchange] = readHar(harOf(entryOf({ method: 'POST' })));
  assert.deepEqual(exchange?.request.fields, [['Host', 'x']]);
});

const TARGETS: readonly (readonly [url: string, target: string, host: string])[] = [
  ['http://x', '/', 'x'],
  ['http://x?a', '/?a', 'x'],
  ['HTTPS://x:1/a//b/../c', '/a//b/../c', 'x:1'],
  ['http://x/a?b=http://y/#z', '/a?b=http://y/', 'x'],
  ['/a', '/', ''],
];

for (const [url, target, host] of TARGETS) {
  test(`readHar takes ${target} from ${url}`, () => {
    const [exchange] = readHar(harOf(entryOf({ url })));
    assert.deepEqual([exchange?.request.target, exchange?.request.host], [target, host]);
  });
}

const BODIES: readonly (readonly [postData: unknown, body: string])[] = [
  [undefined, ''],
  [{ text: '' }, ''],
  [{ text: 'YQ==', encoding: 'base64' }, 'a'],
  [{ text: 'YQ==' }, 'YQ=='],
  [{ params: [{ name: 'a b', value: 'c&d' }, { name: 'e' }] }, 'a%20b=c%26d&e='],
  [{ text: '', params: [{ name: 'a', value: 'b' }] }, 'a=b'],
  [{ text: 'x', params: [{ name: 'a', value: 'b' }] }, 'x'],
];

for (const [postData, body] of BODIES) {
  test(`readHar takes a body from ${JSON.stringify(postData)}`, () => {
    const [exchange] = readHar(harOf(entryOf({ postData })));
    assert.equal(text(exchange?.request.body), body);
  });
}

test('readHar reads responses, whose content is decoded already', () => {
  const headers = [
    { name: 'Content-Encoding', value: 'gzip' },
    { name: 'content-type', value: 'text/html' },
  ];
  const content = { text: 'PGI+', encoding: 'base64' };
  const [exchange, failed] = readHar(
    harOf(entryOf({}, { status: 404, headers, content }), entryOf({}, { status: 0 })),
  );
  assert.deepEqual(exchange?.response?.fields, [['content-type', 'text/html']]);
  assert.deepEqual([exchange.response.status, text(exchange.response.body)], [404, '<b>']);
  assert.equal(failed?.response, undefined);
});

const BAD: readonly (readonly [har: string, message: RegExp])[] = [
  ['{', /it is not JSON/],
  ['{}', /"log" of the file is not an object/],
  ['{"log":[]}', /"log" of the file is not an object/],
  ['{"log":{}}', /"entries" of log is not a list/],
  [harOf(), /it has no entries/],
  [harOf(1), /entry 1 is not an object/],
  [harOf(entryOf({}), {}), /"request" of entry 2 is not an object/],
  [harOf(entryOf({ url: 1 })), /"url" of entry 1, request is not a text/],
  [harOf(entryOf({ method: null })), /"method" of entry 1, request is not a text/],
  [harOf(entryOf({ headers: {} })), /"headers" of entry 1, request is not a list/],
  [harOf(entryOf({ headers: [{ name: 'a' }] })), /"value" of entry 1, request is not a text/],
  [harOf(entryOf({ postData: { params: [1] } })), /entry 1, request, params is not an object/],
  [harOf(entryOf({}, { headers: 1 })), /"headers" of entry 1, response is not a list/],
  [harOf(...Array.from({ length: 10_001 }, () => 1)), /more than 10000 entries/],
];

for (const [har, message] of BAD) {
  test(`readHar cannot read ${har.slice(0, 70)}`, () => {
    assert.throws(
      () => readHar(har),
      (error) =>
        error instanceof Error && error.name === 'StoredExchangeError' && message.test(error.message),
    );
  });
}
