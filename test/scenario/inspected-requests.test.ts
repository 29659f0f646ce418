/**
 * What inspection can ask about a request, and that it hears of the end of every exchange once, however it ended.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InspectedRequest, Inspector } from '../../src/inspect/inspector.ts';
import { DROP, needleInspector, REPLY_418 } from '../support/inspector.ts';
import { request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { until } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { WorldOptions } from '../support/world.ts';

const REAL = answering(() => response(200, 'real'));

type Asked = Required<Omit<InspectedRequest, 'headers' | 'connection'>>;

/** Keeps what each request said of itself when inspection began. */
function asking(asked: Asked[]): Inspector {
  const plain = needleInspector({});
  return {
    ruleCount: 1,
    begin: (seen) => {
      const { method, target, version, clientAddress } = seen;
      const { clientPort = -1, localAddress = '-', localPort = -1, id = '-' } = seen;
      asked.push({ method, target, version, clientAddress, clientPort, localAddress, localPort, id });
      return plain.begin(seen);
    },
  };
}

test('inspection can ask for both ends of the connection, and for the id of the log', async (t) => {
  const asked: Asked[] = [];
  const world = await startWorld(t, { inspector: asking(asked), server: REAL });
  const client = await world.client('127.0.0.2');
  await client.exchange(request('GET /a?b=c'));
  const { id } = await world.record(0);
  assert.deepEqual(asked, [
    {
      method: 'GET',
      target: '/a?b=c',
      version: 'HTTP/1.1',
      clientAddress: '127.0.0.2',
      clientPort: client.port,
      localAddress: '127.0.0.1',
      localPort: world.port,
      id,
    },
  ]);
});

test('behind a PROXY header both ends are those that it names', async (t) => {
  const asked: Asked[] = [];
  const world = await startWorld(t, {
    inspector: asking(asked),
    server: REAL,
    listener: { identity: { trust: ['127.0.0.1'], proxyProtocol: 'v1' } },
  });
  const client = await world.client();
  client.send('PROXY TCP4 203.0.113.9 198.51.100.7 50123 443\r\n');
  await client.exchange(request('GET /'));
  const [seen] = asked;
  assert.deepEqual(
    [seen?.clientAddress, seen?.clientPort, seen?.localAddress, seen?.localPort],
    ['203.0.113.9', 50_123, '198.51.100.7', 443],
  );
});

test('a client that is only named by a header has no port', async (t) => {
  const asked: Asked[] = [];
  const world = await startWorld(t, {
    inspector: asking(asked),
    server: REAL,
    listener: { identity: { trust: ['127.0.0.1'], clientHeader: 'x-forwarded-for' } },
  });
  await (await world.client()).exchange(request('GET /', 'X-Forwarded-For: 203.0.113.9\r\n'));
  assert.deepEqual([asked[0]?.clientAddress, asked[0]?.clientPort], ['203.0.113.9', 0]);
  assert.equal(asked[0]?.localPort, world.port);
});

test('all requests of a connection name it alike, and those of another one do not', async (t) => {
  const connections: unknown[] = [];
  const plain = needleInspector({});
  const world = await startWorld(t, {
    inspector: {
      ruleCount: 1,
      begin: (seen) => {
        connections.push(seen.connection);
        return plain.begin(seen);
      },
    },
    server: REAL,
  });
  const [client, other] = [await world.client(), await world.client()];
  for (const wire of [client, other, client]) await wire.exchange(request('GET /'));
  assert(connections[0] instanceof Object);
  assert.equal(connections[2], connections[0]);
  assert.notEqual(connections[1], connections[0]);
});

/** Ways in which an exchange can end. */
interface Ending {
  readonly name: string;
  readonly world: Omit<WorldOptions, 'inspector'>;
  readonly needles?: Parameters<typeof needleInspector>[0];
  readonly run: (client: Wire) => Promise<unknown>;
  readonly end: string;
}

