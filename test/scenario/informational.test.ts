/**
 * Interim responses (RFC 9110 §15.2) and Expect: 100-continue (§10.1.1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needleInspector } from '../support/inspector.ts';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import type { Script } from '../support/scripted-server.ts';
import { pause } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

const CONTINUE_100 = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\nKeep-Alive: 1\r\n\r\n';

/** Sends `before` once the head is there, then the response. */
function interim(before: string): Script {
  return async (wire) => {
    while ((await wire.readRequest()) !== undefined) wire.send(before + response(200, 'final'));
  };
}

test('103 goes on to the client without hop-by-hop fields, and the final response follows', async (t) => {
  const world = await startWorld(t, { server: interim(HINTS + HINTS) });
  const client = await world.client();
  for (let count = 0; count < 2; count++) {
    client.send(request('GET /'));
    assert.equal((await client.readResponse()).head, 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n');
    assert.equal(statusOf(await client.readResponse()), 103);
    assert.equal((await client.readResponse()).body.toString(), 'final');
  }
  assert.equal(world.server.connections.length, 1);
});

test('1xx are not for clients of HTTP/1.0', async (t) => {
  const world = await startWorld(t, { server: interim(HINTS + CONTINUE_100) });
  const client = await world.client();
  const answer = await client.exchange('GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n');
  assert.equal(answer.body.toString(), 'final');
});

test('a 100 that nobody asked for is not passed on', async (t) => {
  const world = await startWorld(t, { server: interim(CONTINUE_100) });
  const client = await world.client();
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'final');
});

test('interim responses cut anywhere are the same', async (t) => {
  const all = HINTS + CONTINUE_100 + response(200, 'final');
  for (let cut = 1; cut < all.length; cut += 5) {
    await t.test(`cut at ${cut}`, async (sub) => {
      const world = await startWorld(sub, {
        server: async (wire) => {
          await wire.expectRequest();
          await wire.sendCut(new TextEncoder().encode(all), [cut]);
        },
      });
      const client = await world.client();
      assert.equal(statusOf(await client.exchange(request('GET /'))), 103);
      assert.equal((await client.readResponse()).body.toString(), 'final');
    });
  }
});

for (const [count, status] of [
  [3, 200],
  [4, 502],
] as const) {
  test(`${count} interim responses with informationalMax 3 end as ${status}`, async (t) => {
    const world = await startWorld(t, {
      server: interim(HINTS.repeat(count)),
      pool: { limits: { informationalMax: 3 } },
    });
    const client = await world.client();
    client.send(request('GET /'));
    for (let index = 0; index < 3; index++) assert.equal(statusOf(await client.readResponse()), 103);
    assert.equal(statusOf(await client.readResponse()), status);
    if (status === 502) assert.equal(await (await world.server.connection(0)).ended(), 'end');
    assert.equal((await world.record(0)).end, status === 502 ? 'origin-informational' : 'done');
  });
}

test('Expect goes to the server, and its 100 to the client, once', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      const head = await wire.readUntil('\r\n\r\n');
      assert.match(head, /\r\nexpect: 100-Continue\r\n/);
      wire.send(CONTINUE_100 + CONTINUE_100);
      assert.equal((await wire.readBytes(4)).toString(), 'body');
      wire.send(response(200, 'final'));
    },
  });
  const client = await world.client();
  client.send(request('POST /', 'expect: 100-Continue\r\nContent-Length: 4\r\n'));
  assert.equal((await client.readResponse()).head, CONTINUE_100);
  client.send('body');
  assert.equal((await client.readResponse()).body.toString(), 'final');
  const { times } = await world.record(0);
  assert(times.firstByteMs >= 0);
});

test('a server that answers at once spares the client its body', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readUntil('\r\n\r\n');
      wire.send(response(403, 'no'));
    },
  });
  const client = await world.client();
  client.send(request('POST /', 'Expect: 100-continue\r\nContent-Length: 4\r\n'));
  const answer = await client.readResponse();
  assert.equal(statusOf(answer), 403);
  assert.equal(valueOf(answer, 'connection'), 'close');
  const wire = await world.server.connection(0);
  await wire.ended();
  assert.equal(wire.unread, '');
});

test('a client that does not wait for its 100 is served all the same', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      const message = await wire.expectRequest();
      assert.equal(
        valueOf(message, 'expect'),
        undefined,
        'the whole body is there, so nothing is to be asked',
      );
      assert.equal(message.body.toString(), 'body');
      wire.send(response(200, 'final'));
    },
  });
  const client = await world.client();
  client.send(request('POST /', 'Expect: 100-continue\r\nContent-Length: 4\r\n', 'body'));
  assert.equal((await client.readResponse()).body.toString(), 'final');
});

test('a body that is inspected first is asked for by us, and the server gets no Expect', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ body: 'evil' }),
    server: async (wire) => {
      const message = await wire.expectRequest();
      assert.equal(valueOf(message, 'expect'), undefined);
      assert.equal(message.body.toString(), 'body');
      wire.send(CONTINUE_100 + response(200, 'final'));
    },
  });
  const client = await world.client();
  client.send(request('POST /', 'Expect: 100-continue\r\nContent-Length: 4\r\n'));
  assert.equal((await client.readResponse()).head, CONTINUE_100);
  await pause(20);
  assert.equal(world.server.received, 0);
  client.send('body');
  assert.equal((await client.readResponse()).body.toString(), 'final');
});

test('no 100 is sent to a client whose request is refused', async (t) => {
  const world = await startWorld(t, {
    server: () => {},
    listener: { limits: { bodyBytes: '3' } },
  });
  const client = await world.client();
  client.send(request('POST /', 'Expect: 100-continue\r\nContent-Length: 4\r\n'));
  const answer = await client.readResponse();
  assert.equal(statusOf(answer), 413);
  assert.equal(valueOf(answer, 'connection'), 'close');
  assert.equal(world.server.connections.length, 0);
});
