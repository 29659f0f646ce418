import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyForRun, runTable } from './table-run.ts';
import type { Cursor } from './table-run.ts';

const COLUMNS = 8;
const STATES = 16;
const CLASS_OF = Uint8Array.from({ length: 256 }, (_, byte) => byte % COLUMNS);

type Below = (count: number) => number;

function randomBelow(seed: number): Below {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % count;
  };
}

/** One step after the other. */
function runSlowly(table: Int32Array, text: string, start: Cursor): Cursor {
  let { at, state } = start;
  for (; at < text.length; at++) {
    const next = table[state + (CLASS_OF[text.charCodeAt(at)] ?? 0)] ?? -1;
    if (next < 0) break;
    state = next;
  }
  return { at, state };
}

interface Case {
  readonly title: string;
  /** The state behind `state` and `column`. */
  readonly next: (state: number, column: number, below: Below) => number;
  readonly text: (below: Below) => string;
  /** One of how many entries is negative: none for 0. */
  readonly unknownIn: number;
}

function words(below: Below): string {
  const parts = Array.from({ length: 3_000 }, () => 'abcdefgh'.slice(0, 1 + below(8)));
  return parts.join(' ');
}

const soon: Case['next'] = (_, column) => column;
const permuted: Case['next'] = (state, column) => (state + 3 * column + 1) % STATES;

const CASES: readonly Case[] = [
  { title: 'states that depend on the last byte', next: soon, text: words, unknownIn: 0 },
  { title: 'states that depend on every byte', next: permuted, text: words, unknownIn: 0 },
  {
    title: 'states that mostly depend on the last byte',
    next: (state, column, below) => (below(4) === 0 ? state : column),
    text: words,
    unknownIn: 0,
  },
  { title: 'a table with unknown entries', next: soon, text: words, unknownIn: 60 },
  {
    title: 'a text without spaces',
    next: soon,
    text: (below) => words(below).replaceAll(' ', 'x'),
    unknownIn: 0,
  },
  {
    title: 'a text that changes in the midst',
    next: (state, column) => (column === 1 ? 15 : state === 15 ? 15 : column),
    text: (below) => `${'bdf '.repeat(below(3_000))}a${'bdf '.repeat(3_000)}`,
    unknownIn: 0,
  },
];

for (const { title, next, text, unknownIn } of CASES) {
  test(`${title}: as far as one step after the other, and in the same state`, () => {
    for (let seed = 1; seed <= 60; seed++) {
      const below = randomBelow(seed);
      const table = Int32Array.from({ length: COLUMNS * STATES }, (_, entry) =>
        unknownIn > 0 && below(unknownIn) === 0
          ? -1
          : COLUMNS * next(Math.floor(entry / COLUMNS), entry % COLUMNS, below),
      );
      const value = text(below);
      const start = { at: below(600), state: COLUMNS * below(STATES) };
      for (const read of ['as it is', 'from a copy']) {
        const cursor = { ...start };
        const isCopied = read === 'from a copy' && copyForRun(value);
        runTable(cursor, table, CLASS_OF, value, value.length, isCopied);
        assert.deepEqual(cursor, runSlowly(table, value, start), `${read}, seed ${seed}`);
      }
    }
  });
}

test('what comes up in one byte of a long text stops the run there', () => {
  const text = 'bdf bdfb '.repeat(1_500);
  const table = Int32Array.from({ length: COLUMNS * STATES }, (_, entry) => COLUMNS * (entry % COLUMNS));
  for (let state = 0; state < STATES; state++) table[COLUMNS * state + 1] = -3;
  for (let place = 0; place < text.length; place += 97) {
    const changed = `${text.slice(0, place)}a${text.slice(place + 1)}`;
    const cursor = { at: 0, state: 0 };
    assert(copyForRun(changed));
    runTable(cursor, table, CLASS_OF, changed, changed.length, true);
    assert.equal(cursor.at, place);
    assert.deepEqual(cursor, runSlowly(table, changed, { at: 0, state: 0 }));
  }
});
