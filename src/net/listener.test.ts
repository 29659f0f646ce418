import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ownPort } from '../../test/support/own-port.ts';
import { until, Wire } from '../../test/support/wire.ts';
import { Connection, NOBODY } from './connection.ts';
import type { ConnectionHost } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import { Listener } from './listener.ts';
import { CopyBuffers } from './copy-buffers.ts';
import { ReadBuffers } from './read-buffers.ts';

interface Scene {
  readonly listener: Listener;
  readonly connections: Connection[];
}

/** A listener whose connections send back what comes. */
function echoing(t: TestContext): Scene {
  const host: ConnectionHost = {
    buffers: new ReadBuffers(),
    copies: new CopyBuffers(),
    deadlines: new Deadlines(() => performance.now()),
    clock: () => performance.now(),
    onDefect: (error) => assert.fail(String(error)),
  };
  const connections: Connection[] = [];
  const listener = new Listener((handle) => {
    const connection = new Connection(host, NOBODY, handle);
    connection.owner = {
      ...NOBODY,
      onBytes: (bytes, end) => connection.writeText(bytes.toString('latin1', 0, end)),
      onEnd: () => connection.closeAfterWrites(),
    };
    connections.push(connection);
  });
  t.after(async () => {
    await listener.close().catch(() => {});
    for (const connection of connections) connection.destroy();
    await until('all are closed', () => connections.every(({ isClosed }) => isClosed));
  });
  return { listener, connections };
}

test('it accepts connections, reads and writes, and knows who they are', async (t) => {
  const { listener, connections } = echoing(t);
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  assert(port > 0);
  const wire = await Wire.connect(port);
  wire.send('hello\xff');
  assert.equal((await wire.readBytes(6)).toString('latin1'), 'hello\xff');
  const [connection] = connections;
  assert.equal(connection?.socket.remoteAddress, '127.0.0.1');
  assert.equal(connection.socket.remotePort, wire.port);
  assert.equal(connection.socket.localPort, port);
  wire.end();
  assert.equal(await wire.ended(), 'end');
});

test('many connections at once are told apart', async (t) => {
  const { listener } = echoing(t);
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const wire = await Wire.connect(port);
      const text = `client ${index}`.padEnd(20);
      wire.send(text);
      assert.equal((await wire.readBytes(20)).toString(), text);
      wire.close();
    }),
  );
});

test('the same port is bound side by side for IPv4 and IPv6', async (t) => {
  const one = echoing(t);
  const other = echoing(t);
  const port = await one.listener.listen({ host: '0.0.0.0', port: await ownPort() });
  try {
    assert.equal(await other.listener.listen({ host: '::', port }), port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error;
  }
});

test('a port that is taken is told as the system says it', async (t) => {
  const { listener } = echoing(t);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const address = taken.address();
  assert(typeof address === 'object' && address !== null);
  await assert.rejects(listener.listen({ host: '127.0.0.1', port: address.port }), { code: 'EADDRINUSE' });
});

test('after close no connection is accepted, and those that are there go on', async (t) => {
  const { listener } = echoing(t);
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  const wire = await Wire.connect(port);
  wire.send('a');
  await wire.readBytes(1);
  await listener.close();
  await assert.rejects(Wire.connect(port), { code: 'ECONNREFUSED' });
  wire.send('b');
  assert.equal((await wire.readBytes(1)).toString(), 'b');
  wire.close();
});
