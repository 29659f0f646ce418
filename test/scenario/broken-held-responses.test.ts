/**
 * What goes wrong while a response is held: nothing of it comes through, and nothing stays behind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPLY_418 } from '../support/inspector.ts';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { GET, sending, shownBodies, stage, TRAP } from '../support/response-stage.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { pause, until } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { countsOf } from '../support/world.ts';
import type { WorldOptions } from '../support/world.ts';

const HALF = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\nhalf';

interface Failing {
  readonly name: string;
  readonly server: Script;
  readonly status: number;
  readonly end: string;
  readonly options?: Omit<WorldOptions, 'server' | 'inspector'>;
}

const FAILING: readonly Failing[] = [
  { name: 'the server ends within it', server: sending(HALF, true), status: 502, end: 'origin-cut' },
  {
    name: 'the server resets within it',
    server: async (wire) => {
      await wire.expectRequest();
      await wire.sendAll(HALF);
      await pause(20);
      wire.reset();
    },
    status: 502,
    end: 'origin-cut',
  },
  {
    name: 'a chunk of it is malformed',
    server: sending('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfX'),
    status: 502,
    end: 'origin-body-refused',
  },
  {
    name: 'it ends within a chunk',
    server: sending('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf', true),
    status: 502,
    end: 'origin-cut',
  },
  {
    name: 'the server falls silent',
    server: sending(HALF),
    status: 504,
    end: 'origin-timeout-body',
    options: { pool: { timeouts: { bodyIdle: '150ms' } } },
  },
  {
    name: 'the server drips for longer than the exchange may take',
    server: async (wire) => {
      await wire.expectRequest();
      await wire.sendAll('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      while (wire.ending === undefined) {
        wire.send('x');
        await pause(20);
      }
    },
    status: 504,
    end: 'exchange-timeout',
    options: { listener: { timeouts: { exchange: '300ms' } } },
  },
];

for (const { name, server, status, end, options } of FAILING) {
  test(`${name} while it is held: the client gets a page, and nothing stays held`, async (t) => {
    const scene = await stage(t, { responseBody: 'secret' }, server, options);
    const client = await scene.client();
    const answer = await client.exchange(GET);
    assert.equal(statusOf(answer), status);
    assert.doesNotMatch(answer.body.toString(), /half|xxxx/);
    assert.equal((await scene.record(0)).end, end);
    assert.deepEqual(shownBodies(scene.inspector), []);
    assert.equal(countsOf(scene.proxy)['heldBytes'], 0);
    assert.deepEqual([scene.inspector.begun, scene.inspector.ended], [1, 1]);
  });
}

for (const [name, leave] of [
  ['closes', (client: Wire) => client.close()],
  ['resets', (client: Wire) => client.reset()],
] as const) {
  test(`a client that ${name} while its response is held leaves nothing behind`, async (t) => {
    const scene = await stage(t, { responseBody: 'secret' }, sending(HALF));
    const client = await scene.client();
    client.send(GET);
    await until('half of it is held', () => countsOf(scene.proxy)['heldBytes'] === 4);
    leave(client);
    assert.equal((await scene.record(0)).end, 'client-gone');
    await until('nothing is held', () => countsOf(scene.proxy)['heldBytes'] === 0);
    await (await scene.server.connection(0)).ended();
    assert.equal(scene.inspector.ended, 1);
  });
}

test('a request that is still coming when its response is replaced ends the connection after the page', async (t) => {
  const scene = await stage(
    t,
    { responseBody: 'secret', verdict: REPLY_418 },
    async (wire) => {
      await wire.readUntil('\r\n\r\n');
      await wire.sendAll(response(200, 'a secret'));
    },
    { decoy: TRAP, listener: { decoy: 'trap' } },
  );
  const client = await scene.client();
  client.send(request('POST /', 'Content-Length: 100\r\n', 'half'));
  const answer = await client.readResponse();
  assert.equal(statusOf(answer), 418);
  assert.equal(valueOf(answer, 'connection'), 'close');
  assert.equal(await client.ended(), 'end');
});

test('a request whose body was held is asked of the decoy as it was', async (t) => {
  const asked: string[] = [];
  const scene = await stage(
    t,
    { body: 'evil', responseBody: 'secret' },
    answering(() => response(200, 'a secret')),
    {
      decoy: answering((message) => {
        asked.push(`${message.startLine} ${message.body.toString()}`);
        return response(200, 'decoy');
      }),
      listener: { decoy: 'trap' },
    },
  );
  const client = await scene.client();
  const answer = await client.exchange(request('POST /a?b', 'Content-Length: 5\r\n', 'hello'));
  assert.equal(answer.body.toString(), 'decoy');
  assert.deepEqual(asked, ['POST /a?b HTTP/1.1 hello']);
  assert.equal(scene.server.connections.length, 1);
});
