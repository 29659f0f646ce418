/** The contract of counters and bits, in the memory of one thread and in shared memory; and threads that count at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { givenFlow } from '../../../test/conformance/snort/given.ts';
import { LocalRecordMap } from '../../state/record-map.ts';
import type { RecordMap } from '../../state/record-map.ts';
import { SharedRecordMap } from '../../state/shared-record-map.ts';
import type { SharedRecordMemory } from '../../state/shared-record-map.ts';
import type { FlowView } from './flow.ts';
import { recordedMemory } from './memory.ts';
import { RATE_COUNTER_BYTES, RateTable } from './rates.ts';
import type { RateFilter } from './rule.ts';

const MAX = 8;
const TURNS = 2_000;
const THREADS = [2, 3, 4];

interface Maps {
  readonly counters: RecordMap;
  readonly bits: RecordMap;
}

const IMPLEMENTATIONS: readonly (readonly [name: string, make: () => Maps])[] = [
  [
    'in the memory of one thread',
    () => ({ counters: new LocalRecordMap(MAX, RATE_COUNTER_BYTES), bits: new LocalRecordMap(MAX, 0) }),
  ],
  [
    'in shared memory',
    () => ({
      counters: SharedRecordMap.create(1, { capacity: MAX, valueBytes: RATE_COUNTER_BYTES }),
      bits: SharedRecordMap.create(1, { capacity: MAX, valueBytes: 0 }),
    }),
  ],
];

interface HammerStart {
  readonly memory: SharedRecordMemory;
  readonly holder: number;
}

/** In a thread: counts one address up. */
function hammer({ memory, holder }: HammerStart): void {
  const rates = new RateTable(new SharedRecordMap(memory, holder));
  for (let turn = 0; turn < TURNS; turn++) rates.passesFilter('1:1', filterOf(1), flowAt(0));
}

function filterOf(count: number): RateFilter {
  return { track: 'by_src', count, seconds: 10 };
}

function flowAt(nowMs: number, address = '192.0.2.1'): FlowView {
  return givenFlow({ client: { address, port: 1 }, nowMs });
}

if (isMainThread) tests();
else hammer(workerData as HammerStart); // Started below with just that.

function tests(): void {
  for (const [where, make] of IMPLEMENTATIONS) contract(where, make);

  test('threads that count at once lose no count', async () => {
    const records = SharedRecordMap.create(2, { capacity: MAX, valueBytes: RATE_COUNTER_BYTES });
    await Promise.all(
      THREADS.map(
        (holder) =>
          new Promise<void>((resolve, reject) => {
            const start: HammerStart = { memory: records.memory, holder };
            const thread = new Worker(new URL(import.meta.url), { workerData: start });
            thread.on('error', reject);
            thread.on('exit', () => resolve());
          }),
      ),
    );
    // On a machine that is too busy a thread may go without the lock, and says so.
    const counted = TURNS * THREADS.length - records.refused;
    const rates = new RateTable(records);
    assert.equal(rates.passesFilter('1:1', filterOf(counted), flowAt(0)), true, 'it is one more');
    assert.equal(rates.passesFilter('1:1', filterOf(counted + 2), flowAt(0)), false, 'and no more than two');
  });

  test('without the lock a match counts for itself', () => {
    const records = SharedRecordMap.create(1, { capacity: MAX, valueBytes: RATE_COUNTER_BYTES });
    const rates = new RateTable(records);
    for (let count = 0; count < 3; count++) rates.passesFilter('1:1', filterOf(3), flowAt(0));
    // The lock is the first cell of the layout: as if thread 9 had died with it.
    const cells = new Int32Array(records.memory.parts[0]!);
    cells[0] = 9;
    assert.equal(rates.passesFilter('1:1', filterOf(3), flowAt(0)), true);
    assert.equal(records.refused, 1);
    records.releaseHolder(9);
    assert.equal(rates.passesFilter('1:1', filterOf(4), flowAt(0)), false, 'nobody else has counted it');
    assert.equal(rates.passesFilter('1:1', filterOf(4), flowAt(0)), true);
  });
}

