import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckState } from './check-state.ts';

/** `+` is a good check and `-` a bad one; after each stands the phase by its letter below. */
const ROWS: readonly {
  readonly what: string;
  readonly rise: number;
  readonly fall: number;
  readonly checks: string;
  readonly phases: string;
}[] = [
  { what: 'the first check decides alone', rise: 2, fall: 3, checks: '-', phases: 'd' },
  { what: 'one good check is enough at the start', rise: 3, fall: 3, checks: '+', phases: 'U' },
  { what: 'fall checks in a row take it down', rise: 2, fall: 3, checks: '+---', phases: 'Ulld' },
  { what: 'a good one in between begins anew', rise: 2, fall: 3, checks: '+--+--+', phases: 'UllUllU' },
  { what: 'rise checks in a row bring it up', rise: 3, fall: 1, checks: '-+++', phases: 'drrU' },
  { what: 'a bad one on the way up begins anew', rise: 3, fall: 1, checks: '-++-+++', phases: 'drrdrrU' },
  { what: 'with 1 and 1 every check decides', rise: 1, fall: 1, checks: '+-+-', phases: 'UdUd' },
  { what: 'down stays down', rise: 2, fall: 2, checks: '----', phases: 'dddd' },
  { what: 'up stays up', rise: 2, fall: 2, checks: '++++', phases: 'UUUU' },
];
const LETTERS = { unchecked: '?', up: 'U', 'going down': 'l', down: 'd', 'going up': 'r' };

for (const { what, rise, fall, checks, phases } of ROWS) {
  test(`rise ${rise}, fall ${fall}, ${checks}: ${what}`, () => {
    const state = new CheckState({ rise, fall });
    let seen = '';
    for (const check of checks) {
      state.count(check === '+');
      seen += LETTERS[state.phase];
    }
    assert.equal(seen, phases);
  });
}

test('a server that was never checked is up', () => {
  const state = new CheckState({ rise: 2, fall: 3 });
  assert.deepEqual([state.isUp, state.phase, state.progress], [true, 'unchecked', undefined]);
});

test('progress counts towards what is next', () => {
  const state = new CheckState({ rise: 3, fall: 4 });
  state.count(true);
  state.count(false);
  assert.deepEqual(state.progress, { done: 1, of: 4 });
  state.fell();
  assert.equal(state.progress, undefined);
  state.count(true);
  state.count(true);
  assert.deepEqual(state.progress, { done: 2, of: 3 });
});

test('other counts leave up and down as they are', () => {
  for (const before of [
    { rise: 1, fall: 1 },
    { rise: 5, fall: 5 },
  ]) {
    for (const after of [
      { rise: 1, fall: 1 },
      { rise: 2, fall: 7 },
      { rise: 7, fall: 2 },
    ]) {
      for (const checks of ['', '+', '-', '+-', '+--', '-+', '-++', '-+++']) {
        const state = new CheckState(before);
        for (const check of checks) state.count(check === '+');
        const wasUp = state.isUp;
        state.recount(after);
        assert.equal(state.isUp, wasUp, `${checks} of ${JSON.stringify([before, after])}`);
        for (let count = 0; count < after.fall; count++) state.count(false);
        assert.equal(state.phase, 'down');
        for (let count = 0; count < after.rise; count++) state.count(true);
        assert.equal(state.phase, 'up');
      }
    }
  }
});
