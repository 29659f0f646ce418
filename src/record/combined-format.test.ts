import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleClient, sampleRecord } from '../../test/support/exchange-record.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { combinedFormat } from './combined-format.ts';

/** What readers of this format take a line for: strict about every quote and space. */
const LINE =
  /^(\S+) - - \[(\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000)\] "((?:[^"\\]|\\x[0-9a-f]{2})*)" (\d{3}) (\d+) "((?:[^"\\]|\\x[0-9a-f]{2})*)" "((?:[^"\\]|\\x[0-9a-f]{2})*)"\n$/;

const lineOf = (changes: Partial<ExchangeRecord>): string => combinedFormat().record(sampleRecord(changes));

const ROWS: readonly (readonly [name: string, changes: Partial<ExchangeRecord>, line: string])[] = [
  [
    'an ordinary request',
    {},
    '203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "GET /cart?id=7 HTTP/1.1" 200 5120 "-" "curl/8.5.0"\n',
  ],
  [
    'a referer',
    { referer: 'https://shop.example/' },
    '203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "GET /cart?id=7 HTTP/1.1" 200 5120 "https://shop.example/" "curl/8.5.0"\n',
  ],
  [
    'no user agent',
    { userAgent: '' },
    '203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "GET /cart?id=7 HTTP/1.1" 200 5120 "-" "-"\n',
  ],
  [
    'a request that was never read',
    { method: '', target: '', version: '', userAgent: '', status: 400, bytesOut: 0 },
    '203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "-" 400 0 "-" "-"\n',
  ],
  [
    'no response',
    { status: 0, bytesOut: 0 },
    '203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "GET /cart?id=7 HTTP/1.1" 000 0 "-" "curl/8.5.0"\n',
  ],
  [
    'a TCP connection',
    { protocol: 'tcp', method: '', target: '', version: '', userAgent: '', status: 0 },
    '203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "-" 000 5120 "-" "-"\n',
  ],
  [
    'a client on a UNIX socket',
    { client: sampleClient({ address: '' }) },
    '- - - [31/Jan/2026:12:34:56 +0000] "GET /cart?id=7 HTTP/1.1" 200 5120 "-" "curl/8.5.0"\n',
  ],
];

for (const [name, changes, line] of ROWS) {
  test(`combined: ${name}`, () => assert.equal(lineOf(changes), line));
}

for (const field of ['method', 'target', 'referer', 'userAgent'] as const) {
  test(`no byte in ${field} can end the field or the line`, () => {
    for (let code = 0; code < 256; code++) {
      const line = lineOf({ [field]: `a${String.fromCharCode(code)}b` });
      assert.match(line, LINE, `byte ${code}`);
      assert.match(line, /^[ -~]*\n$/);
    }
  });
}

test('long texts are cut', () => {
  const line = lineOf({ target: `/${'a'.repeat(20_000)}`, userAgent: 'b'.repeat(20_000) });
  assert.match(line, /a\[\+11809\] HTTP/);
  assert.match(line, /b\[\+18976\]"\n$/);
});

test('dropped lines are a line that readers take', () => {
  const line = combinedFormat().dropped(7, Date.UTC(2026, 0, 31));
  assert.match(line, LINE);
  assert.match(line, /7 log lines dropped/);
});
