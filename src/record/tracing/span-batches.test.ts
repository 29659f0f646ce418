import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanBatches } from './span-batches.ts';
import type { SpanBatch } from './span-batches.ts';

interface Hands {
  readonly taken: SpanBatch[];
  /** Ends the hand-over that waits. */
  release: (error?: Error) => void;
  readonly hand: (batch: SpanBatch) => Promise<void>;
}

/** Hands that hold each batch until they are told to take it. */
function slowHands(): Hands {
  const hands: Hands = {
    taken: [],
    release: () => {},
    hand: (batch) =>
      new Promise((resolve, reject) => {
        hands.taken.push(batch);
        hands.release = (error) => (error === undefined ? resolve() : reject(error));
      }),
  };
  return hands;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

test('a batch is handed over when it is full', async () => {
  const taken: SpanBatch[] = [];
  const batches = new SpanBatches({ batch: 3, interval: 60_000 }, (batch) => {
    taken.push(batch);
    return Promise.resolve();
  });
  batches.take(['a', 'b']);
  await settle();
  assert.deepEqual(taken, []);
  batches.take(['c']);
  await settle();
  batches.take(['d', 'e', 'f', 'g']);
  await settle();
  assert.deepEqual(taken, [
    { count: 3, text: 'a,b,c', dropped: 0 },
    { count: 4, text: 'd,e,f,g', dropped: 0 },
  ]);
});

test('a batch is handed over when its first span has waited for the interval, and not later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const taken: SpanBatch[] = [];
  const batches = new SpanBatches({ batch: 100, interval: 2000 }, (batch) => {
    taken.push(batch);
    return Promise.resolve();
  });
  batches.take(['a']);
  t.mock.timers.tick(1999);
  batches.take(['b']);
  assert.deepEqual(taken, []);
  t.mock.timers.tick(1);
  await settle();
  assert.deepEqual(taken, [{ count: 2, text: 'a,b', dropped: 0 }]);
  t.mock.timers.tick(10_000);
  await settle();
  assert.equal(taken.length, 1, 'an empty batch is none');
});

test('a batch is handed over before the span that it has no room for, and a span that no batch has room for is dropped', async () => {
  const taken: SpanBatch[] = [];
  const batches = new SpanBatches({ batch: 100, interval: 60_000 }, (batch) => {
    taken.push(batch);
    return Promise.resolve();
  });
  const long = 'x'.repeat(500_000);
  batches.take([long, 'a', long, 'y'.repeat(1_048_576), 'b']);
  await batches.flush();
  assert.deepEqual(
    taken.map(({ count, text, dropped }) => [count, text.length, dropped]),
    [
      [3, 1_000_003, 0],
      [1, 1, 1],
    ],
  );
});

test('one batch is handed over at a time, and beyond four that wait spans are dropped and counted', async () => {
  const hands = slowHands();
  const batches = new SpanBatches({ batch: 1, interval: 60_000 }, hands.hand);
  for (const span of ['a', 'b', 'c', 'd', 'e', 'f']) batches.take([span]);
  await settle();
  assert.deepEqual(hands.taken, [{ count: 1, text: 'a', dropped: 0 }]);
  hands.release();
  await settle();
  // There is room again.
  batches.take(['g']);
  batches.take(['h', 'i']);
  const flushed = batches.flush();
  for (let count = 0; count < 5; count++) {
    await settle();
    hands.release();
  }
  await flushed;
  assert.deepEqual(
    hands.taken.map(({ text, dropped }) => [text, dropped]),
    [
      ['a', 0],
      ['b', 2],
      ['c', 2],
      ['d', 0],
      ['g', 0],
    ],
  );
});

test('a batch that is not taken is lost, and counted with the next', async () => {
  const hands = slowHands();
  const batches = new SpanBatches({ batch: 2, interval: 60_000 }, hands.hand);
  batches.take(['a', 'b']);
  await settle();
  hands.release(new Error('the other side has ended'));
  await settle();
  batches.take(['c', 'd']);
  await settle();
  assert.deepEqual(hands.taken.at(-1), { count: 2, text: 'c,d', dropped: 2 });
  hands.release();
});

test('flush hands over what is there and waits until it is taken', async () => {
  const hands = slowHands();
  const batches = new SpanBatches({ batch: 10, interval: 60_000 }, hands.hand);
  await batches.flush();
  assert.deepEqual(hands.taken, []);
  batches.take(['a']);
  let isOver = false;
  const flushed = batches.flush().then(() => {
    isOver = true;
  });
  await settle();
  assert.equal(isOver, false);
  hands.release();
  await flushed;
  assert.deepEqual(hands.taken, [{ count: 1, text: 'a', dropped: 0 }]);
});

test('other options hold from the next span on', async () => {
  const hands = slowHands();
  const batches = new SpanBatches({ batch: 10, interval: 60_000 }, hands.hand);
  batches.take(['a']);
  batches.use({ batch: 2, interval: 60_000 });
  batches.take(['b']);
  await settle();
  assert.equal(hands.taken[0]?.text, 'a,b');
  hands.release();
});
