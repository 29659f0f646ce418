/**
 * What can go wrong at any moment: the client is told what it can be told, the log says what it was, nothing is left.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startChild } from '../support/child.ts';
import { chunked, content, request, response, statusOf } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import { answering } from '../support/scripted-server.ts';
import { pause, until } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const never = (): void => {};

test('a server that refuses the connection is 502', async (t) => {
  const world = await startWorld(t, { addresses: [`127.0.0.1:${await ownPort()}`] });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
  const record = await world.record(0);
  assert.equal(record.end, 'origin-connect-failed');
  assert.match(record.because.text, /ECONNREFUSED/);
  assert.equal(record.attempts, 2);
});

test('a server that accepts no connection in time is 504', async (t) => {
  const child = await startChild('deaf');
  const fillers = Array.from({ length: 4 }, () =>
    connect(Number(child.line), '127.0.0.1').on('error', () => {}),
  );
  t.after(async () => {
    for (const filler of fillers) filler.destroy();
    await child.kill();
  });
  const world = await startWorld(t, {
    addresses: [`127.0.0.1:${child.line}`],
    pool: { timeouts: { connect: '100ms' }, retries: 0 },
  });
  // The fillers take the places in the queue; how many there are is the system's secret.
  await until('a filler is in the queue', () => fillers.some(({ connecting }) => !connecting));
  await pause(50);
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 504);
  assert.equal((await world.record(0)).end, 'origin-timeout-connect');
});

interface Broken {
  readonly name: string;
  readonly script: (wire: Wire) => Promise<void> | void;
  readonly status: number;
  readonly end: string;
}

/** What the server does once it has the request. */
const BEFORE_THE_HEAD: readonly Broken[] = [
  { name: 'closes without a word', script: (wire) => wire.end(), status: 502, end: 'origin-closed' },
  { name: 'resets without a word', script: (wire) => wire.reset(), status: 502, end: 'origin-closed' },
  {
    name: 'closes within its head',
    script: (wire) => {
      wire.send('HTTP/1.1 200 OK\r\nX:');
      wire.end();
    },
    status: 502,
    end: 'origin-cut',
  },
  {
    name: 'resets within its head',
    script: async (wire) => {
      await wire.sendAll('HTTP/1.1 200 OK\r\nX:');
      await pause(30);
      wire.reset();
    },
    status: 502,
    end: 'origin-cut',
  },
  { name: 'never answers', script: never, status: 504, end: 'origin-timeout-first-byte' },
  {
    name: 'falls silent within its head',
    script: (wire) => wire.send('HTTP/1.1 200 OK\r\n'),
    status: 504,
    end: 'origin-timeout-first-byte',
  },
  {
    name: 'falls silent after an interim response',
    script: (wire) => wire.send('HTTP/1.1 102 Processing\r\n\r\n'),
    status: 504,
    end: 'origin-timeout-first-byte',
  },
];

for (const { name, script, status, end } of BEFORE_THE_HEAD) {
  test(`a server that ${name} is ${status}, and the client's connection goes on`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire, index) => {
        await wire.expectRequest();
        if (index === 0) await script(wire);
        else wire.send(response(200, 'again'));
      },
      pool: { timeouts: { firstByte: '400ms', bodyIdle: '400ms' } },
    });
    const client = await world.client();
    client.send(request('GET /'));
    let answer = await client.readResponse();
    if (statusOf(answer) === 102) answer = await client.readResponse();
    assert.equal(statusOf(answer), status);
    const record = await world.record(0);
    assert.equal(record.end, end);
    assert.equal(record.attempts, 1);
    assert.match(answer.body.toString(), new RegExp(`Reference: ${record.id}`));
    assert.equal((await client.exchange(request('GET /'))).body.toString(), 'again');
    assert.notEqual(await (await world.server.connection(0)).ended(), undefined);
  });
}

