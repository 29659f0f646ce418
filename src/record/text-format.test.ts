import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleRecord } from '../../test/support/exchange-record.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { formatText, textFormat } from './text-format.ts';

const RECORD = sampleRecord();

const hit = (rule: string): ExchangeRecord['hits'][number] => ({
  rule,
  source: 'a.conf:1',
  message: 'm',
  severity: 2,
  tags: [],
  target: 'ARGS:q',
  matched: 'x',
  transformations: [],
});

const LINES: readonly [string, Partial<ExchangeRecord>, string][] = [
  [
    'an ordinary exchange',
    {},
    '12:34:56.789 203.0.113.9     GET shop.example/cart?id=7                           200 app/s1          12.3 ms\n',
  ],
  [
    'an attack that went to the decoy',
    {
      verdict: 'deceive',
      pool: 'decoy',
      server: '',
      because: { code: 'rule', text: '' },
      hits: [hit('942100')],
    },
    '12:34:56.789 203.0.113.9     GET shop.example/cart?id=7                           200 decoy/-         12.3 ms DECOY rules 942100\n',
  ],
  [
    'a marked attacker, who is not inspected',
    { verdict: 'deceive', pool: 'decoy', because: { code: 'marked', text: '' } },
    '12:34:56.789 203.0.113.9     GET shop.example/cart?id=7                           200 decoy/s1        12.3 ms DECOY marked\n',
  ],
  [
    'a refused request with many hits',
    { verdict: 'reply', status: 403, pool: '', server: '', hits: ['1', '2', '3', '4', '5', '6'].map(hit) },
    '12:34:56.789 203.0.113.9     GET shop.example/cart?id=7                           403 -/-             12.3 ms REPLIED rules 1,2,3,4 and 2 more\n',
  ],
  [
    'a client that went away before it was answered',
    { verdict: 'drop', status: 0, end: 'client-gone', because: { code: 'gone', text: '' } },
    '12:34:56.789 203.0.113.9     GET shop.example/cart?id=7                           --- app/s1          12.3 ms DROPPED gone client-gone\n',
  ],
  [
    'a pool that served in place of another',
    { pool: 'spare', poolMeant: 'app' },
    '12:34:56.789 203.0.113.9     GET shop.example/cart?id=7                           200 spare/s1        12.3 ms in place of app\n',
  ],
  [
    'a long target is cut',
    { target: `/${'x'.repeat(200)}` },
    '12:34:56.789 203.0.113.9     GET shop.example/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... 200 app/s1          12.3 ms\n',
  ],
  [
    'a TCP connection',
    { protocol: 'tcp', method: '', host: '', target: '', status: 0 },
    '12:34:56.789 203.0.113.9     tcp 412 in, 5120 out                                 --- app/s1          12.3 ms\n',
  ],
  [
    'a client on a UNIX socket that sent no request',
    {
      client: { ...RECORD.client, address: '' },
      method: '',
      host: '',
      target: '',
      times: { ...RECORD.times, totalMs: -1 },
    },
    '12:34:56.789 -               -                                                    200 app/s1             - ms\n',
  ],
  [
    'a target that would command the terminal',
    { target: '/\x1b[2J\r\n\x9b"\\' },
    '12:34:56.789 203.0.113.9     GET shop.example/\\x1b[2J\\x0d\\x0a\\x9b\\x22\\x5c         200 app/s1          12.3 ms\n',
  ],
];

for (const [name, changes, expected] of LINES) {
  test(`a text line: ${name}`, () => assert.equal(formatText({ ...RECORD, ...changes }), expected));
}

test('every text of a record is escaped', () => {
  const text = '\x1b[31m\n\u202e';
  const line = formatText({
    ...RECORD,
    client: { ...RECORD.client, address: text },
    pool: text,
    poolMeant: text,
    server: text,
    method: text,
    host: text,
    verdict: 'drop',
    because: { code: text, text },
    end: text,
  });
  assert.match(line, /^[ -~]+\n$/);
  assert.match(formatText({ ...RECORD, verdict: 'drop', hits: [hit(text)] }), /^[ -~]+\n$/);
});

test('colours are added only where asked for, and change nothing else', () => {
  const record: ExchangeRecord = { ...RECORD, verdict: 'deceive', status: 404, hits: [hit('1')] };
  const coloured = formatText(record, { colour: true });
  assert.match(coloured, /\x1b\[35mDECOY\x1b\[0m/);
  assert.equal(coloured.replace(/\x1b\[\d+m/g, ''), formatText(record));
  assert.doesNotMatch(formatText(record), /\x1b/);
});

test('the line about dropped lines', () => {
  assert.equal(textFormat({ colour: false }).dropped(12, 0), '00:00:00.000 12 lines were not written\n');
});
