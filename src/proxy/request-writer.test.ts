import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { READ_OK } from '../http/field-section.ts';
import { RequestHead } from '../http/request-head.ts';
import { fieldValues, originForm, RequestHeaderPolicy, upgradeOf, WrittenFields } from './request-writer.ts';
import type { RequestFacts } from './request-writer.ts';
import { X_FORWARDED_FOR } from '../http/known-headers.ts';

const LIMITS = { headBytes: 8192, targetBytes: 1024, headerCount: 50 };

function read(text: string): RequestHead {
  const head = new RequestHead(LIMITS);
  head.restart();
  const bytes = Buffer.from(text, 'latin1');
  assert.equal(head.read(bytes, 0, bytes.length), READ_OK, head.refusal);
  return head;
}

const FACTS: RequestFacts = {
  peerAddress: '10.0.0.1',
  clientAddress: '192.0.2.1',
  isPeerTrusted: false,
  scheme: 'http',
  local: { localHost: () => '127.0.0.1:8080' },
  sendsExpect: false,
  upgrade: '',
  trace: '',
};

type Options = ConstructorParameters<typeof RequestHeaderPolicy>[0];
const OFF: Options = {
  xForwardedFor: 'off',
  xForwardedProto: 'off',
  xForwardedHost: 'off',
  forwarded: 'off',
};

interface Row {
  readonly name: string;
  readonly request: string;
  readonly options?: Partial<Options>;
  readonly facts?: Partial<RequestFacts>;
  readonly expected: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'nothing to change',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nX-A:  1 \r\n\r\n',
    expected: 'GET / HTTP/1.1\r\nHost: a\r\nX-A:  1 \r\n\r\n',
  },
  {
    name: 'an empty line before the request is dropped',
    request: '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    expected: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  {
    name: 'Expect goes on while the server may still answer it',
    request: 'POST / HTTP/1.1\r\nExpect: 100-continue\r\nHost: a\r\nContent-Length: 1\r\n\r\n',
    facts: { sendsExpect: true },
    expected: 'POST / HTTP/1.1\r\nExpect: 100-continue\r\nHost: a\r\nContent-Length: 1\r\n\r\n',
  },
  {
    name: 'Expect that we have answered is dropped',
    request: 'POST / HTTP/1.1\r\nExpect: 100-continue\r\nHost: a\r\nContent-Length: 1\r\n\r\n',
    expected: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n',
  },
  {
    name: 'chunked is written anew',
    request: 'POST / HTTP/1.1\r\nTransfer-Encoding: CHUNKED\r\nHost: a\r\n\r\n',
    expected: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
  },
  {
    name: 'absolute-form with Expect and a Host in the middle',
    request:
      'POST http://a/x HTTP/1.1\r\nX-A: 1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n',
    facts: { sendsExpect: true },
    expected: 'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nX-A: 1\r\nContent-Length: 1\r\n\r\n',
  },
  {
    name: 'HTTP/1.0 without any field',
    request: 'GET / HTTP/1.0\r\n\r\n',
    expected: 'GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n',
  },
  {
    name: 'all that we say, for a peer that is not trusted',
    request: 'GET / HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\nHost: a\r\nForwarded: for=6.6.6.6\r\n\r\n',
    options: {
      xForwardedFor: 'append',
      xForwardedProto: 'replace',
      xForwardedHost: 'replace',
      forwarded: 'append',
    },
    expected:
      'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n' +
      'Forwarded: for=10.0.0.1;proto=http;host=a\r\n\r\n',
  },
  {
    name: 'a host that is no token is quoted in Forwarded, and so is IPv6',
    request: 'GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n',
    options: { forwarded: 'replace' },
    facts: { clientAddress: '2001:db8::2' },
    expected:
      'GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\nForwarded: for="[2001:db8::2]";proto=http;host="[2001:db8::1]:80"\r\n\r\n',
  },
  {
    name: 'a client without an address is unknown',
    request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    options: { xForwardedFor: 'replace', forwarded: 'replace' },
    facts: { clientAddress: '' },
    expected:
      'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: unknown\r\nForwarded: for=unknown;proto=http;host=a\r\n\r\n',
  },
  {
    name: 'a trusted peer with an empty chain',
    request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    options: { xForwardedFor: 'append' },
    facts: { isPeerTrusted: true },
    expected: 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n',
  },
  {
    name: 'an upgrade is written anew',
    request: 'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nHost: a\r\n\r\n',
    facts: { upgrade: 'websocket' },
    expected: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  },
];

for (const { name, request, options = {}, facts = {}, expected } of ROWS) {
  test(`a request head: ${name}`, () => {
    const policy = new RequestHeaderPolicy({ ...OFF, ...options });
    const text = policy.write(read(request), { ...FACTS, ...facts });
    assert.equal(text, expected);
    // What goes on must itself be a request that is not refused.
    read(text);
  });
}

test('lines that were written before are never those of another request, policy or client', () => {
  const policies = ROWS.map(({ options = {} }) => new RequestHeaderPolicy({ ...OFF, ...options }));
  const heads = ROWS.map(({ request }) => read(request));
  const written = new WrittenFields();
  let ran = 0;
  for (const policy of policies) {
    for (const changes of [
      {},
      { peerAddress: '10.0.0.2' },
      { isPeerTrusted: true },
      ...ROWS.map((row) => row.facts),
    ]) {
      const facts = { ...FACTS, ...changes };
      for (const head of heads) {
        const expected = policy.write(head, facts);
        // The second and the third time it is there.
        for (let time = 0; time < 3; time++) assert.equal(policy.write(head, facts, written), expected);
        ran++;
      }
    }
  }
  assert.equal(ran, ROWS.length * (ROWS.length + 3) * ROWS.length);
});

