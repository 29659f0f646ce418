/** Traces: what a server is told of them, and which attempts there were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readTraceparent } from '../../src/http/trace-context.ts';
import { CidrSet } from '../../src/net/cidr.ts';
import type { Attempt, ExchangeTrace } from '../../src/proxy/tracing/exchange-trace.ts';
import { Tracer } from '../../src/proxy/tracing/tracer.ts';
import { needleInspector } from '../support/inspector.ts';
import { namesOf, request, response, statusOf, valueOf, valuesOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';
import type { World, WorldOptions } from '../support/world.ts';
import { until } from '../support/wire.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const CONTEXT = `traceparent: 00-${TRACE}-${SPAN}-01\r\ntracestate: a=1\r\n`;
const TRUSTING = { identity: { trust: ['127.0.0.1'] } };

interface Traced {
  readonly world: World;
  /** Traces that ended and are recorded. */
  readonly traces: ExchangeTrace[];
  /** What came to servers. */
  readonly seen: Message[];
}

async function startTraced(
  t: TestContext,
  options: WorldOptions & { readonly sample?: string } = {},
): Promise<Traced> {
  const traces: ExchangeTrace[] = [];
  const seen: Message[] = [];
  const { sample = '100%' } = options;
  const tracer = new Tracer(
    { sample, trust: CidrSet.of([]), untrusted: 'link' },
    { sink: (_record, trace) => traces.push(trace) },
  );
  const serve = (status: number): NonNullable<WorldOptions['decoy']> =>
    answering((message) => {
      seen.push(message);
      return response(status, 'ok');
    });
  const world = await startWorld(t, { server: serve(200), decoy: serve(201), ...options, tracer });
  return { world, traces, seen };
}

/** The context that a server got. */
function told(message: Message | undefined): { traceId: string; spanId: string; isSampled: boolean } {
  assert(message !== undefined, 'no server was asked');
  const value = valueOf(message, 'traceparent') ?? '';
  const context = readTraceparent(value);
  assert(context !== undefined, value);
  return context;
}

async function ended({ traces }: Traced, count: number): Promise<readonly ExchangeTrace[]> {
  await until(`${count} traces have ended`, () => traces.length >= count);
  assert.equal(traces.length, count);
  return traces;
}

function summary({ server, status, error, isReused }: Attempt): object {
  return { server, status, error, isReused };
}

test('a server gets the trace of a trusted client, with the span of its own attempt as the parent', async (t) => {
  const traced = await startTraced(t, { listener: TRUSTING });
  const client = await traced.world.client();
  for (let count = 0; count < 2; count++) await client.exchange(request('GET /', CONTEXT));
  const [first, second] = await ended(traced, 2);
  assert(first !== undefined && second !== undefined);
  assert.deepEqual([first.parentId, second.parentId], [SPAN, SPAN]);
  for (const [index, trace] of [first, second].entries()) {
    const [attempt] = trace.attempts;
    const { traceId, spanId, isSampled } = told(traced.seen[index]);
    assert.deepEqual(
      { traceId, spanId, isSampled },
      { traceId: TRACE, spanId: attempt?.spanId, isSampled: true },
    );
    assert.equal(valueOf(traced.seen[index]!, 'tracestate'), 'a=1'); // Just looked at.
    assert(attempt !== undefined && attempt.endedAt >= attempt.beganAt);
    assert.deepEqual(summary(attempt), { server: 's1', status: 200, error: '', isReused: index === 1 });
  }
  assert.notEqual(first.spanId, second.spanId);
  const record = await traced.world.record(0);
  assert.deepEqual([record.trace, record.isTraceSampled], [TRACE, true]);
});

test('a client who is not trusted decides nothing and gets a trace of ours', async (t) => {
  const traced = await startTraced(t, { sample: '0%' });
  const client = await traced.world.client();
  await client.exchange(request('GET /', CONTEXT));
  await client.exchange(request('GET /', CONTEXT));
  const [first, second] = traced.seen.map(told);
  assert.notEqual(first?.traceId, TRACE);
  assert.notEqual(first?.traceId, second?.traceId);
  assert.equal(first?.isSampled, false);
  for (const message of traced.seen) assert.deepEqual(valuesOf(message, 'tracestate'), []);
  const record = await traced.world.record(0);
  assert.deepEqual([record.trace, record.isTraceSampled], [first.traceId, false]);
  assert.deepEqual(traced.traces, []);
});

