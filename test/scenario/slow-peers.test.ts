/**
 * Who is slow is served, who stops is cut off, and waiting that is our own doing counts against nobody.
 *
 * Bodies here are larger than what the system itself takes in on loopback, so that the proxy has to wait.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { content, request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { pause, until } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

/** More than the buffers of two sockets and of the proxy hold together. */
const UPLOAD = content(16 * 1024 * 1024);
/** The same for a client, whose receive buffer grows to half of tcp_rmem while it reads. */
const DOWNLOAD = content(48 * 1024 * 1024);

/** Reads nothing of the first request for `ms`, then all of it, and answers. */
function takesABreak(ms: number): Script {
  return async (wire) => {
    wire.stopReading();
    await pause(ms);
    wire.goOnReading();
    await wire.readBytes(1);
  };
}

async function readSlowly(client: Wire, length: number): Promise<number> {
  let read = 0;
  while (read < length) {
    client.stopReading();
    await pause(40);
    client.goOnReading();
    read += (await client.readBytes(Math.min(2 * 1024 * 1024, length - read))).length;
  }
  return read;
}

test('a client that stops in its body is found out, also when the server had made us stop reading', async (t) => {
  const world = await startWorld(t, {
    server: takesABreak(600),
    listener: { timeouts: { bodyIdle: '300ms' } },
  });
  const client = await world.client();
  client.send(request('POST /', 'Content-Length: 900000000\r\n'));
  void client.sendAll(UPLOAD);
  assert.equal(statusOf(await client.readResponse()), 408);
  assert.equal((await world.record(0)).end, 'client-timeout-body');
});

test('a client is not blamed for the time in which the server took nothing', async (t) => {
  const body = UPLOAD;
  const world = await startWorld(t, {
    server: async (wire) => {
      await takesABreak(900)(wire, 0);
      await wire.readUntil('\r\n\r\n');
      await wire.readBytes(body.length);
      wire.send(response(200, 'all of it'));
    },
    listener: { timeouts: { bodyIdle: '400ms' } },
  });
  const client = await world.client();
  client.send(request('POST /', `Content-Length: ${body.length}\r\n`));
  client.send(body);
  assert.equal((await client.readResponse()).body.toString(), 'all of it');
});

test('a server that takes no more of a request is given up', async (t) => {
  const world = await startWorld(t, {
    server: (wire) => wire.stopReading(),
    pool: { timeouts: { write: '200ms' } },
  });
  const client = await world.client();
  client.send(request('POST /', `Content-Length: ${UPLOAD.length}\r\n`));
  client.send(UPLOAD);
  assert.equal(statusOf(await client.readResponse()), 504);
  assert.equal((await world.record(0)).end, 'origin-timeout-write');
});

test('a server that stops within an early response is given up, although it still takes the request', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      wire.stopReading();
      await pause(300);
      wire.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      await pause(50);
      wire.goOnReading();
    },
    pool: { timeouts: { bodyIdle: '300ms' } },
  });
  const client = await world.client();
  client.send(request('POST /', `Content-Length: ${UPLOAD.length}\r\n`));
  client.send(UPLOAD);
  await client.readUntil('half');
  assert.equal(await client.ended(), 'reset');
  assert.equal((await world.record(0)).end, 'origin-timeout-body');
});

test('an interim response in two pieces does not limit the time for the upload', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readUntil('\r\n\r\n');
      await wire.sendCut(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), [10]);
      await wire.readBytes(4);
      wire.send(response(200, 'thanks'));
    },
    pool: { timeouts: { bodyIdle: '100ms', firstByte: '10s' } },
  });
  const client = await world.client();
  client.send(request('POST /', 'Expect: 100-continue\r\nContent-Length: 4\r\n'));
  assert.equal(statusOf(await client.readResponse()), 100);
  await pause(400);
  client.send('body');
  assert.equal((await client.readResponse()).body.toString(), 'thanks');
});

test('a client that takes no more of a response is cut off, and its server connection with it', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${DOWNLOAD.length}\r\n\r\n`);
      wire.send(DOWNLOAD);
    },
    listener: { timeouts: { clientWrite: '200ms' } },
  });
  const client = await world.client();
  client.stopReading();
  client.send(request('GET /'));
  assert.equal((await world.record(0)).end, 'client-timeout-write');
  assert.equal(await (await world.server.connection(0)).ended(), 'reset');
});

for (const [how, fields] of [
  ['that is kept', ''],
  ['that ends with it', 'Connection: close\r\n'],
] as const) {
  test(`a client that is slow gets all of its response on a connection ${how}`, async (t) => {
    const body = DOWNLOAD;
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.expectRequest();
        wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        wire.send(body);
      },
      // The end of the response waits in the proxy for longer than keepAlive. The others are longer than what the system
      // itself needs to go on after a receiver had closed its window.
      listener: { timeouts: { keepAlive: '100ms', clientWrite: '10s' } },
      pool: { timeouts: { bodyIdle: '10s' } },
    });
    const client = await world.client();
    client.send(request('GET /', fields));
    await client.readUntil('\r\n\r\n');
    assert.equal(await readSlowly(client, body.length), body.length);
    assert.equal((await world.record(0)).end, 'done');
  });
}

test('responses are not queued without end for a client that pipelines and reads nothing', async (t) => {
  let asked = 0;
  const page = response(200, 'x'.repeat(60_000));
  const world = await startWorld(t, {
    server: answering(() => {
      asked++;
      return page;
    }),
    listener: { timeouts: { clientWrite: '300ms' } },
  });
  const client = await world.client();
  client.stopReading();
  client.send(request('GET /').repeat(2000));
  await world.idle();
  // The system takes some megabytes, the proxy a quarter of one; 2,000 responses are 120.
  assert(asked < 1000, `${asked} responses were asked for`);
});

test('pipelined requests wait for a slow client and then go on', async (t) => {
  const page = response(200, 'x'.repeat(60_000));
  const world = await startWorld(t, { server: answering(() => page) });
  const client = await world.client();
  client.stopReading();
  const count = 400;
  client.send(request('GET /').repeat(count));
  await pause(300);
  client.goOnReading();
  for (let index = 0; index < count; index++) {
    assert.equal((await client.readResponse()).body.length, 60_000);
  }
  await until('all are recorded', () => world.proxy.records.length === count);
});
