import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { LogRingReader, LogRingWriter, newLogRing } from './log-ring.ts';

/** A line of `length` bytes that begins with `id`. */
const line = (id: number, length: number): string => `${String(id).padEnd(length - 1, '.')}\n`;

interface Ends {
  readonly ring: SharedArrayBuffer;
  readonly writer: LogRingWriter;
  readonly reader: LogRingReader;
  /** How often the writer has woken the other side. */
  readonly wakes: () => number;
}

function ends(bytes: number, ring: SharedArrayBuffer = newLogRing(bytes)): Ends {
  let wakes = 0;
  const writer = new LogRingWriter(ring, () => wakes++);
  return { ring, writer, reader: new LogRingReader(ring), wakes: () => wakes };
}

/** Takes out one batch. */
function takeBatch(reader: LogRingReader, bytesMax = Infinity): string | undefined {
  const lines = reader.next(reader.head, bytesMax);
  if (lines === undefined) return undefined;
  const text = Buffer.from(lines).toString('latin1');
  reader.take(lines.length);
  return text;
}

function takeAll(reader: LogRingReader): string {
  let text = '';
  for (let batch = takeBatch(reader); batch !== undefined; batch = takeBatch(reader)) text += batch;
  return text;
}

/** Moves an empty ring to another position: as if so many bytes had passed. */
function moveTo(ring: SharedArrayBuffer, position: number): void {
  const words = new Int32Array(ring, 0, 32);
  words[0] = position;
  words[16] = position;
}

test('an empty ring has nothing to show', () => {
  const { reader } = ends(64);
  assert.equal(reader.next(reader.head, 100), undefined);
  assert.equal(reader.dropped, 0);
});

test('lines come out in order and in one piece', () => {
  const { writer, reader } = ends(64);
  for (const text of ['a\n', 'bc\n', '\n']) assert.equal(writer.put(text), true);
  assert.equal(takeBatch(reader), 'a\nbc\n\n');
  assert.equal(takeBatch(reader), undefined);
});

test('every byte of latin1 comes out as it went in', () => {
  const { writer, reader } = ends(1024);
  const text = `${String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))}\n`;
  writer.put(text);
  assert.equal(takeAll(reader), text);
});

test('lines stay until they are taken, and only so many are as were taken', () => {
  const { writer, reader } = ends(64);
  writer.put('a\n');
  writer.put('b\n');
  assert.equal(reader.next(reader.head, 100)?.length, 4);
  assert.equal(reader.next(reader.head, 100)?.length, 4);
  reader.take(2);
  assert.equal(takeAll(reader), 'b\n');
});

test('lines that come after the head that was seen are not shown', () => {
  const { writer, reader } = ends(64);
  writer.put('a\n');
  const { head } = reader;
  writer.put('b\n');
  assert.equal(reader.next(head, 100)?.length, 2);
  reader.take(2);
  assert.equal(reader.next(head, 100), undefined);
});

const batches: readonly [name: string, bytesMax: number, expected: readonly string[]][] = [
  ['a batch ends with a line', 7, ['aa\nbb\n', 'cccc\nd\n']],
  ['a batch of exactly its bound is whole', 6, ['aa\nbb\n', 'cccc\n', 'd\n']],
  ['a line longer than a batch goes alone', 2, ['aa\n', 'bb\n', 'cccc\n', 'd\n']],
  ['what fits is one batch', 100, ['aa\nbb\ncccc\nd\n']],
];
for (const [name, bytesMax, expected] of batches) {
  test(name, () => {
    const { writer, reader } = ends(64);
    for (const text of ['aa\n', 'bb\n', 'cccc\n', 'd\n']) writer.put(text);
    const found = expected.map(() => takeBatch(reader, bytesMax));
    assert.deepEqual(found, expected);
    assert.equal(takeBatch(reader), undefined);
  });
}

test('a line at the end of the ring is not cut: it begins at the front', () => {
  const { writer, reader } = ends(64);
  writer.put(line(1, 30));
  writer.put(line(2, 30));
  assert.equal(takeAll(reader), line(1, 30) + line(2, 30));
  // 4 bytes are left before the end.
  writer.put(line(3, 10));
  writer.put(line(4, 10));
  assert.equal(takeAll(reader), line(3, 10) + line(4, 10));
});

test('lines on both sides of the gap come out one after the other', () => {
  const { writer, reader } = ends(64);
  writer.put(line(1, 40));
  assert.equal(takeBatch(reader), line(1, 40));
  writer.put(line(2, 20));
  writer.put(line(3, 20));
  assert.equal(takeBatch(reader), line(2, 20));
  assert.equal(takeBatch(reader), line(3, 20));
});

for (const start of [0, 1, 37, 63, 2 ** 31 - 40, -40]) {
  test(`a full ring takes nothing and loses nothing, from position ${start} on`, () => {
    const ring = newLogRing(64);
    moveTo(ring, start);
    const { writer, reader } = ends(64, ring);
    let taken = 0;
    while (writer.put(line(taken, 7))) taken++;
    assert.ok(taken >= 5, `only ${taken} lines of 7 bytes in 64`);
    assert.equal(writer.put(line(99, 7)), false);
    assert.equal(reader.dropped, 2);
    assert.equal(takeAll(reader), Array.from({ length: taken }, (_, id) => line(id, 7)).join(''));
    assert.equal(writer.put(line(100, 7)), true);
    assert.equal(takeAll(reader), line(100, 7));
    assert.equal(reader.dropped, 2);
  });
}

