import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '../../test/support/random.ts';
import { SessionTable } from './session-table.ts';

const NOW = 1_800_000_000;

function valueOf(table: SessionTable, low: number, high: number, nowS: number = NOW): number | undefined {
  const at = table.find(low, high, nowS);
  return at === -1 ? undefined : table.value(at);
}

test('what was set is found until its end, and not at it', () => {
  const table = SessionTable.create(100);
  assert.equal(valueOf(table, 1, 2), undefined);
  table.set(1, 2, 0xffff_fffe, NOW + 10, NOW);
  assert.equal(valueOf(table, 1, 2), 0xffff_fffe);
  assert.equal(table.end(table.find(1, 2, NOW)), NOW + 10);
  assert.equal(valueOf(table, 1, 2, NOW + 9), 0xffff_fffe);
  assert.equal(valueOf(table, 1, 2, NOW + 10), undefined);
  assert.equal(valueOf(table, 1, 3), undefined);
  assert.equal(valueOf(table, 2, 2), undefined);
});

test('setting again replaces, and takes no second place', () => {
  const table = SessionTable.create(8);
  for (let value = 0; value < 20; value++) table.set(7, 8, value, NOW + value, NOW);
  assert.equal(valueOf(table, 7, 8), 19);
  assert.equal(table.count(NOW), 1);
});

test('a full bucket gives up what ends first, and counts it only when that had not ended', () => {
  const table = SessionTable.create(8);
  for (let key = 0; key < 8; key++) table.set(key, key, key, NOW + 100 + key, NOW);
  assert.equal(table.count(NOW), 8);
  table.set(8, 8, 8, NOW + 50, NOW);
  assert.deepEqual([valueOf(table, 0, 0), valueOf(table, 1, 1), valueOf(table, 8, 8)], [undefined, 1, 8]);
  assert.equal(table.dropped, 1);
  table.set(9, 9, 9, NOW + 500, NOW + 60);
  assert.equal(table.dropped, 1, 'the one before had ended');
});

test('a table never grows, and keeps nearly all of what it has room for', () => {
  const table = SessionTable.create(4096);
  assert.equal(table.shared.byteLength, SessionTable.byteLength(4096));
  const random = seededRandom(7);
  const keys = Array.from({ length: 2048 }, () => [random(2 ** 32), random(2 ** 32)] as const);
  keys.forEach(([low, high], index) => table.set(low, high, index, NOW + 1000, NOW));
  const found = keys.filter(([low, high], index) => valueOf(table, low, high) === index).length;
  assert(found > 1950, `${found} of 2048`);
  assert.equal(found + table.dropped, 2048);
});

test('two tables hash keys otherwise', () => {
  const [one, two] = [SessionTable.create(8), SessionTable.create(8)];
  assert.notDeepEqual([one.seedLow, one.seedHigh], [two.seedLow, two.seedHigh]);
});

test('an entry of which two threads have written a part is none', () => {
  const table = SessionTable.create(8);
  table.set(1, 1, 5, NOW + 10, NOW);
  const cells = new Int32Array(table.shared);
  const at = table.find(1, 1, NOW);
  for (const [offset, value] of [
    [2, 6],
    [3, (NOW + 11) | 0],
    [1, 77],
  ] as const) {
    const before = cells[at + offset]!;
    cells[at + offset] = value;
    assert.equal(valueOf(table, 1, 1), undefined, `cell ${offset}`);
    cells[at + offset] = before;
  }
  assert.equal(valueOf(table, 1, 1), 5);
});

test('threads that write the same entries at once leave no value that nobody has written', async () => {
  const table = SessionTable.create(8);
  const source = `
    import { workerData, parentPort } from 'node:worker_threads';
    const { SessionTable } = await import(workerData.module);
    const table = new SessionTable(workerData.shared);
    for (let count = 0; count < 100_000; count++) table.set(count % 16, 1, 1000 + (count % 16), ${NOW} + (count % 9), ${NOW - 1});
    parentPort.postMessage('done');
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { shared: table.shared, module: new URL('./session-table.ts', import.meta.url).href },
  });
  const ended = once(worker, 'message');
  let wrong = 0;
  for (let count = 0; count < 100_000; count++) {
    const key = (count * 7) % 16;
    table.set(key, 1, 1000 + key, NOW + (count % 5), NOW - 1);
    const at = table.find(count % 16, 1, NOW - 1);
    // The value is read after the check: another key may have the entry by then, with its own value.
    if (at !== -1 && (table.value(at) < 1000 || table.value(at) > 1015)) wrong++;
  }
  await ended;
  await worker.terminate();
  assert.equal(wrong, 0);
});
