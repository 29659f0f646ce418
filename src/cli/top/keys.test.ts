import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Key } from './keys.ts';
import { keysIn, press } from './keys.ts';
import { attackerColumns, LISTENER_COLUMNS, SERVER_COLUMNS } from './panes.ts';
import type { Chosen } from './screen.ts';

const CHOSEN: Chosen = {
  pane: 'all',
  sort: { all: 0, listeners: 0, servers: 0, attackers: 1 },
  offset: 0,
  isPaused: false,
  isHelp: false,
  problem: '',
  intervalMs: 1000,
};

const TYPED: readonly (readonly [text: string, keys: readonly Key[]])[] = [
  ['q', ['quit']],
  ['\x03', ['quit']],
  ['\t\x1b[Z', ['next-pane', 'previous-pane']],
  ['\x1b[A\x1b[Bjk', ['up', 'down', 'down', 'up']],
  ['\x1b[5~\x1b[6~', ['page-up', 'page-down']],
  ['1234', ['all', 'listeners', 'servers', 'attackers']],
  ['xyz\x1b[15~\x1b[99;99R', []],
  ['\x1b', []],
  ['\xff\x00\n', []],
  ['', []],
];

for (const [text, keys] of TYPED) {
  test(`${JSON.stringify(text)} is ${keys.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(keysIn(text), keys));
}

const pressed = (start: Partial<Chosen>, ...keys: Key[]): Chosen =>
  keys.reduce((chosen, key) => press(chosen, key, () => 3), { ...CHOSEN, ...start });

test('tab goes round the panes, and a number to one of them', () => {
  assert.equal(pressed({}, 'next-pane', 'next-pane').pane, 'servers');
  assert.equal(pressed({}, 'previous-pane').pane, 'attackers');
  assert.equal(pressed({ pane: 'attackers' }, 'next-pane').pane, 'all');
  assert.equal(pressed({}, 'attackers', 'all').pane, 'all');
});

test('one cannot leave a pane at its ends', () => {
  assert.equal(pressed({ pane: 'servers' }, 'up').offset, 0);
  assert.equal(pressed({ pane: 'servers' }, 'down', 'down', 'down', 'down').offset, 2);
  assert.equal(pressed({ pane: 'servers' }, 'page-down').offset, 2);
  assert.equal(pressed({ pane: 'servers', offset: 2 }, 'page-up').offset, 0);
  assert.equal(press({ ...CHOSEN, pane: 'servers' }, 'down', () => 0).offset, 0);
});

test('another pane begins at its first row, and leaves the help', () => {
  const { offset, isHelp } = pressed({ pane: 'servers', offset: 2, isHelp: true }, 'attackers');
  assert.deepEqual([offset, isHelp], [0, false]);
});

test('the order goes through the columns both ways, of the servers where all is shown', () => {
  assert.equal(pressed({}, 'sort').sort.servers, 1);
  assert.equal(pressed({ pane: 'listeners' }, 'sort', 'sort').sort.listeners, 2);
  for (const columns of [LISTENER_COLUMNS, SERVER_COLUMNS, attackerColumns(0)]) {
    const { servers } = pressed({}, 'sort-back').sort;
    assert.equal(servers % columns.length, columns.length - 1, 'before the first is the last');
  }
});

test('the interval has ends', () => {
  assert.equal(pressed({}, 'faster', 'faster', 'faster').intervalMs, 500);
  assert.equal(pressed({}, 'slower').intervalMs, 2000);
  assert.equal(pressed({ intervalMs: 10_000 }, 'slower').intervalMs, 10_000);
});

test('pause and help are there and gone again', () => {
  assert.equal(pressed({}, 'pause').isPaused, true);
  assert.equal(pressed({}, 'pause', 'pause').isPaused, false);
  assert.equal(pressed({}, 'help', 'help').isHelp, false);
});
