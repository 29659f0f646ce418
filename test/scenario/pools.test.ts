/**
 * Which server gets a request, how many connections it gets, and who waits for one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasDescriptors } from '../../src/linux/descriptor.ts';
import { content, request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { smallWindow } from '../support/small-window.ts';
import { pause, until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

const named = (name: string): Script => answering(() => response(200, name));

test('requests go to the servers in turn', async (t) => {
  const world = await startWorld(t, { server: [named('a'), named('b'), named('c')] });
  const client = await world.client();
  let seen = '';
  for (let count = 0; count < 6; count++) seen += (await client.exchange(request('GET /'))).body.toString();
  assert.equal(seen, 'abcabc');
});

test('requests go to the servers by weight, and to one of weight 0 never', async (t) => {
  const world = await startWorld(t, { server: [named('a'), named('b'), named('c')] });
  const [a, b, c] = world.servers.map(({ port }) => `127.0.0.1:${port}`);
  const weighted = await startWorld(t, {
    pool: {
      servers: {
        a: { address: a, weight: 3 },
        b: { address: b, weight: 1 },
        c: { address: c, weight: 0 },
      },
    },
  });
  const client = await weighted.client();
  let seen = '';
  for (let count = 0; count < 8; count++) seen += (await client.exchange(request('GET /'))).body.toString();
  assert.equal(seen, 'aabaaaba');
});

test('no more exchanges at a server than maxConnections: the others wait in order for a place', async (t) => {
  let open = 0;
  let openMost = 0;
  let answered = 0;
  const world = await startWorld(t, {
    server: async (wire) => {
      for (;;) {
        const message = await wire.readRequest();
        if (message === undefined) break;
        open++;
        openMost = Math.max(openMost, open);
        await until('all have come', () => world.proxy.plane.host.counts.exchanges + answered >= 10);
        await pause(20);
        answered++;
        open--;
        wire.send(response(200, message.startLine));
      }
      wire.end();
    },
    pool: { maxConnections: 2 },
  });
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const client = await world.client();
      const answer = await client.exchange(request(`GET /${index}`));
      assert.equal(answer.body.toString(), `GET /${index} HTTP/1.1`);
    }),
  );
  assert.equal(openMost, 2);
  assert.equal(world.server.connections.length, 2);
  await world.record(9);
  assert.equal(world.proxy.records.filter(({ times }) => times.queueMs > 5).length, 8);
});

const noSmallWindow = hasDescriptors() ? false : 'only on Linux';

test(
  'bodies that waited for a place reach a server that reads late as they were sent',
  { skip: noSmallWindow },
  async (t) => {
    const count = 9;
    const bodies = Array.from({ length: count }, (_, index) => content(190_000, 2 * index + 1));
    /** How many bytes of those that came last have been read, which is so much of each as may wait. */
    const waiting = (): number => world.proxy.plane.host.held.own;
    const world = await startWorld(t, {
      server: async (wire, index) => {
        wire.stopReading();
        if (index === 0) {
          // Most of the first body waits in the proxy, and what is sent of it the system cannot take at once.
          await until('the first waits', () => waiting() > 65_536);
        } else if (index === 1) {
          await until('the others wait', () => waiting() > (count - 1) * 65_536);
        }
        wire.goOnReading();
        const message = await wire.expectRequest();
        if (index > 0) {
          const body = bodies[Number(/\d+/.exec(message.startLine)?.[0])];
          assert(body !== undefined && message.body.equals(body), `the body of ${message.startLine}`);
        }
        wire.send(response(200, 'ok', 'Connection: close\r\n'));
        wire.end();
      },
      serverPlace: smallWindow,
      pool: { maxConnections: 1 },
    });
    const first = await world.client();
    first.send(request('GET /'));
    await world.server.connection(0);
    const answers = [first.readResponse()];
    for (const [index, body] of bodies.entries()) {
      const client = await world.client();
      client.send(request(`POST /${index}`, `Content-Length: ${body.length}\r\n`));
      client.send(body);
      answers.push(client.readResponse());
      // It is sent before the others come.
      if (index === 0) await world.server.connection(1);
    }
    for (const answer of await Promise.all(answers)) assert.equal(statusOf(answer), 200);
  },
);

test('a place that becomes free because its connection died goes to who waits', async (t) => {
  const world = await startWorld(t, {
    server: async (wire, index) => {
      await wire.expectRequest();
      if (index === 0) {
        await until('the other waits', () => world.proxy.plane.host.counts.exchanges === 2);
        wire.reset();
      } else wire.send(response(200, 'second'));
    },
    pool: { maxConnections: 1 },
  });
  const [one, two] = [await world.client(), await world.client()];
  one.send(request('GET /'));
  await world.server.connection(0);
  two.send(request('GET /'));
  assert.equal(statusOf(await one.readResponse()), 502);
  assert.equal((await two.readResponse()).body.toString(), 'second');
});

for (const [name, text, rest] of [
  ['GET', request('GET /'), ''],
  ['POST whose body comes while it waits', request('POST /', 'Content-Length: 5\r\n', 'he'), 'llo'],
] as const) {
  test(`who waits too long for a place is told 503: ${name}`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.readUntil('\r\n\r\n');
      },
      pool: { maxConnections: 1, timeouts: { queue: '400ms' } },
    });
    const [one, two] = [await world.client(), await world.client()];
    one.send(request('GET /'));
    await world.server.connection(0);
    two.send(text);
    await until('it waits', () => world.proxy.plane.host.counts.exchanges === 2);
    two.send(rest);
    assert.equal(statusOf(await two.readResponse()), 503);
    const record = await world.record(0);
    assert.equal(record.end, 'queue-timeout');
    assert(record.times.queueMs >= 400);
    assert.equal(world.server.connections.length, 1);
  });
}

test('an idle connection that belongs to a client holds no place', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readUntil('\r\n');
      while ((await wire.readRequest()) !== undefined) wire.send(response(200));
    },
    pool: { proxyProtocol: 'v1', maxConnections: 1 },
  });
  const [one, two] = [await world.client(), await world.client()];
  assert.equal(statusOf(await one.exchange(request('GET /'))), 200);
  assert.equal(statusOf(await two.exchange(request('GET /'))), 200);
});
