import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleRecord } from '../../test/support/exchange-record.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { RecentExchanges } from './recent.ts';

const recordOf = (id: string, changes: Partial<ExchangeRecord> = {}): ExchangeRecord =>
  sampleRecord({ id, ...changes });

test('an exchange is found by its id, and an unknown id is not', () => {
  const recent = new RecentExchanges(3);
  assert.equal(recent.find('a'), undefined);
  recent.add(recordOf('a'));
  assert.deepEqual(recent.find('a'), recordOf('a'));
  assert.equal(recent.find('A'), undefined);
  assert.equal(recent.find(''), undefined);
});

test('what is kept does not change with what it was read from', () => {
  const recent = new RecentExchanges(3);
  const times = { ...recordOf('a').times };
  const live = { ...recordOf('a'), times };
  recent.add(live);
  live.target = '/of-the-next';
  times.totalMs = 0;
  assert.deepEqual(recent.find('a'), recordOf('a'));
});

test('the oldest leaves when the ring is full', () => {
  const recent = new RecentExchanges(3);
  for (const id of ['a', 'b', 'c', 'd']) recent.add(recordOf(id));
  assert.equal(recent.find('a'), undefined);
  for (const id of ['b', 'c', 'd']) assert.equal(recent.find(id)?.id, id);
});

test('a refusal is found after many ordinary exchanges', () => {
  const recent = new RecentExchanges(3);
  recent.add(recordOf('bad', { verdict: 'deceive' }));
  for (let count = 0; count < 100; count++) recent.add(recordOf(`ok${count}`));
  assert.equal(recent.find('bad')?.verdict, 'deceive');
  assert.equal(recent.find('ok0'), undefined);
});

test('judged lists the latest first, as many as asked for', () => {
  const recent = new RecentExchanges(3);
  assert.deepEqual(recent.judged(5), []);
  for (const id of ['a', 'b', 'c', 'd']) recent.add(recordOf(id, { verdict: 'reply' }));
  recent.add(recordOf('ok'));
  const ids = (count: number): string[] => recent.judged(count).map((record) => record.id);
  assert.deepEqual(ids(5), ['d', 'c', 'b']);
  assert.deepEqual(ids(1), ['d']);
});

test('what is kept of a judged exchange is the same, and bounded', () => {
  const recent = new RecentExchanges(3);
  const hit = {
    rule: '1',
    source: 'a:1',
    message: 'm',
    severity: 2,
    tags: ['t'],
    target: 'ARGS:q',
    matched: '\xff<script>',
    transformations: [],
    data: 'q\xff is <script>',
  };
  const record = recordOf('a', { target: '/\xe9?q=\u2028', verdict: 'deceive', hits: [hit] });
  recent.add(record);
  assert.deepEqual(recent.find('a'), record);
  recent.add(
    recordOf('b', { target: 'x'.repeat(100_000), verdict: 'drop', hits: Array<typeof hit>(500).fill(hit) }),
  );
  assert.equal(recent.find('b')?.target.length, 2048);
  assert.equal(recent.find('b')?.hits.length, 32);
  const bare = recordOf('c', { verdict: 'drop', hits: [{ ...hit, data: 'x'.repeat(100_000) }] });
  recent.add(bare);
  assert.equal(recent.find('c')?.hits[0]?.data?.length, 2048);
});

for (const size of [0, -1, 1.5, NaN]) {
  test(`a ring of ${size} is refused`, () => assert.throws(() => new RecentExchanges(size), RangeError));
}
