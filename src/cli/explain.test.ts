import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Buffer } from 'node:buffer';
import { exchangeView } from '../admin/views.ts';
import type { Hit } from '../base/verdict.ts';
import { parseAddress } from '../net/address.ts';
import type { ProxyHeader } from '../net/proxy-protocol/header.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { sampleClient, sampleRecord } from '../../test/support/exchange-record.ts';
import { explainText } from './explain.ts';

const HIT: Hit = {
  rule: '11010',
  source: 'rules/sql-injection.conf:11',
  message: 'SQL injection: UNION SELECT',
  severity: 2,
  tags: ['sqli'],
  target: 'ARGS:id',
  matched: '1 union select',
  transformations: ['lowercase', 'compressWhitespace'],
};

function explained(changes: Partial<ExchangeRecord>): string {
  return explainText(exchangeView(sampleRecord(changes)));
}

test('explainText tells the whole story of an exchange', () => {
  assert.equal(
    explained({}),
    `Exchange 01JD6Z at 2026-01-31T12:34:56.789Z

Request    GET /cart?id=7 HTTP/1.1, host shop.example
Client     203.0.113.9 port 50123, known by socket
           the other end of the connection
Way        listener web → pool app → server s1
Verdict    continue: passed on to the server
Hits       none
Response   200, 5120 bytes, after 12.3 ms
Times      head 0.3 ms, queue 0.0 ms, connect 0.0 ms, first byte 10.5 ms, total 12.3 ms
End        done, 1 attempt, on a reused connection
`,
  );
});

test('explainText names the trace, and says when nobody recorded it', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  assert.match(explained({ trace, isTraceSampled: true }), new RegExp(`^Trace {6}${trace}$`, 'm'));
  assert.match(explained({ trace }), new RegExp(`^Trace {6}${trace}, not recorded$`, 'm'));
});

test('explainText gives the reason of a verdict, and every hit with what it matched and how', () => {
  const text = explained({
    route: 'api',
    pool: 'trap',
    server: 'built-in',
    verdict: 'deceive',
    because: { code: 'rule', text: 'Rule 11010 matched' },
    hits: [HIT, { ...HIT, rule: '11020', transformations: [] }],
    attempts: 2,
    isOriginReused: false,
  });
  for (const line of [
    'Way        listener web → route api → pool trap → server built-in',
    'Verdict    deceive: moved to the decoy',
    'Because    Rule 11010 matched (rule)',
    'Hits       rule 11010 (rules/sql-injection.conf:11): SQL injection: UNION SELECT',
    '             in ARGS:id: "1 union select" after lowercase, compressWhitespace',
    '           rule 11020 (rules/sql-injection.conf:11): SQL injection: UNION SELECT',
    '             in ARGS:id: "1 union select"',
    '             CRITICAL, tags sqli',
    'End        done, 2 attempts',
  ]) {
    assert(text.split('\n').includes(line), `${line}\n\n${text}`);
  }
});

const CLIENTS: readonly (readonly [changes: Parameters<typeof sampleClient>[0], line: string])[] = [
  [{ address: '', port: 0, peerAddress: '' }, 'a UNIX socket, known by socket'],
  [
    { address: '2001:db8::1', port: 0, by: 'x-forwarded-for', peerAddress: '10.0.0.5' },
    '2001:db8::1, known by x-forwarded-for, through 10.0.0.5',
  ],
  [
    { port: 9, by: 'proxy-v2', peerAddress: '10.0.0.5' },
    '203.0.113.9 port 9, known by proxy-v2, through 10.0.0.5',
  ],
];

for (const [changes, line] of CLIENTS) {
  test(`explainText says of a client: ${line}`, () => {
    assert(explained({ client: sampleClient(changes) }).includes(`\nClient     ${line}\n`));
  });
}

test('explainText shows what a rule wants said, and hides secrets', () => {
  const text = explained({
    target: '/login?password=hunter2&a=b',
    hits: [
      { ...HIT, data: 'found it', tags: [], severity: 9 },
      { ...HIT, target: 'ARGS:password', matched: 'hunter2' },
    ],
  });
  assert.match(text, /^ {13}9\n {13}says "found it"$/m);
  assert.match(text, /^ {13}in ARGS:password: "\[redacted:7\]" after/m);
  assert.match(text, /^Request {4}GET \/login\?password=\[redacted:7\]&a=b /m);
  assert.doesNotMatch(text, /hunter2/);
});

