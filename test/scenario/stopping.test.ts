/**
 * Stopping: nothing new is accepted, what is on its way ends, and what does not end in time is cut.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, valueOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { pause, until, Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

test('idle connections are closed at once, others after their response', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      for (;;) {
        const message = await wire.readRequest();
        if (message === undefined) break;
        if (message.startLine.includes('/slow')) await pause(150);
        wire.send(response(200, 'done'));
      }
      wire.end();
    },
  });
  const [idle, busy, piping] = [await world.client(), await world.client(), await world.client()];
  await idle.exchange(request('GET /'));
  busy.send(request('GET /slow'));
  piping.send(request('GET /slow') + request('GET /never'));
  await until('both are on their way', () => world.proxy.plane.host.counts.exchanges === 2);
  const stopped = world.proxy.plane.stop(5_000);
  assert.equal((await idle.readToEnd()).length, 0);
  for (const client of [busy, piping]) {
    const answer = await client.readResponse();
    assert.equal(answer.body.toString(), 'done');
    assert.equal(valueOf(answer, 'connection'), 'close');
    assert.equal((await client.readToEnd()).length, 0);
    client.close();
  }
  await stopped;
  await assert.rejects(Wire.connect(world.port), { code: 'ECONNREFUSED' });
  assert.equal(world.proxy.records.length, 3);
});

test('what does not end in time is cut', async (t) => {
  const world = await startWorld(t, {
    server: answering(({ startLine }) =>
      startLine.includes('/tunnel')
        ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
        : 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
    ),
  });
  const [waiting, tunnelled] = [await world.client(), await world.client()];
  waiting.send(request('GET /'));
  await waiting.readUntil('half');
  await tunnelled.exchange(request('GET /tunnel', 'Connection: Upgrade\r\nUpgrade: x\r\n'));
  await world.proxy.plane.stop(100);
  await waiting.ended();
  await tunnelled.ended();
  await until('both are recorded', () => world.proxy.records.length === 2);
  assert.deepEqual(new Set(world.proxy.records.map(({ end }) => end)), new Set(['client-gone', 'done']));
});
