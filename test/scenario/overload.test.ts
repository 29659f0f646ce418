/**
 * Clients that ask for far more than the servers can do: as much is served as without them, nobody who is served waits
 * behind more than the queue, and the others are told at once.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { statusOf } from '../support/message.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { Wire } from '../support/wire.ts';

/** Exchanges that the server may have in hand, and those that may wait. */
const PLACES = 4;
const QUEUE = 8;
/** Eight times what places and queue hold, and each asks again at once. */
const CLIENTS = 8 * (PLACES + QUEUE);
const REQUESTS = 25;
const ROUNDS = 4;
/** How long the server works on an answer. */
const WORK_MS = 4;
/** What a second half of all requests may leave in memory more than the first: some garbage that V8 keeps. */
const GROWTH_BYTES_MAX = 1_000_000;

const REQUEST = 'GET / HTTP/1.1\r\nHost: app.example\r\n\r\n';

interface LimitedServer {
  readonly port: number;
  answered: number;
  most: number;
}

/** A server that counts what it has in hand. */
async function startServer(t: TestContext): Promise<LimitedServer> {
  let open = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      open++;
      counts.most = Math.max(counts.most, open);
      setTimeout(() => {
        open--;
        counts.answered++;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }, WORK_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const counts = { port: (server.address() as AddressInfo).port, answered: 0, most: 0 };
  return counts;
}

interface Seen {
  served: number;
  refused: number;
  /** The most answers that the server gave to others while somebody who is served then waited. */
  overtaken: number;
}

async function ask(client: Wire, server: LimitedServer, seen: Seen): Promise<void> {
  for (let count = 0; count < REQUESTS; count++) {
    const before = server.answered;
    const status = statusOf(await client.exchange(REQUEST));
    if (status === 200) {
      seen.served++;
      seen.overtaken = Math.max(seen.overtaken, server.answered - before);
    } else {
      assert.equal(status, 503);
      seen.refused++;
    }
  }
}

test('far more clients than there are places: the limits hold, and memory does not grow', async (t) => {
  const server = await startServer(t);
  const proxy = await startProxyProcess(
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: [`127.0.0.1:${server.port}`],
          maxConnections: PLACES,
          queue: QUEUE,
          timeouts: { queue: '8s' },
        },
      },
    }),
  );
  t.after(() => proxy.close());
  const clients: Wire[] = [];
  t.after(() => {
    for (const client of clients) client.close();
  });
  for (let count = 0; count < CLIENTS; count++) clients.push(await Wire.connect(proxy.port));
  const seen: Seen = { served: 0, refused: 0, overtaken: 0 };
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(clients.map((client) => ask(client, server, seen)));
    memory.push((await proxy.usage(true)).memory);
  }
  t.diagnostic(`${seen.served} served, ${seen.refused} refused; memory ${memory.join(' ')}`);
  assert.equal(seen.served + seen.refused, CLIENTS * REQUESTS * ROUNDS);
  assert.equal(seen.served, server.answered, 'nothing that was refused has reached the server');
  assert.equal(server.most, PLACES, 'the places were all used, and no more');
  assert(seen.refused > 0, 'it was too much');
  // Those before it in the queue and in hand, its own, and those that come while messages are on their way; a queue
  // without a bound would have all clients in it.
  assert(seen.overtaken <= CLIENTS / 2, `somebody waited for ${seen.overtaken} others`);
  const growth = memory.at(-1)! - memory[1]!;
  assert(growth < GROWTH_BYTES_MAX, `memory grew by ${growth} bytes`);
});
