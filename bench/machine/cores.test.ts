import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseCpuList } from './cores.ts';

const LISTS: readonly [text: string, cpus: readonly number[]][] = [
  ['0', [0]],
  ['0-1\n', [0, 1]],
  ['0-2,5', [0, 1, 2, 5]],
  ['3,1', [3, 1]],
  ['', []],
  ['\n', []],
  ['x', []],
  ['4-2', []],
];
for (const [text, cpus] of LISTS) {
  test(`parseCpuList reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseCpuList(text), cpus));
}
