import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleClient, sampleRecord } from '../../../test/support/exchange-record.ts';
import { readExport } from '../../../test/support/otlp-collector.ts';
import type { SeenSpan } from '../../../test/support/otlp-collector.ts';
import type { Hit } from '../../base/verdict.ts';
import type { ExchangeRecord } from '../../proxy/exchange-record.ts';
import { ExchangeTrace } from '../../proxy/tracing/exchange-trace.ts';
import type { TraceOrigin } from '../../proxy/tracing/exchange-trace.ts';
import { TraceIds } from '../../proxy/tracing/trace-ids.ts';
import { traceRequest } from './otlp.ts';
import { spansOf } from './spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const HIT: Hit = {
  rule: '942100',
  source: 'a.conf:1',
  message: 'SQL injection',
  severity: 2,
  tags: [],
  target: 'ARGS:id',
  matched: 'x',
  transformations: [],
};

function traceOf(changes: Partial<TraceOrigin> = {}): ExchangeTrace {
  const origin = { traceId: TRACE, parentId: '', isSampled: true, state: '', link: undefined };
  return new ExchangeTrace({ ...origin, ...changes }, new TraceIds());
}

function read(record: ExchangeRecord, trace: ExchangeTrace): SeenSpan[] {
  const resource = { service: 'x', version: '1', attributes: {} };
  return readExport(JSON.parse(traceRequest(resource, spansOf(record, trace))) as never);
}

function serverSpan(changes: Partial<ExchangeRecord>, trace: ExchangeTrace = traceOf()): SeenSpan {
  const [span] = read(sampleRecord(changes), trace);
  assert(span !== undefined);
  return span;
}

test('the span of an exchange says what the conventions for HTTP say, and what is ours', () => {
  const trace = traceOf({ parentId: PARENT, state: 'a=1' });
  const record = sampleRecord({ id: '01x', host: 'Shop.example:8080', route: 'cart', target: '/cart?id=7' });
  const [span, ...others] = read(record, trace);
  assert.equal(others.length, 0);
  assert.deepEqual(span, {
    traceId: TRACE,
    spanId: trace.spanId,
    parentSpanId: PARENT,
    traceState: 'a=1',
    flags: 0x301,
    name: 'GET cart',
    kind: 'server',
    startNs: 1_769_862_896_789_000_000n,
    endNs: 1_769_862_896_801_345_000n,
    attributes: {
      'http.request.method': 'GET',
      'url.path': '/cart',
      'url.query': 'id=7',
      'url.scheme': 'http',
      'server.address': 'shop.example',
      'server.port': 8080,
      'network.protocol.version': '1.1',
      'client.address': '203.0.113.9',
      'client.port': 50_123,
      'network.peer.address': '203.0.113.9',
      'network.peer.port': 50_123,
      'user_agent.original': 'curl/8.5.0',
      'http.response.status_code': 200,
      'sallyport.exchange.id': '01x',
      'sallyport.verdict': 'continue',
      'sallyport.listener': 'web',
      'sallyport.route': 'cart',
      'sallyport.pool': 'app',
      'sallyport.server': 's1',
    },
    links: [],
    isError: false,
    resource: { 'service.name': 'x', 'service.version': '1' },
  });
});

const SAID: readonly (readonly [
  name: string,
  changes: Partial<ExchangeRecord>,
  key: string,
  value: unknown,
])[] = [
  ['a method that is known', { method: 'PATCH' }, 'http.request.method', 'PATCH'],
  ['a method that is not', { method: 'PROPFIND' }, 'http.request.method', '_OTHER'],
  ['which method that was', { method: 'PROPFIND' }, 'http.request.method_original', 'PROPFIND'],
  ['a method in lower case', { method: 'get' }, 'http.request.method', '_OTHER'],
  ['no method', { method: '' }, 'http.request.method', '_OTHER'],
  ['a target in absolute-form', { target: 'http://a:81/b?c' }, 'url.path', '/b'],
  ['its query', { target: 'http://a:81/b?c' }, 'url.query', 'c'],
  ['one without a path', { target: 'http://a' }, 'url.path', '/'],
  ['one with a query alone', { target: 'http://a?b' }, 'url.path', '/'],
  ['an asterisk', { target: '*' }, 'url.path', '*'],
  ['an authority', { target: 'a:443' }, 'url.path', undefined],
  ['two question marks', { target: '/a?b?c' }, 'url.query', 'b?c'],
  ['no query', { target: '/a' }, 'url.query', undefined],
  ['a host without a port', { host: 'a' }, 'server.port', undefined],
  ['an IPv6 host', { host: '[2001:db8::1]' }, 'server.address', '2001:db8::1'],
  ['an IPv6 host without a port', { host: '[2001:db8::1]' }, 'server.port', undefined],
  ['an IPv6 host with a port', { host: '[2001:db8::1]:81' }, 'server.port', 81],
  ['no host', { host: '' }, 'server.address', undefined],
  ['HTTP/1.0', { version: 'HTTP/1.0' }, 'network.protocol.version', '1.0'],
  ['a request that could not be read', { version: '' }, 'network.protocol.version', undefined],
  [
    'a client behind a proxy',
    { client: sampleClient({ peerAddress: '10.0.0.1' }) },
    'network.peer.address',
    '10.0.0.1',
  ],
  ['a client whose port is not known', { client: sampleClient({ port: 0 }) }, 'client.port', undefined],
  ['a UNIX socket', { client: sampleClient({ address: '' }) }, 'client.address', undefined],
  ['no response', { status: 0 }, 'http.response.status_code', undefined],
  ['a reason', { because: { code: 'rule-1', text: 't' } }, 'sallyport.reason', 'rule-1'],
  ['a verdict', { verdict: 'deceive' }, 'sallyport.verdict', 'deceive'],
  ['bytes beyond ASCII', { target: '/\xff"\\' }, 'url.path', '/\xff"\\'],
  ['a long target', { target: `/${'a'.repeat(1100)}` }, 'url.path', `/${'a'.repeat(1023)}[+77]`],
  [
    'a long name of a program',
    { userAgent: 'u'.repeat(1030) },
    'user_agent.original',
    `${'u'.repeat(1024)}[+6]`,
  ],
];

