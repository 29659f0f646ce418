/**
 * What goes on to the server and what comes back: methods, targets, versions, and one request after the other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf, valueOf, valuesOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

/** A server that keeps what it was asked. */
function recording(answer = response(200, 'hello')): { seen: Message[]; script: Script } {
  const seen: Message[] = [];
  const script = answering((message) => {
    seen.push(message);
    return answer;
  });
  return { seen, script };
}

const HOST = 'Host: app.example\r\n';

interface Row {
  readonly name: string;
  readonly sent: string;
  readonly line: string;
  readonly host?: string;
}

const REQUEST_LINES: readonly Row[] = [
  { name: 'GET', sent: `GET /a?b=c HTTP/1.1\r\n${HOST}\r\n`, line: 'GET /a?b=c HTTP/1.1' },
  { name: 'HEAD', sent: `HEAD / HTTP/1.1\r\n${HOST}\r\n`, line: 'HEAD / HTTP/1.1' },
  { name: 'OPTIONS *', sent: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, line: 'OPTIONS * HTTP/1.1' },
  { name: 'a method nobody knows', sent: `BREW /pot HTTP/1.1\r\n${HOST}\r\n`, line: 'BREW /pot HTTP/1.1' },
  { name: 'a method in lower case stays', sent: `get / HTTP/1.1\r\n${HOST}\r\n`, line: 'get / HTTP/1.1' },
  {
    name: 'a target is passed on as it is written',
    sent: `GET /a//../%2e%41"|{}\\^\xff?x=%zz&&;=# HTTP/1.1\r\n${HOST}\r\n`.replace('#', ''),
    line: 'GET /a//../%2e%41"|{}\\^\xff?x=%zz&&;= HTTP/1.1',
  },
  {
    name: 'an empty line before the request is not passed on',
    sent: `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET / HTTP/1.1',
  },
  {
    name: 'absolute-form becomes origin-form',
    sent: `GET http://app.example/a?b HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET /a?b HTTP/1.1',
  },
  {
    name: 'absolute-form without a path',
    sent: `GET http://app.example HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET / HTTP/1.1',
  },
  {
    name: 'absolute-form with a query and no path',
    sent: `GET http://app.example?q HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET /?q HTTP/1.1',
  },
  {
    name: 'absolute-form of OPTIONS *',
    sent: `OPTIONS http://app.example HTTP/1.1\r\n${HOST}\r\n`,
    line: 'OPTIONS * HTTP/1.1',
  },
  {
    name: 'a Host in other case, and with the port that is meant anyway, is that of the target',
    sent: `GET http://App.Example:80/ HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET / HTTP/1.1',
    host: 'App.Example:80',
  },
  {
    name: 'HTTP/1.0 becomes HTTP/1.1',
    sent: `GET / HTTP/1.0\r\n${HOST}\r\n`,
    line: 'GET / HTTP/1.1',
  },
];

for (const { name, sent, line, host = 'app.example' } of REQUEST_LINES) {
  test(`request line: ${name}`, async (t) => {
    const { seen, script } = recording();
    const world = await startWorld(t, { server: script });
    const client = await world.client();
    const answer = await client.exchange(sent, line.startsWith('HEAD') ? 'HEAD' : 'GET');
    assert.equal(answer.startLine, 'HTTP/1.1 200 Some Reason');
    assert.equal(seen.length, 1);
    assert.equal(seen[0]?.startLine, line);
    assert.deepEqual(valuesOf(seen[0], 'host'), [host]);
    const record = await world.record(0);
    assert.equal(record.status, 200);
    assert.equal(record.end, 'done');
    assert.equal(record.verdict, 'continue');
  });
}

test('an HTTP/1.0 request without a Host gets the address that it came to', async (t) => {
  const { seen, script } = recording();
  const world = await startWorld(t, { server: script });
  const client = await world.client();
  await client.exchange('GET / HTTP/1.0\r\n\r\n');
  assert.equal(seen[0] && valueOf(seen[0], 'host'), `127.0.0.1:${world.port}`);
  assert.equal(seen[0] && valueOf(seen[0], 'x-forwarded-host'), undefined);
});

const PERSISTENCE: readonly {
  readonly name: string;
  readonly sent: string;
  readonly ending: 'kept' | 'closed';
  readonly connection: string | undefined;
}[] = [
  { name: 'HTTP/1.1 is kept', sent: request('GET /'), ending: 'kept', connection: undefined },
  {
    name: 'HTTP/1.1 with close is closed',
    sent: request('GET /', 'Connection: close\r\n'),
    ending: 'closed',
    connection: 'close',
  },
  {
    name: 'close counts in any case and in any place of a list',
    sent: request('GET /', 'Connection: keep-alive , CLOSE\r\n'),
    ending: 'closed',
    connection: 'close',
  },
  {
    name: 'close counts in a second Connection field',
    sent: request('GET /', 'Connection: keep-alive\r\nConnection: close\r\n'),
    ending: 'closed',
    connection: 'close',
  },
  {
    name: 'HTTP/1.0 is closed',
    sent: `GET / HTTP/1.0\r\n${HOST}\r\n`,
    ending: 'closed',
    connection: 'close',
  },
  {
    name: 'HTTP/1.0 with keep-alive is kept',
    sent: `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
    ending: 'kept',
    connection: 'keep-alive',
  },
  {
    name: 'Proxy-Connection means nothing',
    sent: `GET / HTTP/1.0\r\n${HOST}Proxy-Connection: keep-alive\r\n\r\n`,
    ending: 'closed',
    connection: 'close',
  },
];

