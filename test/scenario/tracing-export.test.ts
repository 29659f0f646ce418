/** Traces on their way to a collector: a whole Sallyport with workers, and a collector that is there, is not, or changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { readTraceparent } from '../../src/http/trace-context.ts';
import { prepareConfig } from '../../src/runtime/prepare.ts';
import { startCollector } from '../support/otlp-collector.ts';
import type { OtlpCollector, SeenSpan } from '../support/otlp-collector.ts';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const CONTEXT = `traceparent: 00-${TRACE}-${SPAN}-01\r\n`;

interface Setting {
  readonly tracing: object;
  readonly servers: readonly string[];
  readonly listener?: object;
  readonly workers?: number;
  readonly rest?: object;
}

function configuration({ tracing, servers, listener = {}, workers = 1, rest = {} }: Setting): string {
  return JSON.stringify({
    listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off', ...listener } },
    pools: { app: { servers, balance: 'first' } },
    tracing: { interval: '50ms', ...tracing },
    log: { access: 'off' },
    admin: { socket: 'off' },
    runtime: { workers },
    ...rest,
  });
}

interface Backend {
  readonly address: string;
  readonly seen: Message[];
}

async function startServer(t: TestContext): Promise<Backend> {
  const seen: Message[] = [];
  const server = await scriptedServer(
    answering((message) => {
      seen.push(message);
      return response(200, 'ok');
    }),
  );
  t.after(() => server.close());
  return { address: `127.0.0.1:${server.port}`, seen };
}

/** Asks once, on a connection of its own. */
async function ask(proxy: Supervised, text: string): Promise<number> {
  const client = await Wire.connect(proxy.port());
  try {
    return statusOf(await client.exchange(text));
  } finally {
    client.close();
  }
}

function oneOf(spans: readonly SeenSpan[], kind: SeenSpan['kind']): SeenSpan {
  const [span, ...others] = spans.filter((one) => one.kind === kind);
  assert(span !== undefined, `no span of kind ${kind}`);
  assert.equal(others.length, 0);
  return span;
}

test('client, proxy and server are in one trace at the collector, secrets of the query hidden', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  const proxy = await startSupervised(
    t,
    configuration({
      tracing: {
        endpoint: collector.endpoint,
        service: 'shop',
        resource: { 'deployment.environment.name': 'test' },
        headers: { Authorization: 'Bearer sesame' },
        trust: ['127.0.0.1'],
        compression: 'gzip',
      },
      servers: [server.address],
    }),
  );
  assert.equal(await ask(proxy, request('GET /cart?id=7&password=hunter2', CONTEXT)), 200);
  const spans = await collector.got(2);
  const whole = oneOf(spans, 'server');
  const attempt = oneOf(spans, 'client');
  assert.deepEqual([whole.traceId, whole.parentSpanId], [TRACE, SPAN]);
  assert.deepEqual([attempt.traceId, attempt.parentSpanId], [TRACE, whole.spanId]);
  const told = readTraceparent(valueOf(server.seen[0]!, 'traceparent') ?? ''); // It was asked.
  assert.deepEqual(told, { traceId: TRACE, spanId: attempt.spanId, isSampled: true });
  assert.ok(whole.startNs <= attempt.startNs && attempt.endNs <= whole.endNs, 'one within the other');
  assert.equal(whole.attributes['url.query'], 'id=7&password=[redacted:7]');
  assert.equal(attempt.attributes['url.full'], `http://${server.address}/cart?id=7&password=[redacted:7]`);
  assert.doesNotMatch(
    JSON.stringify(spans, (_key, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
    /hunter2/,
  );
  assert.equal(whole.resource['service.name'], 'shop');
  assert.equal(whole.resource['service.version'], '0.0.0');
  assert.equal(whole.resource['deployment.environment.name'], 'test');
  assert.equal(whole.resource['process.pid'], process.pid);
  assert.equal(collector.headers[0]?.authorization, 'Bearer sesame');
  assert.equal(collector.headers[0]['content-encoding'], 'gzip');
});

test('a retry is two spans of a client, and a status of 5xx an error', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  const dead = `127.0.0.1:${await ownPort()}`;
  const proxy = await startSupervised(
    t,
    configuration({ tracing: { endpoint: collector.endpoint }, servers: [dead, server.address] }),
  );
  assert.equal(await ask(proxy, request('GET /')), 200);
  const spans = await collector.got(3);
  const whole = oneOf(spans, 'server');
  assert.equal(whole.isError, false);
  const attempts = spans.filter(({ kind }) => kind === 'client');
  assert.deepEqual(
    attempts.map(({ isError, attributes, parentSpanId }) => [
      isError,
      attributes['error.type'],
      attributes['http.request.resend_count'],
      parentSpanId === whole.spanId,
    ]),
    [
      [true, 'connect-failed', undefined, true],
      [false, undefined, 1, true],
    ],
  );
});

