/**
 * Connections that become tunnels: Upgrade after a 101 that matches (RFC 9110 §7.8), and CONNECT where a route allows it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { content, request, response, statusOf, valueOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { countsOf, startWorld } from '../support/world.ts';

const ASKS = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const UPGRADE = request('GET /chat', `Sec-WebSocket-Key: x\r\n${ASKS}`);
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Switches and sends back what comes, until the client ends. */
const echo: Script = async (wire) => {
  await wire.expectRequest();
  wire.send(SWITCH);
  wire.socket.on('data', (bytes: Uint8Array) => wire.send(bytes));
  await wire.ended();
  wire.end();
};

test('an upgrade that both want becomes a tunnel, both ways, with half-closes', async (t) => {
  let seen = '';
  const world = await startWorld(t, {
    server: async (wire) => {
      seen = (await wire.expectRequest()).head;
      wire.send(SWITCH);
      assert.equal((await wire.readBytes(4)).toString(), 'ping');
      wire.send('pong');
      assert.equal((await wire.readToEnd()).toString(), 'the last word');
      wire.send('after the end of the client');
      wire.end();
    },
  });
  const client = await world.client();
  const answer = await client.exchange(UPGRADE);
  assert.equal(statusOf(answer), 101);
  assert.equal(valueOf(answer, 'upgrade'), 'websocket');
  assert.equal(valueOf(answer, 'connection'), 'Upgrade');
  assert.match(seen, /\r\nSec-WebSocket-Key: x\r\n/);
  assert.match(seen, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
  client.send('ping');
  assert.equal((await client.readBytes(4)).toString(), 'pong');
  assert.equal(world.proxy.plane.host.counts.tunnels, 1);
  client.send('the last word');
  client.end();
  assert.equal((await client.readToEnd()).toString(), 'after the end of the client');
  const record = await world.record(0);
  assert.equal(record.status, 101);
  assert.equal(record.end, 'done');
});

test('bytes that come right behind the request and right behind the 101 are the beginning of the tunnel', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(`${SWITCH}from the server`);
      assert.equal(await wire.readUntil('client'), 'from the client');
      wire.send('bye');
      wire.end();
    },
  });
  const client = await world.client();
  client.send(`${UPGRADE}from the client`);
  assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 101 /);
  assert.equal(await client.readUntil('bye'), 'from the serverbye');
  assert.equal(await client.ended(), 'end');
  client.end();
  assert.equal((await world.record(0)).end, 'done');
});

test('a tunnel carries megabytes both ways at once', async (t) => {
  const world = await startWorld(t, { server: echo });
  const client = await world.client();
  await client.exchange(UPGRADE);
  const bytes = content(4 * 1024 * 1024);
  client.send(bytes);
  assert((await client.readBytes(bytes.length)).equals(bytes));
  client.end();
  assert.equal(await client.ended(), 'end');
});

test('a request that asks for an upgrade in vain is an ordinary one', async (t) => {
  const world = await startWorld(t, { server: answering(() => response(200, 'no tunnel')) });
  const client = await world.client();
  client.send(UPGRADE + request('GET /next'));
  assert.equal((await client.readResponse()).body.toString(), 'no tunnel');
  assert.equal((await client.readResponse()).body.toString(), 'no tunnel');
  assert.equal(world.server.connections.length, 1);
});

const NOT_ASKED: readonly { readonly name: string; readonly text: string; readonly config?: object }[] = [
  {
    name: 'h2c',
    text: request('GET /', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n'),
  },
  { name: 'H2', text: request('GET /', 'Connection: Upgrade\r\nUpgrade: H2\r\n') },
  { name: 'several protocols', text: request('GET /', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n') },
  { name: 'two Upgrade fields', text: request('GET /', `${ASKS}Upgrade: h2c\r\n`) },
  { name: 'an Upgrade that Connection does not name', text: request('GET /', 'Upgrade: websocket\r\n') },
  { name: 'an upgrade with a body', text: request('POST /', `${ASKS}Content-Length: 1\r\n`, 'x') },
  { name: 'an upgrade in HTTP/1.0', text: `GET / HTTP/1.0\r\nHost: a\r\n${ASKS}\r\n` },
];

for (const { name, text } of NOT_ASKED) {
  test(`never forwarded as an upgrade: ${name}`, async (t) => {
    let seen = '';
    const world = await startWorld(t, {
      server: answering(({ head }) => {
        seen = head;
        return response(200);
      }),
    });
    const client = await world.client();
    assert.equal(statusOf(await client.exchange(text)), 200);
    assert.doesNotMatch(seen, /upgrade|connection|settings/i);
  });
}

test('a route that does not allow upgrades forwards an ordinary request', async (t) => {
  let seen = '';
  const world = await startWorld(t, {
    server: answering(({ head }) => {
      seen = head;
      return response(200);
    }),
    listener: { routes: ['plain'] },
    config: { routes: { plain: { pool: 'app', allowUpgrade: false } } },
  });
  const client = await world.client();
  await client.exchange(UPGRADE);
  assert.doesNotMatch(seen, /upgrade/i);
});

const MISMATCHED: readonly { readonly name: string; readonly text: string; readonly switched: string }[] = [
  { name: 'that nobody asked for', text: request('GET /'), switched: SWITCH },
  { name: 'to another protocol', text: UPGRADE, switched: SWITCH.replace('websocket', 'h2c') },
  {
    name: 'to two protocols',
    text: UPGRADE,
    switched: SWITCH.replace('Upgrade: websocket', 'Upgrade: websocket\r\nUpgrade: h2c'),
  },
  { name: 'without Upgrade', text: UPGRADE, switched: SWITCH.replace('Upgrade: websocket\r\n', '') },
  { name: 'without Connection', text: UPGRADE, switched: SWITCH.replace('Connection: Upgrade\r\n', '') },
];

for (const { name, text, switched } of MISMATCHED) {
  test(`a 101 ${name} is answered with 502`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.expectRequest();
        wire.send(`${switched}smuggled`);
      },
    });
    const client = await world.client();
    const answer = await client.exchange(text);
    assert.equal(statusOf(answer), 502);
    assert.doesNotMatch(answer.body.toString(), /smuggled/);
    assert.equal(await (await world.server.connection(0)).ended(), 'end');
    assert.equal((await world.record(0)).end, 'origin-upgrade');
  });
}