for (const { name, sent, ending, connection } of PERSISTENCE) {
  test(`persistence: ${name}`, async (t) => {
    const { seen, script } = recording();
    const world = await startWorld(t, { server: script });
    const client = await world.client();
    assert.equal(valueOf(await client.exchange(sent), 'connection'), connection);
    if (ending === 'kept') assert.equal(statusOf(await client.exchange(sent)), 200);
    else assert.equal(await client.ended(), 'end');
    // Whatever the client does with its connection, that to the server is kept.
    assert.deepEqual(
      seen.map((message) => valueOf(message, 'connection')),
      seen.map(() => undefined),
    );
    assert.equal(world.server.connections.length, 1);
    assert.equal(world.server.connections[0]?.ending, undefined);
  });
}

test('one connection to the server carries the requests of many clients', async (t) => {
  const world = await startWorld(t, { server: recording().script });
  for (let index = 0; index < 5; index++) {
    const client = await world.client();
    for (let count = 0; count < 3; count++) await client.exchange(request('GET /'));
    client.close();
  }
  assert.equal(world.server.connections.length, 1);
  assert.equal(world.proxy.records.filter(({ isOriginReused }) => isOriginReused).length, 14);
});

test('no connection to the server is kept with idleMax 0', async (t) => {
  const world = await startWorld(t, {
    server: recording().script,
    pool: { connections: { idleMax: 0 } },
  });
  const client = await world.client();
  for (let count = 0; count < 3; count++) await client.exchange(request('GET /'));
  assert.equal(world.server.connections.length, 3);
});

test('a connection to the server is closed when it was idle for its time', async (t) => {
  const world = await startWorld(t, {
    server: recording().script,
    pool: { connections: { idle: '100ms' } },
  });
  const client = await world.client();
  await client.exchange(request('GET /'));
  assert.equal(await (await world.server.connection(0)).ended(), 'end');
  await client.exchange(request('GET /'));
  assert.equal(world.server.connections.length, 2);
});

for (const close of ['Connection: close\r\n', 'connection: Close, x\r\n']) {
  test(`a server connection is not used again after ${JSON.stringify(close)}`, async (t) => {
    const world = await startWorld(t, { server: recording(response(200, 'x', close)).script });
    const client = await world.client();
    const answer = await client.exchange(request('GET /'));
    // The server's wish is no wish of ours.
    assert.equal(valueOf(answer, 'connection'), undefined);
    await client.exchange(request('GET /'));
    assert.equal(world.server.connections.length, 2);
  });
}

test('requestsPerConnection announces the end with the last response', async (t) => {
  const world = await startWorld(t, {
    server: recording().script,
    listener: { limits: { requestsPerConnection: 2 } },
  });
  const client = await world.client();
  client.send(request('GET /').repeat(3));
  assert.equal(valueOf(await client.readResponse(), 'connection'), undefined);
  assert.equal(valueOf(await client.readResponse(), 'connection'), 'close');
  assert.equal((await client.readToEnd()).length, 0);
  assert.equal(world.proxy.records.length, 2);
});

test('connections beyond limits.connections are closed at once', async (t) => {
  const world = await startWorld(t, {
    server: recording().script,
    listener: { limits: { connections: 2 } },
  });
  const [one, two, three] = [await world.client(), await world.client(), await world.client()];
  assert.equal((await three.readToEnd()).length, 0);
  assert.equal(statusOf(await one.exchange(request('GET /'))), 200);
  assert.equal(statusOf(await two.exchange(request('GET /'))), 200);
  assert.equal(world.proxy.plane.refused, 1);
});

test('a status line of HTTP/1.0 becomes one of HTTP/1.1, its reason kept', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send('HTTP/1.0 200 Fine by me\r\nX-Any: 1\r\nContent-Length: 2\r\n\r\nok');
    },
  });
  const client = await world.client();
  const answer = await client.exchange(request('GET /'));
  assert.equal(answer.head, 'HTTP/1.1 200 Fine by me\r\nX-Any: 1\r\nContent-Length: 2\r\n\r\n');
  assert.equal(await (await world.server.connection(0)).ended(), 'end');
});

test('routes are taken by host, path and method; what none takes is 404 where there is no pool', async (t) => {
  const world = await startWorld(t, {
    server: answering(() => response(200)),
    listener: { pool: undefined, routes: ['admin', 'posts', 'below'] },
    config: {
      routes: {
        admin: { paths: ['/admin'], hosts: ['app.example'], pool: 'app' },
        posts: { methods: ['POST'], pool: 'app' },
        below: { hosts: ['*.wild.example'], pool: 'app' },
      },
    },
  });
  const rows: readonly [string, string, string][] = [
    ['GET /admin', 'app.example', 'admin'],
    ['GET /admin/x', 'APP.example:8080', 'admin'],
    ['GET http://app.example/admin', 'app.example', 'admin'],
    ['GET /admin', 'other.example', ''],
    ['GET /Admin', 'app.example', ''],
    ['POST /x', 'other.example', 'posts'],
    ['GET /', 'a.b.wild.example', 'below'],
    ['GET /', 'wild.example', ''],
    ['GET /', 'evilwild.example', ''],
  ];
  const client = await world.client();
  for (const [index, [line, host, route]] of rows.entries()) {
    const answer = await client.exchange(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(statusOf(answer), route === '' ? 404 : 200, `${line} ${host}`);
    assert.equal((await world.record(index)).route, route, `${line} ${host}`);
  }
});
