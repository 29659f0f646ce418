import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Outcome } from '../run.ts';
import type { Bar } from '../workload.ts';
import { idle1000 } from '../workloads/idle.ts';
import { barText, toBars } from './bars.ts';

const RATIO: Bar = { label: 'one', key: 'cpuUs', kind: 'ratio', other: 'other', max: 0.5, text: 'half' };
const DIFFERENCE: Bar = {
  label: 'other',
  key: 'cpuUs',
  kind: 'difference',
  other: 'one',
  max: 10,
  text: 'little',
};

function outcome(bars: readonly Bar[]): Outcome {
  const measured = [
    { label: 'one', rounds: [{ cpuUs: 10 }, undefined, { cpuUs: 20 }] },
    { label: 'other', rounds: [{ cpuUs: 20 }, { cpuUs: 1 }, { cpuUs: 40 }] },
    { label: 'failed', rounds: [] },
  ];
  return { workload: { ...idle1000, bars }, measured, leftOut: [], problems: [] };
}

const ROWS: readonly [claim: string, bar: Bar, text: string | undefined][] = [
  ['a ratio that is just as large as it may be is met', RATIO, 'half: 0.5000 of 0.5000, met'],
  ['a larger one falls short', { ...RATIO, max: 0.49 }, 'half: 0.5000 of 0.4900, falls short'],
  ['a difference is the median of those of rounds', DIFFERENCE, 'little: 15.0 of 10.0, falls short'],
  ['nothing is said of a subject that failed', { ...RATIO, other: 'failed' }, undefined],
  ['nothing is said of a subject that was left out', { ...RATIO, label: 'absent' }, undefined],
  ['nothing is said of a figure that is not there', { ...RATIO, key: 'absent' }, undefined],
];
for (const [claim, bar, text] of ROWS) {
  test(`toBars: ${claim}`, () => {
    assert.deepEqual(toBars(outcome([bar])).map(barText), text === undefined ? [] : [text]);
  });
}
