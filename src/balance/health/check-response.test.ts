import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { BODY_BYTES_MAX, CheckResponse } from './check-response.ts';
import type { CheckReading } from './check-response.ts';

interface Row {
  readonly what: string;
  readonly text: string;
  readonly method?: string;
  /** Nothing comes behind it. */
  readonly ends?: true;
  readonly status?: number;
  readonly body?: string;
  readonly bad?: RegExp;
}

const ROWS: readonly Row[] = [
  { what: 'a length', text: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine', status: 200, body: 'fine' },
  {
    what: 'chunks',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n',
    status: 200,
    body: 'fine',
  },
  { what: 'the end', text: 'HTTP/1.0 503 No\r\n\r\nfine', ends: true, status: 503, body: 'fine' },
  { what: 'nothing, because of its status', text: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204, body: '' },
  {
    what: 'nothing, because of HEAD',
    method: 'HEAD',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n',
    status: 200,
    body: '',
  },
  { what: 'no bytes', text: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', status: 200, body: '' },
  {
    what: 'interim responses before',
    text: 'HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx',
    status: 403,
    body: 'x',
  },
  { what: 'no head', text: 'SSH-2.0-OpenSSH_9.2\r\n', bad: /HTTP version/ },
  {
    what: 'half a head',
    text: 'HTTP/1.1 200 OK\r\nContent-Le',
    ends: true,
    bad: /before a whole response head/,
  },
  { what: 'nothing at all', text: '', ends: true, bad: /before a whole response head/ },
  {
    what: 'half a body',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfine',
    ends: true,
    bad: /within the body/,
  },
  {
    what: 'half a chunk',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nfine',
    ends: true,
    bad: /within the body/,
  },
  {
    what: 'a chunk that is none',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n',
    bad: /chunk/i,
  },
  {
    what: 'two lengths',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    bad: /Content-Length/,
  },
  { what: 'interim responses without end', text: 'HTTP/1.1 100 Go\r\n\r\n'.repeat(17), bad: /16 interim/ },
  {
    what: 'a head without end',
    text: `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`,
    bad: /header fields|larger/,
  },
];

for (const { what, text, method = 'GET', ends = false, status, body, bad } of ROWS) {
  test(`a response with ${what} is read, in whatever pieces it comes`, () => {
    const bytes = Buffer.from(text, 'latin1');
    const sizes = bytes.length > 1000 ? [bytes.length, 4096] : [bytes.length, 1, 2, 3, 7];
    for (const size of sizes) {
      const response = new CheckResponse(method, true);
      const reading = readAll(response, bytes, size, ends);
      if (bad !== undefined) {
        assert(typeof reading === 'object', `${String(size)}: ${JSON.stringify(reading)}`);
        assert.match(reading.bad, bad);
        continue;
      }
      assert.equal(reading, 'done', String(size));
      assert.deepEqual([response.status, response.body], [status, body], String(size));
    }
  });
}

test('where nobody looks at the body, the head is enough', () => {
  const response = new CheckResponse('GET', false);
  assert.equal(response.feed(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')), 'done');
});

test('a body without end is looked at up to its bound', () => {
  const response = new CheckResponse('GET', true);
  assert.equal(response.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), 'need');
  let fed = 0;
  let reading: CheckReading = 'need';
  while (reading === 'need') {
    assert(fed <= BODY_BYTES_MAX);
    reading = response.feed(Buffer.alloc(10_000, 'x'));
    fed += 10_000;
  }
  assert.equal(reading, 'done');
  assert.equal(response.body, 'x'.repeat(BODY_BYTES_MAX));
});

function readAll(response: CheckResponse, bytes: Buffer, size: number, ends: boolean): CheckReading {
  for (let at = 0; at < bytes.length; at += size) {
    // A copy: what is fed may be changed.
    const reading = response.feed(Buffer.from(bytes.subarray(at, at + size)));
    if (reading !== 'need') return reading;
  }
  return ends ? response.end() : 'need';
}