for (const [name, changes, key, value] of SAID) {
  test(`a span says of ${name}: ${key}`, () => assert.deepEqual(serverSpan(changes).attributes[key], value));
}

const ENDS: readonly (readonly [
  status: number,
  end: string,
  isError: boolean,
  errorType: string | undefined,
])[] = [
  [200, 'done', false, undefined],
  [302, 'done', false, undefined],
  [404, 'done', false, undefined],
  [500, 'done', true, '500'],
  [503, 'done', true, '503'],
  [502, 'origin-closed', true, 'origin-closed'],
  [504, 'origin-timeout-first-byte', true, 'origin-timeout-first-byte'],
  [200, 'origin-cut', true, 'origin-cut'],
  [0, 'client-gone', false, 'client-gone'],
  [200, 'client-gone', false, 'client-gone'],
  [400, 'request-refused', false, 'request-refused'],
  [408, 'client-timeout-head', false, 'client-timeout-head'],
  [0, 'origin-refused', true, 'origin-refused'],
];

for (const [status, end, isError, errorType] of ENDS) {
  test(`a span that ends with ${status} and ${end} is ${isError ? 'an error' : 'no error'}`, () => {
    const span = serverSpan({ status, end });
    assert.deepEqual([span.isError, span.attributes['error.type']], [isError, errorType]);
  });
}

test('the name of a span has few values, whatever a client sends', () => {
  for (const [method, route, name] of [
    ['GET', '', 'GET'],
    ['GET', 'shop', 'GET shop'],
    ['EVIL', '', 'HTTP'],
    ['EVIL', 'shop', 'HTTP shop'],
    ['', '', 'HTTP'],
  ] as const)
    assert.equal(serverSpan({ method, route }).name, name);
});

test('a context that is not followed is a link, of the first span alone', () => {
  const trace = traceOf({ link: { traceId: `f${TRACE.slice(1)}`, spanId: PARENT, isSampled: true } });
  trace.begin('app', 's1', { host: '10.0.0.9', port: 80 }, 1);
  trace.end(2, false, '');
  const [span, attempt] = read(sampleRecord(), trace);
  assert.deepEqual(span?.links, [{ traceId: `f${TRACE.slice(1)}`, spanId: PARENT }]);
  assert.equal(span.parentSpanId, '');
  assert.equal(span.flags, 0x101);
  assert.deepEqual(attempt?.links, []);
});

test('an attempt that ends with the exchange ends no later, whatever the sums of its times are', () => {
  for (let step = 0; step < 2000; step++) {
    const beganAt = step * 1.234567;
    const endedAt = beganAt + 0.7 + step / 7919;
    const trace = traceOf({ parentId: PARENT });
    trace.begin('app', 's1', { host: '10.0.0.9', port: 80 }, beganAt);
    trace.end(endedAt, false, '');
    const startedAtMs = performance.timeOrigin + beganAt;
    const times = { ...sampleRecord({}).times, totalMs: endedAt - beganAt };
    const [span, attempt] = read(sampleRecord({ startedAtMs, times }), trace);
    assert.ok(span !== undefined && attempt !== undefined);
    assert.ok(attempt.startNs >= span.startNs && attempt.endNs <= span.endNs, `step ${step}`);
  }
});

