/**
 * TCP listeners: bytes go both ways untouched, each side ends for itself, and who is gone is gone for both.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startChild } from '../support/child.ts';
import { content } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import type { Script } from '../support/scripted-server.ts';
import { pause, until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { World, WorldOptions } from '../support/world.ts';

function tcpWorld(t: TestContext, options: WorldOptions): Promise<World> {
  return startWorld(t, { ...options, listener: { protocol: 'tcp', ...options.listener } });
}

const echo: Script = async (wire) => {
  wire.socket.pipe(wire.socket, { end: false });
  await wire.ended();
  wire.end();
};

test('bytes go both ways as they are, the server first if it likes', async (t) => {
  const bytes = content(300_000);
  const world = await tcpWorld(t, {
    server: async (wire) => {
      wire.send('220 hello\r\n');
      assert((await wire.readBytes(bytes.length)).equals(bytes));
      wire.send(bytes);
    },
  });
  const client = await world.client();
  assert.equal(await client.readUntil('\n'), '220 hello\r\n');
  client.send(bytes);
  assert((await client.readBytes(bytes.length)).equals(bytes));
  client.close();
  const record = await world.record(0);
  assert.equal(record.protocol, 'tcp');
  assert.equal(record.bytesIn, bytes.length);
  assert.equal(record.bytesOut, bytes.length + 11);
  assert.equal(record.server, 's1');
});

test('how long a server took to accept is known where it is chosen by that, and nowhere else', async (t) => {
  for (const [balance, isKnown] of [
    ['least-time', true],
    ['round-robin', false],
  ] as const) {
    const world = await tcpWorld(t, { server: echo, pool: { balance } });
    const client = await world.client();
    client.send('x');
    await client.readUntil('x');
    const app = world.proxy.plane.pools.get('pool app');
    assert.equal((app?.table.responseUs(app.servers[0]?.row ?? 0) ?? 0) > 0, isKnown, balance);
    client.close();
    await world.idle();
  }
});

test('what comes before the server is there waits for it', async (t) => {
  const world = await tcpWorld(t, {
    server: async (wire) => {
      assert.equal((await wire.readToEnd()).toString(), 'at once, and that was all');
      wire.send('thanks');
      wire.end();
    },
  });
  const client = await world.client();
  client.send('at once, and that was all');
  client.end();
  assert.equal((await client.readToEnd()).toString(), 'thanks');
  assert.equal((await world.record(0)).end, 'done');
});

test('a client that ends its side still gets what the server has to say', async (t) => {
  const world = await tcpWorld(t, {
    server: async (wire) => {
      const said = await wire.readToEnd();
      for (let count = 0; count < 5; count++) {
        await pause(10);
        wire.send(said);
      }
      wire.end();
    },
  });
  const client = await world.client();
  client.send('ab');
  client.end();
  assert.equal((await client.readToEnd()).toString(), 'ababababab');
  assert.equal(client.ending, 'end');
});

test('a server that ends its side still gets what the client has to say', async (t) => {
  let seen: string | undefined;
  const world = await tcpWorld(t, {
    server: async (wire) => {
      wire.send('bye');
      wire.end();
      seen = (await wire.readToEnd()).toString();
    },
  });
  const client = await world.client();
  assert.equal((await client.readToEnd()).toString(), 'bye');
  await pause(20);
  client.send('one more thing');
  client.end();
  await until('the server has seen it', () => seen !== undefined);
  assert.equal(seen, 'one more thing');
  assert.equal((await world.record(0)).end, 'done');
});

for (const [who, end] of [
  ['client', 'client-gone'],
  ['server', 'origin-cut'],
] as const) {
  test(`a ${who} that resets resets the other side too`, async (t) => {
    const world = await tcpWorld(t, { server: echo });
    const client = await world.client();
    client.send('x');
    await client.readBytes(1);
    const server = await world.server.connection(0);
    (who === 'client' ? client : server).reset();
    assert.equal(await (who === 'client' ? server : client).ended(), 'reset');
    assert.equal((await world.record(0)).end, end);
  });
}

test('kill -9 of the server ends the connection', async (t) => {
  const child = await startChild('serve');
  t.after(() => child.kill());
  const world = await tcpWorld(t, { addresses: [`127.0.0.1:${child.line}`] });
  const client = await world.client();
  client.send('x');
  await client.readUntil('xxx');
  await child.kill();
  await client.ended();
});

for (const [who, faster] of [
  ['client', 'server'],
  ['server', 'client'],
] as const) {
  test(`a ${who} that does not read holds the ${faster} back, and then gets all`, async (t) => {
    const bytes = content(48 * 1024 * 1024);
    const world = await tcpWorld(t, {
      server: async (wire) => {
        if (faster === 'server') {
          await wire.readBytes(1);
          wire.send(bytes);
          return;
        }
        wire.stopReading();
        await pause(300);
        wire.goOnReading();
        assert((await wire.readBytes(bytes.length)).equals(bytes));
        wire.send('ok');
      },
    });
    const client = await world.client();
    const server = await world.server.connection(0);
    if (faster === 'server') {
      client.stopReading();
      client.send('x');
      await pause(300);
      assert(server.socket.writableLength > 0, 'the server was not held back');
      client.goOnReading();
      assert((await client.readBytes(bytes.length)).equals(bytes));
    } else {
      client.send(bytes);
      await pause(200);
      assert(client.socket.writableLength > 0, 'the client was not held back');
      assert.equal((await client.readBytes(2)).toString(), 'ok');
    }
  });
}

test('a connection on which nothing passes ends with its time', async (t) => {
  const world = await tcpWorld(t, { server: echo, listener: { timeouts: { tunnelIdle: '500ms' } } });
  const client = await world.client();
  for (let count = 0; count < 5; count++) {
    client.send('x');
    await client.readBytes(1);
    await pause(150);
  }
  await client.ended();
  assert.equal((await world.record(0)).end, 'tunnel-timeout');
  await (await world.server.connection(0)).ended();
});

test('a server that is down makes room for the next', async (t) => {
  const world = await tcpWorld(t, { addresses: [`127.0.0.1:${await ownPort()}`], server: echo });
  const client = await world.client();
  client.send('x');
  assert.equal((await client.readBytes(1)).toString(), 'x');
  client.close();
  const record = await world.record(0);
  assert.equal(record.attempts, 2);
  assert.equal(record.server, 's2');
});

test('when no server is there the connection is reset', async (t) => {
  const world = await tcpWorld(t, { addresses: [`127.0.0.1:${await ownPort()}`] });
  const client = await world.client();
  assert.equal(await client.ended(), 'reset');
  const record = await world.record(0);
  assert.equal(record.end, 'origin-connect-failed');
  assert.equal(record.attempts, 2);
  assert.match(record.because.text, /ECONNREFUSED/);
});

test('no more connections than maxConnections: others go to a server with room, or wait and are reset', async (t) => {
  const world = await tcpWorld(t, {
    server: [echo, echo],
    pool: { maxConnections: 1, timeouts: { queue: '100ms' } },
  });
  const [one, two, three] = [await world.client(), await world.client(), await world.client()];
  for (const client of [one, two]) {
    client.send('x');
    await client.readBytes(1);
  }
  assert.deepEqual(
    world.servers.map(({ connections }) => connections.length),
    [1, 1],
  );
  assert.equal(await three.ended(), 'reset');
  assert.equal((await world.record(0)).end, 'queue-timeout');
  one.close();
  await world.record(1);
  const four = await world.client();
  four.send('x');
  assert.equal((await four.readBytes(1)).toString(), 'x');
});

test('many connections at once, some of them cut, leave nothing', async (t) => {
  const world = await tcpWorld(t, { server: echo });
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const client = await world.client();
      client.send(content(50_000));
      if (index % 3 === 0) await client.readBytes(50_000);
      if (index % 3 === 1) await client.readBytes(1);
      if (index % 2 === 0) client.reset();
      else client.close();
    }),
  );
  // A connection that was reset before it could be accepted has nobody to tell of.
  await until('most are recorded', () => world.proxy.records.length >= 30);
});
