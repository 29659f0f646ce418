/**
 * Responses that are not held: those that are to flow, those nobody asks for, and those without a body.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { needleInspector, REPLY_418 } from '../support/inspector.ts';
import { request, response, statusOf } from '../support/message.ts';
import { GET, holding, message, sending, shownBodies, stage } from '../support/response-stage.ts';
import { answering } from '../support/scripted-server.ts';
import { countsOf, startWorld } from '../support/world.ts';
import type { Settings } from '../support/world.ts';

const FLOWING: readonly (readonly [string, fields: string, Settings, status?: number])[] = [
  ['server-sent events', 'Content-Type: text/event-stream\r\n', {}],
  [
    'server-sent events whose type is listed',
    'Content-Type: text/event-stream\r\n',
    { types: ['text/event-stream'] },
  ],
  ['gRPC', 'Content-Type: application/grpc\r\n', {}],
  [
    'gRPC with a suffix, all of whose kind is listed',
    'Content-Type: application/grpc+proto\r\n',
    { types: ['application/*'] },
  ],
  ['a type that is not listed', 'Content-Type: video/mp4\r\n', {}],
  ['a listed type, where responses are not inspected', 'Content-Type: text/html\r\n', { mode: 'off' }],
  ['a type that is listed no more', 'Content-Type: text/html\r\n', { types: ['text/plain'] }],
  ['a part of a resource', 'Content-Type: text/html\r\nContent-Range: bytes 0-9/20\r\n', {}, 206],
];

for (const [name, fields, settings, status = 200] of FLOWING) {
  test(`${name}: the first piece comes while the server still has more`, async (t) => {
    let goOn = (): void => {};
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const scene = await stage(
      t,
      { responseBody: 'secret', verdict: REPLY_418 },
      async (wire) => {
        await wire.expectRequest();
        const head = `HTTP/1.1 ${status} OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`;
        await wire.sendAll(`${head}8\r\nsecret 1\r\n`);
        await waits;
        await wire.sendAll('8\r\nsecret 2\r\n0\r\n\r\n');
      },
      holding(settings),
    );
    const client = await scene.client();
    client.send(GET);
    await client.readUntil('secret 1\r\n');
    assert.equal(countsOf(scene.proxy)['heldBytes'], 0);
    goOn();
    await client.readUntil('0\r\n\r\n');
    const expected = settings['mode'] === 'off' ? [] : [`response ${status}`, 'response body 0'];
    assert.deepEqual(scene.inspector.shown.slice(2), expected);
  });
}

test('a route can leave its responses uninspected, and another one have bounds of its own', async (t) => {
  const scene = await stage(
    t,
    { responseBody: 'secret', verdict: REPLY_418 },
    answering(() => response(200, `secret ${'x'.repeat(5000)}`)),
    {
      listener: { routes: ['open', 'short'] },
      config: {
        routes: {
          open: { pool: 'app', paths: '/open', inspection: { response: { mode: 'off' } } },
          short: { pool: 'app', paths: '/short', inspection: { response: { held: '1KiB', beyond: 'pass' } } },
        },
      },
    },
  );
  const client = await scene.client();
  const statuses = [];
  for (const path of ['/', '/open', '/short']) {
    statuses.push(statusOf(await client.exchange(request(`GET ${path}`))));
  }
  assert.deepEqual(statuses, [418, 200, 200]);
});

test('where no rule is run on responses nothing of them is shown', async (t) => {
  const plain = needleInspector({ responseBody: 'secret', verdict: REPLY_418 });
  const world = await startWorld(t, {
    inspector: {
      ruleCount: 1,
      begin: (seen) => ({ ...plain.begin(seen), wantsResponse: false }),
    },
    server: answering(() => response(200, 'a secret')),
  });
  assert.equal(statusOf(await (await world.client()).exchange(GET)), 200);
  assert.deepEqual(plain.shown, ['head GET /', 'body 0']);
});

const BODILESS: readonly (readonly [string, string, string])[] = [
  ['to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\n'],
  [
    'to HEAD in chunks',
    'HEAD',
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['of 204', 'GET', 'HTTP/1.1 204 OK\r\nContent-Type: text/html\r\n\r\n'],
  ['of 304', 'GET', 'HTTP/1.1 304 OK\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\n'],
  ['of length 0', 'GET', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n'],
];

for (const [name, method, bytes] of BODILESS) {
  test(`a response ${name} is shown without a body, and the connection to the server is used again`, async (t) => {
    const scene = await stage(
      t,
      { responseBody: 'secret' },
      answering(() => bytes),
    );
    const client = await scene.client();
    for (let count = 0; count < 2; count++) await client.exchange(request(`${method} /`), method);
    assert.deepEqual(shownBodies(scene.inspector), ['response body 0', 'response body 0']);
    assert.equal(scene.server.connections.length, 1);
  });
}

test('a chunked body without a byte is shown as none', async (t) => {
  const bytes = message('Transfer-Encoding: chunked\r\n', Buffer.from('0\r\n\r\n'));
  const scene = await stage(t, { responseBody: 'secret' }, sending(bytes));
  assert.equal((await (await scene.client()).exchange(GET)).body.length, 0);
  assert.deepEqual(shownBodies(scene.inspector), ['response body 0']);
});

test('interim responses pass unseen and at once, and the final one is held', async (t) => {
  const scene = await stage(
    t,
    { responseBody: 'secret', verdict: REPLY_418 },
    sending(`HTTP/1.1 103 Hints\r\nLink: </secret>\r\n\r\n${response(200, 'a secret')}`),
  );
  const client = await scene.client();
  assert.equal(statusOf(await client.exchange(GET)), 103);
  assert.equal(statusOf(await client.readResponse()), 418);
  assert.deepEqual(scene.inspector.shown.slice(2), ['response 200', 'response body 8']);
});
