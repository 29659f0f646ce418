/**
 * A defect of ours costs the exchange on which it happens, which fails closed and is recorded, and nothing else.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { needleInspector } from '../support/inspector.ts';
import { request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

/** Throws in the phase that is named, for targets that hold `defect`. */
function defective(
  phase: 'begin' | 'requestHead' | 'requestBody' | 'responseHead' | 'responseBody',
): Inspector {
  const plain = needleInspector({ body: 'needle' });
  return {
    ruleCount: 1,
    begin: (seen) => {
      const transaction = plain.begin(seen);
      if (!seen.target.includes('defect')) return transaction;
      if (phase === 'begin') throw new Error('a defect in begin');
      return {
        ...transaction,
        [phase]: () => {
          throw new Error(`a defect in ${phase}`);
        },
      };
    },
  };
}

for (const phase of ['begin', 'requestHead', 'requestBody'] as const) {
  test(`a defect while ${phase} runs is answered with 500, and the server hears nothing of the request`, async (t) => {
    const defects: unknown[] = [];
    const world = await startWorld(t, {
      inspector: defective(phase),
      server: answering(() => response(200, 'fine')),
      onDefect: (error) => defects.push(error),
    });
    const client = await world.client();
    assert.equal(statusOf(await client.exchange(request('GET /defect'))), 500);
    assert.equal((await client.exchange(request('GET /'))).body.toString(), 'fine', 'the connection goes on');
    assert.equal((await world.record(0)).end, 'internal');
    assert.equal(world.server.connections.length, 1);
    assert.deepEqual(defects.map(String), [`Error: a defect in ${phase}`]);
  });
}

for (const phase of ['responseHead', 'responseBody'] as const) {
  test(`a defect while ${phase} runs is answered with 500, and nothing of the response comes through`, async (t) => {
    const defects: unknown[] = [];
    const world = await startWorld(t, {
      inspector: defective(phase),
      server: answering(() => response(200, 'fine')),
      onDefect: (error) => defects.push(error),
    });
    const client = await world.client();
    const answer = await client.exchange(request('GET /defect'));
    assert.equal(statusOf(answer), 500);
    assert.doesNotMatch(answer.body.toString(), /fine/);
    assert.equal((await client.exchange(request('GET /'))).body.toString(), 'fine', 'the connection goes on');
    assert.equal((await world.record(0)).end, 'internal');
    assert.deepEqual(defects.map(String), [`Error: a defect in ${phase}`]);
  });
}
