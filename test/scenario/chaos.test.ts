/**
 * Many clients and a server that do whatever comes: pipelining, cutting, stalling, resetting, answering early, saying too
 * much. Whatever happens, a client gets the responses to its own requests, whole or visibly cut, in their order.
 *
 * FUZZ_RUNS sets the number of rounds. A failure names its seed.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { test } from 'node:test';
import { CidrSet } from '../../src/net/cidr.ts';
import type { ExchangeTrace } from '../../src/proxy/tracing/exchange-trace.ts';
import { Tracer } from '../../src/proxy/tracing/tracer.ts';
import { needleInspector } from '../support/inspector.ts';
import type { Needles } from '../support/inspector.ts';
import { chunked, content, request, statusOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { seededRandom } from '../support/random.ts';
import { pause } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { Settings } from '../support/world.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 12);
const CLIENTS = 12;

type Random = (bound: number) => number;

/** One in `count`. */
const chance = (random: Random, count: number): boolean => random(count) === 0;

/** Few of many bytes, most often a handful: what is around bounds in heads, in text and in reads. */
function someLength(random: Random): number {
  return (
    [random(5), random(100), 12_000 + random(600), 65_000 + random(1_200), random(200_000)][random(5)] ?? 0
  );
}

function cutsOf(random: Random, length: number): number[] {
  return Array.from({ length: random(4) }, () => random(length)).sort((one, other) => one - other);
}

/** The body of the response to a request: it begins with whose it is, and every byte follows from that. */
function bodyFor(id: string, length: number): Buffer {
  return Buffer.concat([Buffer.from(`${id} ${length} `), content(length, id.length + length)]);
}

async function serve(wire: Wire, random: Random): Promise<void> {
  for (;;) {
    if (chance(random, 12)) {
      await answerEarly(wire, random);
      return;
    }
    const message = await wire.readRequest();
    if (message === undefined) break;
    if (chance(random, 10)) await pause(random(30));
    if (chance(random, 25)) {
      wire.reset();
      return;
    }
    if (chance(random, 8)) wire.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    const isOver = await answer(wire, random, message);
    if (isOver) return;
  }
  wire.end();
}