const GET = request('GET /attack');
const ENDINGS: readonly Ending[] = [
  { name: 'well', world: { server: REAL }, run: (client) => client.exchange(GET), end: 'done' },
  {
    name: 'with a reply of ours',
    world: { server: REAL },
    needles: { head: 'attack', verdict: REPLY_418 },
    run: (client) => client.exchange(GET),
    end: 'done',
  },
  {
    name: 'with a reply to the head of a body that is still to come',
    world: { server: REAL },
    needles: { head: 'attack', verdict: REPLY_418 },
    run: (client) => client.exchange(request('POST /attack', 'Content-Length: 9\r\n')),
    end: 'done',
  },
  {
    name: 'with a drop',
    world: { server: REAL },
    needles: { head: 'attack', verdict: DROP },
    run: (client) => {
      client.send(GET);
      return client.ended();
    },
    end: 'done',
  },
  {
    name: 'at the decoy',
    world: { server: REAL, decoy: REAL, listener: { decoy: 'trap' } },
    needles: { head: 'attack' },
    run: (client) => client.exchange(GET),
    end: 'done',
  },
  {
    name: 'with a response that the decoy gives instead',
    world: { server: REAL, decoy: REAL, listener: { decoy: 'trap' } },
    needles: { responseHead: '200' },
    run: (client) => client.exchange(GET),
    end: 'done',
  },
  {
    name: 'with a body that is too long to be held',
    world: { server: REAL, config: { inspection: { body: { held: '1KiB' } } } },
    needles: { body: 'evil' },
    run: (client) => client.exchange(request('POST /', 'Content-Length: 5000\r\n')),
    end: 'request-body-not-held',
  },
  {
    name: 'with a body that is malformed',
    world: { server: REAL },
    needles: { body: 'evil' },
    run: async (client) => {
      const head = request('POST /', 'Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n');
      await client.exchange(head);
      client.send('1\r\nano line end');
      return client.readResponse();
    },
    end: 'request-body-refused',
  },
  {
    name: 'because there is no server',
    world: { addresses: ['127.0.0.1:1'] },
    run: (client) => client.exchange(GET),
    end: 'origin-connect-failed',
  },
  {
    name: 'because the server closes',
    world: {
      server: async (wire) => {
        await wire.expectRequest();
        wire.end();
      },
    },
    run: (client) => client.exchange(GET),
    end: 'origin-closed',
  },
  {
    name: 'because the server cuts its response',
    world: {
      server: async (wire) => {
        await wire.expectRequest();
        await wire.sendAll('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
        wire.end();
      },
    },
    run: (client) => {
      client.send(GET);
      return client.ended();
    },
    end: 'origin-cut',
  },
  {
    name: 'because the client goes while the server thinks',
    world: {
      server: async (wire) => {
        await wire.expectRequest();
      },
    },
    run: async (client) => {
      await client.sendAll(GET);
      client.reset();
    },
    end: 'client-gone',
  },
  {
    name: 'as a tunnel',
    world: {
      server: async (wire) => {
        await wire.expectRequest();
        await wire.sendAll('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
        wire.end();
      },
    },
    run: async (client) => {
      await client.exchange(request('GET /', 'Connection: upgrade\r\nUpgrade: echo\r\n'));
      client.end();
      await client.ended();
    },
    end: 'done',
  },
];

for (const { name, world: options, needles, run, end } of ENDINGS) {
  test(`inspection hears once, and before the record, of an exchange that ends ${name}`, async (t) => {
    const inspector = needleInspector({ ...needles, end: 'over' });
    const world = await startWorld(t, { ...options, inspector });
    const client = await world.client();
    await run(client);
    const record = await world.record(0);
    assert.equal(record.end, end);
    assert.equal(record.hits.at(-1)?.target, 'END');
    assert.equal(record.hits.filter(({ target }) => target === 'END').length, 1);
    client.close();
    await world.idle();
    assert.deepEqual([inspector.begun, inspector.ended], [1, 1]);
  });
}

test('an exchange without a transaction has no end of one', async (t) => {
  const inspector = needleInspector({ end: 'over' });
  const world = await startWorld(t, { inspector, server: REAL });
  const client = await world.client();
  client.send('BAD\r\n\r\n');
  await client.readResponse();
  assert.deepEqual((await world.record(0)).hits, []);
  assert.deepEqual([inspector.begun, inspector.ended], [0, 0]);
});

test('phase 5 sees the response that ended, not the next one on that connection', async (t) => {
  const seen: string[] = [];
  const plain = needleInspector({});
  const inspector: Inspector = {
    ruleCount: 1,
    begin: (asked) => {
      const transaction = plain.begin(asked);
      let value = (): string => '';
      return {
        ...transaction,
        responseHead: (head) => {
          value = () => head.headers.value(0);
          return transaction.responseHead(head);
        },
        end: () => seen.push(`${asked.headers.value(1)} ${value()}`),
      };
    },
  };
  let count = 0;
  const world = await startWorld(t, {
    inspector,
    server: answering(() => response(200, 'real', `X-Count: ${++count}\r\n`)),
    pool: { maxConnections: 1 },
  });
  const clients = await Promise.all([world.client(), world.client(), world.client()]);
  // All wait for the one connection to the server, which begins with the next as soon as it is free.
  for (const [index, client] of clients.entries()) client.send(request('GET /', `X-Client: ${index}\r\n`));
  for (const client of clients) await client.readResponse();
  await until('all have ended', () => seen.length === 3);
  assert.deepEqual(seen.map((line) => line.split(' ')[1]).sort(), ['1', '2', '3']);
  assert.deepEqual(seen.map((line) => line.split(' ')[0]).sort(), ['0', '1', '2']);
});

test('rules of phase 5 log what they know of the whole exchange', async (t) => {
  const world = await startWorld(t, {
    rules: `SecRule RESPONSE_STATUS "@streq 200" "id:100,phase:5,log,pass,msg:'ended well',logdata:'%{REQUEST_URI}'"`,
    server: REAL,
  });
  await (await world.client()).exchange(request('GET /a?b'));
  const [hit] = (await world.record(0)).hits;
  assert.equal(hit?.rule, '100');
  assert.equal(hit.data, '/a?b');
});

test('what is secret is in no record', async (t) => {
  const world = await startWorld(t, {
    rules: ['password', 'q']
      .map(
        (name, index) =>
          `SecRule ARGS:${name} "@contains evil" "id:${index + 1},phase:1,log,pass,logdata:'%{MATCHED_VAR}'"`,
      )
      .join('\n'),
    server: REAL,
  });
  const client = await world.client();
  await client.exchange(
    request('GET /a?password=evil1&q=evil2', 'Referer: https://u:p@example.org/?token=evil3\r\n'),
  );
  const record = await world.record(0);
  const text = JSON.stringify(record);
  assert(!text.includes('evil1') && !text.includes('evil3') && !text.includes('u:p'), text);
  assert.equal(record.hits.length, 2);
  assert.equal(record.hits[1]?.data, 'evil2');
});

test('a defect of phase 5 costs its hits and nothing else', async (t) => {
  const defects: unknown[] = [];
  const plain = needleInspector({});
  const world = await startWorld(t, {
    inspector: {
      ruleCount: 1,
      begin: (asked) => ({
        ...plain.begin(asked),
        end: () => {
          throw new Error('a defect in end');
        },
      }),
    },
    server: REAL,
    onDefect: (error) => defects.push(error),
  });
  const client = await world.client();
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'real');
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'real');
  assert.equal((await world.record(1)).end, 'done');
  assert.deepEqual(defects.map(String), ['Error: a defect in end', 'Error: a defect in end']);
});

test('an attack in a long field section is found, whatever came in those before', async (t) => {
  const world = await startWorld(t, {
    rules: 'SecRule REQUEST_HEADERS:X-A attack "id:1,phase:1,deny,status:403"',
    server: REAL,
  });
  // Sections of more than 4 KiB are not remembered.
  const fields = (value: string): string => `X-Padding: ${'x'.repeat(5000)}\r\nX-A: ${value}\r\n`;
  const client = await world.client();
  for (let turn = 0; turn < 3; turn++) {
    assert.equal(statusOf(await client.exchange(request('GET /', fields('harmless')))), 200);
  }
  assert.equal(statusOf(await client.exchange(request('GET /', fields('an attack')))), 403);
});
