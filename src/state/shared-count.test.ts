import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { SharedCount } from './shared-count.ts';

const WORKERS = 3;
const MAX = 4;

/** In a thread: takes as many as it gets and gives them back, and sees to it that there are never too many. */
function hammer({ shared, inside, worker, turns }: HammerStart): void {
  const count = new SharedCount(shared, worker);
  const cells = new Int32Array(inside);
  let held = 0;
  for (let turn = 0; turn < turns; turn++) {
    if (count.take(MAX)) {
      held++;
      Atomics.add(cells, TAKEN, 1);
      if (Atomics.add(cells, INSIDE, 1) + 1 > MAX) Atomics.add(cells, BEYOND, 1);
    }
    while (held > turn % 3) {
      held--;
      Atomics.sub(cells, INSIDE, 1);
      count.give();
    }
  }
  // What is left is its own when it dies.
  assert.equal(count.own, held);
}

interface HammerStart {
  readonly shared: SharedArrayBuffer;
  readonly inside: SharedArrayBuffer;
  readonly worker: number;
  readonly turns: number;
}

const INSIDE = 0;
const BEYOND = 1;
const TAKEN = 2;

if (isMainThread) tests();
else hammer(workerData as HammerStart); // Started below with just that.

function tests(): void {
  test('all workers together take no more than the most', () => {
    const first = SharedCount.create(WORKERS);
    const [second, third] = [new SharedCount(first.shared, 1), new SharedCount(first.shared, 2)];
    assert.deepEqual(
      [first.take(3), second.take(3), third.take(3), first.take(3)],
      [true, true, true, false],
    );
    second.give();
    assert.deepEqual([first.take(3), third.take(3)], [true, false]);
    assert.deepEqual([first.own, second.own, third.own], [2, 0, 1]);
    assert.deepEqual([first.others, second.others, third.others], [1, 3, 2]);
  });

  test('a smaller bound takes nothing away, and lets nothing in until there are fewer', () => {
    const count = SharedCount.create(1);
    for (let taken = 0; taken < 3; taken++) assert.equal(count.take(3), true);
    assert.equal(count.take(2), false);
    count.give();
    assert.equal(count.take(2), false);
    count.give();
    assert.equal(count.take(2), true);
  });

  test('what a dead worker had is given back, and nothing else', () => {
    const first = SharedCount.create(WORKERS);
    const second = new SharedCount(first.shared, 1);
    first.take(9);
    for (let taken = 0; taken < 5; taken++) second.take(9);
    first.releaseWorker(1);
    assert.deepEqual([first.own, first.others], [1, 0]);
    first.releaseWorker(2);
    assert.deepEqual([first.own, first.others], [1, 0]);
  });

  test('threads at the last place never are too many, and lose no place', async () => {
    const count = SharedCount.create(WORKERS);
    const inside = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
    const threads = Array.from(
      { length: WORKERS },
      (_, worker) =>
        new Worker(new URL(import.meta.url), {
          workerData: { shared: count.shared, inside, worker, turns: 100_000 } satisfies HammerStart,
        }),
    );
    await Promise.all(
      threads.map(
        (thread) =>
          new Promise<void>((resolve, reject) => {
            thread.on('error', reject);
            thread.on('exit', () => resolve());
          }),
      ),
    );
    const cells = new Int32Array(inside);
    assert.equal(cells[BEYOND], 0);
    assert.ok(cells[TAKEN]! > 1000, 'they were at it');
    assert.equal(count.own + count.others, cells[INSIDE]);
    for (let worker = 0; worker < WORKERS; worker++) count.releaseWorker(worker);
    assert.equal(count.own + count.others, 0);
  });
}
