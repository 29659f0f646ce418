import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanQueue } from './span-queue.ts';

function queueOf(...texts: readonly string[]): SpanQueue {
  const queue = new SpanQueue();
  for (const text of texts) assert.equal(queue.add({ count: text.split(',').length, text }, 1000), 0);
  return queue;
}

test('what was added first is taken first', () => {
  const queue = queueOf('a,b', 'c', 'd');
  assert.equal(queue.count, 4);
  assert.deepEqual(queue.take(3, 100), { count: 3, texts: ['a,b', 'c'] });
  assert.deepEqual(queue.take(3, 100), { count: 1, texts: ['d'] });
  assert.deepEqual(queue.take(3, 100), { count: 0, texts: [] });
  assert.equal(queue.count, 0);
});

test('a batch is never taken apart, and one is taken however large it is', () => {
  const queue = queueOf('a', 'b,c', 'd,e,f');
  assert.deepEqual(queue.take(2, 100), { count: 1, texts: ['a'] });
  assert.deepEqual(queue.take(2, 100), { count: 2, texts: ['b,c'] });
  assert.deepEqual(queue.take(2, 100), { count: 3, texts: ['d,e,f'] });
  assert.deepEqual(queueOf('aaaa', 'b').take(9, 4), { count: 1, texts: ['aaaa'] });
});

test('beyond the bound the oldest are dropped, and counted', () => {
  const queue = queueOf('a,b', 'cc');
  assert.equal(queue.add({ count: 2, text: 'd,e' }, 8), 0);
  assert.equal(queue.add({ count: 1, text: 'f' }, 8), 2);
  assert.deepEqual(queue.take(9, 100).texts, ['cc', 'd,e', 'f']);
});

test('what is larger than the bound by itself is dropped with all before it', () => {
  const queue = queueOf('a');
  assert.equal(queue.add({ count: 1, text: 'x'.repeat(9) }, 8), 2);
  assert.equal(queue.count, 0);
  assert.equal(queue.add({ count: 1, text: 'x'.repeat(8) }, 8), 0);
});

test('clear forgets all and says how many', () => {
  const queue = queueOf('a,b', 'c');
  assert.equal(queue.clear(), 3);
  assert.deepEqual(queue.take(9, 9), { count: 0, texts: [] });
  assert.equal(queue.add({ count: 1, text: 'dd' }, 2), 0);
});
