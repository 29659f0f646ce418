/**
 * What goes on to the server and what comes back: request line, fields, versions, one request after the other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

/** A server that keeps what it was asked. */
function recording(answer = response(200, 'hello')): {
  seen: Message[];
  script: ReturnType<typeof answering>;
} {
  const seen: Message[] = [];
  const script = answering((message) => {
    seen.push(message);
    return answer;
  });
  return { seen, script };
}

test('a GET goes to the server and its response comes back', async (t) => {
  const { seen, script } = recording();
  const world = await startWorld(t, { server: script });
  const client = await world.client();
  const answer = await client.exchange(request('GET /a?b=c'));
  assert.equal(answer.startLine, 'HTTP/1.1 200 Some Reason');
  assert.equal(answer.body.toString(), 'hello');
  assert.equal(seen[0]?.startLine, 'GET /a?b=c HTTP/1.1');
  const record = await world.record(0);
  assert.equal(record.status, 200);
  assert.equal(record.end, 'done');
});

test('a target in absolute-form takes the same route as one in origin-form', async (t) => {
  const { seen, script } = recording();
  const world = await startWorld(t, {
    server: script,
    listener: { routes: ['admin'] },
    config: { routes: { admin: { paths: ['/admin'], pool: 'app' } } },
  });
  const client = await world.client();
  for (const target of ['/admin/x', 'http://app.example/admin/x', '/other', 'http://app.example/other']) {
    await client.exchange(request(`GET ${target}`));
  }
  assert.deepEqual(
    world.proxy.records.map(({ route }) => route),
    ['admin', 'admin', '', ''],
  );
  assert.equal(seen[1]?.startLine, 'GET /admin/x HTTP/1.1');
});
