import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { READ_OK } from '../http/field-section.ts';
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

test('a head tells of a Referer without its secrets, and of the next one when the fields change', () => {
  const head = new HeadStore(LIMITS).take(keeper());
  const refererOf = (fields: string): string => {
    const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, 'latin1');
    head.restart();
    assert.equal(head.read(bytes, 0, bytes.length), READ_OK);
    return head.referer;
  };
  const secret = 'Referer: http://u:p@a/b?token=abc&c=d\r\n';
  for (let times = 0; times < 2; times++) {
    assert.equal(refererOf(secret), 'http://[redacted:3]@a/b?token=[redacted:3]&c=d');
  }
  assert.equal(refererOf('Referer: http://a/b?c=d\r\n'), 'http://a/b?c=d');
  assert.equal(refererOf(''), '');
  assert.equal(refererOf(secret), 'http://[redacted:3]@a/b?token=[redacted:3]&c=d');
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
