/**
 * A request is tried again where nothing of it can have been acted upon, and only there (RFC 9110 §9.2.2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needleInspector, REPLY_418 } from '../support/inspector.ts';
import { chunked, request, response, statusOf } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

/**
 * The first connection dies of its second request without an answer, as one that the server was just closing. `before`
 * is what it says of that request first.
 */
function dyingOnce(before = ''): Script {
  return async (wire, index) => {
    for (let count = 1; (await wire.readRequest()) !== undefined; count++) {
      if (count === 2 && index === 0) {
        await wire.sendAll(before);
        wire.close();
        return;
      }
      wire.send(response(200, `connection ${index}`));
    }
  };
}

const LENGTH = 'Content-Length: 5\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const RETRIED: readonly { readonly name: string; readonly sent: string; readonly method?: string }[] = [
  { name: 'GET', sent: request('GET /') },
  { name: 'HEAD', sent: request('HEAD /'), method: 'HEAD' },
  { name: 'OPTIONS', sent: request('OPTIONS *') },
  { name: 'DELETE', sent: request('DELETE /') },
  { name: 'PUT with a body that came with its head', sent: request('PUT /', LENGTH, 'hello') },
  {
    name: 'PUT with chunks that came with its head',
    sent: request('PUT /', CHUNKED, chunked('hello', 2, 'X-Sum: 1\r\n').toString()),
  },
];

for (const { name, sent, method = 'GET' } of RETRIED) {
  test(`tried again when its kept connection dies unanswered: ${name}`, async (t) => {
    const world = await startWorld(t, { server: dyingOnce() });
    const client = await world.client();
    await client.exchange(request('GET /'));
    const answer = await client.exchange(sent, method);
    assert.equal(statusOf(answer), 200);
    const record = await world.record(1);
    assert.equal(record.attempts, 2);
    assert.equal(record.isOriginReused, false);
    assert.equal(record.end, 'done');
    assert.equal(world.server.connections.length, 2);
  });
}

test('a PUT whose body was held is sent again byte for byte', async (t) => {
  const seen: string[] = [];
  const world = await startWorld(t, {
    inspector: needleInspector({ body: 'evil' }),
    server: async (wire, index) => {
      for (let count = 1; ; count++) {
        const message = await wire.readRequest();
        if (message === undefined) break;
        seen.push(`${message.startLine} ${message.body.toString()} ${message.trailers.join()}`);
        if (count === 2 && index === 0) wire.reset();
        else wire.send(response(200));
      }
    },
  });
  const client = await world.client();
  await client.exchange(request('GET /'));
  client.send(request('PUT /', CHUNKED, '3\r\nhel\r\n'));
  client.send('2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n');
  assert.equal(statusOf(await client.readResponse()), 200);
  assert.deepEqual(seen.slice(1), ['PUT / HTTP/1.1 hello X-Sum: 1', 'PUT / HTTP/1.1 hello X-Sum: 1']);
});

const NOT_RETRIED: readonly { readonly name: string; readonly sent: string; readonly before?: string }[] = [
  { name: 'POST', sent: request('POST /', LENGTH, 'hello') },
  { name: 'POST without a body', sent: request('POST /') },
  { name: 'PATCH', sent: request('PATCH /', LENGTH, 'hello') },
  { name: 'a method nobody knows', sent: request('BREW /') },
  { name: 'GET of which a part was answered', sent: request('GET /'), before: 'HTTP/1.1 200' },
  {
    name: 'GET that got an interim response',
    sent: request('GET /'),
    before: 'HTTP/1.1 100 Continue\r\n\r\n',
  },
];

for (const { name, sent, before } of NOT_RETRIED) {
  test(`not tried again: ${name}`, async (t) => {
    const world = await startWorld(t, { server: dyingOnce(before) });
    const client = await world.client();
    await client.exchange(request('GET /'));
    assert.equal(statusOf(await client.exchange(sent)), 502);
    const record = await world.record(1);
    assert.equal(record.attempts, 1);
    assert.equal(record.end, before === undefined ? 'origin-closed' : 'origin-cut');
    assert.equal(world.server.connections.length, 1);
  });
}

test('not tried again: a PUT of which a part was streamed', async (t) => {
  const world = await startWorld(t, {
    server: async (wire, index) => {
      await wire.expectRequest();
      wire.send(response(200));
      assert.equal(index, 0, 'no other connection is made');
      await wire.readUntil('hel');
      wire.close();
    },
  });
  const client = await world.client();
  await client.exchange(request('GET /'));
  client.send(request('PUT /', LENGTH, 'hel'));
  assert.equal(statusOf(await client.readResponse()), 502);
});

