import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventsOf, LIMITS, refusalOf, requestStream, responseStream } from '../../test/support/split.ts';
import type { RefusalCode } from './field-section.ts';
import { REFUSALS } from './refusal.ts';

const get = (lines: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const chunked = (body: string): string => `${get('Transfer-Encoding: chunked\r\n')}${body}`;

/** One message for every code: what cannot be refused by any input is no refusal. */
const VECTORS: Readonly<Record<RefusalCode, { input: string; isResponse?: true; status: number }>> = {
  'bare-lf': { input: get('X: y\n'), status: 400 },
  'bare-cr': { input: get('X: y\rz\r\n'), status: 400 },
  'obs-fold': { input: get('X: y\r\n z\r\n'), status: 400 },
  'header-name-empty': { input: get(': y\r\n'), status: 400 },
  'header-name-bad': { input: get('X\0: y\r\n'), status: 400 },
  'space-before-colon': { input: get('X : y\r\n'), status: 400 },
  'header-value-bad': { input: get('X: \0\r\n'), status: 400 },
  'head-too-large': { input: get(`X: ${'y'.repeat(LIMITS.headBytes)}\r\n`), status: 431 },
  'too-many-headers': { input: get('X: y\r\n'.repeat(LIMITS.headerCount)), status: 431 },
  'method-bad': { input: `(${get('')}`, status: 400 },
  'target-bad': { input: get('').replace('/', '/#'), status: 400 },
  'target-too-long': { input: get('').replace('/', `/${'a'.repeat(LIMITS.targetBytes)}`), status: 414 },
  'version-bad': { input: get('').replace('HTTP', 'http'), status: 400 },
  'version-unsupported': { input: get('').replace('1.1', '2.0'), status: 505 },
  'status-bad': { input: 'HTTP/1.1 600 x\r\n\r\n', isResponse: true, status: 502 },
  'reason-bad': { input: 'HTTP/1.1 200 \0\r\n\r\n', isResponse: true, status: 502 },
  'host-missing': { input: get('').replace('Host', 'Ghost'), status: 400 },
  'host-duplicate': { input: get('Host: a\r\n'), status: 400 },
  'host-bad': { input: get('').replace('Host: a', 'Host: a,b'), status: 400 },
  'host-differs': { input: get('').replace('/', 'http://b/'), status: 400 },
  'content-length-bad': { input: get('Content-Length: +5\r\n'), status: 400 },
  'content-length-differs': { input: get('Content-Length: 5\r\nContent-Length: 6\r\n'), status: 400 },
  'length-and-encoding': { input: get('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'), status: 400 },
  'transfer-encoding-bad': { input: get('Transfer-Encoding: chunked, identity\r\n'), status: 400 },
  'transfer-encoding-http10': { input: chunked('').replace('HTTP/1.1', 'HTTP/1.0'), status: 400 },
  'connection-bad': { input: get('Connection: a b\r\n'), status: 400 },
  'chunk-size-bad': { input: chunked('0x5\r\n'), status: 400 },
  'chunk-extension-bad': { input: chunked('1;\r\n'), status: 400 },
  'chunk-extension-too-long': {
    input: chunked(`1;${'a'.repeat(LIMITS.chunkExtensionBytes)}\r\n`),
    status: 400,
  },
  'chunk-end-bad': { input: chunked('1\r\nab'), status: 400 },
  'trailer-bad': { input: chunked('0\r\nX y\r\n'), status: 400 },
  'trailer-forbidden': { input: chunked('0\r\nHost: b\r\n\r\n'), status: 400 },
  'trailer-too-large': { input: chunked(`0\r\nX: ${'y'.repeat(LIMITS.trailerBytes)}\r\n\r\n`), status: 431 },
};

test('the table has a row for every code, and every code a vector', () => {
  assert.deepEqual(Object.keys(REFUSALS).sort(), Object.keys(VECTORS).sort());
});

test('docs/compat/http1.md says of every code what it is for, with its status', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/compat/http1.md'), 'utf8');
  for (const [code, { status }] of Object.entries(REFUSALS)) {
    assert.match(page, new RegExp(`^\\| [^|]+\\| \`${code}\` *\\| ${status} `, 'm'), code);
  }
});

for (const [code, { input, isResponse = false, status }] of Object.entries(VECTORS)) {
  test(`refusal ${code}: some message is refused with it, and its status is ${status}`, () => {
    const stream = isResponse ? responseStream() : requestStream();
    assert.equal(refusalOf(eventsOf(stream, Buffer.from(input, 'latin1'))), code);
    const row = REFUSALS[code as RefusalCode]; // The keys of VECTORS are codes.
    assert.equal(row.status, status);
    assert.match(row.text, /^[A-Z][ -~§]{10,100}$/, 'one sentence that can be logged');
    assert.doesNotMatch(row.text, /\.$/);
  });
}