test('lines that were written before come with the request line of the present request', () => {
  const policy = new RequestHeaderPolicy({ ...OFF, xForwardedFor: 'append' });
  const written = new WrittenFields();
  const head = new RequestHead(LIMITS);
  for (const line of [
    'GET /a',
    'GET /a/b',
    'PUT /c',
    'GET /a',
    '\r\nGET /d',
    'GET http://a/e',
    'OPTIONS *',
  ]) {
    head.restart();
    const bytes = Buffer.from(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`, 'latin1');
    assert.equal(head.read(bytes, 0, bytes.length), READ_OK);
    const expected = `${line.trim().replace('http://a', '')} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n`;
    assert.equal(policy.write(head, FACTS, written), expected);
  }
});

const PARENT = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n';
const FOREIGN =
  'Traceparent: x\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000001-00\r\nTRACESTATE: a=1\r\n';

test('where exchanges are traced, the lines of the trace are ours, at the end, and new for each request', () => {
  const policy = new RequestHeaderPolicy({ ...OFF, xForwardedFor: 'append' }, undefined, true);
  const ours = 'X-Forwarded-For: 10.0.0.1\r\n';
  const written = new WrittenFields();
  for (const [head, expected] of [
    ['GET /a HTTP/1.1\r\nHost: a\r\n\r\n', `GET /a HTTP/1.1\r\nHost: a\r\n${ours}`],
    ['GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n', `GET /b HTTP/1.1\r\nHost: a\r\n${ours}`],
    ['GET /c HTTP/1.0\r\nHost: a\r\n\r\n', `GET /c HTTP/1.1\r\nHost: a\r\n${ours}`],
    [`GET /d HTTP/1.1\r\n${FOREIGN}Host: a\r\n\r\n`, `GET /d HTTP/1.1\r\nHost: a\r\n${ours}`],
    [`GET /e HTTP/1.0\r\n${FOREIGN}Host: a\r\n\r\n`, `GET /e HTTP/1.1\r\nHost: a\r\n${ours}`],
    [
      `POST /f HTTP/1.1\r\nHost: a\r\n${FOREIGN}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n`,
      `POST /f HTTP/1.1\r\nHost: a\r\n${ours}Transfer-Encoding: chunked\r\n`,
    ],
  ] as const) {
    // The lines before it are remembered, those of the trace are not.
    for (const trace of [PARENT, PARENT, `${PARENT.replace('0af7', '1111')}tracestate: b=2\r\n`]) {
      const text = policy.write(read(head), { ...FACTS, trace }, written);
      assert.equal(text, `${expected}${trace}\r\n`);
      read(text);
    }
  }
});

test('where nothing is traced, the context of a client passes as any other field', () => {
  const request = `GET / HTTP/1.1\r\nHost: a\r\n${FOREIGN}\r\n`;
  assert.equal(new RequestHeaderPolicy(OFF).write(read(request), FACTS), request);
});

test('originForm is the path and query that a server expects', () => {
  for (const [line, expected] of [
    ['GET /a?b', '/a?b'],
    ['GET http://a', '/'],
    ['GET http://a/', '/'],
    ['GET HTTP://a?b', '/?b'],
    ['GET http://a/b://c', '/b://c'],
    ['GET https://a:443/b', '/b'],
    ['OPTIONS *', '*'],
    ['OPTIONS http://a', '*'],
    ['OPTIONS http://a/', '/'],
    ['CONNECT a:443', 'a:443'],
  ] as const) {
    const isConnect = line.startsWith('CONNECT');
    const host = line.includes('443') ? 'a:443' : 'a';
    assert.equal(
      originForm(read(`${line} HTTP/1.1\r\nHost: ${isConnect ? 'a:443' : host}\r\n\r\n`)),
      expected,
      line,
    );
  }
});

test('upgradeOf names the one protocol that the client may be given', () => {
  for (const [fields, expected] of [
    ['Connection: Upgrade\r\nUpgrade: websocket\r\n', 'websocket'],
    ['Connection: x, UPGRADE\r\nUpgrade: foo/2\r\n', 'foo/2'],
    ['Connection: keep-alive\r\nUpgrade: websocket\r\n', ''],
    ['Upgrade: websocket\r\n', ''],
    ['Connection: Upgrade\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade:\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: a, b\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: h2c\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: H2C\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: h2\r\n', ''],
    [`Connection: Upgrade\r\nUpgrade: ${'x'.repeat(65)}\r\n`, ''],
  ] as const) {
    assert.equal(upgradeOf(read(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)), expected, fields);
  }
  assert.equal(upgradeOf(read('GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')), '');
});

test('fieldValues gives each value in order', () => {
  const head = read(
    'GET / HTTP/1.1\r\nX-Forwarded-For: a\r\nHost: a\r\nx-forwarded-for:  b \r\nX-FORWARDED-FOR:\r\n\r\n',
  );
  assert.deepEqual(fieldValues(head, X_FORWARDED_FOR), ['a', 'b', '']);
  assert.deepEqual(fieldValues(read('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), X_FORWARDED_FOR), []);
});
