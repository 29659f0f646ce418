import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { content } from '../../test/support/message.ts';
import { CopyBuffers } from '../net/copy-buffers.ts';
import { QueuedContent } from './queued-content.ts';

/** Around what is small, the sizes of buffers, and the largest of them. */
const SIZES = [1, 1023, 1024, 1025, 4096, 4097, 65_536];

test('content is kept as it came, piece by piece and joined', () => {
  for (const first of SIZES) {
    for (const second of SIZES) {
      const sent = content(first + second);
      const queue = new QueuedContent(new CopyBuffers());
      // As in a read buffer, which the next read overwrites.
      const read = Buffer.alloc(70_000);
      for (const part of [sent.subarray(0, first), sent.subarray(first)]) {
        read.set(part, 7);
        queue.add(read, 7, 7 + part.length);
        read.fill(0);
      }
      assert.equal(queue.bytes, sent.length);
      assert(Buffer.concat(queue.pieces).equals(sent));
      assert(queue.joined().equals(sent));
      assert.equal(queue.pieces.length, 1);
      assert(queue.joined().equals(sent));
      assert.equal(queue.bytes, sent.length);
    }
  }
});

test('nothing is joined to nothing', () => {
  assert.equal(new QueuedContent(new CopyBuffers()).joined().length, 0);
});

test('its memory is used again once it is cleared, and when its pieces are joined', () => {
  const buffers = new CopyBuffers();
  const queue = new QueuedContent(buffers);
  queue.add(content(5000), 0, 5000);
  queue.add(content(5000), 0, 5000);
  const pieces = queue.pieces.map(({ buffer }) => buffer);
  const whole = queue.joined().buffer;
  assert.deepEqual(new Set([buffers.take(5000).buffer, buffers.take(5000).buffer]), new Set(pieces));
  assert.notEqual(buffers.take(10_000).buffer, whole);
  queue.clear();
  assert.equal(queue.bytes, 0);
  assert.deepEqual(queue.pieces, []);
  queue.clear();
  assert.equal(buffers.take(10_000).buffer, whole);
  assert.notEqual(buffers.take(10_000).buffer, whole);
});

test('its memory is not used again once it is lent', () => {
  const buffers = new CopyBuffers();
  const queue = new QueuedContent(buffers);
  queue.add(content(5000), 0, 5000);
  const [piece] = queue.pieces;
  queue.lend();
  queue.add(content(6000), 0, 6000);
  queue.clear();
  const again = [buffers.take(8192), buffers.take(8192), buffers.take(8192)];
  assert(again.every(({ buffer }) => buffer !== piece?.buffer));
  assert(piece?.equals(content(5000)));
});
