import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryExceeded, MemoryWatch, ownMemory } from './memory-watch.ts';
import type { Memory } from './memory-watch.ts';

const MIB = 1024 * 1024;

/** Of which `needed` stays when it is collected. */
class ScriptedMemory implements Memory {
  needed = 0;
  garbage = 0;
  collections = 0;

  usedBytes(): number {
    return this.needed + this.garbage;
  }

  collect(): void {
    this.garbage = 0;
    this.collections++;
  }
}

test('nothing is collected while the memory is within its bound', () => {
  const memory = new ScriptedMemory();
  const watch = new MemoryWatch(100 * MIB, memory);
  for (memory.needed = 0; memory.needed <= 100 * MIB; memory.needed += MIB) watch.check('reading a');
  assert.equal(memory.collections, 0);
});

test('garbage alone is no reason to give up, and is collected seldom', () => {
  const memory = new ScriptedMemory();
  const watch = new MemoryWatch(100 * MIB, memory);
  memory.needed = 99 * MIB;
  for (let round = 0; round < 1000; round++) {
    memory.garbage += MIB;
    watch.check('reading a');
  }
  assert(
    memory.collections >= 20 && memory.collections <= 1000 / 31 + 1,
    `${memory.collections} collections`,
  );
});

test('what is needed beyond the bound is, and the error says in which work', () => {
  const memory = new ScriptedMemory();
  const watch = new MemoryWatch(100 * MIB, memory);
  memory.needed = 100 * MIB;
  watch.check('reading a');
  memory.needed++;
  assert.throws(() => watch.check('reading b'), new MemoryExceeded('reading b'));
  assert.throws(() => watch.check('reading c'), MemoryExceeded, 'and stays one');
});

test('growth behind a collection is seen before as much garbage has come again', () => {
  const memory = new ScriptedMemory();
  const watch = new MemoryWatch(100 * MIB, memory);
  memory.needed = 90 * MIB;
  memory.garbage = 11 * MIB;
  watch.check('reading a');
  memory.needed = 100 * MIB;
  memory.garbage = 23 * MIB;
  assert.throws(() => {
    for (let round = 0; round < 100; round++) {
      memory.needed += MIB / 2;
      watch.check('reading b');
    }
  }, MemoryExceeded);
  assert(memory.needed <= 102 * MIB);
});

test('the memory of this thread grows with what is kept, in objects and in buffers, and shrinks when it is collected', () => {
  const memory = ownMemory();
  memory.collect();
  const before = memory.usedBytes();
  const kept: { objects: object[]; buffer: ArrayBuffer } = {
    objects: Array.from({ length: 200_000 }, (_, index) => ({ index })),
    buffer: new ArrayBuffer(32 * MIB),
  };
  memory.collect();
  assert(memory.usedBytes() - before > 34 * MIB);
  kept.objects = [];
  kept.buffer = new ArrayBuffer(0);
  memory.collect();
  assert(memory.usedBytes() - before < 8 * MIB);
  assert.equal('gc' in globalThis, false, 'nobody else is given it');
});