function contract(where: string, make: () => Maps): void {
  test(`${where}: who counts the same, counts together; rule sets and rules do not`, () => {
    const maps = make();
    const [one, other, stranger] = ['a', 'a', 'b'].map((scope) => recordedMemory(maps, scope).rates);
    assert.ok(one !== undefined && other !== undefined && stranger !== undefined);
    const passes = (rates: RateTable, id = '1:1', address?: string): boolean =>
      rates.passesFilter(id, filterOf(2), flowAt(0, address));
    assert.deepEqual([passes(one), passes(other), passes(one)], [false, false, true]);
    assert.deepEqual(
      [passes(stranger), passes(one, '1:2'), passes(one, '1:1', '192.0.2.2')],
      [false, false, false],
    );
    assert.equal(maps.counters.size, 4);
  });

  test(`${where}: a window begins with its first match, and ends by its time`, () => {
    const { rates } = recordedMemory(make(), '');
    const rows: readonly [nowMs: number, passes: boolean][] = [
      [0, false],
      [9_000, false],
      [9_999, true],
      [10_000, false],
      [19_999, false],
      [20_000, false],
      [20_001, false],
      [20_002, true],
    ];
    for (const [nowMs, passes] of rows)
      assert.equal(rates.passesFilter('1:1', filterOf(2), flowAt(nowMs)), passes, `${nowMs}`);
  });

  test(`${where}: a threshold begins anew with what it tells`, () => {
    const { rates } = recordedMemory(make(), '');
    const threshold = { ...filterOf(3), type: 'threshold' } as const;
    const told = Array.from({ length: 7 }, () => rates.alerts('1:1', threshold, flowAt(0)));
    assert.deepEqual(told, [false, false, true, false, false, true, false]);
  });

  test(`${where}: a rate_filter holds for its time, whatever comes`, () => {
    const { rates } = recordedMemory(make(), '');
    const filter = { rate: filterOf(1), timeoutSeconds: 30 };
    const rows: readonly [nowMs: number, isAbove: boolean][] = [
      [0, false],
      [1, true],
      [30_000, true],
      [30_001, false],
      [30_002, true],
    ];
    for (const [nowMs, isAbove] of rows)
      assert.equal(rates.isAbove('1:1', filter, flowAt(nowMs)), isAbove, `${nowMs}`);
  });

  test(`${where}: bits are set for all until their end, or until they are unset`, () => {
    const maps = make();
    let nowMs = 0;
    const [one, other, stranger] = ['a', 'a', 'b'].map(
      (scope) => recordedMemory(maps, scope, () => nowMs).hostBits,
    );
    assert.ok(one !== undefined && other !== undefined && stranger !== undefined);
    one.set('x 192.0.2.1', 100);
    assert.deepEqual(
      [other.isSet('x 192.0.2.1', 99), other.isSet('x 192.0.2.1', 100), other.isSet('x 192.0.2.2', 0)],
      [true, false, false],
    );
    assert.equal(stranger.isSet('x 192.0.2.1', 0), false);
    const long = `x 2001:db8:1111:2222:3333:4444:5555:6666 2001:db8:1111:2222:3333:4444:5555:7777`;
    other.set(long, 100);
    nowMs = 50;
    other.unset('x 192.0.2.1');
    assert.deepEqual(
      [one.isSet('x 192.0.2.1', 50), one.isSet(long, 50), one.isSet(`${long}8`, 50)],
      [false, true, false],
    );
    one.toggle(long, 100);
    assert.equal(other.isSet(long, 50), false);
    other.toggle(long, 100);
    assert.equal(one.isSet(long, 50), true);
    for (let count = 0; count < MAX; count++) one.set(`y ${count}`, 200 + count);
    assert.equal(one.isSet(long, 60), false, 'it ended first, and has made room');
    assert.deepEqual([maps.bits.size, maps.bits.dropped], [MAX, 1]);
  });
}
