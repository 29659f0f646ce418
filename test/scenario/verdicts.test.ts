/**
 * What inspection is shown and what becomes of what it says: reply, drop, bodies beyond the bound, responses, detect mode.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DROP, needleInspector, REPLY_418 } from '../support/inspector.ts';
import { chunked, content, request, response, statusOf, valueOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

const ATTACK = request('GET /attack');
const REAL = answering(({ body }) => response(200, `real ${body.length}`));
const TRAP = answering(() => response(200, 'decoy'));

test('a reply is a page of ours with that status, and the connection goes on', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ head: 'attack', verdict: REPLY_418 }),
    server: REAL,
    decoy: TRAP,
    listener: { decoy: 'trap' },
  });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(ATTACK)), 418);
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'real 0');
  const record = await world.record(0);
  assert.equal(record.verdict, 'reply');
  assert.equal(record.because.code, 'rule-hit');
  assert.equal(record.end, 'done');
  assert.equal(record.hits[0]?.rule, '100');
  assert.equal(world.proxy.plane.attackers.list().length, 0);
});

test('a reply to a head whose body is still to come closes the connection', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ head: 'attack', verdict: REPLY_418 }),
    server: REAL,
  });
  const client = await world.client();
  client.send(request('POST /attack', 'Content-Length: 100\r\n', 'half'));
  const answer = await client.readResponse();
  assert.equal(statusOf(answer), 418);
  assert.equal(valueOf(answer, 'connection'), 'close');
  assert.equal(await client.ended(), 'end');
});

test('a drop closes the connection without a byte', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ head: 'attack', verdict: DROP }),
    server: REAL,
  });
  const client = await world.client();
  client.send(ATTACK + request('GET /'));
  assert.equal((await client.readToEnd()).length, 0);
  const record = await world.record(0);
  assert.equal(record.verdict, 'drop');
  assert.equal(record.status, 0);
  assert.equal(record.bytesOut, 0);
  assert.equal(world.server.received, 0);
  assert.equal(world.proxy.records.length, 1);
});

const BODY = content(300_000);
const FRAMINGS = [
  ['Content-Length', request('POST /', `Content-Length: ${BODY.length}\r\n`), BODY],
  ['chunks', request('POST /', 'Transfer-Encoding: chunked\r\n'), chunked(BODY, 10_000)],
] as const;

for (const [name, head, body] of FRAMINGS) {
  const held = { held: '64KiB' };

  test(`a body of ${name} beyond what is held is answered with 413 by default, and nothing of it goes out`, async (t) => {
    const world = await startWorld(t, {
      inspector: needleInspector({ body: 'evil' }),
      server: REAL,
      config: { inspection: { body: held } },
    });
    const client = await world.client();
    client.send(head);
    client.send(body);
    assert.equal(statusOf(await client.readResponse()), 413);
    assert.equal((await world.record(0)).end, 'request-body-not-held');
    assert.equal(world.server.received, 0);
  });

  test(`a body of ${name} is inspected as a prefix with "beyond: prefix"`, async (t) => {
    const inspector = needleInspector({ body: 'evil' });
    const world = await startWorld(t, {
      inspector,
      server: REAL,
      config: { inspection: { body: { ...held, beyond: 'prefix' } } },
    });
    const client = await world.client();
    client.send(head);
    client.send(body);
    assert.equal((await client.readResponse()).body.toString(), 'real 300000');
    const [, shown] = inspector.shown;
    assert.match(shown ?? '', /^body \d+ prefix$/);
    const length = Number(shown?.split(' ')[1]);
    assert(length >= 65_536 && length <= 65_536 * 3, `${length} bytes were held`);
  });

  test(`a body of ${name} passes unseen with "beyond: pass"`, async (t) => {
    const inspector = needleInspector({ body: 'evil' });
    const world = await startWorld(t, {
      inspector,
      server: REAL,
      config: { inspection: { body: { ...held, beyond: 'pass' } } },
    });
    const client = await world.client();
    client.send(head);
    client.send(body);
    assert.equal((await client.readResponse()).body.toString(), 'real 300000');
    assert.deepEqual(inspector.shown, ['head POST /', 'body 0 prefix', 'response 200', 'response body 0']);
  });

  test(`an attack in the prefix of ${name} takes the whole body to the decoy`, async (t) => {
    let seen = 0;
    const world = await startWorld(t, {
      inspector: needleInspector({ body: BODY.subarray(0, 8).toString('latin1') }),
      server: REAL,
      decoy: answering((message) => {
        seen = message.body.length;
        return response(200, 'decoy');
      }),
      listener: { decoy: 'trap' },
      config: { inspection: { body: { ...held, beyond: 'prefix' } } },
    });
    const client = await world.client();
    client.send(head);
    client.send(body);
    assert.equal((await client.readResponse()).body.toString(), 'decoy');
    assert.equal(seen, BODY.length);
    assert.equal(world.server.received, 0);
  });
}

test('a body that fits is inspected whole', async (t) => {
  const inspector = needleInspector({ body: 'evil' });
  const world = await startWorld(t, { inspector, server: REAL });
  const client = await world.client();
  client.send(request('POST /', 'Content-Length: 100000\r\n'));
  client.send(content(100_000));
  assert.equal((await client.readResponse()).body.toString(), 'real 100000');
  assert.deepEqual(inspector.shown, ['head POST /', 'body 100000', 'response 200', 'response body 0']);
});

test('bodies held together beyond heldTotal are answered with 503', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ body: 'evil' }),
    server: REAL,
    config: { inspection: { body: { held: '900000', heldTotal: '1MiB' } } },
  });
  const most = content(400_000);
  const rest = content(50_000);
  const clients = await Promise.all([world.client(), world.client(), world.client()]);
  for (const client of clients) {
    client.send(request('POST /', 'Content-Length: 450000\r\n'));
    client.send(most);
  }
  await until('one is refused', () => clients.some(({ received }) => received > 0));
  const refused = clients.filter(({ received }) => received > 0);
  assert.equal(refused.length, 1);
  for (const client of clients) {
    if (!refused.includes(client)) client.send(rest);
    assert.equal(statusOf(await client.readResponse()), refused.includes(client) ? 503 : 200);
  }
  assert.equal((await world.record(0)).end, 'held-total');
});

const SECRET = 'the secret of the server';

for (const [name, bytes] of [
  ['Content-Length', response(200, SECRET)],
  ['chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(SECRET, 5).toString()}`],
  ['the end of the connection', `HTTP/1.1 200 OK\r\n\r\n${SECRET}`],
] as const) {
  test(`a response body of ${name} that the rules hit is replaced, in whatever pieces it comes`, async (t) => {
    const inspector = needleInspector({ responseBody: 'secret', verdict: REPLY_418 });
    const world = await startWorld(t, {
      inspector,
      server: async (wire, index) => {
        await wire.expectRequest();
        const cuts = Array.from({ length: bytes.length - 1 }, (_, at) => at + 1);
        await wire.sendCut(new TextEncoder().encode(bytes), index === 0 ? [] : cuts);
        if (name === 'the end of the connection') wire.end();
      },
      pool: { connections: { idleMax: 0 } },
    });
    for (let count = 0; count < 2; count++) {
      const client = await world.client();
      const answer = await client.exchange(request('GET /'));
      assert.equal(statusOf(answer), 418);
      assert.doesNotMatch(answer.body.toString(), /secret/);
      assert(inspector.shown.includes(`response body ${SECRET.length}`));
    }
  });

  test(`a response body of ${name} that the rules do not hit is delivered as it is`, async (t) => {
    const world = await startWorld(t, {
      inspector: needleInspector({ responseBody: 'nothing of the kind' }),
      server: async (wire) => {
        while ((await wire.readRequest()) !== undefined) {
          wire.send(bytes);
          if (name === 'the end of the connection') wire.end();
        }
      },
    });
    for (const version of ['1.1', '1.0']) {
      const client = await world.client();
      const answer = await client.exchange(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      assert.equal(answer.body.toString(), SECRET);
    }
  });
}

test('a response beyond what is held is inspected as a prefix and goes on', async (t) => {
  const inspector = needleInspector({ responseBody: 'nothing of the kind' });
  const body = content(2_000_000);
  const world = await startWorld(t, {
    inspector,
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      wire.send(body);
    },
  });
  const client = await world.client();
  const answer = await client.exchange(request('GET /'));
  assert(answer.body.equals(body));
  assert.match(inspector.shown.at(-1) ?? '', /^response body \d+ prefix$/);
  assert.equal((await world.record(0)).end, 'done');
});

test('a response without a body is not held', async (t) => {
  const inspector = needleInspector({ responseBody: 'secret' });
  const world = await startWorld(t, {
    inspector,
    server: answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'),
  });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('HEAD /'), 'HEAD')), 200);
  assert.deepEqual(inspector.shown, ['head HEAD /', 'body 0', 'response 200', 'response body 0']);
});

test('a server that dies while its response is held is 502', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ responseBody: 'secret' }),
    server: async (wire) => {
      await wire.expectRequest();
      await wire.sendAll('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      wire.end();
    },
  });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
  assert.equal((await world.record(0)).end, 'origin-cut');
});

for (const phase of ['responseHead', 'responseBody'] as const) {
  test(`a response that the ${phase} rules hit is replaced by that of the decoy, which is not inspected itself`, async (t) => {
    const inspector = needleInspector(
      phase === 'responseHead' ? { responseHead: '200' } : { responseBody: 'se' },
    );
    const world = await startWorld(t, {
      inspector,
      server: answering(() => response(200, 'secret')),
      decoy: answering(() => response(200, 'no secret here')),
      listener: { decoy: 'trap' },
    });
    const client = await world.client();
    const answer = await client.exchange(request('GET /'));
    assert.equal(answer.body.toString(), 'no secret here');
    assert.deepEqual(inspector.shown.slice(0, 3), ['head GET /', 'body 0', 'response 200']);
    assert.equal(inspector.shown.length, phase === 'responseHead' ? 3 : 4);
    assert.equal((await world.record(0)).verdict, 'deceive');
  });
}

test('what was streamed to the server cannot be asked of the decoy: the client gets 403', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ responseHead: '200' }),
    server: REAL,
    decoy: TRAP,
    listener: { decoy: 'trap' },
  });
  const client = await world.client();
  client.send(request('POST /', 'Content-Length: 4\r\n', 'he'));
  await world.server.connection(0);
  client.send('re');
  const answer = await client.readResponse();
  assert.equal(statusOf(answer), 403);
  assert.equal(world.decoy.received, 0);
});

const RULES = `
SecRule ARGS "@contains attack" "id:100,phase:1,deny,msg:'found it'"
SecRule REQUEST_BODY "@contains evil" "id:101,phase:2,deny,msg:'found it'"
`;

for (const mode of ['on', 'detect', 'off'] as const) {
  test(`rules with "inspection: ${mode}"`, async (t) => {
    const world = await startWorld(t, {
      rules: RULES,
      server: REAL,
      decoy: TRAP,
      listener: { decoy: 'trap', inspection: mode },
      config: { attackers: { never: ['127.0.0.1'] } },
    });
    const client = await world.client();
    const expected = mode === 'on' ? 'decoy' : 'real';
    assert.match((await client.exchange(request('GET /?a=attack'))).body.toString(), new RegExp(expected));
    const body = 'a=evil';
    const fields = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`;
    assert.match(
      (await client.exchange(request('POST /', fields, body))).body.toString(),
      new RegExp(expected),
    );
    assert.match((await client.exchange(request('GET /?a=b'))).body.toString(), /real/);
    const rules = world.proxy.records.map(({ hits }) => hits.map(({ rule }) => rule).join());
    assert.deepEqual(rules, mode === 'off' ? ['', '', ''] : ['100', '101', '']);
    assert.equal(world.proxy.records[0]?.verdict, mode === 'on' ? 'deceive' : 'continue');
  });
}

test('detect mode refuses nothing: a body beyond the bound goes on, inspected as a prefix', async (t) => {
  const inspector = needleInspector({ body: 'nothing of the kind' });
  const world = await startWorld(t, {
    inspector,
    server: REAL,
    listener: { inspection: 'detect' },
    config: { inspection: { body: { held: '64KiB' } } },
  });
  const client = await world.client();
  client.send(request('POST /', `Content-Length: ${BODY.length}\r\n`));
  client.send(BODY);
  assert.equal((await client.readResponse()).body.toString(), 'real 300000');
  assert.match(inspector.shown[1] ?? '', /prefix$/);
});

test('an inspector that throws costs its exchange a 500 and nobody else anything', async (t) => {
  const defects: unknown[] = [];
  const world = await startWorld(t, {
    inspector: {
      ruleCount: 1,
      begin: () => {
        throw new Error('a defect of the test');
      },
    },
    server: REAL,
    listener: { routes: ['plain'] },
    config: { routes: { plain: { paths: ['/plain'], pool: 'app', inspection: 'off' } } },
    onDefect: (error) => defects.push(error),
  });
  const client = await world.client();
  assert.equal(statusOf(await client.exchange(request('GET /'))), 500);
  assert.equal((await world.record(0)).end, 'internal');
  assert.equal(defects.length, 1);
  const other = await world.client();
  assert.equal(statusOf(await other.exchange(request('GET /plain'))), 200);
  assert.equal(world.server.connections.length, 1);
});