test('nothing is exported of what is not sampled, and servers are told so', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  const setting = { tracing: { endpoint: collector.endpoint, sample: '0%' }, servers: [server.address] };
  const proxy = await startSupervised(t, configuration(setting));
  for (const fields of ['', CONTEXT]) assert.equal(await ask(proxy, request('GET /', fields)), 200);
  for (const message of server.seen) assert.match(valueOf(message, 'traceparent') ?? '', /-00$/);
  // The same proxy samples all from here on: what comes to the collector then is all that ever does.
  proxy.configure(configuration({ ...setting, tracing: { ...setting.tracing, sample: '100%' } }));
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  assert.equal(await ask(proxy, request('GET /last')), 200);
  const spans = await collector.got(2);
  assert.equal(oneOf(spans, 'server').attributes['url.path'], '/last');
});

test('an exchange at the decoy has the span of its inspection, with verdict and rules', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  const proxy = await startSupervised(
    t,
    configuration({
      tracing: { endpoint: collector.endpoint },
      servers: [server.address],
      listener: { inspection: 'on', decoy: 'trap' },
      rest: { decoys: { trap: {} } },
    }),
  );
  assert.equal(await ask(proxy, request('GET /?f=../../../../etc/passwd', CONTEXT)), 200);
  const spans = await collector.got(3);
  const whole = oneOf(spans, 'server');
  const inspection = oneOf(spans, 'internal');
  assert.deepEqual(server.seen, []);
  assert.deepEqual(whole.links, [{ traceId: TRACE, spanId: SPAN }]);
  assert.equal(whole.attributes['sallyport.verdict'], 'deceive');
  assert.equal(whole.attributes['sallyport.pool'], 'trap');
  assert.equal(inspection.parentSpanId, whole.spanId);
  assert.deepEqual(inspection.attributes['sallyport.rules'], ['13020']);
  assert.equal(oneOf(spans, 'client').attributes['sallyport.server'], 'built-in');
});

test('spans of two workers come to one collector, each once', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  const proxy = await startSupervised(
    t,
    configuration({
      tracing: { endpoint: collector.endpoint, batch: 8 },
      servers: [server.address],
      workers: 2,
    }),
  );
  const clients: Wire[] = [];
  t.after(() => {
    for (const client of clients) client.close();
  });
  const perWorker = async (): Promise<number[]> => {
    const statuses = await proxy.supervisor.workers.askAll('status', undefined, 60_000);
    return statuses.map(({ listeners }) => listeners[0]?.connections ?? 0);
  };
  while (clients.length < 8 || (await perWorker()).some((count) => count === 0)) {
    assert.ok(clients.length < 200, 'the kernel gave every connection to one worker');
    clients.push(await Wire.connect(proxy.port()));
    // A connection counts once it is accepted, which an answer shows.
    await clients.at(-1)?.exchange(request('GET /'));
  }
  const spans = await collector.got(2 * clients.length);
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, clients.length);
});

test('a reload sends spans elsewhere, under another name, and one without an endpoint ends it', async (t) => {
  const server = await startServer(t);
  const first = await startCollector(t);
  const second = await startCollector(t);
  const setting = (tracing: object): string => configuration({ tracing, servers: [server.address] });
  const proxy = await startSupervised(t, setting({ endpoint: first.endpoint, service: 'one' }));
  assert.equal(await ask(proxy, request('GET /1')), 200);
  await first.got(2);
  proxy.configure(setting({ endpoint: second.endpoint, service: 'two' }));
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  assert.equal(await ask(proxy, request('GET /2')), 200);
  const spans = await second.got(2);
  assert.equal(oneOf(spans, 'server').resource['service.name'], 'two');
  proxy.configure(setting({}).replace('"tracing":{"interval":"50ms"},', ''));
  assert.deepEqual(await proxy.supervisor.reload(), { kind: 'ok', warnings: [] });
  assert.equal(await ask(proxy, request('GET /3', CONTEXT)), 200);
  // As any other field: nobody looks at it.
  assert.equal(valueOf(server.seen[2]!, 'traceparent'), CONTEXT.slice(13, -2)); // It was asked three times.
  assert.deepEqual([first.spans.length, second.spans.length], [2, 2]);
});