test('requests without a context are each a trace of their own, on one connection too', async (t) => {
  const traced = await startTraced(t);
  const client = await traced.world.client();
  for (let count = 0; count < 4; count++) await client.exchange(request('GET /', 'X-A: 1\r\n'));
  const traces = await ended(traced, 4);
  assert.equal(new Set(traces.map(({ id }) => id)).size, 4);
  assert.deepEqual(
    traced.seen.map((message) => told(message).traceId),
    traces.map(({ id }) => id),
  );
});

test('a retry is another span of the same trace', async (t) => {
  const port = await ownPort();
  const traced = await startTraced(t, {
    addresses: [`127.0.0.1:${port}`],
    listener: TRUSTING,
    pool: { balance: 'first' },
  });
  const client = await traced.world.client();
  assert.equal(statusOf(await client.exchange(request('GET /', CONTEXT))), 200);
  const [trace] = await ended(traced, 1);
  assert.deepEqual(trace?.attempts.map(summary), [
    { server: 's1', status: 0, error: 'connect-failed', isReused: false },
    { server: 's2', status: 200, error: '', isReused: false },
  ]);
  const [failed, good] = trace.attempts;
  assert.notEqual(failed?.spanId, good?.spanId);
  assert.deepEqual(told(traced.seen[0]), { traceId: TRACE, spanId: good?.spanId, isSampled: true });
});

test('a retry for a status tells each server another parent', async (t) => {
  const busy = answering((message) => {
    traced.seen.push(message);
    return response(503);
  });
  const traced: Traced = await startTraced(t, {
    server: [busy, busy],
    listener: TRUSTING,
    pool: { retries: { on: ['503'] } },
  });
  const client = await traced.world.client();
  assert.equal(statusOf(await client.exchange(request('GET /', CONTEXT))), 503);
  const [trace] = await ended(traced, 1);
  const attempts = trace?.attempts ?? [];
  assert.deepEqual(
    attempts.map(({ status, error }) => [status, error]),
    [
      [503, '503'],
      [503, ''],
    ],
  );
  assert.deepEqual(
    traced.seen.map((message) => told(message).spanId),
    attempts.map(({ spanId }) => spanId),
  );
});

test('the decoy gets what a server would get', async (t) => {
  const traced = await startTraced(t, {
    listener: { ...TRUSTING, inspection: 'on', decoy: 'trap' },
    inspector: needleInspector({ head: 'evil' }),
  });
  const client = await traced.world.client();
  assert.equal(statusOf(await client.exchange(request('GET /', CONTEXT))), 200);
  assert.equal(statusOf(await client.exchange(request('GET /evil', CONTEXT))), 201);
  const [honest, deceived] = traced.seen;
  assert(honest !== undefined && deceived !== undefined);
  assert.deepEqual(namesOf(deceived), namesOf(honest));
  assert.equal(told(deceived).traceId, TRACE);
  assert.equal(valueOf(deceived, 'tracestate'), 'a=1');
  const traces = await ended(traced, 2);
  assert.deepEqual(
    traces.map(({ attempts }) => attempts[0]?.pool),
    ['app', 'trap'],
  );
});

test('an attempt that the client leaves says so', async (t) => {
  const traced = await startTraced(t, {
    server: async (wire) => {
      await wire.readRequest();
    },
  });
  const client = await traced.world.client();
  client.send(request('GET /'));
  await until('the server was asked', () => traced.world.server.received > 0);
  client.close();
  const [trace] = await ended(traced, 1);
  assert.deepEqual(trace?.attempts.map(summary), [
    { server: 's1', status: 0, error: 'client-gone', isReused: false },
  ]);
});

test('a request that is refused is a trace without an attempt', async (t) => {
  const traced = await startTraced(t, { listener: TRUSTING });
  const client = await traced.world.client();
  assert.equal(statusOf(await client.exchange(`GET / HTTP/1.1\r\nHost: a\r\n${CONTEXT}X y: 1\r\n\r\n`)), 400);
  const [trace] = await ended(traced, 1);
  assert.deepEqual([trace?.attempts, trace?.parentId], [[], '']);
});

test('a TCP connection is a trace of its own', async (t) => {
  const traced = await startTraced(t, {
    listener: { protocol: 'tcp' },
    server: async (wire) => {
      wire.send(await wire.readBytes(2));
      wire.end();
    },
  });
  const client = await traced.world.client();
  client.send('hi');
  assert.equal((await client.readBytes(2)).toString(), 'hi');
  client.close();
  const [trace] = await ended(traced, 1);
  const record = await traced.world.record(0);
  assert.equal(record.trace, trace?.id);
  assert.equal(record.isTraceSampled, true);
});
