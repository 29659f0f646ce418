import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDescriptorLimit } from './descriptor-limit.ts';

const HEAD = 'Limit                     Soft Limit           Hard Limit           Units     \n';

const rows: readonly { name: string; limits: string; limit: number | undefined }[] = [
  {
    name: 'the soft limit counts',
    limits: `${HEAD}Max processes             94895                94895                processes \nMax open files            1024                 1048576              files     \n`,
    limit: 1024,
  },
  {
    name: 'no limit',
    limits: `${HEAD}Max open files            unlimited            unlimited            files     \n`,
    limit: Infinity,
  },
  {
    name: 'nothing about files',
    limits: `${HEAD}Max cpu time  unlimited  unlimited  seconds\n`,
    limit: undefined,
  },
  { name: 'something else', limits: 'Max open files: many', limit: undefined },
  { name: 'nothing', limits: '', limit: undefined },
];

for (const { name, limits, limit } of rows) {
  test(`the limit of descriptors: ${name}`, () => {
    assert.equal(readDescriptorLimit(limits), limit);
  });
}
