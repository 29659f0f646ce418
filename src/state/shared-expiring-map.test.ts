import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { SharedExpiringMap } from './shared-expiring-map.ts';
import type { NextEntry } from './shared-expiring-map.ts';

const VALUE_BYTES_MAX = 16;
/** Too long for a record, and as long as a value can be. */
const LONG = 17;
const LONGEST = 64;
const EXTENTS = { count: 6, bytes: LONGEST };

function set(map: SharedExpiringMap, key: string, text: string, endMs: number, nowMs: number): void {
  assert.equal(
    map.update(key, nowMs, () => ({ value: Buffer.from(text, 'latin1'), endMs })),
    'done',
  );
}

/** On a machine that is too busy a thread may go without the lock. */
function setAnyway(map: SharedExpiringMap, key: string, text: string, endMs: number): void {
  const change = (): NextEntry => ({ value: Buffer.from(text, 'latin1'), endMs });
  for (let tries = 0; map.update(key, 0, change) === 'busy'; tries++) assert.ok(tries < 100);
}

function get(map: SharedExpiringMap, key: string, nowMs: number): string | undefined {
  const entry = map.get(key);
  return entry === undefined || entry.endMs <= nowMs
    ? undefined
    : Buffer.from(entry.value).toString('latin1');
}

/** What the dead and the living wrote, checked whole: each value says its key. */
function assertWhole(map: SharedExpiringMap): void {
  const entries = map.entries(0);
  assert.equal(entries.length, map.size);
  assert.equal(new Set(entries.map(({ key }) => key)).size, entries.length, 'no key is there twice');
  for (const { key, value } of entries) {
    assert.equal(unpadded(value), `=${key}`);
    assert.equal(get(map, key, 0), Buffer.from(value).toString('latin1'));
  }
}

/** Values of threads say their key, and are of any length. */
function unpadded(value: Uint8Array): string {
  return Buffer.from(value).toString('latin1').replace(/;*$/, '');
}

function padded(text: string, length: number): Buffer {
  return Buffer.from(text.padEnd(length, ';'), 'latin1');
}

/** In a thread: sets and deletes keys of a small set without end. */
function hammer({ shared, capacity, holder }: HammerStart): void {
  const map = new SharedExpiringMap(
    shared,
    { capacity, valueBytes: VALUE_BYTES_MAX, extents: EXTENTS },
    holder,
  );
  for (let turn = 0; ; turn++) {
    const key = `k${Math.floor(Math.random() * 3 * capacity)}`;
    if (turn % 3 === 0) map.delete(key, 0);
    else {
      const length = turn % 4 === 0 ? Math.floor(Math.random() * LONGEST) : 0;
      map.update(key, 0, () => ({ value: padded(`=${key}`, length), endMs: 1 + Math.random() * 1000 }));
    }
    map.get(key);
    map.visit(key, 5);
  }
}

interface HammerStart {
  readonly shared: SharedArrayBuffer;
  readonly capacity: number;
  readonly holder: number;
}

if (isMainThread) tests();
else hammer(workerData as HammerStart); // Started below with just that.

