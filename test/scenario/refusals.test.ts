/**
 * What is refused end to end: the client gets the right status and its connection is closed, the server not one byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, statusOf } from '../support/message.ts';
import { startWorld } from '../support/world.ts';

test('a bad chunk in the same packet as the head ends the exchange once', async (t) => {
  const world = await startWorld(t, { server: () => {} });
  const client = await world.client();
  client.send(request('POST /', 'Transfer-Encoding: chunked\r\n', 'zz\r\n'));
  assert.equal(statusOf(await client.readResponse()), 400);
  assert.equal(await client.ended(), 'end');
  client.close();
  await world.idle();
  assert.equal(world.proxy.records.length, 1);
  assert.equal(world.server.received, 0);
});
