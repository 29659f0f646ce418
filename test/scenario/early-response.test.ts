/**
 * A server that answers before it has the whole request. Its connection is then in the middle of a body that nobody
 * will finish: were it used again, the next request would be read as the rest of that body.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { startWorld } from '../support/world.ts';

const FIRST = request('POST /', 'Content-Length: 10\r\n', '12345');

test('an early response is delivered, the server connection closed and the client told that its own closes', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readUntil('12345');
      wire.send(response(413, 'too much'));
    },
  });
  const client = await world.client();
  client.send(FIRST);
  const answer = await client.readResponse();
  assert.equal(statusOf(answer), 413);
  assert.equal(answer.body.toString(), 'too much');
  assert.equal(valueOf(answer, 'connection'), 'close');
  assert.equal(await (await world.server.connection(0)).ended(), 'end');
  // The rest of the body is thrown away and no reset takes the response with it.
  client.send('67890');
  assert.equal(await client.ended(), 'end');
});

test('a server connection is not used again when the rest of the body came while the response was on its way', async (t) => {
  let bodyIsThere: () => void = () => {};
  const bodyCame = new Promise<void>((resolve) => (bodyIsThere = resolve));
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readUntil('12345');
      wire.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
      await bodyCame;
      wire.send('cd');
    },
  });
  const client = await world.client();
  client.send(FIRST);
  await client.readUntil('ab');
  client.send('67890');
  // A second client behind it shows that the proxy has read what came before.
  const other = await world.client();
  other.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  bodyIsThere();
  assert.equal((await client.readToEnd()).toString(), 'cd');
  const wire = await world.server.connection(0);
  assert.equal(await wire.ended(), 'end');
  assert.equal(wire.unread, '');
});
