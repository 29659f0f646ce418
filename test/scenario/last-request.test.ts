/**
 * A client that says that its request is the last one is not waited for: the connection is closed with the response, and
 * so is the one to the server that belongs to it. Any other client gets a moment in which what it still sends is thrown
 * away, so that no reset takes the response with it.
 *
 * Counted are connections that the proxy still has after the client has read the end of them and kept its own side open.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf } from '../support/message.ts';
import { until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';
import type { Script } from '../support/scripted-server.ts';

const CLOSE = 'Connection: close\r\n';

/** Answers every request. */
const answering: Script = async (wire) => {
  for (;;) {
    const asked = await wire.readRequest();
    if (asked === undefined) return;
    wire.send(
      asked.startLine.startsWith('HEAD')
        ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
        : response(200, 'ok'),
    );
  }
};

interface Row {
  readonly name: string;
  readonly sent: string;
  readonly status?: number;
  readonly listener?: Settings;
}

const LET_GO: readonly Row[] = [
  { name: 'HTTP/1.1 with close', sent: request('GET /', CLOSE) },
  { name: 'HTTP/1.0', sent: 'GET / HTTP/1.0\r\n\r\n' },
  { name: 'close, and a body of no bytes', sent: request('POST /', `${CLOSE}Content-Length: 0\r\n`) },
  { name: 'a HEAD with close', sent: request('HEAD /', CLOSE) },
];

const WAITED_FOR: readonly Row[] = [
  {
    name: 'a request with a body, behind which may be an empty line',
    sent: request('POST /', `${CLOSE}Content-Length: 2\r\n`, 'ab'),
  },
  {
    name: 'a chunked request',
    sent: request('POST /', `${CLOSE}Transfer-Encoding: chunked\r\n`, '0\r\n\r\n'),
  },
  { name: 'a client that sends more all the same', sent: `${request('GET /', CLOSE)}GET /2` },
  {
    name: 'a client that did not ask for the end',
    sent: request('GET /'),
    listener: { limits: { requestsPerConnection: 1 } },
  },
  { name: 'a request that is refused', sent: `GET / HTTP/1.1\r\nHost: a\r\n${CLOSE}b\r\n\r\n`, status: 400 },
  {
    name: 'HTTP/1.0 that asked to be kept',
    sent: 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    listener: { limits: { requestsPerConnection: 1 } },
  },
];

for (const [rows, left, what] of [
  [LET_GO, 0, 'is closed with the response'],
  [WAITED_FOR, 1, 'is read from for a moment'],
] as const) {
  for (const { name, sent, status = 200, listener } of rows) {
    test(`a connection ${what}: ${name}`, async (t) => {
      const world = await startWorld(t, {
        server: answering,
        ...(listener === undefined ? {} : { listener }),
      });
      assert.equal(await leftAfter(world, sent, status), left);
    });
  }
}

/** Connections of the client that the proxy has when the client has read everything of its one. */
async function leftAfter(world: World, sent: string, status: number): Promise<number> {
  const client = await world.client();
  client.send(sent);
  const answer = (await client.readToEnd()).toString('latin1');
  assert.equal(Number(answer.split(' ')[1]), status);
  assert.equal(await client.ended(), 'end');
  // By the time that another exchange is over, the first has no event left.
  const other = await world.client();
  assert.equal(statusOf(await other.exchange(request('GET /'))), 200);
  return world.proxy.plane.host.counts.clients - 1;
}

test('a client that reads slowly gets all of its last response', async (t) => {
  const body = 'x'.repeat(8_000_000);
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readRequest();
      wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    },
  });
  const client = await world.client();
  client.stopReading();
  client.send(request('GET /', CLOSE));
  await world.server.connection(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.socket.resume();
  const answer = await client.readToEnd();
  assert(answer.length > body.length, `${answer.length} bytes`);
  assert.equal(await client.ended(), 'end');
});

for (const [name, head, isKept] of [
  ['is closed with the last response to its client', CLOSE, false],
  ['is kept for the next request of its client', '', true],
] as const) {
  test(`a connection that names its client to the server ${name}`, async (t) => {
    const ends: string[] = [];
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.readUntil('\r\n');
        await wire.readRequest();
        wire.send(response(200, 'ok'));
        ends.push(await wire.ended());
      },
      pool: { proxyProtocol: 'v1' },
    });
    const client = await world.client();
    // A body, so that the connection of the client itself is open for a while yet.
    await client.exchange(request('POST /', `${head}Content-Length: 2\r\n`, 'ab'));
    const other = await world.client();
    await other.exchange(request('GET /'));
    assert.deepEqual(ends, isKept ? [] : ['reset']);
  });
}

interface Ending {
  readonly name: string;
  readonly script: Script;
  readonly sent: string;
  /** Tools for responses that the next connection may have. */
  readonly free: number;
}

const ENDINGS: readonly Ending[] = [
  {
    name: 'after a whole response they are',
    script: async (wire) => {
      await wire.readRequest();
      wire.send(response(200, 'ok', CLOSE));
    },
    sent: request('GET /'),
    free: 1,
  },
  {
    name: 'after a response that was cut they are not',
    script: async (wire) => {
      await wire.readRequest();
      wire.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok');
      wire.close();
    },
    sent: request('GET /'),
    free: 0,
  },
  {
    name: 'after a response that was refused they are not',
    script: async (wire) => {
      await wire.readRequest();
      wire.send('HTTP/1.1 200 OK\r\na b: c\r\n\r\n');
    },
    sent: request('GET /'),
    free: 0,
  },
  {
    name: 'after a tunnel they are not',
    script: async (wire) => {
      await wire.readRequest();
      wire.send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
      wire.close();
    },
    sent: request('GET /', 'Connection: upgrade\r\nUpgrade: x\r\n'),
    free: 0,
  },
];

for (const { name, script, sent, free } of ENDINGS) {
  test(`what a response is read with is used again: ${name}`, async (t) => {
    const world = await startWorld(t, { server: script });
    const client = await world.client();
    client.send(sent);
    await client.readUntil('\r\n\r\n');
    client.close();
    await world.record(0);
    await world.idle();
    const { counts } = world.proxy.plane.host;
    await until('the connection to the server is closed', () => counts.origins === 0);
    const [pool] = world.proxy.plane.pools.values();
    assert.equal(pool?.responses.free, free);
  });
}
