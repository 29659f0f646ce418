/**
 * Bodies that are held for inspection before anything is forwarded, and then sent at once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needleInspector } from '../support/inspector.ts';
import { chunked, content, request, response, statusOf } from '../support/message.ts';
import { pause } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

for (const size of [50_000, 200_000, 1_000_000]) {
  test(`a held body of ${size} bytes reaches a server that reads late and thinks long`, async (t) => {
    const body = content(size);
    const world = await startWorld(t, {
      inspector: needleInspector({ body: 'evil' }),
      server: async (wire) => {
        wire.stopReading();
        await pause(50);
        wire.goOnReading();
        const message = await wire.expectRequest();
        assert(message.body.equals(body));
        await pause(700);
        wire.send(response(200, 'all of it'));
      },
      pool: { timeouts: { write: '500ms' } },
      config: { inspection: { body: { held: '2MiB' } } },
    });
    const client = await world.client();
    client.send(request('POST /', `Content-Length: ${size}\r\n`));
    client.send(body);
    assert.equal((await client.readResponse()).body.toString(), 'all of it');
  });

  test(`a body of which ${size} bytes are held goes on after them`, async (t) => {
    const body = content(size + 1_000_000);
    const world = await startWorld(t, {
      inspector: needleInspector({ body: 'evil' }),
      server: async (wire) => {
        wire.stopReading();
        await pause(50);
        wire.goOnReading();
        const message = await wire.expectRequest();
        assert(message.body.equals(body));
        wire.send(response(200, 'all of it'));
      },
      pool: { timeouts: { write: '2s' } },
      config: { inspection: { body: { held: `${size}`, beyond: 'prefix' } } },
    });
    const client = await world.client();
    client.send(request('POST /', 'Transfer-Encoding: chunked\r\n'));
    client.send(chunked(body, 10_000));
    assert.equal(statusOf(await client.readResponse()), 200);
  });
}
