import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeServers } from '../../test/support/balance.ts';
import type { Servers } from '../../test/support/balance.ts';
import { NOBODY } from './algorithm.ts';
import { RoundRobin } from './round-robin.ts';
import { DOWN, UP, WEIGHT_UNIT } from './server-table.ts';

function make(...weights: readonly number[]): { readonly robin: RoundRobin; readonly servers: Servers } {
  const servers = makeServers(...weights);
  return { robin: new RoundRobin(servers), servers };
}

function turn({ robin, servers }: ReturnType<typeof make>, avoid: number = NOBODY): string {
  servers.candidates.refresh();
  const index = robin.next(avoid);
  return index === NOBODY ? '-' : 'abcdefghijkl'.charAt(index);
}

function turns(made: ReturnType<typeof make>, count: number): string {
  return Array.from({ length: count }, () => turn(made)).join('');
}

const ROWS: readonly { readonly weights: readonly number[]; readonly turns: string }[] = [
  { weights: [], turns: '---' },
  { weights: [0], turns: '---' },
  { weights: [0, 0], turns: '---' },
  { weights: [1], turns: 'aaa' },
  { weights: [256], turns: 'aaa' },
  { weights: [1, 1, 1], turns: 'abcabc' },
  { weights: [7, 7], turns: 'abab' },
  { weights: [1, 0, 1], turns: 'acac' },
  // a is never asked more than three times in a row, also where rounds meet.
  { weights: [5, 1, 1], turns: 'abaaacaabaaaca' },
  { weights: [3, 1], turns: 'aabaaaba' },
  { weights: [1, 2], turns: 'babbab' },
  { weights: [2, 0, 1], turns: 'acaaca' },
];

for (const { weights, turns: expected } of ROWS) {
  test(`weights ${weights.join(', ') || 'of nobody'} give ${expected}`, () => {
    assert.equal(turns(make(...weights), expected.length), expected);
  });
}

test('each gets its share exactly in every round, whatever the weights', () => {
  for (const weights of [
    [1, 2, 3],
    [256, 1],
    [10, 10, 1],
    [4, 0, 6, 2],
    [7, 7, 7, 7, 3, 3, 3, 2, 2, 1],
  ]) {
    const made = make(...weights);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let round = 0; round < 5; round++) {
      const seen = turns(made, total);
      weights.forEach((weight, index) => {
        const name = 'abcdefghijkl'.charAt(index);
        assert.equal(seen.split(name).length - 1, weight, `${name} of ${weights.join()}`);
      });
    }
  }
});

test('the share stays exact over a million turns', () => {
  const made = make(3, 2, 1);
  const counts = [0, 0, 0];
  made.servers.candidates.refresh();
  for (let count = 0; count < 1_200_000; count++) counts[made.robin.next(NOBODY)]!++;
  assert.deepEqual(counts, [600_000, 400_000, 200_000]);
});

test('the next is another than the one to avoid, when there is another', () => {
  for (const weights of [
    [1, 1],
    [1, 1, 1],
    [256, 1],
    [5, 1, 1],
    [1, 0, 1],
  ]) {
    const made = make(...weights);
    for (let count = 0; count < 20; count++) {
      for (let avoid = 0; avoid < weights.length; avoid++)
        assert.notEqual(turn(made, avoid), 'abc'.charAt(avoid), `${avoid} of ${weights.join()}`);
    }
  }
});

test('the only one is taken although it is to be avoided', () => {
  assert.equal(turn(make(0, 3, 0), 1), 'b');
});

test('avoiding one that is not in turn costs nobody a turn', () => {
  const made = make(1, 1, 1);
  assert.equal(turn(made, 2), 'a');
  assert.equal(turn(made, 2), 'b');
  assert.equal(turn(made, 2), 'a');
});

test('one that was full for long gets its share when it has room again, and not all that it has missed', () => {
  const made = make(1, 1);
  const { table } = made.servers;
  table.setInUseMax(0, 1);
  table.take(0);
  assert.equal(turns(made, 20), 'b'.repeat(20));
  table.give(0);
  assert.match(turns(made, 8), /^a?(ab){3,4}|(ba){4}$/);
});

test('small changes of weights again and again favour nobody', () => {
  const made = make(10, 10, 10, 10);
  const counts = new Map<string, number>();
  for (let count = 0; count < 4000; count++) {
    // Of the last one, as a slow start or an agent would.
    made.servers.table.setWeight(3, (10 + (count % 3)) * WEIGHT_UNIT);
    const name = turn(made);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const name of 'abc') assert(Math.abs((counts.get(name) ?? 0) - 975) < 20, JSON.stringify([...counts]));
});

test('one that comes back has not saved up turns', () => {
  const made = make(1, 1, 1);
  made.servers.table.setState(2, DOWN);
  assert.equal(turns(made, 6), 'ababab');
  made.servers.table.setState(2, UP);
  assert.equal(turns(made, 9).split('c').length - 1, 3);
});

test('many light servers beside a heavy one come between its turns', () => {
  const seen = turns(make(10, ...Array.from({ length: 10 }, () => 1)), 20);
  assert.doesNotMatch(seen, /aaa|[^a]{3}/, seen);
});
