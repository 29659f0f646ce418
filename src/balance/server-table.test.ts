import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  DOWN,
  DRAIN,
  LOAD_UNKNOWN,
  MAINTENANCE,
  READY,
  ServerTable,
  UP,
  WEIGHT_UNIT,
} from './server-table.ts';

function makeTable(): ServerTable {
  const table = ServerTable.create(3, 2);
  for (let row = 0; row < 3; row++) {
    table.reset(row);
    table.setWeight(row, WEIGHT_UNIT);
  }
  return table;
}

const USES = [
  { what: 'as it begins', state: UP, mode: READY, agent: READY, weight: 1, isOpen: true, isKept: true },
  { what: 'down', state: DOWN, mode: READY, agent: READY, weight: 1, isOpen: false, isKept: false },
  { what: 'drained', state: UP, mode: DRAIN, agent: READY, weight: 1, isOpen: false, isKept: true },
  {
    what: 'out of service',
    state: UP,
    mode: MAINTENANCE,
    agent: READY,
    weight: 1,
    isOpen: false,
    isKept: false,
  },
  {
    what: 'drained by its agent',
    state: UP,
    mode: READY,
    agent: DRAIN,
    weight: 1,
    isOpen: false,
    isKept: true,
  },
  {
    what: 'stopped by its agent',
    state: UP,
    mode: READY,
    agent: MAINTENANCE,
    weight: 1,
    isOpen: false,
    isKept: false,
  },
  { what: 'without weight', state: UP, mode: READY, agent: READY, weight: 0, isOpen: false, isKept: true },
] as const;

for (const { what, state, mode, agent, weight, isOpen, isKept } of USES) {
  test(`a server ${what} is ${isOpen ? '' : 'not '}open and ${isKept ? '' : 'not '}kept`, () => {
    const table = makeTable();
    table.setState(1, state);
    table.setMode(1, mode);
    table.setAgentMode(1, agent);
    table.setWeight(1, weight);
    assert.equal(table.isOpen(1), isOpen);
    assert.equal(table.isKept(1), isKept);
    assert.equal(table.isOpen(0) && table.isOpen(2), true, 'its neighbours are as they were');
  });
}

test('the epoch changes with a decision, and not with the same one again', () => {
  const table = makeTable();
  const before = table.epoch;
  table.setState(0, DOWN);
  assert.notEqual(table.epoch, before);
  const after = table.epoch;
  table.setState(0, DOWN);
  table.take(0);
  table.addError(0);
  table.addResponseUs(0, 5);
  assert.equal(table.epoch, after);
});

test('places are bounded, over all workers', () => {
  const one = makeTable();
  const two = new ServerTable(one.shared, one.rowsMax, 1);
  one.setInUseMax(2, 3);
  assert.deepEqual([one.take(2), two.take(2), two.take(2), one.take(2)], [true, true, true, false]);
  assert.equal(one.inUse(2), 3);
  two.give(2);
  assert.deepEqual([one.take(2), one.take(2)], [true, false]);
});

test('without a limit every place is given', () => {
  const table = makeTable();
  for (let count = 0; count < 1000; count++) assert.equal(table.take(0), true);
  assert.equal(table.inUse(0), 1000);
});

test('a worker that dies gives back what was its own, and only that', () => {
  const one = makeTable();
  const two = new ServerTable(one.shared, one.rowsMax, 1);
  one.take(0);
  two.take(0);
  two.take(0);
  two.addWaiting(1, 1);
  one.addWaiting(1, 1);
  one.releaseWorker(1);
  assert.equal(one.inUse(0), 1);
  assert.equal(one.waiting(1), 1);
  one.releaseWorker(1);
  assert.equal(one.inUse(0), 1, 'twice is as once');
});

test('who waits hears of a place that is given back, also between look and wait', async () => {
  const table = makeTable();
  table.setInUseMax(0, 1);
  table.take(0);
  table.addWaiting(0, 1);
  const ticket = table.wakeTicket(0);
  assert.equal(table.take(0), false);
  table.give(0);
  await table.onWake(0, ticket, 60_000);
  assert.equal(table.take(0), true);
  const next = table.wakeTicket(0);
  const heard = table.onWake(0, next, 60_000);
  table.give(0);
  await heard;
});

test('a wait ends by itself', async () => {
  const table = makeTable();
  await table.onWake(0, table.wakeTicket(0), 1);
});

test('failures in a row are counted until one exchange goes well', () => {
  const table = makeTable();
  assert.deepEqual([table.addError(0), table.addError(0), table.errors(0)], [1, 2, 2]);
  table.clearErrors(0);
  assert.deepEqual([table.errors(0), table.addError(0)], [0, 1]);
});

test('a server that is tried may fail less often', () => {
  const table = makeTable();
  table.primeErrors(1, 4);
  assert.deepEqual([table.errors(0), table.addError(1)], [0, 5]);
});

test('the average of times follows a change and never says that nothing was measured', () => {
  const table = makeTable();
  assert.equal(table.responseUs(0), 0);
  table.addResponseUs(0, 1000);
  assert.equal(table.responseUs(0), 1000);
  for (let count = 0; count < 100; count++) table.addResponseUs(0, 9000);
  assert.ok(table.responseUs(0) > 8900, String(table.responseUs(0)));
  for (let count = 0; count < 1000; count++) table.addResponseUs(0, 0);
  assert.ok(table.responseUs(0) > 0);
});

test('a row that is used again knows nothing of the server before', () => {
  const table = makeTable();
  table.setState(1, DOWN);
  table.setLoad(1, 5000);
  table.addError(1);
  table.reset(1);
  assert.deepEqual(
    [table.state(1), table.load(1), table.errors(1), table.weight(1), table.inUseMax(1)],
    [UP, LOAD_UNKNOWN, 0, 0, 0],
  );
});

test('threads that take and give at once never pass the limit, and nothing is lost', async () => {
  const table = ServerTable.create(1, 2);
  table.reset(0);
  table.setInUseMax(0, 3);
  const source = `
    import { workerData, parentPort } from 'node:worker_threads';
    const { ServerTable } = await import(workerData.module);
    const table = new ServerTable(workerData.shared, 1, 1);
    let most = 0;
    for (let count = 0; count < 100_000; count++) {
      if (!table.take(0)) continue;
      most = Math.max(most, table.inUse(0));
      table.give(0);
    }
    parentPort.postMessage(most);
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { shared: table.shared, module: new URL('./server-table.ts', import.meta.url).href },
  });
  const ended = once(worker, 'message');
  let most = 0;
  for (let count = 0; count < 100_000; count++) {
    if (!table.take(0)) continue;
    most = Math.max(most, table.inUse(0));
    table.give(0);
  }
  const [other] = (await ended) as [number];
  await worker.terminate();
  assert.ok(most <= 3 && other <= 3, `${most} and ${other}`);
  assert.equal(table.inUse(0), 0);
});