const CONNECT = 'CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n';
const ALLOWED = {
  listener: { routes: ['tunnel'] },
  config: { routes: { tunnel: { methods: ['CONNECT'], pool: 'app', allowConnect: true } } },
};

test('CONNECT is answered with 405, and the connection goes on', async (t) => {
  const world = await startWorld(t, { server: answering(() => response(200)) });
  const client = await world.client();
  const answer = await client.exchange(CONNECT);
  assert.equal(statusOf(answer), 405);
  assert.match(valueOf(answer, 'allow') ?? '', /GET/);
  assert.equal(statusOf(await client.exchange(request('GET /'))), 200);
  assert.equal((await world.record(0)).end, 'connect-not-allowed');
});

test('CONNECT that a route allows becomes a tunnel after a 2xx, whatever length that names', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      assert.equal((await wire.expectRequest()).startLine, 'CONNECT db.example:5432 HTTP/1.1');
      wire.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello');
      assert.equal((await wire.readToEnd()).toString(), 'early and late');
      wire.end();
    },
    ...ALLOWED,
  });
  const client = await world.client();
  client.send(`${CONNECT}early and `);
  assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n\r\n$/);
  assert.equal((await client.readBytes(5)).toString(), 'hello');
  client.send('late');
  client.end();
  assert.equal(await client.ended(), 'end');
  assert.equal((await world.record(0)).end, 'done');
});

test('CONNECT that the server refuses is an ordinary exchange', async (t) => {
  const world = await startWorld(t, { server: answering(() => response(407, 'who are you')), ...ALLOWED });
  const client = await world.client();
  assert.equal((await client.exchange(CONNECT)).body.toString(), 'who are you');
  assert.equal((await client.exchange(CONNECT)).body.toString(), 'who are you');
});

for (const fields of ['Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n']) {
  test(`CONNECT with content is refused: ${JSON.stringify(fields)}`, async (t) => {
    const world = await startWorld(t, { server: () => {}, ...ALLOWED });
    const client = await world.client();
    client.send(CONNECT.replace('\r\n\r\n', `\r\n${fields}`));
    assert.equal(statusOf(await client.readResponse()), 400);
    assert.equal(world.server.received, 0);
  });
}

test('a tunnel outlives timeouts.exchange', async (t) => {
  const world = await startWorld(t, { server: echo, listener: { timeouts: { exchange: '100ms' } } });
  const client = await world.client();
  await client.exchange(UPGRADE);
  await new Promise((resolve) => setTimeout(resolve, 300));
  client.send('x');
  assert.equal((await client.readBytes(1)).toString(), 'x');
});

test('a tunnel ends when nothing passes for its time', async (t) => {
  const world = await startWorld(t, { server: echo, listener: { timeouts: { tunnelIdle: '500ms' } } });
  const client = await world.client();
  await client.exchange(UPGRADE);
  for (let count = 0; count < 6; count++) {
    client.send('x');
    await client.readBytes(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(countsOf(world.proxy)['tunnels'], 1);
  await client.ended();
  assert.equal((await world.record(0)).end, 'tunnel-timeout');
});

for (const [who, end] of [
  ['client', 'client-gone'],
  ['server', 'origin-cut'],
] as const) {
  test(`a ${who} that resets its side of a tunnel cuts the other`, async (t) => {
    const world = await startWorld(t, { server: echo });
    const client = await world.client();
    await client.exchange(UPGRADE);
    const server = await world.server.connection(0);
    (who === 'client' ? client : server).reset();
    assert.equal(await (who === 'client' ? server : client).ended(), 'reset');
    assert.equal((await world.record(0)).end, end);
  });
}