test('not tried again: a GET whose new connection dies', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.close();
    },
  });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
  assert.equal((await world.record(0)).attempts, 1);
});

test('a kept connection that was closed leaves the one retry for a server that is gone', async (t) => {
  const server = await scriptedServer(dyingOnce());
  t.after(() => server.close());
  const world = await startWorld(t, {
    pool: {
      servers: { a: `127.0.0.1:${server.port}`, b: `127.0.0.1:${await ownPort()}` },
      balance: 'first',
      retries: 1,
    },
  });
  const client = await world.client();
  await client.exchange(request('GET /'));
  // The kept connection to a, then b, then a again.
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'connection 1');
  const { attempts, retriedFor } = await world.record(1);
  assert.deepEqual([attempts, retriedFor], [3, 'connect-failed']);
});

test('the retry after a kept connection that was closed costs nothing of the budget', async (t) => {
  const retries = { max: 1, budget: { percent: 0, perSecond: 0 } };
  const world = await startWorld(t, { server: dyingOnce(), pool: { retries } });
  const client = await world.client();
  await client.exchange(request('GET /'));
  assert.equal(statusOf(await client.exchange(request('GET /'))), 200);
});

test('what comes after a kept connection that was closed is counted and paid for', async (t) => {
  const dying: Script = async (wire, index) => {
    await wire.readRequest();
    if (index === 0) {
      wire.send(response(200));
      await wire.readRequest();
    }
    wire.close();
  };
  const retries = { max: 1, on: ['closed'], budget: { percent: 0, perSecond: 0 } };
  const world = await startWorld(t, { server: dying, pool: { retries } });
  const client = await world.client();
  await client.exchange(request('GET /'));
  assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
  assert.deepEqual([(await world.record(1)).attempts, world.server.connections.length], [2, 2]);
});

test('never tried again with retries 0', async (t) => {
  const world = await startWorld(t, { server: dyingOnce(), pool: { retries: 0 } });
  const client = await world.client();
  await client.exchange(request('GET /'));
  assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
});

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

test('a connection that the server closes while it is idle is never used', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(response(200));
      wire.end();
    },
  });
  const client = await world.client();
  for (let count = 0; count < 3; count++) {
    assert.equal(statusOf(await client.exchange(request('POST /', LENGTH, 'hello'))), 200);
    await (await world.server.connection(count)).ended();
  }
});

for (const [name, text] of [
  ['GET', request('GET /')],
  ['POST, of which nothing was sent', request('POST /', LENGTH, 'hello')],
] as const) {
  test(`a server that cannot be reached makes room for the next: ${name}`, async (t) => {
    const dead = `127.0.0.1:${await ownPort()}`;
    const world = await startWorld(t, { addresses: [dead], server: answering(() => response(200)) });
    const client = await world.client();
    for (let count = 0; count < 4; count++) assert.equal(statusOf(await client.exchange(text)), 200);
    await world.record(3);
    // Both turns of the round go to each request: there is no memory of who was dead.
    assert(world.proxy.records.every(({ attempts }) => attempts === 2));
    assert(world.proxy.records.every(({ server }) => server === 's2'));
  });
}

test('a body that is still on its way waits for the server that can be reached', async (t) => {
  const world = await startWorld(t, {
    addresses: [`127.0.0.1:${await ownPort()}`],
    server: answering(({ body }) => response(200, body.toString())),
  });
  const client = await world.client();
  client.send(request('POST /', LENGTH, 'he'));
  await world.server.connection(0);
  client.send('llo');
  assert.equal((await client.readResponse()).body.toString(), 'hello');
});

test('when no server can be reached the client is told 502, after as many attempts as are allowed', async (t) => {
  const dead = [`127.0.0.1:${await ownPort()}`, `127.0.0.1:${await ownPort()}`];
  const world = await startWorld(t, { addresses: dead, pool: { retries: 3 } });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
  assert.equal((await world.record(0)).attempts, 4);
  assert.equal((await world.record(0)).end, 'origin-connect-failed');
});

/** The first connection of all servers says `first` to a request, the others answer it. */
function failingFirst(first: (wire: Wire) => void): {
  readonly scripts: readonly Script[];
  readonly asked: string[];
} {
  const asked: string[] = [];
  let hasFailed = false;
  const script =
    (name: string): Script =>
    async (wire) => {
      for (;;) {
        const message = await wire.readRequest();
        if (message === undefined) break;
        asked.push(name);
        if (hasFailed) wire.send(response(200, name));
        else {
          hasFailed = true;
          first(wire);
        }
      }
      wire.end();
    };
  return { scripts: [script('a'), script('b')], asked };
}

