import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnEnd } from './turn-end.ts';

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function collecting(): { readonly turnEnd: TurnEnd; readonly events: string[] } {
  const events: string[] = [];
  return { turnEnd: new TurnEnd((error) => events.push(String(error))), events };
}

test('who waits is called in order, when the turn is over and not before', async () => {
  const { turnEnd, events } = collecting();
  const waits = ['a', 'b', 'c'].map((name) => turnEnd.wait(() => events.push(name)));
  await Promise.resolve();
  assert.deepEqual(events, []);
  assert.deepEqual(
    waits.map(({ isOver }) => isOver),
    [false, false, false],
  );
  await endOfTurn();
  assert.deepEqual(events, ['a', 'b', 'c']);
  assert(waits.every(({ isOver }) => isOver));
});

test('who leaves is not called, even when another one of the same turn makes it leave', async () => {
  const { turnEnd, events } = collecting();
  const early = turnEnd.wait(() => events.push('early'));
  early.leave();
  turnEnd.wait(() => {
    events.push('first');
    late.leave();
  });
  const late = turnEnd.wait(() => events.push('late'));
  await endOfTurn();
  await endOfTurn();
  assert.deepEqual(events, ['first']);
});

test('who comes at the end of a turn waits for the next', async () => {
  const { turnEnd, events } = collecting();
  turnEnd.wait(() => {
    events.push('one');
    turnEnd.wait(() => events.push('two'));
  });
  await endOfTurn();
  assert.deepEqual(events, ['one']);
  await endOfTurn();
  assert.deepEqual(events, ['one', 'two']);
});

test('one that throws keeps nobody else from being called', async () => {
  const { turnEnd, events } = collecting();
  turnEnd.wait(() => {
    throw new Error('a defect');
  });
  turnEnd.wait(() => events.push('next'));
  await endOfTurn();
  assert.deepEqual(events, ['Error: a defect', 'next']);
});