/** True when the connection ends with it. */
async function answer(wire: Wire, random: Random, message: Message): Promise<boolean> {
  const id = message.startLine.split(' ')[1] ?? '';
  const body = bodyFor(id, someLength(random));
  const framing = random(6);
  const isClosing = framing === 0 || chance(random, 10);
  const head =
    `HTTP/1.1 200 OK\r\n${isClosing && chance(random, 2) ? 'Connection: close\r\n' : ''}` +
    (framing === 0
      ? '\r\n'
      : framing < 3
        ? 'Transfer-Encoding: chunked\r\n\r\n'
        : `Content-Length: ${body.length}\r\n\r\n`);
  const bytes = Buffer.concat([
    Buffer.from(head),
    framing === 0 || framing >= 3 ? body : chunked(body, 1 + random(50_000)),
  ]);
  if (chance(random, 15)) {
    await wire.sendCut(bytes.subarray(0, random(bytes.length)), cutsOf(random, bytes.length));
    wire.reset();
    return true;
  }
  // In one packet: what comes later, on a connection that is in use again by then, nobody could tell from a response.
  if (framing !== 0 && bytes.length < 10_000 && chance(random, 4)) {
    wire.send(Buffer.concat([bytes, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')]));
  } else await wire.sendCut(bytes, cutsOf(random, bytes.length));
  if (isClosing) wire.end();
  return isClosing;
}

/** Answers when the head is there, whatever is to come of the request. */
async function answerEarly(wire: Wire, random: Random): Promise<void> {
  const head = await wire.readUntil('\r\n\r\n');
  const body = bodyFor(head.split(' ')[1] ?? '', someLength(random));
  wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  await wire.sendAll(body);
  await pause(random(30));
  wire.end();
}

function makeRequest(random: Random, id: string): Buffer {
  const body = content(someLength(random), 7);
  const isClose = chance(random, 20) ? 'Connection: close\r\n' : '';
  switch (random(4)) {
    case 0:
      return Buffer.concat([
        Buffer.from(request(`POST ${id}`, `${isClose}Content-Length: ${body.length}\r\n`)),
        body,
      ]);
    case 1:
      return Buffer.concat([
        Buffer.from(request(`PUT ${id}`, `${isClose}Transfer-Encoding: chunked\r\n`)),
        chunked(body, 1 + random(30_000)),
      ]);
    default:
      return Buffer.from(request(`GET ${id}`, isClose));
  }
}

/** How many whole responses of the server came. */
async function visit(client: Wire, random: Random, name: string): Promise<number> {
  let whole = 0;
  for (let batch = 0; batch < 4 && client.ending === undefined; batch++) {
    const ids = Array.from({ length: 1 + random(4) }, (_, index) => `/${name}-${batch}-${index}`);
    const bytes = Buffer.concat(ids.map((id) => makeRequest(random, id)));
    if (chance(random, 12)) {
      await client.sendCut(bytes.subarray(0, random(bytes.length)), cutsOf(random, bytes.length));
      if (chance(random, 2)) await pause(random(20));
      client.reset();
      return whole;
    }
    const sent = client.sendCut(bytes, cutsOf(random, bytes.length));
    if (chance(random, 6)) {
      client.stopReading();
      await pause(random(60));
      client.goOnReading();
    }
    for (const id of ids) {
      const message = await readFinal(client);
      if (message === undefined) return whole;
      if (statusOf(message) !== 200) {
        assert.match(message.body.toString(), /Reference: /, 'an own page');
        continue;
      }
      const text = message.body.subarray(0, 60).toString('latin1');
      const length = Number(text.split(' ')[1]);
      assert(text.startsWith(`${id} `), `${id} got the response of ${JSON.stringify(text)}`);
      assert(message.body.equals(bodyFor(id, length)), `${id} got other bytes than were sent`);
      whole++;
    }
    await sent;
  }
  return whole;
}

/** The next final response; undefined when the connection ended before it was whole. */
async function readFinal(client: Wire): Promise<Message | undefined> {
  for (;;) {
    let message: Message;
    try {
      message = await client.readResponse();
    } catch (error) {
      if (client.ending === undefined) throw error;
      return undefined;
    }
    if (statusOf(message) !== 103) return message;
  }
}

const POOLS: readonly Settings[] = [
  {},
  { maxConnections: 3 },
  { connections: { idleMax: 1, idle: '100ms' } },
  { maxConnections: 2, connections: { idleMax: 2 }, retries: 0 },
  { maxConnections: 2, queue: 8, timeouts: { queue: '100ms' } },
  {},
];

const LISTENERS: readonly Settings[] = [
  {},
  { limits: { pipelinedBytes: '1KiB' } },
  { timeouts: { exchange: '200ms', clientWrite: '100ms' } },
  { limits: { requestsPerConnection: 3, bodyBytes: '100000' } },
  { timeouts: { keepAlive: '100ms', bodyIdle: '100ms', head: '100ms' } },
];

/** Bodies of requests, of responses, of both, or of neither are held. */
const NEEDLES: readonly Needles[] = [
  { body: 'no such needle anywhere' },
  { responseBody: 'no such needle anywhere' },
  { body: 'no such needle anywhere', responseBody: 'no such needle anywhere' },
  {},
];

function tracerInto(traces: Map<string, ExchangeTrace>): Tracer {
  return new Tracer(
    { sample: '100%', trust: CidrSet.of([]), untrusted: 'new' },
    {
      sink: (record, trace) => {
        assert.equal(record.trace, trace.id);
        assert(!traces.has(trace.id), 'a trace has ended twice');
        traces.set(trace.id, trace);
      },
    },
  );
}

/** Every attempt is a span that has ended, one after the other. */
function checkAttempts(trace: ExchangeTrace | undefined, count: number): void {
  assert.equal(trace?.attempts.length, count);
  let at = 0;
  for (const { beganAt, endedAt } of trace.attempts) {
    assert(beganAt >= at && endedAt >= beganAt, `from ${beganAt} to ${endedAt}, after ${at}`);
    at = endedAt;
  }
}

for (let run = 0; run < RUNS; run++) {
  test(`chaos with seed ${run}`, async (t) => {
    const random = seededRandom(run + 1);
    const inspector = needleInspector(NEEDLES[run % NEEDLES.length] ?? {});
    const traces = new Map<string, ExchangeTrace>();
    const world = await startWorld(t, {
      tracer: tracerInto(traces),
      server: (wire, index) => serve(wire, seededRandom(run * 1000 + index)).catch(() => wire.reset()),
      pool: { ...POOLS[run % POOLS.length] },
      listener: { ...LISTENERS[run % LISTENERS.length] },
      inspector,
      config: { inspection: { body: { held: '1MiB' }, response: { held: '64KiB' } } },
    });
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => world.client()));
    const visits = clients.map((client, index) =>
      visit(client, seededRandom(run * 7919 + index + random(1000)), `${run}-${index}`),
    );
    const whole = (await Promise.all(visits)).reduce((sum, count) => sum + count, 0);
    t.diagnostic(`${whole} whole responses, ${world.proxy.records.length} exchanges`);
    assert(whole > 10, `only ${whole} responses came whole`);
    for (const client of clients) client.close();
    await world.idle();
    assert.equal(inspector.ended, inspector.begun, 'every transaction has ended');
    assert.equal(traces.size, world.proxy.records.length, 'every exchange has ended its trace, once');
    for (const { trace, attempts } of world.proxy.records) checkAttempts(traces.get(trace), attempts);
  });
}
