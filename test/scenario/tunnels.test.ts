/**
 * Connections that become tunnels: Upgrade after a 101 that matches, and CONNECT where a route allows it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from '../support/message.ts';
import { startWorld } from '../support/world.ts';

const UPGRADE = request('GET /chat', 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

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
  const record = await world.record(0);
  assert.equal(record.status, 101);
  assert.equal(record.end, 'done');
});
