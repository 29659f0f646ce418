/**
 * A request is tried again where nothing of it can have been acted upon, and only there (RFC 9110 §9.2.2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf } from '../support/message.ts';
import { startWorld } from '../support/world.ts';

test('a retry goes out on a new connection when all that were kept have died', async (t) => {
  const world = await startWorld(t, {
    // The first three connections take a second request and die, as those of a server that was just restarted.
    server: async (wire, index) => {
      for (let count = 1; (await wire.readRequest()) !== undefined; count++) {
        if (count === 2 && index < 3) wire.reset();
        else wire.send(response(200));
      }
    },
  });
  const clients = await Promise.all([world.client(), world.client(), world.client()]);
  for (const client of clients) client.send(request('GET /'));
  for (const client of clients) await client.readResponse();
  const [client] = clients;
  assert.equal(statusOf(await client.exchange(request('GET /again'))), 200);
  const record = await world.record(3);
  assert.equal(record.attempts, 2);
  assert.equal(record.isOriginReused, false);
});
