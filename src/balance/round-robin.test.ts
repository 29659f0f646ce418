import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoundRobin } from './round-robin.ts';

interface Item {
  readonly name: string;
  readonly weight: number;
}

function make(...weights: number[]): { robin: RoundRobin<Item>; items: Item[] } {
  const items = weights.map((weight, index) => ({ name: 'abcdefgh'.charAt(index), weight }));
  return { robin: new RoundRobin(items), items };
}

function turns(robin: RoundRobin<Item>, count: number): string {
  return Array.from({ length: count }, () => robin.next()?.name ?? '-').join('');
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
  // As nginx describes it for 5, 1, 1: a is not asked five times in a row.
  { weights: [5, 1, 1], turns: 'aabacaaaabacaa' },
  { weights: [3, 1], turns: 'aabaaaba' },
  { weights: [1, 2], turns: 'babbab' },
  { weights: [2, 0, 1], turns: 'acaaca' },
];

for (const { weights, turns: expected } of ROWS) {
  test(`weights ${weights.join(', ') || 'of nobody'} give ${expected}`, () => {
    assert.equal(turns(make(...weights).robin, expected.length), expected);
  });
}

test('each gets its share exactly in every round, whatever the weights', () => {
  for (const weights of [
    [1, 2, 3],
    [256, 1],
    [10, 10, 1],
    [4, 0, 6, 2],
  ]) {
    const { robin, items } = make(...weights);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let round = 0; round < 3; round++) {
      const seen = turns(robin, total);
      for (const { name, weight } of items) {
        assert.equal(seen.split(name).length - 1, weight, `${name} of ${weights.join()}`);
      }
    }
  }
});

test('the next is another than the one to avoid, when there is another', () => {
  for (const weights of [
    [1, 1],
    [1, 1, 1],
    [256, 1],
    [5, 1, 1],
    [1, 0, 1],
  ]) {
    const { robin, items } = make(...weights);
    for (let count = 0; count < 20; count++) {
      for (const avoid of items)
        assert.notEqual(robin.next(avoid), avoid, `${avoid.name} of ${weights.join()}`);
    }
  }
});

test('the only one is taken although it is to be avoided', () => {
  const { robin, items } = make(0, 3, 0);
  assert.equal(robin.next(items[1]), items[1]);
});

test('avoiding one that is not in turn costs nobody a turn', () => {
  const { robin, items } = make(1, 1, 1);
  assert.equal(robin.next(items[2])?.name, 'a');
  assert.equal(robin.next(items[2])?.name, 'b');
  assert.equal(robin.next(items[2])?.name, 'a');
});
