/** The contract of RecordMap, for each of its implementations. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { keyOf, LocalRecordMap } from './record-map.ts';
import type { RecordMap } from './record-map.ts';
import { SharedRecordMap } from './shared-record-map.ts';

const VALUE_BYTES_MAX = 64;

const IMPLEMENTATIONS: readonly (readonly [name: string, make: (max: number) => RecordMap])[] = [
  ['in the memory of one thread', (max) => new LocalRecordMap(max, VALUE_BYTES_MAX)],
  ['in shared memory', (max) => SharedRecordMap.create(1, { capacity: max, valueBytes: VALUE_BYTES_MAX })],
  [
    'in shared memory, with extents',
    (max) =>
      SharedRecordMap.create(1, {
        capacity: max,
        valueBytes: 8,
        extents: { count: max, bytes: VALUE_BYTES_MAX },
      }),
  ],
];

function set(map: RecordMap, name: string, text: string, endMs: number, nowMs = 0): void {
  assert.equal(
    map.update(name, nowMs, () => ({ value: Buffer.from(text, 'latin1'), endMs })),
    'done',
  );
}

function get(map: RecordMap, name: string, nowMs = 0): string | undefined {
  const value = map.get(name, nowMs);
  return value === undefined ? undefined : Buffer.from(value).toString('latin1');
}

for (const [where, make] of IMPLEMENTATIONS) {
  test(`${where}: an entry is there until its end and not at it`, () => {
    const map = make(4);
    assert.equal(get(map, 'a'), undefined);
    set(map, 'a', 'A', 100);
    assert.deepEqual([get(map, 'a', 99), get(map, 'a', 100), get(map, 'b', 0)], ['A', undefined, undefined]);
  });

  test(`${where}: a change is told of what is there and has not ended, and may leave it`, () => {
    const map = make(4);
    const seen: (string | undefined)[] = [];
    for (const nowMs of [0, 99, 100]) {
      map.update('a', nowMs, (present) => {
        seen.push(present === undefined ? undefined : Buffer.from(present).toString('latin1'));
        return { value: Buffer.from(`${seen.length}`), endMs: 100 };
      });
    }
    assert.deepEqual(seen, [undefined, '1', undefined]);
    set(map, 'b', 'B', 100);
    map.update('b', 0, () => undefined);
    assert.equal(get(map, 'b'), 'B');
    map.update('c', 0, () => undefined);
    assert.equal(get(map, 'c'), undefined);
  });

  test(`${where}: what was read does not change any more`, () => {
    const map = make(4);
    set(map, 'a', 'first', 100);
    const before = map.get('a', 0);
    set(map, 'a', 'other', 100);
    assert.equal(Buffer.from(before ?? []).toString('latin1'), 'first');
  });

  test(`${where}: a full map drops the entry that ends first, and counts it`, () => {
    const map = make(3);
    for (const [name, end] of [
      ['a', 300],
      ['b', 100],
      ['c', 200],
      ['d', 50],
    ] as const)
      set(map, name, name, end);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((name) => get(map, name)),
      ['a', undefined, 'c', 'd'],
    );
    assert.deepEqual([map.size, map.dropped], [3, 1]);
    set(map, 'e', 'e', 400, 60);
    assert.equal(map.dropped, 1, 'd had ended and made room by itself');
  });

  test(`${where}: deleting takes one entry away`, () => {
    const map = make(3);
    set(map, 'a', 'A', 100);
    set(map, 'b', 'B', 100);
    map.delete('a', 0);
    map.delete('never', 0);
    assert.deepEqual([get(map, 'a'), get(map, 'b'), map.size], [undefined, 'B', 1]);
  });

  test(`${where}: a value that is too long is refused, and leaves what was there`, () => {
    const map = make(3);
    set(map, 'a', 'A', 100);
    set(map, 'a', 'x'.repeat(VALUE_BYTES_MAX), 100);
    assert.throws(() => set(map, 'a', 'x'.repeat(VALUE_BYTES_MAX + 1), 100), RangeError);
    assert.equal(get(map, 'a'), 'x'.repeat(VALUE_BYTES_MAX));
    assert.throws(() => set(map, 'b', 'x'.repeat(map.valueBytesMax + 1), 100), RangeError);
    assert.equal(get(map, 'b'), undefined);
  });

  test(`${where}: names may be any text`, () => {
    const names = [
      '',
      '=',
      '#',
      'a',
      'a'.repeat(55),
      'a'.repeat(56),
      'a'.repeat(57),
      'a'.repeat(100_000),
      `${'a'.repeat(99_999)}b`,
      '\0',
      '\r\n',
      '\xff',
      'ÿ',
      '\u0100',
      '\ud800',
      '😀',
      keyOf('a'.repeat(100)),
      keyOf('a'),
    ];
    const map = make(40);
    for (const [index, name] of names.entries()) set(map, name, `${index}`, 100);
    // "\xff" and "ÿ" are one text.
    assert.equal(map.size, new Set(names).size);
    for (const [index, name] of names.entries()) {
      assert.equal(get(map, name), `${names.lastIndexOf(name) === index ? index : names.lastIndexOf(name)}`);
    }
  });

  test(`${where}: refusals are counted`, () => {
    const map = make(1);
    map.refuse();
    map.refuse();
    assert.equal(map.refused, 2);
  });
}

test('entries of a map of several parts are found from another view of it', () => {
  const map = SharedRecordMap.create(4, { capacity: 100, valueBytes: 8 });
  const other = new SharedRecordMap(map.memory, 2);
  for (let count = 0; count < 200; count++) set(count % 2 === 0 ? map : other, `n${count}`, `${count}`, 100);
  assert.equal(map.size, 200);
  for (let count = 0; count < 200; count++)
    assert.equal(get(count % 2 === 0 ? other : map, `n${count}`), `${count}`);
});

test('the entries of a part are spread over its index', () => {
  const capacity = 1024;
  const parts = 16;
  const map = SharedRecordMap.create(parts, { capacity, valueBytes: 0 });
  const value = new Uint8Array();
  for (let count = 0; count < parts * capacity; count++)
    map.update(`n${count}`, 0, () => ({ value, endMs: 9 }));
  for (const shared of map.memory.parts) {
    // Behind a header of 8 cells, and four for each entry.
    const index = new Int32Array(shared, 8 * Int32Array.BYTES_PER_ELEMENT, 4 * capacity);
    let run = 0;
    let longest = 0;
    for (const entry of index) {
      run = entry === 0 ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    assert.ok(index.some((entry) => entry !== 0));
    // Entries that the choice of the part had put side by side would be in runs of hundreds.
    assert.ok(longest < 50, `${longest} side by side`);
  }
});
