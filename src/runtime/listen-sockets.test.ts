import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { readConfig } from '../config/read.ts';
import type { Config } from '../config/config.ts';
import { hasDescriptors } from '../linux/descriptor.ts';
import { ownPort } from '../../test/support/own-port.ts';
import { ListenSockets } from './listen-sockets.ts';

const skip = hasDescriptors() ? false : 'only on Linux';

function configOf(...bind: readonly string[]): Config {
  const text = JSON.stringify({
    listeners: { web: { bind, pool: 'app' } },
    pools: { app: { servers: [{ address: '127.0.0.1:9' }] } },
  });
  const read = readConfig(text, 'test.yaml', {});
  assert.ok(read.kind === 'ok', JSON.stringify(read));
  return read.config;
}

/** Connects to one port after the other for as long as it is refused, and says what became of the first connection. */
const CLIENT = `
  const { connect } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  function tryOnce(port) {
    const socket = connect({ host: '127.0.0.1', port });
    let isOpen = false;
    const say = (what) => { parentPort.postMessage(what); socket.destroy(); };
    socket.on('connect', () => { isOpen = true; setTimeout(say, 20, 'kept'); });
    socket.on('error', () => { if (isOpen) say('reset'); else setImmediate(tryOnce, port); });
  }
  parentPort.on('message', tryOnce);
`;

test('whoever connects while an address is opened is refused, or kept', { skip }, async () => {
  const client = new Worker(CLIENT, { eval: true });
  try {
    for (let round = 0; round < 40; round++) {
      const port = await ownPort();
      client.postMessage(port);
      const said = once(client, 'message');
      const sockets = new ListenSockets(1);
      const change = await sockets.open(configOf(`127.0.0.1:${port}`));
      assert.deepEqual(await said, ['kept'], `round ${round}`);
      change.rollback();
    }
  } finally {
    await client.terminate();
  }
});

for (const host of ['127.0.0.1', '::1', '0.0.0.0', '::']) {
  test(`an address that another program listens on is a mistake: ${host}`, { skip }, async () => {
    const other = createServer().listen({ host, port: 0, ipv6Only: true, reusePort: true });
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    const place = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
    try {
      const sockets = new ListenSockets(1);
      await assert.rejects(sockets.open(configOf(place)), {
        name: 'ListenError',
        message: `Cannot listen on ${place} for listener "web": another program uses this address; stop it or choose another port`,
      });
    } finally {
      other.close();
    }
  });
}
