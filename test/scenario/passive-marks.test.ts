/** What real traffic counts of a server that fails, for the supervisor to see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { pause } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

const PASSIVE = { failures: 5, on: ['connect', 'cut', 'timeout', 'status-5xx'] };
const reset: Script = async (wire) => {
  await wire.readRequest();
  wire.reset();
};

const ROWS: readonly {
  readonly what: string;
  readonly server: Script;
  readonly on?: readonly string[];
  readonly counted: number;
}[] = [
  { what: 'a connection that is cut counts', server: reset, counted: 1 },
  { what: 'a response that cannot be read counts', server: answering(() => 'nonsense\r\n\r\n'), counted: 1 },
  { what: 'a server that is silent counts', server: answering(() => undefined), counted: 1 },
  { what: 'a status 503 counts where that is chosen', server: answering(() => response(503)), counted: 1 },
  {
    what: 'a status 503 is an answer otherwise',
    server: answering(() => response(503)),
    on: ['connect'],
    counted: 0,
  },
  { what: 'what is not chosen does not count', server: reset, on: ['timeout'], counted: 0 },
  { what: 'a status 404 is an answer', server: answering(() => response(404)), counted: 0 },
];

for (const { what, server, on, counted } of ROWS) {
  test(what, async (t) => {
    const passive = { ...PASSIVE, ...(on === undefined ? {} : { on }) };
    const pool = { retries: 0, timeouts: { firstByte: '400ms' }, health: { passive } };
    const world = await startWorld(t, { server, pool });
    const client = await world.client();
    await client.exchange(request('GET /'));
    await world.record(0);
    assert.equal(errorsOf(world.proxy.plane.pools.get('pool app')), counted);
  });
}

test('an answer ends a row of failures', async (t) => {
  let count = 0;
  const server = answering(() => response(++count < 4 ? 500 : 200));
  const world = await startWorld(t, { server, pool: { health: { passive: PASSIVE } } });
  const client = await world.client();
  const seen: number[] = [];
  for (let index = 0; index < 4; index++) {
    await client.exchange(request('GET /'));
    await world.record(index);
    seen.push(errorsOf(world.proxy.plane.pools.get('pool app')));
  }
  assert.deepEqual(seen, [1, 2, 3, 0]);
});

test('a status that is tried again counts for the server that gave it', async (t) => {
  const world = await startWorld(t, {
    server: [answering(() => response(503)), answering(() => response(200))],
    pool: { retries: { on: ['503'] }, health: { passive: PASSIVE } },
  });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 200);
  await world.record(0);
  assert.equal(errorsOf(world.proxy.plane.pools.get('pool app')), 1);
});

for (const [by, isMeasured] of [
  ['least-time', true],
  ['round-robin', false],
] as const) {
  test(`the time to the first byte is ${isMeasured ? '' : 'not '}measured for ${by}`, async (t) => {
    const slow: Script = async (wire) => {
      await wire.expectRequest();
      await pause(30);
      wire.send(response(200));
    };
    const world = await startWorld(t, { server: slow, pool: { balance: by } });
    await (await world.client()).exchange(request('GET /'));
    await world.record(0);
    const pool = world.proxy.plane.pools.get('pool app');
    const us = pool?.table.responseUs(pool.servers[0]?.row ?? -1) ?? -1;
    assert(isMeasured ? us >= 25_000 : us === 0, `${us} µs`);
  });
}

test('where nobody asks for it nothing is counted', async (t) => {
  const world = await startWorld(t, { server: reset, pool: { retries: 0 } });
  await (await world.client()).exchange(request('GET /'));
  await world.record(0);
  assert.equal(errorsOf(world.proxy.plane.pools.get('pool app')), 0);
});

function errorsOf(
  pool:
    | {
        readonly table: { errors(row: number): number };
        readonly servers: readonly { readonly row: number }[];
      }
    | undefined,
): number {
  const row = pool?.servers[0]?.row;
  assert(pool !== undefined && row !== undefined);
  return pool.table.errors(row);
}
