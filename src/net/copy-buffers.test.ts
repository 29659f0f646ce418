import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CopyBuffers } from './copy-buffers.ts';

/** The largest that is used again. */
const LARGEST = 196_608;

test('a buffer has room for what is asked for, and is less than twice as large beyond 4 KiB', () => {
  const buffers = new CopyBuffers();
  for (let bytes = 1; bytes <= LARGEST; bytes += 509) {
    const { length } = buffers.take(bytes);
    assert(length >= bytes, `${length} for ${bytes}`);
    assert(bytes < 4096 ? length === 4096 : length < 2 * bytes, `${length} for ${bytes}`);
  }
  assert.equal(buffers.take(LARGEST).length, LARGEST);
  assert.equal(buffers.take(LARGEST + 1).length, LARGEST + 1);
});

test('what is given back is taken again, by whoever needs that size', () => {
  const buffers = new CopyBuffers();
  const small = buffers.take(5000);
  const large = buffers.take(70_000);
  assert.notEqual(buffers.take(5000), small);
  buffers.give(small);
  buffers.give(large);
  assert.equal(buffers.take(96_000), large);
  assert.equal(buffers.take(8192), small);
  assert.notEqual(buffers.take(8192), small);
});

test('1 MiB of each size is kept, and nothing that is longer than the largest', () => {
  const buffers = new CopyBuffers();
  for (const bytes of [4096, 65_536, LARGEST]) {
    const taken = Array.from({ length: 400 }, () => buffers.take(bytes));
    assert.equal(new Set(taken).size, 400);
    for (const buffer of taken) buffers.give(buffer);
    const again = Array.from({ length: 400 }, () => buffers.take(bytes));
    assert.equal(again.filter((buffer) => taken.includes(buffer)).length, Math.ceil(1_048_576 / bytes));
  }
  const long = buffers.take(LARGEST + 1);
  buffers.give(long);
  assert.notEqual(buffers.take(LARGEST + 1), long);
});