function tests(): void {
  test('an entry is there with its end until it is taken away', () => {
    const map = SharedExpiringMap.create({ capacity: 4, valueBytes: VALUE_BYTES_MAX });
    assert.equal(map.get('a'), undefined);
    set(map, 'a', 'A', 100, 0);
    assert.deepEqual(map.get('a'), {
      key: 'a',
      value: Uint8Array.of(65),
      endMs: 100,
      visits: 0,
      seenMs: 0,
    });
    assert.equal(map.delete('a', 100), false, 'it has ended');
    assert.equal(map.get('a'), undefined);
    set(map, 'a', 'A', 100, 0);
    assert.equal(map.delete('a', 99), true);
    assert.equal(map.delete('a', 99), false);
    assert.equal(map.size, 0);
  });

  test('update is told of what is there and has not ended', () => {
    const map = SharedExpiringMap.create({ capacity: 4, valueBytes: VALUE_BYTES_MAX });
    const seen: (string | undefined)[] = [];
    const add = (nowMs: number): void => {
      map.update('a', nowMs, (present) => {
        const before = present === undefined ? undefined : Buffer.from(present.value).toString('latin1');
        seen.push(before);
        return { value: Buffer.from(`${before ?? ''}x`), endMs: 100 };
      });
    };
    add(0);
    add(99);
    add(100);
    assert.deepEqual(seen, [undefined, 'x', undefined]);
  });

  test('visits are counted, and begin anew with another entry of the same key', () => {
    const map = SharedExpiringMap.create({ capacity: 1, valueBytes: VALUE_BYTES_MAX });
    set(map, 'a', 'A', 100, 0);
    map.visit('a', 7);
    map.visit('a', 9);
    map.visit('b', 9);
    assert.deepEqual([map.get('a')?.visits, map.get('a')?.seenMs], [2, 9]);
    set(map, 'a', 'B', 200, 50);
    assert.equal(map.get('a')?.visits, 2);
    set(map, 'a', 'B', 300, 200);
    assert.equal(map.get('a')?.visits, 0);
  });

  test('a full map drops the entry that ends first, and counts it', () => {
    const map = SharedExpiringMap.create({ capacity: 3, valueBytes: VALUE_BYTES_MAX });
    set(map, 'a', 'a', 300, 0);
    set(map, 'b', 'b', 100, 0);
    set(map, 'c', 'c', 200, 0);
    set(map, 'd', 'd', 50, 0);
    assert.deepEqual(
      map
        .entries(0)
        .map(({ key }) => key)
        .sort(),
      ['a', 'c', 'd'],
    );
    assert.equal(map.dropped, 1);
    set(map, 'e', 'e', 400, 60);
    assert.equal(map.dropped, 1, 'd had ended and made room by itself');
    assert.deepEqual(
      map
        .entries(60)
        .map(({ key }) => key)
        .sort(),
      ['a', 'c', 'e'],
    );
  });

  test('resize drops what ends first, and goes up to the capacity', () => {
    const map = SharedExpiringMap.create({ capacity: 10, valueBytes: VALUE_BYTES_MAX });
    for (let end = 10; end > 0; end--) set(map, `k${end}`, '', end, 0);
    map.resize(3);
    assert.deepEqual(
      map
        .entries(0)
        .map(({ endMs }) => endMs)
        .sort(),
      [10, 8, 9],
    );
    map.resize(1000);
    for (let end = 11; end < 50; end++) set(map, `k${end}`, '', end, 0);
    assert.equal(map.size, 10);
  });

  for (const max of [0, -1, 1.5, NaN, Infinity]) {
    test(`a bound of ${max} is refused`, () => {
      assert.throws(() => SharedExpiringMap.create({ capacity: max, valueBytes: 4 }), RangeError);
      assert.throws(() => SharedExpiringMap.create({ capacity: 1, valueBytes: 4 }).resize(max), RangeError);
    });
  }

  for (const [name, key, length] of [
    ['an empty key', '', 1],
    ['a key that is too long', 'x'.repeat(57), 1],
    ['a value that is too long', 'a', VALUE_BYTES_MAX + 1],
  ] as const) {
    test(`${name} is refused, and leaves the map as it was`, () => {
      const map = SharedExpiringMap.create({ capacity: 2, valueBytes: VALUE_BYTES_MAX });
      set(map, 'b', 'B', 10, 0);
      assert.throws(
        () => map.update(key, 0, () => ({ value: new Uint8Array(length), endMs: 1 })),
        RangeError,
      );
      assert.equal(map.size, 1);
      assert.equal(get(map, 'b', 0), 'B');
    });
  }

  test('behaves as a plain list does under 20,000 random steps', () => {
    const max = 40;
    const map = SharedExpiringMap.create({ capacity: max, valueBytes: VALUE_BYTES_MAX });
    let model: { key: string; value: string; end: number }[] = [];
    let state = 12_345;
    const random = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    for (let now = 0; now < 20_000; now++) {
      const key = `k${random(90)}`;
      const known = model.find((entry) => entry.key === key && entry.end > now);
      const choice = random(10);
      if (choice < 5) {
        // No two end at one time, so that it is clear which one makes room.
        const end = (now + 1 + random(100)) * 100_000 + now;
        model = model.filter((entry) => entry.end > now * 100_000);
        const present = model.find((entry) => entry.key === key);
        if (present === undefined && model.length === max)
          model = model.toSorted((left, right) => left.end - right.end).slice(1);
        set(map, key, String(now), end, now * 100_000);
        model = model.filter((entry) => entry !== present);
        model.push({ key, value: String(now), end });
      } else if (choice < 7) {
        map.delete(key, 0);
        model = model.filter((entry) => entry.key !== key);
      } else {
        const there = model.find((entry) => entry.key === key && entry.end > now * 100_000);
        assert.equal(get(map, key, now * 100_000), there?.value);
      }
      assert.ok(map.size <= max);
      assert.ok(known === undefined || known.end > now);
    }
  });

  test('a value may grow out of its record and shrink again', () => {
    const map = SharedExpiringMap.create({
      capacity: 4,
      valueBytes: VALUE_BYTES_MAX,
      extents: { count: 1, bytes: LONGEST },
    });
    for (const length of [1, LONG, LONGEST, LONG, VALUE_BYTES_MAX, 0, LONGEST]) {
      set(map, 'a', 'x'.repeat(length), 100, 0);
      assert.equal(get(map, 'a', 0), 'x'.repeat(length));
    }
    set(map, 'a', 'short', 100, 0);
    set(map, 'b', 'y'.repeat(LONG), 50, 0);
    assert.deepEqual([get(map, 'a', 0), get(map, 'b', 0), map.dropped], ['short', 'y'.repeat(LONG), 0]);
    assert.equal(map.delete('b', 0), true);
    set(map, 'c', 'z'.repeat(LONG), 50, 0);
    assert.equal(map.dropped, 0, 'what was deleted has given its extent back');
    assert.throws(() => set(map, 'd', 'z'.repeat(LONGEST + 1), 50, 0), RangeError);
  });

  test('without a free extent the long value that ends first makes room, whatever ends before it', () => {
    const map = SharedExpiringMap.create({
      capacity: 9,
      valueBytes: VALUE_BYTES_MAX,
      extents: { count: 2, bytes: LONGEST },
    });
    set(map, 'short', 's', 10, 0);
    set(map, 'late', 'l'.repeat(LONG), 300, 0);
    set(map, 'early', 'e'.repeat(LONG), 200, 0);
    set(map, 'short', 's'.repeat(LONG), 20, 0);
    assert.deepEqual([get(map, 'early', 0), map.dropped], [undefined, 1]);
    set(map, 'next', 'n'.repeat(LONG), 10, 0);
    assert.deepEqual(
      ['short', 'late', 'next'].map((key) => get(map, key, 0)?.[0]),
      [undefined, 'l', 'n'],
    );
    assert.deepEqual([map.size, map.dropped], [2, 2]);
  });

  test('a change that makes nothing leaves everything as it is', () => {
    const map = SharedExpiringMap.create({ capacity: 2, valueBytes: VALUE_BYTES_MAX });
    assert.equal(
      map.update('a', 0, () => undefined),
      'done',
    );
    assert.equal(map.size, 0);
    set(map, 'a', 'A', 100, 0);
    map.update('a', 0, () => undefined);
    assert.equal(get(map, 'a', 99), 'A');
  });

  test('threads that write and die leave a map that is whole', async (t) => {
    const capacity = 50;
    const map = SharedExpiringMap.create({ capacity, valueBytes: VALUE_BYTES_MAX, extents: EXTENTS });
    const start = (holder: number): Worker =>
      new Worker(new URL(import.meta.url), { workerData: { shared: map.shared, capacity, holder } });
    const survivor = start(2);
    t.after(() => survivor.terminate());
    let reads = 0;
    for (let round = 0; round < 8; round++) {
      const victim = start(3);
      await once(victim, 'online');
      const until = performance.now() + 60;
      const before = reads;
      while (performance.now() < until || reads === before) {
        for (let key = 0; key < 3 * capacity; key++) {
          const entry = map.get(`k${key}`);
          if (entry === undefined) continue;
          reads++;
          assert.equal(unpadded(entry.value), `=${entry.key}`);
        }
        await setTimeout(1);
      }
      await victim.terminate();
      map.releaseHolder(3);
      const key = `own${round}`;
      setAnyway(map, key, `=${key}`, 1e6 + round);
      assert.equal(get(map, key, 0), `=${key}`);
    }
    await survivor.terminate();
    map.releaseHolder(2);
    assertWhole(map);
    for (let round = 0; round < 8; round++) assert.equal(get(map, `own${round}`, 0), `=own${round}`);
    // No extent is lost, and none is given out twice.
    for (let count = 0; count < EXTENTS.count; count++)
      set(map, `long${count}`, `=long${count}`.padEnd(LONGEST, ';'), 2e6, 0);
    assertWhole(map);
    for (let count = 0; count < EXTENTS.count; count++)
      assert.equal(get(map, `long${count}`, 0)?.length, LONGEST);
  });

  test('what a dead thread holds makes others go without until it is released', () => {
    const map = SharedExpiringMap.create({ capacity: 4, valueBytes: VALUE_BYTES_MAX });
    set(map, 'a', '=a', 100, 0);
    // The lock is the first cell of the layout: as if thread 9 had died with it.
    new Int32Array(map.shared)[0] = 9;
    assert.equal(
      map.update('b', 0, () => ({ value: Buffer.from('=b'), endMs: 100 })),
      'busy',
    );
    assert.equal(get(map, 'a', 0), '=a', 'reading needs no lock');
    map.releaseHolder(8);
    assert.equal(map.delete('a', 0), false, 'it was not the one that died');
    map.releaseHolder(9);
    set(map, 'b', '=b', 100, 0);
    assertWhole(map);
  });
}
