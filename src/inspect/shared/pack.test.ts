import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { packShared, unpackShared } from './pack.ts';

const SHARED = Int32Array.of(1, -1, 2 ** 31 - 1);

const DATA: readonly (readonly [name: string, value: unknown])[] = [
  ['nothing', null],
  ['texts of all bytes', Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')],
  ['texts beyond latin1', 'ż\u2028😀'],
  ['an empty list', []],
  ['objects in lists', [{ a: 1 }, { b: [true, false, null, 0.5, -3] }]],
  ['an empty array', new Uint8Array(0)],
  [
    'arrays of each kind',
    {
      bytes: Uint8Array.of(1, 2, 255),
      halves: Uint16Array.of(1, 65535),
      words: SHARED,
      positive: Uint32Array.of(2 ** 32 - 1),
    },
  ],
  ['an array that stands there twice', [SHARED, { again: SHARED }]],
  ['an array that has no memory of its own', { bytes: new Uint8Array(Buffer.from('abc')) }],
  ['a part of a larger array', new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)],
];

for (const [name, value] of DATA) {
  test(`packShared keeps ${name}`, () => {
    assert.deepEqual(unpackShared(packShared(value)), value);
  });
}

test('unpackShared gives arrays within the shared memory, and the same memory for the same array', () => {
  const shared = packShared([SHARED, SHARED]);
  // As it was packed.
  const [one, other] = unpackShared(shared) as [Int32Array, Int32Array];
  assert.equal(one.buffer, shared);
  assert.equal(other.byteOffset, one.byteOffset);
});

test('packShared leaves out what is undefined', () => {
  assert.deepEqual(unpackShared(packShared({ a: undefined, b: 1 })), { b: 1 });
});

const ODD: readonly (readonly [name: string, value: unknown])[] = [
  ['a function', { test: () => true }],
  ['a number without end', [Infinity]],
  ['no number', NaN],
  ['a map', new Map()],
  ['a set', { known: new Set([1]) }],
  ['an object of a class', [new URL('http://example.com')]],
  ['a regular expression', /a/],
  ['an array of doubles', new Float64Array(1)],
  ['a key that stands for an array', { $array: 'x' }],
  ['such a key with a number', [SHARED, { $array: 0 }]],
  ['a date', new Date(0)],
];

for (const [name, value] of ODD) {
  test(`packShared refuses ${name}`, () => {
    assert.throws(() => packShared(value), TypeError);
  });
}

function changed(word: number, value: number): SharedArrayBuffer {
  const shared = packShared({ a: SHARED });
  new Int32Array(shared)[word] = value;
  return shared;
}

const WRONG: readonly (readonly [name: string, shared: SharedArrayBuffer, message: RegExp])[] = [
  ['memory without anything', new SharedArrayBuffer(0), /something else/],
  ['memory that is too short', new SharedArrayBuffer(6), /something else/],
  ['memory of zeros', new SharedArrayBuffer(64), /something else/],
  ['another mark', changed(0, 1), /something else/],
  ['another version', changed(1, 3), /of version 3, not 2/],
  ['an array of no known kind', changed(4, 9), /no array 0/],
];

for (const [name, shared, message] of WRONG) {
  test(`unpackShared refuses ${name}`, () => {
    assert.throws(() => unpackShared(shared), message);
  });
}