test('explainText shows the PROXY header with its TLVs', () => {
  const at = (text: string, port: number): ProxyHeader['source'] => {
    const address = parseAddress(text);
    assert(address !== undefined);
    return { address, port };
  };
  const tlvs = [
    { type: 0x02, value: Buffer.from('shop.example') },
    { type: 0x05, value: Buffer.from('id\x1b', 'latin1') },
    { type: 0xe0, value: Buffer.from('x"y') },
    { type: 0x04, value: new Uint8Array() },
  ];
  const proxyHeader: ProxyHeader = {
    version: 2,
    command: 'proxy',
    transport: 'stream',
    source: at('203.0.113.9', 50_123),
    destination: at('2001:db8::1', 443),
    tlvs,
  };
  const text = explained({ client: sampleClient({ by: 'proxy-v2', proxyHeader }) });
  assert(
    text.includes(`
PROXY      version 2, proxy over stream: 203.0.113.9:50123 to [2001:db8::1]:443
             authority (0x02): "shop.example"
             unique id (0x05): 69641b
             TLV (0xe0): "x"y"
             filler (0x04): ""
Way `),
    text,
  );
  const local: ProxyHeader = {
    ...proxyHeader,
    command: 'local',
    source: undefined,
    destination: undefined,
    tlvs: [],
  };
  assert.match(
    explained({ client: sampleClient({ proxyHeader: local }) }),
    /^PROXY {6}version 2, local over stream$/m,
  );
});

test('explainText leaves out what never happened', () => {
  const text = explained({
    pool: '',
    server: '',
    status: 0,
    verdict: 'drop',
    bytesOut: 0,
    attempts: 0,
    times: { headMs: 1, queueMs: -1, connectMs: -1, firstByteMs: -1, totalMs: 2 },
  });
  assert.match(text, /^Way {8}listener web$/m);
  assert.match(text, /^Verdict {4}drop: closed without an answer$/m);
  assert.match(text, /^Response {3}none, 0 bytes/m);
  assert.match(text, /^Times {6}head 1\.0 ms, total 2\.0 ms$/m);
});

test('explainText says for which pool another one served', () => {
  const text = explained({ pool: 'spare', poolMeant: 'app', server: 's1' });
  assert.match(text, /^Way {8}listener web.* → pool spare in place of app → server s1$/m);
});

test('explainText of a TCP connection has no request', () => {
  const text = explained({ protocol: 'tcp', method: '', host: '', target: '', version: '' });
  assert.match(text, /^Request {4}a TCP connection$/m);
});

/** Texts that came from the network, and where they are shown. */
const NASTY = '\x1b[2J\n\x9b\u202e';
const SHOWN: readonly (readonly [what: string, changes: Partial<ExchangeRecord>])[] = [
  ['target', { target: NASTY }],
  ['method', { method: NASTY }],
  ['host', { host: NASTY }],
  ['why the client is known', { client: sampleClient({ because: NASTY }) }],
  ['reason', { because: { code: 'rule', text: NASTY } }],
  ['matched bytes', { hits: [{ ...HIT, matched: NASTY }] }],
  ['name of the argument', { hits: [{ ...HIT, target: NASTY }] }],
  ['message of a rule', { hits: [{ ...HIT, message: NASTY }] }],
  ['file of a rule', { hits: [{ ...HIT, source: NASTY }] }],
  ['id of a rule', { hits: [{ ...HIT, rule: NASTY }] }],
  ['tags', { hits: [{ ...HIT, tags: [NASTY] }] }],
  ['data of a rule', { hits: [{ ...HIT, data: NASTY }] }],
  ['transformations', { hits: [{ ...HIT, transformations: [NASTY] }] }],
  ['version', { version: NASTY }],
];

for (const [what, changes] of SHOWN) {
  test(`explainText escapes the ${what}`, () => {
    const text = explained(changes);
    assert.match(text, /\\x1b\[2J\\x0a\\x9b\\u202e/);
    assert.doesNotMatch(text.replaceAll('→', ''), /[^\x20-\x7e\n]/);
  });
}
