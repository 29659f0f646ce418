import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExchangeIds, isExchangeId } from './ids.ts';

test('ids are unique, in order, and of 22 characters that may stand anywhere', () => {
  const ids = new ExchangeIds();
  const made: string[] = [];
  for (let index = 0; index < 5_000; index++)
    made.push(ids.next(1_700_000_000_000 + Math.floor(index / 100) + 0.25));
  assert.equal(new Set(made).size, made.length);
  assert.deepEqual([...made].sort(), made);
  for (const id of made) assert.match(id, /^[0-9a-hjkmnp-tv-z]{22}$/);
});

test('ids of two processes differ in the same millisecond', () => {
  assert.notEqual(new ExchangeIds().next(1), new ExchangeIds().next(1));
});

test('isExchangeId takes ids and nothing else', () => {
  assert.equal(isExchangeId(new ExchangeIds().next(Date.now())), true);
  for (const text of [
    '',
    'x',
    '0'.repeat(21),
    '0'.repeat(23),
    'i'.repeat(22),
    '../'.repeat(7) + '0',
    '0'.repeat(21) + '\n',
  ]) {
    assert.equal(isExchangeId(text), false, text);
  }
});
