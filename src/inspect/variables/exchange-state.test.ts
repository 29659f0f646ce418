import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExchangeState } from './exchange-state.ts';

/** A state in which the members of TX named here are read by static rules. */
function stateWith(...loud: readonly string[]): ExchangeState {
  return new ExchangeState(ExchangeState.empty('on'), {
    isName: (name) => loud.includes(name),
    isRemoval: () => false,
  });
}

test('captures are found when they are read, those of the last match only', () => {
  const state = stateWith('score');
  const found: string[] = [];
  for (const text of ['a', 'b', 'c']) {
    state.setCaptures(() => {
      found.push(text);
      return [text, `${text}1`];
    });
    state.writeTx('score', '5');
  }
  assert.deepEqual(found, []);
  assert.equal(state.read('TX', '0'), 'c');
  assert.equal(state.read('TX', '1'), 'c1');
  assert.equal(state.read('TX', '2'), undefined);
  assert.deepEqual(found, ['c']);
});

test('captures of a match before are gone', () => {
  const state = stateWith();
  state.setCaptures(() => ['a', 'b', 'c']);
  assert.equal(state.read('TX', '2'), 'c');
  state.setCaptures(() => ['d']);
  assert.deepEqual([...state.membersOf('TX')], [['0', 'd']]);
});

test('what rules write themselves comes behind what was captured before', () => {
  const state = stateWith();
  state.setCaptures(() => ['a', 'b']);
  state.writeTx('x', '1');
  state.writeTx('0', 'mine');
  state.remove('TX', '1');
  assert.deepEqual(
    [...state.membersOf('TX')],
    [
      ['0', 'mine'],
      ['x', '1'],
    ],
  );
  assert.deepEqual(
    state.txMembers((name) => name === '0'),
    [['0', 'mine']],
  );
});

test('captures that a static rule reads change the base at once', () => {
  const state = stateWith('1');
  state.setCaptures(() => ['a', 'b']);
  assert(state.hasLeft());
  assert.equal(state.base.tx.get('1'), 'b');
  assert.equal(state.read('TX', '0'), 'a');
});

test('members that a selector means are found anew in a base of the exchange itself', () => {
  const tx = new Map([
    ['a1', '1'],
    ['b1', '2'],
    ['a2', '3'],
  ]);
  const base = { ...ExchangeState.empty('on'), tx };
  const loud = { isName: (name: string) => name.startsWith('a'), isRemoval: () => false };
  const isMeant = (name: string): boolean => name.startsWith('a') || name.startsWith('c');
  const state = new ExchangeState(base, loud);
  assert.deepEqual(state.txMembers(isMeant), [
    ['a1', '1'],
    ['a2', '3'],
  ]);
  state.writeTx('c1', '4');
  assert.deepEqual(state.txMembers(isMeant), [
    ['a1', '1'],
    ['a2', '3'],
    ['c1', '4'],
  ]);
  state.writeTx('a2', '5');
  state.writeTx('a3', '6');
  state.remove('TX', 'a1');
  assert.deepEqual(state.txMembers(isMeant), [
    ['a2', '5'],
    ['a3', '6'],
    ['c1', '4'],
  ]);
  assert.deepEqual(
    state.txMembers(() => false),
    [],
  );
  assert.deepEqual(new ExchangeState(base, loud).txMembers(isMeant), [
    ['a1', '1'],
    ['a2', '3'],
  ]);
});
