/**
 * Pages that a rule asks for: redirects, which may be made of what the client sent, and statuses that have no page.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../../src/base/verdict.ts';
import { needleInspector } from '../support/inspector.ts';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';
import type { TestContext } from 'node:test';

const REAL = answering(() => response(200, 'real'));

function make(
  t: TestContext,
  reply: { readonly status: number; readonly location?: string },
): Promise<World> {
  const verdict: Verdict = { do: 'reply', because: { code: 'rule-hit', text: 'A rule matched' }, ...reply };
  return startWorld(t, { inspector: needleInspector({ head: 'attack', verdict }), server: REAL });
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect of ${status} leads where the rule says, and the connection goes on`, async (t) => {
    const world = await make(t, { status, location: 'https://example.org/blocked?a=%20b' });
    const wire = await world.client();
    const answer = await wire.exchange(request('GET /attack'));
    assert.equal(statusOf(answer), status);
    assert.equal(valueOf(answer, 'location'), 'https://example.org/blocked?a=%20b');
    assert.equal((await wire.exchange(request('GET /'))).body.toString(), 'real');
  });
}

for (const location of ['', '/a\r\nSet-Cookie: a=b', '/a b', '/\xe9', '/\0', `/${'x'.repeat(9000)}`]) {
  test(`a redirect to ${JSON.stringify(location.slice(0, 20))} is 403 without a Location`, async (t) => {
    const world = await make(t, { status: 302, location });
    const answer = await (await world.client()).exchange(request('GET /attack'));
    assert.equal(statusOf(answer), 403);
    assert.equal(valueOf(answer, 'location'), undefined);
    assert.equal(valueOf(answer, 'set-cookie'), undefined);
    assert.equal((await world.record(0)).status, 403);
  });
}

test('a redirect of a rule takes what its macro makes of the request, where that can stand in a field', async (t) => {
  const world = await startWorld(t, {
    rules: `SecRule ARGS "@rx evil" "id:100,phase:1,redirect:'https://example.org/?a=%{ARGS.a}'"`,
    server: REAL,
  });
  const wire = await world.client();
  const good = await wire.exchange(request('GET /?a=evil'));
  assert.equal(statusOf(good), 302);
  assert.equal(valueOf(good, 'location'), 'https://example.org/?a=evil');
  const bad = await wire.exchange(request('GET /?a=evil%0d%0aSet-Cookie:%20a=b'));
  assert.equal(statusOf(bad), 403);
  assert.equal(valueOf(bad, 'set-cookie'), undefined);
});

for (const status of [204, 205, 304]) {
  test(`a rule that answers with ${status} gets no body into the way of the next response`, async (t) => {
    const world = await make(t, { status });
    const wire = await world.client();
    wire.send(request('GET /attack') + request('GET /'));
    const answer = await wire.readResponse();
    assert.equal(statusOf(answer), status);
    assert.equal(answer.body.length, 0);
    assert.equal(valueOf(answer, 'content-length'), status === 205 ? '0' : undefined);
    assert.equal((await wire.readResponse()).body.toString(), 'real');
  });
}

test('a rule that answers a CONNECT with 200 opens no tunnel', async (t) => {
  const verdict: Verdict = {
    do: 'reply',
    status: 200,
    because: { code: 'rule-hit', text: 'A rule matched' },
  };
  const world = await startWorld(t, {
    inspector: needleInspector({ head: 'app.example', verdict }),
    server: REAL,
    listener: { routes: ['all'] },
    config: { routes: { all: { pool: 'app', allowConnect: true } } },
  });
  const answer = await (
    await world.client()
  ).exchange('CONNECT app.example:443 HTTP/1.1\r\nHost: app.example:443\r\n\r\n');
  assert.equal(statusOf(answer), 403);
});