test('each attempt is a span of a client within the exchange', () => {
  const trace = traceOf({ parentId: PARENT });
  trace.begin('app', 's1', { host: '2001:db8::1', port: 80 }, 1.5);
  trace.end(2.25, false, 'connect-failed');
  trace.begin('app', 's2', { host: '10.0.0.9', port: 8080 }, 3);
  trace.answered(404);
  trace.end(4, true, '');
  trace.begin('app', 's3', { path: '/run/a.sock' }, 5);
  trace.answered(200);
  trace.end(6, false, '');
  const startedAtMs = performance.timeOrigin + 1;
  const record = sampleRecord({ method: 'PUT', route: 'r', startedAtMs });
  const [span, first, second, third, ...others] = read(record, trace);
  assert.equal(others.length, 0);
  for (const attempt of [first, second, third]) {
    assert.equal(attempt?.parentSpanId, span?.spanId);
    assert.equal(attempt?.kind, 'client');
    assert.equal(attempt.name, 'PUT');
    assert.equal(attempt.flags, 0x101);
    assert.equal(attempt.traceId, TRACE);
  }
  assert.equal((first?.endNs ?? 0n) - (first?.startNs ?? 0n), 750_000n);
  assert.deepEqual(first?.attributes, {
    'http.request.method': 'PUT',
    'url.full': 'http://[2001:db8::1]:80/cart?id=7',
    'server.address': '2001:db8::1',
    'server.port': 80,
    'network.peer.address': '2001:db8::1',
    'network.peer.port': 80,
    'error.type': 'connect-failed',
    'sallyport.pool': 'app',
    'sallyport.server': 's1',
  });
  assert.deepEqual(second?.attributes, {
    'http.request.method': 'PUT',
    'url.full': 'http://10.0.0.9:8080/cart?id=7',
    'server.address': '10.0.0.9',
    'server.port': 8080,
    'network.peer.address': '10.0.0.9',
    'network.peer.port': 8080,
    'http.response.status_code': 404,
    'http.request.resend_count': 1,
    // Of a client 4xx is an error, by the conventions.
    'error.type': '404',
    'sallyport.pool': 'app',
    'sallyport.server': 's2',
    'sallyport.connection.reused': true,
  });
  assert.deepEqual(third?.attributes, {
    'http.request.method': 'PUT',
    'server.address': '/run/a.sock',
    'network.transport': 'unix',
    'http.response.status_code': 200,
    'http.request.resend_count': 2,
    'sallyport.pool': 'app',
    'sallyport.server': 's3',
  });
  assert.deepEqual(
    [first, second, third].map(({ isError }) => isError),
    [true, true, false],
  );
});

test('inspection is a span within the exchange that names rules, each once and at most 16', () => {
  const trace = traceOf();
  trace.beginInspection(10);
  trace.endInspection(12.5);
  trace.endInspection(99);
  const hits = Array.from({ length: 40 }, (_, index) => ({ ...HIT, rule: String(index >> 1) }));
  const [span, inspection] = read(sampleRecord({ verdict: 'deceive', hits }), trace);
  assert(inspection !== undefined);
  assert.equal(inspection.parentSpanId, span?.spanId);
  assert.deepEqual([inspection.name, inspection.kind, inspection.isError], ['inspect', 'internal', false]);
  assert.equal(inspection.endNs - inspection.startNs, 2_500_000n);
  assert.deepEqual(inspection.attributes, {
    'sallyport.verdict': 'deceive',
    'sallyport.hits': 40,
    'sallyport.rules': Array.from({ length: 16 }, (_, index) => String(index)),
  });
});

test('inspection without a hit names no rules', () => {
  const trace = traceOf();
  trace.beginInspection(10);
  trace.endInspection(11);
  const [, inspection] = read(sampleRecord(), trace);
  assert.deepEqual(inspection?.attributes, { 'sallyport.verdict': 'continue', 'sallyport.hits': 0 });
});

test('a TCP connection is one span without anything of HTTP', () => {
  const empty = { method: '', host: '', target: '', version: '', userAgent: '', status: 0 };
  const record = sampleRecord({
    ...empty,
    protocol: 'tcp',
    listener: 'mail',
    end: 'origin-connect-failed',
    hits: [HIT],
  });
  const [span, ...others] = read(record, traceOf());
  assert.equal(others.length, 0);
  assert.deepEqual([span?.name, span?.kind, span?.isError], ['TCP mail', 'server', true]);
  assert.deepEqual(span?.attributes, {
    'network.transport': 'tcp',
    'client.address': '203.0.113.9',
    'client.port': 50_123,
    'network.peer.address': '203.0.113.9',
    'network.peer.port': 50_123,
    'error.type': 'origin-connect-failed',
    'sallyport.exchange.id': '01JD6Z',
    'sallyport.verdict': 'continue',
    'sallyport.listener': 'mail',
    'sallyport.pool': 'app',
    'sallyport.server': 's1',
    'sallyport.hits': 1,
    'sallyport.rules': ['942100'],
  });
});

test('every byte in every text of the network leaves the request ASCII and readable', () => {
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  const record = sampleRecord({
    ...{
      method: bytes,
      host: bytes,
      target: `/${bytes}`,
      userAgent: bytes,
      id: bytes,
      pool: bytes,
      route: bytes,
    },
    hits: [{ ...HIT, rule: bytes }],
  });
  const trace = traceOf();
  trace.beginInspection(1);
  trace.begin(bytes, bytes, { host: '10.0.0.9', port: 80 }, 1);
  trace.end(2, false, bytes);
  for (const text of spansOf(record, trace)) assert.ok(/^[ -~]*$/.test(text));
  const [span, inspection] = read(record, trace);
  assert.equal(span?.attributes['user_agent.original'], bytes);
  assert.equal(span.attributes['http.request.method_original'], bytes);
  assert.deepEqual(inspection?.attributes['sallyport.rules'], [bytes]);
});
