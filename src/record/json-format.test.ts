import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { sampleClient, sampleRecord } from '../../test/support/exchange-record.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { formatJson, jsonFormat } from './json-format.ts';

const RECORD = sampleRecord({
  client: sampleClient({ by: 'proxy-v2', peerAddress: '10.0.0.7', peerPort: 40_001 }),
  startedAtMs: Date.UTC(2026, 0, 31, 23, 59, 59, 7),
  route: 'shop',
  times: { headMs: 0.0519, queueMs: 0, connectMs: -1, firstByteMs: 12.3456, totalMs: 1234.5 },
});

const HIT = {
  rule: '942100',
  source: 'sql.conf:12',
  message: 'SQL injection',
  severity: 2,
  tags: ['attack-sqli', 'paranoia-level/1'],
  target: 'ARGS:id',
  matched: "1' OR '1'='1",
  transformations: ['urlDecodeUni'],
};

/** What a reader of the log gets, in the shape the manual promises. */
interface Line {
  readonly request: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

function parse(line: string): Line {
  return JSON.parse(line) as Line;
}

test('the line of an ordinary exchange', () => {
  assert.equal(
    formatJson(sampleRecord({ startedAtMs: RECORD.startedAtMs })),
    '{"time":"2026-01-31T23:59:59.007Z","id":"01JD6Z","client":{"address":"203.0.113.9","port":50123},' +
      '"listener":"web","pool":"app","server":"s1",' +
      '"request":{"method":"GET","host":"shop.example","target":"/cart?id=7","userAgent":"curl/8.5.0"},' +
      '"status":200,"verdict":"continue","times":{"headMs":0.250,"firstByteMs":10.500,"totalMs":12.345},' +
      '"bytes":{"in":412,"out":5120},"reused":true,"end":"done"}\n',
  );
});

test('a line with every key that there is, always in this order', () => {
  assert.equal(
    formatJson({
      ...RECORD,
      version: 'HTTP/1.0',
      referer: 'https://shop.example/',
      times: { headMs: 0.0519, queueMs: 1, connectMs: -1, firstByteMs: 12.3456, totalMs: 1234.5 },
      because: { code: 'origin-closed', text: 'It was closed' },
      hits: [{ ...HIT, tags: [] }],
      attempts: 2,
      end: 'origin-closed',
    }),
    '{"time":"2026-01-31T23:59:59.007Z","id":"01JD6Z",' +
      '"client":{"address":"203.0.113.9","port":50123,"by":"proxy-v2","peer":{"address":"10.0.0.7","port":40001}},' +
      '"listener":"web","route":"shop","pool":"app","server":"s1",' +
      '"request":{"method":"GET","host":"shop.example","target":"/cart?id=7","version":"HTTP/1.0",' +
      '"userAgent":"curl/8.5.0","referer":"https://shop.example/"},' +
      '"status":200,"verdict":"continue","reason":{"code":"origin-closed","text":"It was closed"},' +
      '"hitCount":1,"hits":[{"rule":"942100","message":"SQL injection","severity":2,"target":"ARGS:id",' +
      `"matched":"1' OR '1'='1","tags":[]}],` +
      '"times":{"headMs":0.051,"queueMs":1.000,"connectMs":null,"firstByteMs":12.345,"totalMs":1234.500},' +
      '"bytes":{"in":412,"out":5120},"attempts":2,"reused":true,"end":"origin-closed"}\n',
  );
});

/** What is left out of the line for each of these, beside the ordinary exchange. */
const LEFT_OUT: readonly [name: string, changes: Partial<ExchangeRecord>, key: string, value: unknown][] = [
  ['the way that the client is known', { client: sampleClient({ by: 'proxy-v1' }) }, 'client.by', 'proxy-v1'],
  [
    'a peer with another port',
    { client: sampleClient({ peerPort: 1 }) },
    'client.peer',
    { address: '203.0.113.9', port: 1 },
  ],
  ['a route', { route: 'r' }, 'route', 'r'],
  ['another version', { version: 'HTTP/1.0' }, 'request.version', 'HTTP/1.0'],
  ['no version', { version: '' }, 'request.version', ''],
  ['a referer', { referer: 'r' }, 'request.referer', 'r'],
  ['a reason', { because: { code: 'c', text: 't' } }, 'reason', { code: 'c', text: 't' }],
  ['a hit', { hits: [HIT] }, 'hitCount', 1],
  ['no attempt', { attempts: 0 }, 'attempts', 0],
  ['a retry', { attempts: 2 }, 'attempts', 2],
  ['the pool that was meant', { poolMeant: 'app' }, 'poolMeant', 'app'],
  ['why a retry was made', { attempts: 2, retriedFor: '503' }, 'retriedFor', '503'],
  ['a trace', { trace: '0af7651916cd43dd8448eb211c80319c' }, 'trace', '0af7651916cd43dd8448eb211c80319c'],
  ['a trace that is recorded', { trace: 'a', isTraceSampled: true }, 'sampled', true],
  ['a time in the queue', { times: { ...RECORD.times, queueMs: 0.001 } }, 'times.queueMs', 0.001],
  ['no time in the queue', { times: { ...RECORD.times, queueMs: -1 } }, 'times.queueMs', null],
];

for (const [name, changes, key, value] of LEFT_OUT) {
  test(`a line has ${key} for ${name}, and not for an ordinary exchange`, () => {
    const find = (record: ExchangeRecord): unknown =>
      key
        .split('.')
        .reduce<unknown>(
          (found, part) => (found as Record<string, unknown>)[part],
          parse(formatJson(record)),
        );
    assert.deepEqual(find(sampleRecord(changes)), value);
    assert.equal(find(sampleRecord()), undefined);
  });
}

test('a deceived exchange says why and what matched', () => {
  const line = formatJson({
    ...RECORD,
    verdict: 'deceive',
    because: { code: 'rule', text: 'rule "942100" matched' },
    hits: [HIT],
    isOriginReused: false,
    end: 'client-gone',
  });
  assert.ok(
    line.includes(
      '"verdict":"deceive","reason":{"code":"rule","text":"rule \\"942100\\" matched"},"hitCount":1,"hits":[' +
        '{"rule":"942100","message":"SQL injection","severity":2,"target":"ARGS:id","matched":"1\' OR \'1\'=\'1",' +
        '"tags":["attack-sqli","paranoia-level/1"]}],"times"',
    ),
    line,
  );
  assert.ok(line.endsWith('"bytes":{"in":412,"out":5120},"end":"client-gone"}\n'), line);
});

test('what a rule wants to be told is in its hit, and its key is left out where there is none', () => {
  const line = formatJson({ ...RECORD, hits: [{ ...HIT, data: 'Matched Data: x' }, HIT] });
  assert.ok(line.includes('"matched":"1\' OR \'1\'=\'1","data":"Matched Data: x","tags"'), line);
  assert.equal(line.split('"data"').length, 2);
});

test('a hit that was only logged is in the line of an exchange that was let through', () => {
  const line = parse(formatJson({ ...RECORD, hits: [HIT, HIT] }));
  assert.equal(line['hitCount'], 2);
  assert.equal(line['verdict'], 'continue');
  assert.equal(line['reason'], undefined);
});

test('a server that was taken for its session is said to be that', () => {
  assert.equal(
    (parse(formatJson(sampleRecord({ isPersistent: true }))) as Record<string, unknown>)['persistent'],
    true,
  );
  assert.ok(!formatJson(sampleRecord({})).includes('persistent'));
});

test('the line of a TCP connection has no request', () => {
  const empty = { method: '', host: '', target: '', version: '', userAgent: '', referer: '' };
  const times = { headMs: -1, queueMs: 0, connectMs: 1, firstByteMs: -1, totalMs: 12 };
  const tcp = sampleRecord({ ...empty, protocol: 'tcp', status: 0, times, isOriginReused: false });
  assert.deepEqual(parse(formatJson(tcp)), {
    time: '2026-01-31T12:34:56.789Z',
    id: '01JD6Z',
    client: { address: '203.0.113.9', port: 50_123 },
    listener: 'web',
    pool: 'app',
    server: 's1',
    protocol: 'tcp',
    status: 0,
    verdict: 'continue',
    times: { headMs: null, connectMs: 1, firstByteMs: null, totalMs: 12 },
    bytes: { in: 412, out: 5120 },
    end: 'done',
  });
});

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

const HOSTILE: readonly [string, string][] = [
  ['a line feed', 'a\r\n{"time":"forged"}\n'],
  ['a quote and a key', '","status":200,"x":"'],
  ['a backslash at the end', 'a\\'],
  ['a forged escape', '\\u0022\\n'],
  ['NUL', '\0'],
  ['ESC', '\x1b]0;title\x07\x1b[2J'],
  ['C1 in one byte', '\x9b31m'],
  ['C1 in UTF-8', utf8('\u009b31m')],
  ['a line separator', utf8('\u2028\u2029\u0085')],
  ['a text that runs backwards', utf8('\u202egnp.exe')],
  ['overlong UTF-8', '\xc0\xaf\xe0\x80\xaf'],
  ['UTF-8 cut short', '\xf0\x9f\x98'],
  ['every byte', String.fromCharCode(...Array(256).keys())],
];

for (const [name, text] of HOSTILE) {
  test(`one line of printable ASCII that gives back what came: ${name}`, () => {
    const fields = { host: text, target: text, userAgent: text, referer: text, method: text, version: text };
    const because = { code: 'rule', text };
    const hit = { ...HIT, matched: text, target: text, message: text, data: text, tags: [text] };
    const names = { listener: text, route: text, pool: text, server: text, end: text };
    const line = formatJson({ ...RECORD, ...fields, ...names, verdict: 'reply', because, hits: [hit] });
    assert.match(line, /^[ -~]+\n$/);
    const parsed = parse(line);
    assert.deepEqual(parsed.request, fields);
    assert.deepEqual(parsed['reason'], because);
    assert.deepEqual(parsed['hits'], [
      { rule: '942100', message: text, severity: 2, target: text, matched: text, data: text, tags: [text] },
    ]);
    for (const [key, value] of Object.entries(names)) assert.equal(parsed[key], value);
  });
}

test('times that are no numbers are null', () => {
  const times = { headMs: NaN, queueMs: 1e21, connectMs: -0.5, firstByteMs: -Infinity, totalMs: 0.9999 };
  assert.deepEqual(parse(formatJson({ ...RECORD, times }))['times'], {
    headMs: null,
    queueMs: null,
    connectMs: null,
    firstByteMs: null,
    totalMs: 0.999,
  });
});

test('no request can make a line long, and what is cut says so', () => {
  const long = '\xff'.repeat(1_000_000);
  const hit = { ...HIT, matched: long, message: long, data: long, tags: Array<string>(500).fill(long) };
  const line = formatJson({
    ...RECORD,
    target: long,
    userAgent: long,
    referer: long,
    host: long,
    method: long,
  });
  assert.ok(line.length < 80_000, String(line.length));
  assert.ok(parse(line).request['target']?.endsWith(`\xff[+${1_000_000 - 8192}]`));
  assert.ok(parse(line).request['userAgent']?.endsWith(`\xff[+${1_000_000 - 1024}]`));
  const withHits = parse(formatJson({ ...RECORD, hits: Array<typeof HIT>(500).fill(hit) }));
  assert.equal(withHits['hitCount'], 500);
  assert.equal((withHits['hits'] as unknown[]).length, 32);
});

test('kept parts never end up in the line of another exchange', () => {
  const format = jsonFormat();
  const words = ['', 'a', 'b', 'ab', 'ba', 'aba', 'bab', 'é', '"'];
  let seed = 7;
  const pick = <T>(values: readonly T[]): T => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const value = values[(seed >>> 16) % values.length];
    assert.ok(value !== undefined);
    return value;
  };
  const clients = words.map((word, index) => ({ ...RECORD.client, address: word, peerPort: index % 3 }));
  for (let run = 0; run < 5000; run++) {
    const record: ExchangeRecord = {
      ...RECORD,
      startedAtMs: RECORD.startedAtMs + 250 * pick([0, 1, 2, 3, 4, 5]),
      client: pick(clients),
      listener: pick(words),
      route: pick(words),
      pool: pick(words),
      server: pick(words),
      protocol: pick(['http', 'tcp']),
      method: pick(words),
      host: pick(words),
      version: pick(words),
      userAgent: pick(words),
      referer: pick(words),
    };
    assert.equal(format.record(record), formatJson(record));
  }
});

test('the line about dropped lines is JSON as well', () => {
  assert.deepEqual(JSON.parse(jsonFormat().dropped(12, 0)), {
    time: '1970-01-01T00:00:00.000Z',
    event: 'log-lines-dropped',
    count: 12,
  });
});
