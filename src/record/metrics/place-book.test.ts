import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, PLACES } from './layout.ts';
import type { Counted } from './place-book.ts';
import { OTHER, PlaceBook } from './place-book.ts';

const listener = (name: string): Counted => ({ kind: 'listener', labels: [name] });

test('a name keeps its place, and so its counts, in the next configuration', () => {
  const book = new PlaceBook(1);
  const before = placeOf(book, listener('web'), [listener('web')]);
  const after = placeOf(book, listener('web'), [listener('new'), listener('web')]);
  assert.equal(before, after);
});

test('no two places share a cell', () => {
  const book = new PlaceBook(1);
  const names: Counted[] = [listener('a'), listener('b'), { kind: 'server', labels: ['pool', 'p', 's'] }];
  const used = new Set<number>();
  for (const { kind, at } of book.assign(names)) {
    for (let cell = at; cell < at + cellsOf(PLACES[kind]); cell++) {
      assert.equal(used.has(cell), false);
      used.add(cell);
    }
  }
});

for (const [kind, fields] of Object.entries(PLACES)) {
  test(`the fields of a ${kind} do not overlap`, () => {
    const cells = Object.values(fields).map((field) => cellsOf({ field }) - field.at);
    assert.equal(
      cells.reduce((sum, count) => sum + count, 0),
      cellsOf(fields),
    );
  });
}

test('the place of a name that is gone is empty when the next one gets it', () => {
  const book = new PlaceBook(2);
  const at = placeOf(book, listener('old'), [listener('old')]);
  for (const block of book.blocks) new Float64Array(block)[at] = 7;
  assert.equal(book.sum(at), 14);
  book.keepOnly([]);
  assert.equal(placeOf(book, listener('new'), [listener('new')]), at);
  assert.equal(book.sum(at), 0);
});

test('names beyond the memory have the place "(other)", which is shown once it has counted', () => {
  const room = new PlaceBook(1)
    .assign([])
    .reduce((end, { at, kind }) => Math.max(end, at + cellsOf(PLACES[kind])), 0);
  const book = new PlaceBook(1, room + cellsOf(PLACES.listener));
  const places = book.assign([listener('a'), listener('b'), listener('c')]);
  assert.equal(book.missing, 2);
  assert.deepEqual(
    book.places().map(({ labels }) => labels),
    [['a']],
  );
  const other = places.find(({ kind, labels }) => kind === 'listener' && labels[0] === OTHER);
  assert(other !== undefined);
  for (const block of book.blocks) new Float64Array(block)[other.at] = 1;
  assert.deepEqual(
    book.places().map(({ labels }) => labels),
    [['a'], [OTHER]],
  );
});

function placeOf(book: PlaceBook, name: Counted, names: readonly Counted[]): number {
  const place = book
    .assign(names)
    .find(({ kind, labels }) => kind === name.kind && labels[0] === name.labels[0]);
  assert(place !== undefined);
  return place.at;
}
