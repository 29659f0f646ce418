import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateCounts } from './rule-state.ts';
import { lossesBetween } from './state-watch.ts';

function counts(dropped: number, refused: number): readonly StateCounts[] {
  return [{ kind: 'collections', entries: 5, dropped, refused }];
}

for (const [name, before, now, said] of [
  ['nothing was lost', counts(3, 4), counts(3, 4), []],
  [
    'what was lost before is not told again',
    counts(3, 4),
    counts(5, 4),
    ['Forgot 2 collections of rules before their end, to make room for others: rules count anew there'],
  ],
  [
    'what could not be kept is told',
    counts(3, 4),
    counts(3, 11),
    ['Could not keep 7 changes of collections of rules: there was no room, or a worker died at it'],
  ],
  [
    'a kind that was not there before had lost nothing',
    [],
    counts(1, 1),
    [
      'Forgot 1 collections of rules before their end, to make room for others: rules count anew there',
      'Could not keep 1 changes of collections of rules: there was no room, or a worker died at it',
    ],
  ],
] as const) {
  test(name, () => {
    assert.deepEqual(lossesBetween(before, now), said);
  });
}
