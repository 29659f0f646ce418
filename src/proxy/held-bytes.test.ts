import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedCount } from '../state/shared-count.ts';
import { HeldBytes } from './held-bytes.ts';

test('a worker knows its own to the byte, and those of others in units of 4 KiB, rounded up', () => {
  const count = SharedCount.create(2);
  const [one, other] = [new HeldBytes(count), new HeldBytes(new SharedCount(count.shared, 1))];
  const rows: readonly [add: number, own: number, seenByOther: number][] = [
    [1, 1, 4096],
    [4095, 4096, 4096],
    [1, 4097, 8192],
    [-4097, 0, 0],
    [10 * 2 ** 30, 10 * 2 ** 30, 10 * 2 ** 30],
    [-(10 * 2 ** 30), 0, 0],
  ];
  for (const [add, own, seenByOther] of rows) {
    one.add(add);
    assert.deepEqual([one.own, one.total, other.own, other.total], [own, own, 0, seenByOther]);
  }
});

test('what a dead worker held is no longer held', () => {
  const count = SharedCount.create(2);
  new HeldBytes(new SharedCount(count.shared, 1)).add(99_999);
  const held = new HeldBytes(count);
  held.add(5);
  assert.equal(held.total, 5 + 25 * 4096);
  count.releaseWorker(1);
  assert.equal(held.total, 5);
  const replacement = new HeldBytes(new SharedCount(count.shared, 1));
  replacement.add(7);
  assert.equal(held.total, 5 + 4096);
});
