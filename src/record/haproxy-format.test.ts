import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleRecord } from '../../test/support/exchange-record.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { FAILURES } from '../proxy/failure.ts';
import { haproxyFormat } from './haproxy-format.ts';

/** HTTP log of HAProxy, as its manual describes the fields. */
const LINE =
  /^\S+:\d+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2}\.\d{3}\] \S+ \S+\/\S+ (?:-1|\d+)(?:\/(?:-1|\d+)){4} (?:-1|\d{3}) \d+ - - [A-Za-z-]{2}-- \d+\/\d+\/\d+\/\d+\/\d+ \d+\/\d+ "(?:[^"#]|#[0-9A-F]{2})*"\n$/;

const lineOf = (changes: Partial<ExchangeRecord>): string => haproxyFormat().record(sampleRecord(changes));
const START = '203.0.113.9:50123 [31/Jan/2026:12:34:56.789] web ';

const ROWS: readonly (readonly [name: string, changes: Partial<ExchangeRecord>, line: string])[] = [
  [
    'an ordinary request',
    {},
    `${START}app/s1 0/0/0/11/12 200 5120 - - ---- 0/0/0/0/0 0/0 "GET /cart?id=7 HTTP/1.1"\n`,
  ],
  [
    'a retry',
    { attempts: 2 },
    `${START}app/s1 0/0/0/11/12 200 5120 - - ---- 0/0/0/0/1 0/0 "GET /cart?id=7 HTTP/1.1"\n`,
  ],
  [
    'a request that no server got',
    {
      pool: '',
      server: '',
      attempts: 0,
      status: 404,
      end: 'no-route',
      times: { headMs: 0, queueMs: -1, connectMs: -1, firstByteMs: -1, totalMs: 1 },
    },
    `${START}web/<NOSRV> 0/-1/-1/-1/1 404 5120 - - PR-- 0/0/0/0/0 0/0 "GET /cart?id=7 HTTP/1.1"\n`,
  ],
  [
    'a request that was never read',
    { pool: '', server: '', method: '', target: '', version: '', status: 400, end: 'request-refused' },
    `${START}web/<NOSRV> 0/0/0/11/12 400 5120 - - PR-- 0/0/0/0/0 0/0 "<BADREQ>"\n`,
  ],
  [
    'no response',
    { status: 0, end: 'client-gone' },
    `${START}app/s1 0/0/0/11/12 -1 5120 - - CD-- 0/0/0/0/0 0/0 "GET /cart?id=7 HTTP/1.1"\n`,
  ],
  [
    'a TCP connection',
    {
      protocol: 'tcp',
      method: '',
      target: '',
      status: 0,
      times: { headMs: -1, queueMs: 0, connectMs: 1.4, firstByteMs: -1, totalMs: 800 },
    },
    `${START}app/s1 0/1/800 5120 -- 0/0/0/0/0 0/0\n`,
  ],
];

for (const [name, changes, line] of ROWS) {
  test(`haproxy: ${name}`, () => assert.equal(lineOf(changes), line));
}

test('a deceived exchange looks like any other, and one that a rule answered does not', () => {
  assert.match(lineOf({ verdict: 'deceive' }), / ---- /);
  assert.match(lineOf({ verdict: 'reply' }), / PR-- /);
  assert.match(lineOf({ verdict: 'drop' }), / PR-- /);
});

for (const end of Object.keys(FAILURES)) {
  test(`${end} is written as an end that HAProxy has`, () => {
    assert.match(lineOf({ end }), / [CSPRIcs][RQCHDL]-- /);
  });
}

for (const field of ['method', 'target'] as const) {
  test(`no byte in ${field} can end the field or the line`, () => {
    for (let code = 0; code < 256; code++) {
      const line = lineOf({ [field]: `a${String.fromCharCode(code)}b` });
      assert.match(line, LINE, `byte ${code}`);
      assert.match(line, /^[ -~]*\n$/);
    }
  });
}

test('the sign that escapes is escaped itself', () => {
  assert.match(lineOf({ target: '/#"\x00' }), /"GET \/#23#22#00 HTTP\/1\.1"\n$/);
});

test('dropped lines are a line that readers take', () => {
  assert.match(haproxyFormat().dropped(7, Date.UTC(2026, 0, 31)), LINE);
});
