import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerRows, serverKey } from './server-rows.ts';
import { DOWN, ServerTable, UP } from './server-table.ts';

const A = serverKey('pool', 'app', 'a');
const B = serverKey('pool', 'app', 'b');
const C = serverKey('decoy', 'app', 'a');

test('a server that stays keeps its row and its state', () => {
  const table = ServerTable.create(3, 1);
  const rows = new ServerRows(table);
  const first = rows.assign([A, B]);
  table.setState(first.get(B)!, DOWN);
  const second = rows.assign([B, C]);
  assert.equal(second.get(B), first.get(B));
  assert.equal(table.state(second.get(B)!), DOWN);
  assert.equal(new Set([...first.values(), ...second.values()]).size, 3);
});

test('a row is given to another server only when nobody uses it any more, and is then as new', () => {
  const table = ServerTable.create(2, 1);
  const rows = new ServerRows(table);
  const row = rows.assign([A, B]).get(B)!;
  table.setState(row, DOWN);
  assert.throws(() => rows.assign([A, C]), /^Error: Cannot have more than 2 servers$/);
  rows.keepOnly(new Set([A]));
  assert.equal(rows.find(B), undefined);
  assert.equal(rows.assign([A, C]).get(C), row);
  assert.equal(table.state(row), UP);
});

test('a pool and a decoy of one name have servers of their own', () => {
  assert.notEqual(A, C);
});
