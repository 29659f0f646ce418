/**
 * What becomes of a response that rules hit, in its head or in its body, and of a tunnel.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../../src/base/verdict.ts';
import { DECEIVE, DROP, REPLY_418 } from '../support/inspector.ts';
import { request, response, statusOf } from '../support/message.ts';
import { FRAMINGS, GET, LEAK, sending, stage, TRAP } from '../support/response-stage.ts';
import { answering } from '../support/scripted-server.ts';
import { countsOf, startWorld } from '../support/world.ts';

const VERDICTS: readonly (readonly [string, Verdict, status: number, isMarked: boolean])[] = [
  ['a reply', REPLY_418, 418, false],
  ['a drop', DROP, 0, false],
  ['deceit', DECEIVE, 200, true],
];

for (const phase of ['responseHead', 'responseBody'] as const) {
  for (const [framing, make, isClosed] of FRAMINGS) {
    for (const [name, verdict, status, isMarked] of VERDICTS) {
      test(`${name} for a hit in the ${phase} framed by ${framing}: nothing of the response comes through`, async (t) => {
        const needle = phase === 'responseHead' ? 'x-leak' : 'the secret';
        const scene = await stage(
          t,
          { [phase]: needle, verdict },
          sending(make('X-Word: x-leak\r\nContent-Type: text/html\r\n', LEAK), isClosed),
          { decoy: TRAP, listener: { decoy: 'trap' } },
        );
        const client = await scene.client();
        client.send(GET);
        if (status === 0) assert.equal((await client.readToEnd()).length, 0);
        else {
          const answer = await client.readResponse();
          assert.equal(statusOf(answer), status);
          assert.doesNotMatch(answer.head + answer.body.toString(), /secret|x-leak/);
        }
        const record = await scene.record(0);
        assert.equal(record.verdict, verdict.do);
        assert.equal(record.status, status);
        assert.equal(record.end, 'done');
        assert.equal(record.hits.length, 1);
        assert.equal(record.pool, isMarked ? 'trap' : 'app');
        // Marks are for those who are deceived, as with requests.
        assert.equal(scene.proxy.plane.attackers.list().length, isMarked ? 1 : 0);
        // What the server still sends belongs to nobody.
        await (await scene.server.connection(0)).ended();
      });
    }
  }
}

test('a hit that only logs marks nobody, and the response passes', async (t) => {
  const scene = await startWorld(t, {
    rules: `SecRule RESPONSE_STATUS "@streq 200" "id:100,phase:3,log,pass,msg:'seen'"
SecRule RESPONSE_BODY "@contains secret" "id:101,phase:4,log,pass,msg:'seen'"`,
    server: answering(() => response(200, 'a secret')),
    decoy: TRAP,
    listener: { decoy: 'trap' },
  });
  const client = await scene.client();
  assert.equal((await client.exchange(GET)).body.toString(), 'a secret');
  assert.equal((await client.exchange(GET)).body.toString(), 'a secret');
  assert.deepEqual(
    (await scene.record(0)).hits.map(({ rule }) => rule),
    ['100', '101'],
  );
  assert.equal(scene.proxy.plane.attackers.list().length, 0);
});

for (const mode of ['on', 'detect', 'off'] as const) {
  test(`rules of phase 3 and 4 with "inspection: ${mode}"`, async (t) => {
    const world = await startWorld(t, {
      rules: `SecRule RESPONSE_HEADERS:X-Leak "@streq 1" "id:103,phase:3,deny,status:502"
SecRule RESPONSE_BODY "@contains secret" "id:104,phase:4,deny,status:500"`,
      server: answering(({ startLine }) =>
        startLine.includes('head') ? response(200, 'page', 'X-Leak: 1\r\n') : response(200, 'a secret'),
      ),
      listener: { inspection: mode },
    });
    const client = await world.client();
    const statuses = [];
    for (const path of ['/head', '/body'])
      statuses.push(statusOf(await client.exchange(request(`GET ${path}`))));
    assert.deepEqual(statuses, mode === 'on' ? [502, 500] : [200, 200]);
    const rules = world.proxy.records.map(({ hits }) => hits.map(({ rule }) => rule).join());
    assert.deepEqual(rules, mode === 'off' ? ['', ''] : ['103', '104']);
  });
}

test('a deceived response without a decoy is 403, and the connection goes on', async (t) => {
  const scene = await stage(
    t,
    { responseBody: 'secret' },
    answering(({ startLine }) => response(200, startLine.includes('leak') ? 'a secret' : 'a page')),
    { config: { attackers: { never: ['127.0.0.1'] } } },
  );
  const client = await scene.client();
  assert.equal(statusOf(await client.exchange(request('GET /leak'))), 403);
  assert.equal((await client.exchange(GET)).body.toString(), 'a page');
});

test('responses to pipelined requests are held and sent in order', async (t) => {
  const scene = await stage(
    t,
    { responseBody: 'secret', verdict: REPLY_418 },
    answering(({ startLine }) => response(200, startLine.includes('leak') ? 'a secret' : startLine)),
  );
  const client = await scene.client();
  client.send(request('GET /1') + request('GET /leak') + request('GET /3'));
  const bodies = [];
  for (let count = 0; count < 3; count++) bodies.push(await client.readResponse());
  assert.deepEqual(bodies.map(statusOf), [200, 418, 200]);
  assert.match(bodies[2]?.body.toString() ?? '', /GET \/3/);
});

test('a server is used again after a response that was held and passed', async (t) => {
  const scene = await stage(
    t,
    { responseBody: 'secret' },
    answering(() => response(200, 'a page')),
  );
  const client = await scene.client();
  for (let count = 0; count < 3; count++) assert.equal(statusOf(await client.exchange(GET)), 200);
  assert.equal(scene.server.connections.length, 1);
});

const UPGRADE = request('GET /', 'Connection: upgrade\r\nUpgrade: echo\r\n');
const SWITCHED = 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';

test('a tunnel passes untouched, and rules see its head', async (t) => {
  const scene = await stage(t, { responseBody: 'secret' }, sending(`${SWITCHED}the secret`));
  const client = await scene.client();
  assert.equal(statusOf(await client.exchange(UPGRADE)), 101);
  assert.equal(await client.readUntil('the secret'), 'the secret');
  assert.deepEqual(scene.inspector.shown.slice(2), ['response 101']);
});

test('a rule can keep a tunnel from being opened', async (t) => {
  const scene = await stage(t, { responseHead: '101', verdict: REPLY_418 }, sending(`${SWITCHED}the secret`));
  const client = await scene.client();
  assert.equal(statusOf(await client.exchange(UPGRADE)), 418);
  await scene.idle().catch(() => {});
  assert.equal(countsOf(scene.proxy)['tunnels'], 0);
});
