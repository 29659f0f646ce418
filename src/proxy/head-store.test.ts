import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadStore, HEADS_KEPT_MAX } from './head-store.ts';
import type { HeadKeeper } from './head-store.ts';

const LIMITS = { headBytes: 1024, targetBytes: 1024, headerCount: 4 };

function keeper(): HeadKeeper {
  return { keptHead: undefined, keptHeadPlace: -1 };
}

test('a keeper gets the head back that it kept, and nobody else does', () => {
  const store = new HeadStore(LIMITS);
  const [one, other] = [keeper(), keeper()];
  const head = store.take(one);
  store.keep(one, head);
  assert.notEqual(store.take(other), head);
  assert.equal(store.take(one), head);
  assert.equal(one.keptHead, undefined);
  assert.notEqual(store.take(one), head);
});

test('a head that was dropped or freed is the next one taken by whoever has none', () => {
  const store = new HeadStore(LIMITS);
  const one = keeper();
  const head = store.take(one);
  store.keep(one, head);
  store.drop(one);
  assert.deepEqual(one, keeper());
  store.drop(one);
  assert.equal(store.take(keeper()), head);
  store.free(head);
  assert.equal(store.take(keeper()), head);
  assert.notEqual(store.take(keeper()), head);
});

test('when all places are taken, each in turn loses its head, and the others keep theirs', () => {
  const store = new HeadStore(LIMITS);
  const keepers = Array.from({ length: HEADS_KEPT_MAX }, keeper);
  const heads = keepers.map((each) => store.take(each));
  for (const [index, each] of keepers.entries()) store.keep(each, heads[index]!); // One for each.
  const late = Array.from({ length: 3 }, keeper);
  for (const each of late) store.keep(each, store.take(each));
  assert.deepEqual(
    keepers.map((each) => each.keptHead !== undefined),
    keepers.map((_, index) => index >= 3),
  );
  for (const [index, each] of keepers.entries()) {
    if (index < 3) assert.equal(each.keptHeadPlace, -1);
    else assert.equal(store.take(each), heads[index]);
  }
  for (const each of late) assert.notEqual(each.keptHead, undefined);
});

test('places stay right whoever leaves first', () => {
  const store = new HeadStore(LIMITS);
  const keepers = Array.from({ length: 7 }, keeper);
  const heads = keepers.map((each) => store.take(each));
  for (const [index, each] of keepers.entries()) store.keep(each, heads[index]!); // One for each.
  for (const index of [3, 6, 0, 1, 5, 2, 4]) {
    const each = keepers[index]!; // One of the seven.
    assert.equal(store.take(each), heads[index]);
    assert.equal(each.keptHeadPlace, -1);
  }
});
