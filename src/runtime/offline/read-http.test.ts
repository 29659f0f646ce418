import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { readHttpFile } from './read-http.ts';
import type { StoredExchange } from './stored-exchange.ts';

const LIMITS = {
  headBytes: 4096,
  headerCount: 20,
  targetBytes: 1024,
  chunkExtensionBytes: 64,
  trailerBytes: 256,
};

function read(text: string): readonly StoredExchange[] {
  return readHttpFile(Buffer.from(text, 'latin1'), LIMITS);
}

/** `METHOD target host |body| → status |body|`, then the notes and the refusal. */
function tell({ request, response, notes, refused }: StoredExchange): string {
  const text = (bytes: Uint8Array): string => `|${Buffer.from(bytes).toString('latin1')}|`;
  const answer = response === undefined ? '' : ` → ${response.status} ${text(response.body)}`;
  const rest = [
    ...notes.map((note) => ` (${note.split(' ').slice(0, 3).join(' ')})`),
    refused === undefined ? '' : ` ! ${refused.code}`,
  ];
  return `${request.method} ${request.target} ${request.host} ${text(request.body)}${answer}${rest.join('')}`;
}

const REQUEST = 'GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n';
const MENDED = '(Line ends of)';

const FILES: readonly (readonly [what: string, text: string, told: readonly string[]])[] = [
  ['a request', REQUEST, ['GET /a?b x ||']],
  [
    'a body with a length',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\n\x00',
    ['POST / x |a\n\x00|'],
  ],
  [
    'chunks',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
    ['POST / x |abc|'],
  ],
  [
    'a request and its response',
    `${REQUEST}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    ['GET /a?b x || → 200 |ok|'],
  ],
  ['a response until the end', `${REQUEST}HTTP/1.0 200 OK\r\n\r\nall\r\n`, ['GET /a?b x || → 200 |all\r\n|']],
  [
    'interim responses',
    `${REQUEST}HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 204 No\r\n\r\n`,
    ['GET /a?b x || → 204 ||'],
  ],
  [
    'a response to HEAD',
    'HEAD / HTTP/1.1\r\nHost: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
    ['HEAD / x || → 200 ||'],
  ],
  ['empty lines around', `\r\n\r\n${REQUEST}\r\n\r\n`, ['GET /a?b x ||']],
  [
    'several exchanges',
    `${REQUEST}HTTP/1.1 304 No\r\n\r\n${REQUEST}POST /c HTTP/1.1\r\nHost: y\r\nContent-Length: 1\r\n\r\nzHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nr`,
    ['GET /a?b x || → 304 ||', 'GET /a?b x ||', 'POST /c y |z| → 200 |r|'],
  ],
  [
    'lines that end with LF',
    'POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\na\nb\n',
    [`POST / x |a\nb| ${MENDED}`],
  ],
  [
    'both with LF',
    'GET / HTTP/1.1\nHost: x\n\nHTTP/1.1 200 OK\nContent-Length: 1\n\nrGET /2 HTTP/1.1\nHost: x\n\n',
    [`GET / x || → 200 |r| ${MENDED} ${MENDED}`, `GET /2 x || ${MENDED}`],
  ],
  ['a head without its end', 'GET / HTTP/1.1\r\nHost: x', ['GET / x || (The head had)']],
  ['a head of LF without its end', 'GET / HTTP/1.1\nHost: x\n', [`GET / x || ${MENDED} (The head had)`]],
  [
    'a body that is cut',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc',
    ['POST / x |abc| (The body is)'],
  ],
  ['a body without a length', 'POST / HTTP/1.1\r\nHost: x\r\n\r\na=1&b=2', ['POST / x || (7 bytes follow)']],
  [
    'chunks that are cut',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
    ['POST / x |ab| (The body is)'],
  ],
];

for (const [what, text, told] of FILES) {
  test(`readHttpFile reads ${what}`, () => assert.deepEqual(read(text).map(tell), told));
}

test('readHttpFile keeps fields as they came', () => {
  const [exchange] = read('GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nA:2 \r\nB_c:\r\n\r\n');
  assert.deepEqual(exchange?.request.fields, [
    ['Host', 'x'],
    ['A', '1'],
    ['A', '2'],
    ['B_c', ''],
  ]);
});

const REFUSED: readonly (readonly [text: string, told: string])[] = [
  ['GET / HTTP/1.1\r\n\r\n', 'GET /  || ! host-missing'],
  ['GET /a b HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /a  || ! version-bad'],
  ['GET / HTTP/1.1\r\nHost: x\n\r\n\r\n', 'GET /  || ! bare-lf'],
  ['GET / HTTP/1.1\nHost: x\r\n\r\n', 'GET /  || ! bare-lf'],
  ['G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n', 'G\x00T /  || ! method-bad'],
  ['hello\r\n', 'hello   || ! method-bad'],
  [
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'POST /  || ! length-and-encoding',
  ],
  [`GET /${'a'.repeat(5000)} HTTP/1.1\r\nHost: x\r\n\r\n`, `GET /${'a'.repeat(1019)}  || ! target-too-long`],
  ['POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'POST / x || ! chunk-size-bad'],
];

for (const [text, told] of REFUSED) {
  test(`readHttpFile tells what the proxy refuses: ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.deepEqual(read(`${text}${REQUEST}`).map(tell).slice(0, 1), [told]);
  });
}

const BAD: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /it is empty/],
  ['\r\n\n', /it is empty/],
  [`${REQUEST}HTTP/1.1 2xx OK\r\n\r\n`, /Cannot read the response/],
  [REQUEST.repeat(10_001), /more than 10000 requests/],
];

for (const [text, message] of BAD) {
  test(`readHttpFile cannot read ${JSON.stringify(text.slice(0, 60))}`, () =>
    assert.throws(() => read(text), message));
}

test('readHttpFile cut at every byte says something, and never fails', () => {
  const whole = `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`;
  for (let end = 1; end <= whole.length; end++) {
    const exchanges = ((): readonly StoredExchange[] => {
      try {
        return read(whole.slice(0, end));
      } catch (error) {
        assert.match(String(error), /Cannot read the response/);
        return [];
      }
    })();
    for (const { request } of exchanges) assert(whole.includes(Buffer.from(request.body).toString('latin1')));
  }
});
