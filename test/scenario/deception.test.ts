/**
 * Inspection and the decoy: what the rules hit never reaches a real server, and the decoy answers in its place.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needleInspector } from '../support/inspector.ts';
import { request, response } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

test('a response that the rules hit is replaced by that of the decoy, which is not inspected itself', async (t) => {
  const inspector = needleInspector({ responseHead: '200' });
  const world = await startWorld(t, {
    inspector,
    server: answering(() => response(200, 'secret')),
    decoy: answering(() => response(200, 'nothing here')),
    listener: { decoy: 'trap' },
  });
  const client = await world.client();
  const answer = await client.exchange(request('GET /'));
  assert.equal(answer.body.toString(), 'nothing here');
  assert.deepEqual(inspector.shown, ['head GET /', 'body 0', 'response 200']);
  assert.equal((await world.record(0)).verdict, 'deceive');
});
