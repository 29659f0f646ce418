import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { READ_BAD, READ_NEED, READ_OK } from './field-section.ts';
import { Gather, HeadGather } from './gather.ts';
import { RequestHead } from './request-head.ts';

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

const LIMITS = { headBytes: 1000, targetBytes: 100, headerCount: 10 };
const HEAD = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

/** Reads pieces, each from a buffer that is used for other things after the call; gives what came behind the head. */
function gatherHead(heads: HeadGather, pieces: readonly string[]): string {
  const head = new RequestHead(LIMITS);
  head.restart();
  for (const [index, piece] of pieces.entries()) {
    const bytes = Buffer.from(`${'x'.repeat(index)}${piece}\r\n\r\n`, 'latin1');
    const state = heads.read(head, bytes, index, index + piece.length);
    if (state === READ_OK) {
      assert.equal(head.text, HEAD);
      const rest = heads.bytes.toString('latin1', heads.start, heads.end);
      heads.clear();
      return rest;
    }
    assert.equal(state, READ_NEED);
    bytes.fill(0);
  }
  throw new Error('The head did not end');
}

test('HeadGather reads a head in any two pieces, and leaves what came behind it', () => {
  const heads = new HeadGather();
  const text = `${HEAD}rest`;
  assert.equal(gatherHead(heads, [text]), 'rest');
  for (let cut = 1; cut < HEAD.length; cut++)
    assert.equal(gatherHead(heads, [text.slice(0, cut), text.slice(cut)]), 'rest', `cut at ${cut}`);
  assert.equal(gatherHead(heads, HEAD.split('')), '');
});

test('HeadGather says of a head that is refused how much of it is there', () => {
  const heads = new HeadGather();
  const head = new RequestHead(LIMITS);
  head.restart();
  assert.equal(heads.read(head, Buffer.from('xxGET '), 2, 6), READ_NEED);
  assert.equal(heads.read(head, Buffer.from('a\nbc'), 0, 4), READ_BAD);
  assert.equal(heads.bytes.toString('latin1', heads.start, heads.end), 'GET a\nbc');
});

test('HeadGather holds on to nothing when it is cleared', () => {
  const heads = new HeadGather();
  const head = new RequestHead(LIMITS);
  head.restart();
  heads.read(head, Buffer.from('GET '), 0, 4);
  heads.clear();
  assert.equal(heads.bytes.length, 0);
  assert.equal(gatherHead(heads, [HEAD]), '');
});