const FRAMED: readonly { readonly name: string; readonly head: string; readonly part: string }[] = [
  { name: 'Content-Length', head: `${OK}Content-Length: 10\r\n\r\n`, part: 'hello' },
  { name: 'chunks, within one', head: `${OK}Transfer-Encoding: chunked\r\n\r\n`, part: 'a\r\nhello' },
  { name: 'chunks, between two', head: `${OK}Transfer-Encoding: chunked\r\n\r\n`, part: '5\r\nhello\r\n' },
  {
    name: 'chunks, before the last CRLF',
    head: `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    part: '5\r\nhello\r\n0\r\n',
  },
];

for (const { name, head, part } of FRAMED) {
  for (const how of ['closes', 'resets'] as const) {
    for (const version of ['1.1', '1.0'] as const) {
      test(`a server that ${how} in a body of ${name} cuts the response to HTTP/${version}`, async (t) => {
        const world = await startWorld(t, {
          server: async (wire) => {
            await wire.expectRequest();
            await wire.sendAll(head + part);
            await pause(30);
            if (how === 'closes') wire.end();
            else wire.reset();
          },
        });
        const client = await world.client();
        client.send(`GET / HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`);
        await client.readUntil('hello');
        assert.equal(await client.ended(), 'reset');
        assert.doesNotMatch(client.unread, /0\r\n\r\n$/);
        const record = await world.record(0);
        assert.equal(record.end, 'origin-cut');
        assert.equal(record.status, 200);
      });
    }
  }
}

for (const version of ['1.1', '1.0'] as const) {
  test(`a server that resets in a body without a length cuts the response to HTTP/${version}`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.expectRequest();
        await wire.sendAll(`${OK}\r\nhello`);
        await pause(30);
        wire.reset();
      },
    });
    const client = await world.client();
    client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    await client.readUntil('hello');
    assert.equal(await client.ended(), 'reset');
    assert.equal((await world.record(0)).end, 'origin-cut');
  });
}

test('a server that falls silent in its body cuts the response', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(`${OK}Content-Length: 10\r\n\r\nhello`);
    },
    pool: { timeouts: { bodyIdle: '100ms' } },
  });
  const client = await world.client();
  client.send(request('GET /'));
  await client.readUntil('hello');
  assert.equal(await client.ended(), 'reset');
  assert.equal((await world.record(0)).end, 'origin-timeout-body');
});

test('kill -9 of a server in its response cuts the response', async (t) => {
  const child = await startChild('serve');
  t.after(() => child.kill());
  const world = await startWorld(t, { addresses: [`127.0.0.1:${child.line}`] });
  const client = await world.client();
  client.send(request('GET /'));
  await client.readUntil('xxx');
  await child.kill();
  assert.equal(await client.ended(), 'reset');
  assert.equal((await world.record(0)).end, 'origin-cut');
});

test('kill -9 of a client in its upload ends the work at the server', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.readToEnd().catch(() => {});
    },
  });
  const child = await startChild('upload', String(world.port));
  t.after(() => child.kill());
  const wire = await world.server.connection(0);
  await until('some of the upload has come', () => wire.received > 100_000);
  await child.kill();
  await wire.ended();
  assert.equal((await world.record(0)).end, 'client-gone');
});

const GONE: readonly { readonly name: string; readonly leave: (client: Wire) => void }[] = [
  { name: 'closes', leave: (client) => client.close() },
  { name: 'resets', leave: (client) => client.reset() },
  { name: 'ends its side', leave: (client) => client.end() },
];

for (const { name, leave } of GONE) {
  test(`a client that ${name} while the server thinks ends the work there`, async (t) => {
    const world = await startWorld(t, { server: never });
    const client = await world.client();
    client.send(request('GET /'));
    const wire = await world.server.connection(0);
    await wire.readUntil('\r\n\r\n');
    leave(client);
    await wire.ended();
    const record = await world.record(0);
    assert.equal(record.end, 'client-gone');
    assert.equal(record.status, 0);
  });

  test(`a client that ${name} within a response ends the work at the server`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.expectRequest();
        wire.send(`${OK}Content-Length: 1000\r\n\r\nhello`);
      },
    });
    const client = await world.client();
    client.send(request('GET /'));
    await client.readUntil('hello');
    leave(client);
    await (await world.server.connection(0)).ended();
    assert.equal((await world.record(0)).end, 'client-gone');
  });

  test(`a client that ${name} within its body leaves the server with a body that has no end`, async (t) => {
    let seen: string | undefined;
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.readUntil('hello');
        seen = (await wire.readToEnd()).toString();
      },
    });
    const client = await world.client();
    client.send(request('POST /', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n'));
    const wire = await world.server.connection(0);
    await until('the beginning is there', () => wire.received > 0);
    leave(client);
    await until('the server has seen all', () => seen !== undefined);
    assert.equal(seen, '\r\n');
    assert.equal((await world.record(0)).end, 'client-gone');
  });

  test(`a client that ${name} while it waits for a connection leaves the queue`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.readUntil('/first');
        await wire.readUntil('\r\n\r\n');
        await until('the other has left', () => world.proxy.records.length === 1);
        wire.send(response(200, 'first'));
      },
      pool: { maxConnections: 1 },
    });
    const first = await world.client();
    first.send(request('GET /first'));
    await world.server.connection(0);
    const other = await world.client();
    other.send(request('GET /other'));
    await until('both are there', () => world.proxy.plane.host.counts.exchanges === 2);
    leave(other);
    assert.equal((await first.readResponse()).body.toString(), 'first');
    assert.equal((await world.record(0)).target, '/other');
    assert.equal((await world.record(0)).end, 'client-gone');
    assert.equal(world.server.connections.length, 1);
  });
}

test('a client that goes before its head is whole leaves nothing', async (t) => {
  const world = await startWorld(t, { server: never });
  const client = await world.client();
  client.send('GET / HT');
  await until('it is there', () => world.proxy.plane.host.counts.clients === 1);
  client.close();
  await world.idle();
  assert.equal(world.server.connections.length, 0);
});

const STALLED: readonly {
  readonly name: string;
  readonly sent: string;
  readonly timeouts: Record<string, string>;
  readonly end: string;
  readonly status: number;
}[] = [
  {
    name: 'in its head',
    sent: 'GET / HTTP/1.1\r\nHost:',
    timeouts: { head: '100ms' },
    end: 'client-timeout-head',
    status: 408,
  },
  {
    name: 'in its body',
    sent: request('POST /', 'Content-Length: 10\r\n', 'hello'),
    timeouts: { bodyIdle: '100ms' },
    end: 'client-timeout-body',
    status: 408,
  },
  {
    name: 'before its body',
    sent: request('POST /', 'Content-Length: 10\r\n'),
    timeouts: { bodyIdle: '100ms', exchange: '20s' },
    end: 'client-timeout-body',
    status: 408,
  },
  {
    name: 'in a chunk size',
    sent: request('POST /', 'Transfer-Encoding: chunked\r\n', '5'),
    timeouts: { bodyIdle: '100ms' },
    end: 'client-timeout-body',
    status: 408,
  },
  {
    name: 'for longer than the exchange may take',
    sent: request('POST /', 'Content-Length: 10\r\n', 'hello'),
    timeouts: { exchange: '100ms' },
    end: 'exchange-timeout',
    status: 504,
  },
];

for (const { name, sent, timeouts, end, status } of STALLED) {
  test(`a client that stalls ${name} is answered with ${status}`, async (t) => {
    const world = await startWorld(t, { server: never, listener: { timeouts } });
    const client = await world.client();
    client.send(sent);
    assert.equal(statusOf(await client.readResponse()), status);
    assert.equal(await client.ended(), 'end');
    assert.equal((await world.record(0)).end, end);
    if (world.server.connections.length > 0) await (await world.server.connection(0)).ended();
  });
}

test('a head that comes in drips ends with its time, however lively it is', async (t) => {
  const world = await startWorld(t, { server: never, listener: { timeouts: { head: '200ms' } } });
  const client = await world.client();
  client.send('GET / HTTP/1.1\r\n');
  const drip = setInterval(() => client.send('X: 1\r\n'), 20);
  const answer = await client.readResponse();
  clearInterval(drip);
  assert.equal(statusOf(answer), 408);
});

test('a body that comes in drips is not cut off', async (t) => {
  const world = await startWorld(t, {
    server: answering(({ body }) => response(200, body.toString())),
    listener: { timeouts: { bodyIdle: '600ms' } },
  });
  const client = await world.client();
  client.send(request('POST /', 'Content-Length: 10\r\n'));
  for (const byte of 'abcdefghij') {
    await pause(100);
    client.send(byte);
  }
  assert.equal((await client.readResponse()).body.toString(), 'abcdefghij');
});

for (const [name, before] of [
  ['a new connection', false],
  ['a connection between requests', true],
] as const) {
  test(`${name} is closed when it was idle for timeouts.keepAlive, without a record`, async (t) => {
    const world = await startWorld(t, {
      server: answering(() => response(200)),
      listener: { timeouts: { keepAlive: '100ms' } },
    });
    const client = await world.client();
    if (before) await client.exchange(request('GET /'));
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal(client.ending, 'end');
    assert.equal(world.proxy.records.length, before ? 1 : 0);
  });
}

test('timeouts.exchange cuts a response that goes on too long', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(`${OK}Content-Length: 100000\r\n\r\nhello`);
      const drip = setInterval(() => wire.send('x'), 20);
      await wire.ended();
      clearInterval(drip);
    },
    listener: { timeouts: { exchange: '200ms' } },
  });
  const client = await world.client();
  client.send(request('GET /'));
  await client.readUntil('hello');
  assert.equal(await client.ended(), 'reset');
  assert.equal((await world.record(0)).end, 'exchange-timeout');
});

test('timeouts.exchange holds for the queue and for the server, and a new exchange has its own', async (t) => {
  const world = await startWorld(t, {
    server: answering(({ startLine }) => (startLine.includes('/slow') ? undefined : response(200))),
    listener: { timeouts: { exchange: '400ms' } },
    pool: { maxConnections: 1 },
  });
  const [one, two] = [await world.client(), await world.client()];
  one.send(request('GET /slow'));
  await world.server.connection(0);
  two.send(request('GET /queued'));
  assert.equal(statusOf(await one.readResponse()), 504);
  assert([200, 504].includes(statusOf(await two.readResponse())));
  await pause(500);
  assert.equal(statusOf(await one.exchange(request('GET /quick'))), 200);
});

test('everything at once, half of it cut, and nothing is left', async (t) => {
  const body = content(100_000);
  const world = await startWorld(t, {
    server: async (wire, index) => {
      for (;;) {
        const message = await wire.readRequest().catch(() => undefined);
        if (message === undefined) break;
        if (index % 5 === 4) {
          wire.send(`${OK}Content-Length: 1000\r\n\r\nhalf`);
          wire.reset();
          return;
        }
        wire.send(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
        wire.send(chunked(body, 7777));
      }
      wire.end();
    },
  });
  const visit = async (index: number): Promise<void> => {
    const client = await world.client();
    client.send(request('POST /', 'Content-Length: 100000\r\n'));
    client.send(index % 3 === 0 ? body.subarray(index) : body);
    if (index % 2 === 0) await pause(index % 7);
    else await client.readToEnd().catch(() => {});
    if (index % 4 === 0) client.reset();
    else client.close();
  };
  const visits = Array.from({ length: 60 }, (_, index) =>
    index % 2 === 0 ? visit(index) : Promise.race([visit(index), pause(150)]),
  );
  await Promise.all(visits);
});
