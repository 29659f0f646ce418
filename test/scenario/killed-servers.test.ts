/** Servers that are killed and come back, again and again, under load: no request that may be repeated fails. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ownPort } from '../support/own-port.ts';
import { startSupervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';

const CYCLES = 100;
const CLIENTS = 6;
const SERVERS = 3;
/** Answers of all servers between two kills, so that each kill meets traffic. */
const ANSWERS = 20;

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** One that answers after a moment, and whose connections are reset when it is killed. */
class Mortal {
  port = 0;
  answered = 0;
  /** Requests that died with it. */
  lost = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  async start(): Promise<void> {
    if (this.port === 0) this.port = await ownPort();
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let isAsked = false;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (isAsked) this.lost++;
    });
    socket.on('data', () => {
      isAsked = true;
      setTimeout(() => {
        if (socket.destroyed) return;
        isAsked = false;
        this.answered++;
        socket.write(RESPONSE);
      }, 2);
    });
  }
}

async function startMortals(t: TestContext): Promise<readonly Mortal[]> {
  const mortals = Array.from({ length: SERVERS }, () => new Mortal());
  for (const one of mortals) {
    await one.start();
    t.after(() => one.kill());
  }
  return mortals;
}

for (const [name, health] of [
  ['without health checks', undefined],
  ['with health checks', { check: 'tcp', interval: '100ms', timeout: '10s', rise: 1, fall: 1 }],
] as const) {
  test(`${CYCLES} kills and restarts under load fail no GET, ${name}`, async (t) => {
    const mortals = await startMortals(t);
    const proxy = await startSupervised(
      t,
      JSON.stringify({
        listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
        pools: {
          app: {
            servers: mortals.map(({ port }) => `127.0.0.1:${port}`),
            retries: { on: ['connect-failed', 'connect-timeout', 'closed'] },
            ...(health === undefined ? {} : { health }),
          },
        },
        log: { access: 'off' },
        admin: { socket: 'off' },
        runtime: { workers: 2 },
      }),
    );
    let isOver = false;
    let answered = 0;
    const visit = async (): Promise<void> => {
      const client = await Wire.connect(proxy.port());
      try {
        while (!isOver) {
          client.send(REQUEST);
          const answer = await client.readResponse();
          assert.equal(answer.startLine, 'HTTP/1.1 200 OK', answer.body.toString());
          answered++;
        }
      } finally {
        isOver = true;
        client.close();
      }
    };
    const visits = Promise.allSettled(Array.from({ length: CLIENTS }, visit));
    try {
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        const victim = mortals[cycle % SERVERS];
        assert(victim !== undefined);
        const enough = answered + ANSWERS;
        await until('there is traffic', () => isOver || answered >= enough);
        await victim.kill();
        const later = answered + ANSWERS;
        await until('the others serve', () => isOver || answered >= later);
        const before = victim.answered;
        await victim.start();
        // Otherwise the next victim may be the last one that checks know to be up.
        await until('it serves again', () => isOver || victim.answered > before);
      }
    } finally {
      isOver = true;
    }
    for (const visit of await visits) if (visit.status === 'rejected') throw visit.reason;
    const lost = mortals.reduce((sum, one) => sum + one.lost, 0);
    t.diagnostic(`${answered} answered, ${lost} lost by servers and tried again`);
    assert(lost > CYCLES / 4, `kills met no traffic: ${lost} requests were lost`);
    const counts = async (): Promise<number> => {
      const statuses = await proxy.supervisor.workers.askAll('status', undefined, 60_000);
      return statuses.reduce(
        (sum, { listeners, servers }) =>
          sum + (listeners[0]?.connections ?? 0) + servers.reduce((busy, one) => busy + one.busy, 0),
        0,
      );
    };
    await until('no connection is in use', async () => (await counts()) === 0);
  });
}
