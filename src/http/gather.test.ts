import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { Gather } from './gather.ts';

test('Gather keeps what it is given, in order, and its own copy of it', () => {
  const gather = new Gather();
  assert.equal(gather.length, 0);
  assert.equal(gather.bytes.length, 0);
  const bytes = Buffer.from('xGET /y');
  gather.append(bytes, 1, 6);
  gather.append(bytes, 3, 3);
  bytes.fill(0);
  gather.append(Buffer.from('abc'), 0, 3);
  assert.equal(gather.bytes.toString('latin1', 0, gather.length), 'GET /abc');
});

test('Gather grows over any number of pieces, and a piece larger than all before', () => {
  const gather = new Gather();
  let expected = '';
  for (const length of [1, 1000, 22, 1, 1024, 5000, 1, 70_000]) {
    const piece = String.fromCharCode(97 + (length % 26)).repeat(length);
    gather.append(Buffer.from(piece), 0, length);
    expected += piece;
    assert.equal(gather.length, expected.length);
    assert.equal(gather.bytes.toString('latin1', 0, gather.length), expected);
  }
});

test('Gather gives its memory back when it is cleared, and begins anew', () => {
  const gather = new Gather();
  gather.append(Buffer.alloc(100_000), 0, 100_000);
  gather.clear();
  assert.equal(gather.length, 0);
  assert.equal(gather.bytes.length, 0);
  gather.append(Buffer.from('b'), 0, 1);
  assert.equal(gather.bytes.toString('latin1', 0, gather.length), 'b');
  const held: number = gather.bytes.byteLength;
  assert.ok(held < 10_000);
});