for (const length of [64, 65, 1000]) {
  test(`a line of ${length} bytes is dropped by a ring of 64, and counted`, () => {
    const { writer, reader } = ends(64);
    assert.equal(writer.put(line(1, length)), false);
    assert.equal(reader.dropped, 1);
    assert.equal(reader.next(reader.head, 100), undefined);
    assert.equal(writer.put('a\n'), true);
    assert.equal(takeAll(reader), 'a\n');
  });
}

test('the size of a ring is a power of two', () => {
  assert.throws(() => newLogRing(100), /power of two/);
});

test('what a dead writer had not finished is not there, and its successor goes on behind its last line', () => {
  const { ring, writer, reader } = ends(64);
  writer.put('a\n');
  // Half of a line, in its place behind the head, and the mark of a gap that was never made.
  Buffer.from(ring).write('half', ring.byteLength - 64 + 2, 'latin1');
  new Int32Array(ring, 0, 64)[32] = 2;
  const successor = new LogRingWriter(ring, () => {});
  assert.equal(takeAll(reader), 'a\n');
  successor.put('b\n');
  assert.equal(takeAll(reader), 'b\n');
});

test('a successor in a full ring drops as its predecessor did, and the count goes on', () => {
  const { ring, writer, reader } = ends(64);
  while (writer.put(line(1, 16)));
  const successor = new LogRingWriter(ring, () => {});
  assert.equal(successor.put(line(2, 16)), false);
  assert.equal(reader.dropped, 2);
});

test('a count of dropped lines that passes 2^32 goes on', () => {
  const { ring, writer, reader } = ends(64);
  const words = new Int32Array(ring, 0, 80);
  words[64] = -1;
  assert.equal(reader.dropped, 2 ** 32 - 1);
  writer.put(line(1, 100));
  writer.put(line(1, 100));
  assert.equal(reader.dropped, 2 ** 32 + 1);
});

test('the first line wakes, and those after it do not', () => {
  const { writer, wakes } = ends(64);
  for (let id = 0; id < 3; id++) writer.put(line(id, 5));
  assert.equal(wakes(), 1);
});

test('who is to be woken at the next line is, each time', () => {
  const { writer, reader, wakes } = ends(64);
  for (let id = 0; id < 20; id++) {
    writer.put(line(id, 10));
    assert.equal(wakes(), id + 1);
    takeAll(reader);
    assert.equal(reader.wakeAtNext(), true);
  }
});

test('who is to be woken when the ring is half full is, once', () => {
  const { writer, reader, wakes } = ends(64);
  assert.equal(reader.wakeAtHalf(), true);
  for (let id = 0; id < 4; id++) writer.put(line(id, 8));
  assert.equal(wakes(), 0);
  for (let id = 4; id < 7; id++) writer.put(line(id, 8));
  assert.equal(wakes(), 1);
});

test('who wants to be woken too late is told so', () => {
  const { writer, reader, wakes } = ends(64);
  for (let id = 0; id < 5; id++) writer.put(line(id, 8));
  assert.equal(reader.wakeAtHalf(), false);
  assert.equal(reader.wakeAtNext(), false);
  assert.equal(wakes(), 1);
});

test('a successor wakes even where its predecessor died before it could', () => {
  const { ring, writer, reader } = ends(64);
  takeAll(reader);
  reader.wakeAtNext();
  writer.put('a\n');
  let wakes = 0;
  new LogRingWriter(ring, () => wakes++).put('b\n');
  assert.equal(wakes, 1);
});

test('a ring does what a queue does, whatever is put in and taken out', () => {
  let seed = 1;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 50; round++) {
    const ring = newLogRing(256);
    moveTo(ring, 2 ** 31 - 1 - random(5000));
    const { writer, reader } = ends(256, ring);
    let expected = '';
    let found = '';
    let dropped = 0;
    for (let turn = 0; turn < 400; turn++) {
      const text = line(turn, 5 + random(random(10) === 0 ? 250 : 40));
      if (writer.put(text)) expected += text;
      else dropped++;
      if (random(3) === 0) found += takeBatch(reader, 1 + random(200)) ?? '';
    }
    found += takeAll(reader);
    assert.equal(found, expected);
    assert.equal(reader.dropped, dropped);
    assert.ok(dropped > 0 && dropped < 300, `${dropped} lines were dropped`);
  }
});

/** Puts lines `name-0`, `name-1`, … into the ring until it is ended. */
const WRITER = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.module).then(({ LogRingWriter }) => {
    const writer = new LogRingWriter(workerData.ring, () => {});
    parentPort.postMessage('begun');
    for (let count = 0; ; ) {
      const text = \`\${workerData.name}-\${count} \`.padEnd(20 + (count * 7919) % 300, 'x') + '\\n';
      if (writer.put(text)) count++;
    }
  });
`;

test('threads that are ended in the middle of writing leave whole lines, in order, and none twice', async () => {
  const ring = newLogRing(4096);
  const reader = new LogRingReader(ring);
  let lines = 0;
  for (let life = 0; life < 5; life++) {
    const name = `life${life}`;
    const workerData = { ring, name, module: new URL('log-ring.ts', import.meta.url).href };
    const thread = new Worker(WRITER, { eval: true, workerData });
    await new Promise((resolve) => thread.once('message', resolve));
    let text = '';
    while (text.length < 300_000) {
      text += takeAll(reader);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await thread.terminate();
    text += takeAll(reader);
    const found = text.split('\n');
    assert.equal(found.pop(), '');
    for (const [count, one] of found.entries()) {
      const expected = `${name}-${count} `.padEnd(20 + ((count * 7919) % 300), 'x');
      assert.equal(one, expected);
    }
    lines += found.length;
  }
  assert.ok(lines > 5000);
});
