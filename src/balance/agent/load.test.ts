import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadOf, percentOf, pressuresOf, readFactors, Smooth } from './load.ts';
import type { Sample } from './machine.ts';

/** A machine of two cores, looked at after a second in which so many of 200 ticks were busy. */
function second(busy: number, runnable = 1, group?: Sample['group']): readonly [Sample, Sample] {
  const before: Sample = {
    at: 0,
    cpu: { busy: 1000, total: 5000, cores: 2, runnable: 1 },
    memory: 0.25,
    loadavg: 1,
    group: group === undefined ? undefined : { ...group, usageUs: 0 },
  };
  const cpu = { busy: 1000 + busy, total: 5200, cores: 2, runnable };
  return [before, { ...before, at: 1000, cpu, group }];
}

const ROWS: readonly {
  readonly what: string;
  readonly samples: readonly [Sample, Sample];
  readonly cpu: number;
  readonly memory?: number;
  readonly queue?: number;
}[] = [
  { what: 'idle', samples: second(0), cpu: 0 },
  { what: 'half busy', samples: second(100), cpu: 0.5 },
  { what: 'busy without a queue', samples: second(200, 3), cpu: 1 },
  { what: 'with twice as many tasks as cores', samples: second(200, 5), cpu: 1, queue: 0.5 },
  { what: 'with many tasks', samples: second(200, 41), cpu: 1, queue: 0.95 },
  {
    what: 'idle, of which a group uses half of its half core',
    samples: second(0, 1, { cores: 0.5, usageUs: 250_000, memory: undefined }),
    cpu: 0.5,
  },
  {
    what: 'busy by others than a group without work',
    samples: second(180, 1, { cores: 1, usageUs: 0, memory: 0.9 }),
    cpu: 0.9,
    memory: 0.9,
  },
  {
    what: 'with a group that may use more than there is',
    samples: second(200, 3, { cores: 64, usageUs: 2_000_000, memory: undefined }),
    cpu: 1,
  },
  {
    what: 'with a queue before the one core of a group',
    samples: second(100, 5, { cores: 1, usageUs: 1_000_000, memory: undefined }),
    cpu: 1,
    queue: 0.75,
  },
];
for (const { what, samples, cpu, memory = 0.25, queue = 0 } of ROWS) {
  test(`a machine ${what}`, () => assert.deepEqual(pressuresOf(...samples), { cpu, memory, queue }));
}

test('two samples of the same moment say that nothing happened', () => {
  const [sample] = second(0, 1, { cores: 1, usageUs: 5, memory: undefined });
  assert.equal(pressuresOf(sample, sample).cpu, 0);
});

test('the load is the mean by the factors', () => {
  const pressures = { cpu: 0.8, memory: 0.4, queue: 0.2 };
  assert.equal(loadOf(pressures, { cpu: 1, memory: 0, queue: 0 }), 0.8);
  assert.equal(loadOf(pressures, { cpu: 1, memory: 0, queue: 1 }), 0.5);
  assert.equal(loadOf(pressures, { cpu: 2, memory: 1, queue: 1 }).toFixed(3), '0.550');
});

test('the percentage falls with the load, and not below what is the least', () => {
  assert.deepEqual(
    [percentOf(0, 1), percentOf(0.25, 1), percentOf(0.996, 1), percentOf(1, 0), percentOf(1, 5)],
    [100, 75, 1, 0, 5],
  );
});

test('factors are named, and one of them counts', () => {
  assert.deepEqual(readFactors('cpu=1,queue=0.5'), { cpu: 1, queue: 0.5, memory: 0 });
  for (const text of ['', 'cpu', 'cpu=', 'cpu=-1', 'disk=1', 'cpu=1;queue=1', 'cpu=0', 'cpu=1e3'])
    assert.equal(typeof readFactors(text), 'string', text);
});

test('a moving average begins with the first value and follows the others', () => {
  const smooth = new Smooth(0.5);
  assert.equal(smooth.value.cpu, 0);
  for (const [cpu, expected] of [
    [0.8, 0.8],
    [0, 0.4],
    [0, 0.2],
  ] as const) {
    smooth.add({ cpu, memory: 0, queue: 0 });
    assert.equal(smooth.value.cpu, expected);
  }
});
