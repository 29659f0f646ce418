/**
 * Requests that come before the response to the one before: answered one by one, in their order.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { needleInspector, REPLY_418 } from '../support/inspector.ts';
import { chunked, request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { pause, until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

/** Answers with the target and the body of the request. */
const telling: Script = answering(({ startLine, body }) =>
  response(200, `${startLine.split(' ')[1]} ${body.toString('latin1')}`),
);

test('fifty requests in one packet are answered in order, with errors among them', async (t) => {
  const world = await startWorld(t, {
    server: telling,
    listener: { pool: undefined, routes: ['app'] },
    config: { routes: { app: { paths: ['/app'], pool: 'app' } } },
  });
  const client = await world.client();
  const count = 50;
  const texts = Array.from({ length: count }, (_, index) => {
    if (index % 3 === 1) return request(`GET /nowhere/${index}`);
    if (index % 3 === 2) return request(`GET /app/${index}`, 'Expect: tea\r\n');
    return index % 2 === 0
      ? request(`POST /app/${index}`, 'Content-Length: 4\r\n', 'body')
      : request(
          `POST /app/${index}`,
          'Transfer-Encoding: chunked\r\n',
          chunked('body', 3).toString('latin1'),
        );
  });
  client.send(texts.join(''));
  for (let index = 0; index < count; index++) {
    const answer = await client.readResponse();
    const status = [200, 404, 417][index % 3];
    assert.equal(statusOf(answer), status, `request ${index}`);
    if (status === 200) assert.equal(answer.body.toString(), `/app/${index} body`);
  }
  assert.equal(world.server.connections.length, 1);
  await world.record(count - 1);
  assert.deepEqual(
    world.proxy.records.map(({ target }) => target),
    texts.map((text) => text.split(' ')[1]),
  );
});

test('inspected requests in one packet are answered in order, refusals among them, up to the last', async (t) => {
  const world = await startWorld(t, {
    server: telling,
    inspector: needleInspector({ head: 'evil', verdict: REPLY_418 }),
  });
  const client = await world.client();
  const count = 51;
  const texts = Array.from({ length: count }, (_, index) => {
    const close = index === count - 1 ? 'Connection: close\r\n' : '';
    return request(`GET /${index % 3 === 1 ? 'evil' : 'good'}/${index}`, close);
  });
  client.send(texts.join(''));
  for (let index = 0; index < count; index++) {
    const answer = await client.readResponse();
    assert.equal(statusOf(answer), index % 3 === 1 ? 418 : 200, `request ${index}`);
    if (index % 3 !== 1) assert.equal(answer.body.toString(), `/good/${index} `);
  }
  assert.equal((await client.readToEnd()).length, 0);
  assert.equal(world.proxy.records.length, count);
});

test('what is malformed among pipelined requests ends the connection after the responses before it', async (t) => {
  const world = await startWorld(t, { server: telling });
  const client = await world.client();
  client.send(
    `${request('GET /1')}${request('GET /2')}GET /3 HTTP/1.1\r\nHost : x\r\n\r\n${request('GET /4')}`,
  );
  assert.equal((await client.readResponse()).body.toString(), '/1 ');
  assert.equal((await client.readResponse()).body.toString(), '/2 ');
  assert.equal(statusOf(await client.readResponse()), 400);
  assert.equal((await client.readToEnd()).length, 0);
  assert.equal(world.proxy.records.length, 3);
});

test('requests cut anywhere are the same requests', async (t) => {
  const world = await startWorld(t, { server: telling });
  const bytes = Buffer.from(
    request('GET /1') +
      request('POST /2', 'Content-Length: 5\r\n', 'hello') +
      request('POST /3', 'Transfer-Encoding: chunked\r\n', chunked('hello world', 4).toString('latin1')) +
      request('GET /4'),
    'latin1',
  );
  const read = async (cuts: readonly number[]): Promise<void> => {
    const client = await world.client();
    const sent = client.sendCut(bytes, cuts);
    for (const body of ['/1 ', '/2 hello', '/3 hello world', '/4 ']) {
      assert.equal((await client.readResponse()).body.toString(), body, `cut at ${cuts.join(', ')}`);
    }
    await sent;
    client.close();
  };
  await read([]);
  await read(Array.from({ length: bytes.length - 1 }, (_, index) => index + 1));
  for (let cut = 1; cut < bytes.length; cut += 7) await read([cut]);
});

test('a pipelined request is not sent before the response to the one before has ended', async (t) => {
  const order: string[] = [];
  const world = await startWorld(t, {
    server: async (wire) => {
      for (;;) {
        const message = await wire.readRequest();
        if (message === undefined) break;
        order.push(message.startLine);
        wire.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
        await pause(30);
        order.push('answered');
        wire.send('ok');
      }
      wire.end();
    },
  });
  const client = await world.client();
  client.send(request('GET /1') + request('GET /2'));
  await client.readResponse();
  await client.readResponse();
  assert.deepEqual(order, ['GET /1 HTTP/1.1', 'answered', 'GET /2 HTTP/1.1', 'answered']);
});

test('more is pipelined than limits.pipelinedBytes, and all of it is answered', async (t) => {
  const world = await startWorld(t, { server: telling, listener: { limits: { pipelinedBytes: '1KiB' } } });
  const client = await world.client();
  const count = 3000;
  client.send(Array.from({ length: count }, (_, index) => request(`GET /${index}`)).join(''));
  for (let index = 0; index < count; index++) {
    assert.equal((await client.readResponse()).body.toString(), `/${index} `);
  }
});

test('what comes in one packet with the end of a body that is refused is the next request', async (t) => {
  const world = await startWorld(t, {
    server: telling,
    inspector: needleInspector({ body: 'evil', verdict: REPLY_418 }),
  });
  const client = await world.client();
  client.send(request('POST /refused', 'Content-Length: 8\r\n', 'ev'));
  await until('it is there', () => world.proxy.plane.host.counts.exchanges === 1);
  client.send(`il was${request('GET /next')}`);
  assert.equal(statusOf(await client.readResponse()), 418);
  assert.equal((await client.readResponse()).body.toString(), '/next ');
});