const CAUSES: readonly {
  readonly on: string;
  readonly first: (wire: Wire) => void;
  readonly status: number;
  readonly end: string;
}[] = [
  { on: 'closed', first: (wire) => wire.close(), status: 502, end: 'origin-closed' },
  {
    on: 'first-byte-timeout',
    first: () => {},
    status: 504,
    end: 'origin-timeout-first-byte',
  },
  {
    on: 'bad-response',
    first: (wire) => wire.send('HTTP/9 200\r\n\r\n'),
    status: 502,
    end: 'origin-refused',
  },
  { on: '503', first: (wire) => wire.send(response(503, 'busy')), status: 503, end: 'done' },
  { on: '429', first: (wire) => wire.send(response(429, 'busy')), status: 429, end: 'done' },
  {
    on: '500',
    first: (wire) => wire.send('HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    status: 500,
    end: 'origin-cut',
  },
];

for (const { on, first, status, end } of CAUSES) {
  const pool = (retries: object): object => ({
    timeouts: { firstByte: '300ms' },
    retries: { on: [on], ...retries },
  });

  test(`tried again on another server: ${on}`, async (t) => {
    const { scripts, asked } = failingFirst(first);
    const world = await startWorld(t, { server: scripts, pool: { ...pool({}) } });
    const client = await world.client();
    const answer = await client.exchange(request('GET /'));
    assert.equal(answer.body.toString(), 'b', 'nothing of the first response was seen');
    const record = await world.record(0);
    assert.deepEqual([record.attempts, record.end, record.server], [2, 'done', 's2']);
    assert.equal(record.retriedFor, on);
    assert.deepEqual(asked, ['a', 'b']);
    // The connection of the client is as good as it was.
    assert.equal(statusOf(await client.exchange(request('GET /'))), 200);
  });

  test(`tried again on the same server without redispatch: ${on}`, async (t) => {
    const { scripts, asked } = failingFirst(first);
    const world = await startWorld(t, { server: scripts, pool: { ...pool({ redispatch: false }) } });
    assert.equal((await (await world.client()).exchange(request('GET /'))).body.toString(), 'a');
    assert.deepEqual(asked, ['a', 'a']);
  });

  const not: readonly (readonly [string, string, object])[] = [
    ['a POST', request('POST /', LENGTH, 'hello'), {}],
    ['without a budget', request('GET /'), { budget: { percent: 0, perSecond: 0 } }],
    ['for another reason', request('GET /'), { on: ['connect-failed', '504'] }],
    ['with max 0', request('GET /'), { max: 0 }],
  ];
  for (const [name, text, retries] of not) {
    test(`not tried again after ${on}: ${name}`, async (t) => {
      const { scripts, asked } = failingFirst(first);
      const world = await startWorld(t, { server: scripts, pool: { ...pool(retries) } });
      const client = await world.client();
      client.send(text);
      assert.match(await client.readUntil('\r\n'), new RegExp(`^HTTP/1.1 ${status} `));
      if (end !== 'origin-cut') {
        const record = await world.record(0);
        assert.deepEqual([record.attempts, record.end, record.retriedFor], [1, end, '']);
      }
      assert.deepEqual(asked, ['a']);
    });
  }
}

test('the response to the last attempt is passed on as it is', async (t) => {
  const busy = answering(() => response(503, 'busy', 'Retry-After: 9\r\n'));
  const world = await startWorld(t, { server: [busy, busy], pool: { retries: { max: 2, on: ['503'] } } });
  const answer = await (await world.client()).exchange(request('GET /'));
  assert.equal(statusOf(answer), 503);
  assert.equal(answer.body.toString(), 'busy');
  assert.equal((await world.record(0)).attempts, 3);
});

test('rules see the response that the client gets, and no other', async (t) => {
  const { scripts } = failingFirst((wire) => wire.send(response(503, 'evil')));
  const inspector = needleInspector({ responseBody: 'evil', verdict: REPLY_418 });
  const world = await startWorld(t, { server: scripts, inspector, pool: { retries: { on: ['503'] } } });
  assert.equal((await (await world.client()).exchange(request('GET /'))).body.toString(), 'b');
});

test('when every server fails, retries are no more than the budget', async (t) => {
  let asked = 0;
  const failing: Script = async (wire) => {
    await wire.expectRequest();
    asked++;
    wire.close();
  };
  const world = await startWorld(t, {
    server: [failing, failing],
    pool: { retries: { max: 3, on: ['closed'], budget: { percent: 10, perSecond: 0 } } },
  });
  const client = await world.client();
  for (let count = 0; count < 100; count++)
    assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
  assert(asked > 100 && asked <= 110, `${asked} requests for 100`);
});