test('a reload with certificates that are not there changes nothing and says why', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  const setting = (tracing: object): string => configuration({ tracing, servers: [server.address] });
  const proxy = await startSupervised(t, setting({ endpoint: collector.endpoint }));
  proxy.configure(setting({ endpoint: 'https://127.0.0.1:1', ca: '/nowhere/ca.pem' }));
  const reloaded = await proxy.supervisor.reload();
  assert.equal(reloaded.kind, 'bad');
  assert.match(JSON.stringify(reloaded), /"tracing\.ca.* in .*\/nowhere\/ca\.pem.*ENOENT/);
  assert.equal(await ask(proxy, request('GET /')), 200);
  await collector.got(2);
});

test('check finds certificates that are not there', () => {
  const tracing = { endpoint: 'https://127.0.0.1:1', ca: '/nowhere/ca.pem' };
  const text = configuration({ tracing, servers: ['127.0.0.1:1'] });
  const preparation = prepareConfig(readConfig(text, 'test.yaml', {}));
  assert(preparation.kind === 'bad');
  assert.deepEqual(preparation.problems, [
    'Cannot read the certificates of "tracing.ca" in "/nowhere/ca.pem": ENOENT',
  ]);
});

/** Waits until the program's log has said it. */
async function said(proxy: Supervised, pattern: RegExp): Promise<void> {
  await until(String(pattern), () => proxy.log.some((line) => pattern.test(line)));
}

test('a collector that is down costs no exchange, and gets what waited when it is up', async (t) => {
  const server = await startServer(t);
  const port = await ownPort();
  const proxy = await startSupervised(
    t,
    configuration({ tracing: { endpoint: `http://127.0.0.1:${port}/v1/traces` }, servers: [server.address] }),
  );
  for (const path of ['/1', '/2', '/3']) assert.equal(await ask(proxy, request(`GET ${path}`)), 200);
  await said(proxy, /Cannot send spans to the collector.*ECONNREFUSED/);
  const collector = await startCollector(t, port);
  const spans = await collector.got(6);
  const paths = spans.flatMap(({ attributes }) => attributes['url.path'] ?? []);
  assert.deepEqual(paths, ['/1', '/2', '/3']);
  await said(proxy, /The collector takes spans again/);
});

test('a collector that is busy gets the same spans again, once it is not', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t);
  collector.answer = (index) => (index === 0 ? { status: 503, headers: { 'Retry-After': '1' } } : undefined);
  const proxy = await startSupervised(
    t,
    configuration({ tracing: { endpoint: collector.endpoint }, servers: [server.address] }),
  );
  assert.equal(await ask(proxy, request('GET /')), 200);
  await collector.got(2);
  assert.deepEqual([collector.refused, collector.requests.length], [1, 1]);
});

async function stopWith(t: TestContext, prepare: (collector: OtlpCollector) => void): Promise<OtlpCollector> {
  const server = await startServer(t);
  const collector = await startCollector(t);
  prepare(collector);
  const proxy = await startSupervised(
    t,
    // Nothing goes by itself.
    configuration({ tracing: { endpoint: collector.endpoint, interval: '1m' }, servers: [server.address] }),
  );
  assert.equal(await ask(proxy, request('GET /')), 200);
  assert.deepEqual(collector.spans, []);
  await proxy.supervisor.stop(2000);
  return collector;
}

test('a graceful stop sends what is there', async (t) => {
  const collector = await stopWith(t, () => {});
  assert.equal(collector.spans.length, 2);
});

test('a graceful stop is not held up by a collector that is busy', async (t) => {
  const collector = await stopWith(t, (one) => {
    one.answer = () => ({ status: 503, headers: { 'Retry-After': '60' } });
  });
  assert.deepEqual(collector.spans, []);
  // Once as they came, and once more before it was given up.
  assert.ok(collector.refused === 1 || collector.refused === 2, `${collector.refused} requests`);
});
