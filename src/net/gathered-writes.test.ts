import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheredWrites } from './gathered-writes.ts';
import { TurnEnd } from './turn-end.ts';

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Gathering {
  readonly gathered: GatheredWrites;
  readonly events: string[];
  /** Somebody who writes his name. */
  readonly writer: (name: string) => { writeGathered(): void };
}

function gathering(): Gathering {
  const events: string[] = [];
  const onDefect = (error: unknown): number => events.push(String(error));
  return {
    gathered: new GatheredWrites(new TurnEnd(onDefect), onDefect),
    events,
    writer: (name) => ({ writeGathered: () => void events.push(name) }),
  };
}

test('all write at the end of the turn, in order, and once', async () => {
  const { gathered, events, writer } = gathering();
  for (const name of ['a', 'b', 'c']) gathered.add(writer(name), 0);
  await Promise.resolve();
  assert.deepEqual(events, []);
  await endOfTurn();
  await endOfTurn();
  assert.deepEqual(events, ['a', 'b', 'c']);
});

test('who has waited long enough takes all others along', async () => {
  const { gathered, events, writer } = gathering();
  gathered.add(writer('a'), 10);
  gathered.add(writer('b'), 10.24);
  assert.deepEqual(events, []);
  gathered.add(writer('c'), 10.25);
  assert.deepEqual(events, ['a', 'b', 'c']);
  gathered.add(writer('d'), 10.3);
  assert.deepEqual(events, ['a', 'b', 'c']);
  await endOfTurn();
  assert.deepEqual(events, ['a', 'b', 'c', 'd']);
});

test('nobody waits while something long is inspected', () => {
  const { gathered, events, writer } = gathering();
  gathered.add(writer('a'), 0);
  gathered.beforeLong(4_095);
  assert.deepEqual(events, []);
  gathered.beforeLong(4_096);
  assert.deepEqual(events, ['a']);
});

test('who throws is told of, and the others write all the same', async () => {
  const { gathered, events, writer } = gathering();
  gathered.add(writer('a'), 0);
  gathered.add(
    {
      writeGathered: () => {
        throw new Error('not this one');
      },
    },
    0,
  );
  gathered.add(writer('b'), 0);
  await endOfTurn();
  assert.deepEqual(events, ['a', 'Error: not this one', 'b']);
});

test('who comes while others write waits for the end of a turn again', async () => {
  const { gathered, events, writer } = gathering();
  gathered.add({ writeGathered: () => gathered.add(writer('late'), 0) }, 0);
  gathered.flush();
  assert.deepEqual(events, []);
  await endOfTurn();
  await endOfTurn();
  assert.deepEqual(events, ['late']);
});
