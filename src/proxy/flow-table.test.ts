import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowTable } from './flow-table.ts';
import type { TableFlow } from './flow-table.ts';

function flow(clientAddress: string, port: number): TableFlow {
  return { key: `${clientAddress} ${port}`, clientAddress };
}

function table(...flows: readonly TableFlow[]): FlowTable<TableFlow> {
  const made = new FlowTable<TableFlow>();
  for (const one of flows) made.add(one);
  return made;
}

const A1 = flow('192.0.2.1', 1);
const A2 = flow('192.0.2.1', 2);
const B1 = flow('192.0.2.2', 1);

test('the flow used least recently is the oldest, of all and of a client', () => {
  const flows = table(A1, A2, B1);
  assert.equal(flows.oldest(), A1);
  assert.equal(flows.find(A1.key), A1);
  assert.equal(flows.oldest(), A2);
  assert.equal(flows.oldest('192.0.2.1'), A2);
  assert.equal(flows.oldest('192.0.2.2'), B1);
  assert.equal(flows.oldest('192.0.2.3'), undefined);
});

test('flows are counted for each client, and a client without any is forgotten', () => {
  const flows = table(A1, A2, B1);
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((one) => flows.countOf(one)),
    [2, 1, 0],
  );
  flows.remove(A1);
  flows.remove(A2);
  assert.equal(flows.countOf('192.0.2.1'), 0);
  assert.equal(flows.oldest('192.0.2.1'), undefined);
  assert.deepEqual([...flows.flows], [B1]);
});

test('removing a flow leaves one that came in its place', () => {
  const again = flow('192.0.2.1', 1);
  const flows = table(A1);
  flows.remove(A1);
  flows.add(again);
  flows.remove(A1);
  assert.equal(flows.find(A1.key), again);
  assert.equal(flows.size, 1);
});

test('an unknown flow is not there, and touching one that is gone does not bring it back', () => {
  const flows = table(A1);
  assert.equal(flows.find('nobody'), undefined);
  flows.remove(A1);
  flows.touch(A1);
  assert.equal(flows.size, 0);
  assert.equal(flows.countOf('192.0.2.1'), 0);
});
