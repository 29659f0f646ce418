import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Outcome } from '../run.ts';
import { idle1000 } from '../workloads/idle.ts';
import { toGrid, toMarkdown, toNotes, toText } from './table.ts';

const OUTCOME: Outcome = {
  workload: {
    ...idle1000,
    columns: [
      { key: 'cpuUs', title: 'CPU', digits: 1, isCompared: true, isSubtracted: true },
      { key: 'rate', title: 'rate', digits: 0 },
    ],
    baselines: ['haproxy', 'nginx'],
  },
  measured: [
    {
      label: 'sallyport',
      rounds: [
        { cpuUs: 9, rate: 20_000 },
        { cpuUs: 11, rate: 10_000, errors: 3 },
      ],
    },
    {
      label: 'haproxy',
      rounds: [
        { cpuUs: 10, rate: 1, othersPercent: 12 },
        { cpuUs: 10, rate: 3 },
      ],
    },
    { label: 'nginx', rounds: [] },
  ],
  leftOut: ['Running without nginx: a reason'],
  problems: [],
};

test('toGrid shows medians, the spread of the first column, and ratios and differences to baselines that ran', () => {
  assert.deepEqual(toGrid(OUTCOME), [
    ['', 'CPU', '±', '×haproxy', 'added to haproxy', 'rate'],
    ['sallyport', '10.0', '10 %', '1.00', '0.0', '15,000'],
    ['haproxy', '10.0', '0 %', '1.00', '0.0', '2'],
  ]);
});

test('toNotes tells what was left out, what failed and who was disturbed', () => {
  const notes = toNotes(OUTCOME);
  assert.equal(notes.length, 3);
  assert.match(notes[0] ?? '', /without nginx: a reason/);
  assert.match(notes[1] ?? '', /^sallyport: 3 failed requests/);
  assert.match(notes[2] ?? '', /^haproxy: others used 12 %/);
});

test('toText and toMarkdown keep one line a row', () => {
  const grid = [
    ['', 'a', 'long'],
    ['name', '1.5', '2'],
  ];
  assert.equal(toText(grid), '          a  long\n  name  1.5     2\n');
  assert.equal(toMarkdown(grid), '|  | a | long |\n| --- | ---: | ---: |\n| name | 1.5 | 2 |\n');
});
