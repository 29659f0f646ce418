import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerChange } from '../admin/call.ts';
import { poolKey, serverKey } from '../balance/server-rows.ts';
import { DRAIN } from '../balance/server-table.ts';
import { readConfig } from '../config/read.ts';
import { PlaceBook } from '../record/metrics/place-book.ts';
import { ProgramLog } from '../record/program-log.ts';
import { serverControl } from './server-control.ts';
import { newServers, rowOf } from './servers-in-use.ts';

const TEXT = JSON.stringify({
  listeners: { web: { bind: '127.0.0.1:80', pool: 'app', decoy: 'app' } },
  pools: { app: { servers: { a: '127.0.0.1:1', b: '127.0.0.1:2' } } },
  decoys: { app: { servers: { a: '127.0.0.1:3' } } },
});

function scene(): {
  readonly servers: ReturnType<typeof newServers>;
  readonly change: (change: ServerChange) => void;
} {
  const read = readConfig(TEXT, 'x.yaml', {});
  assert(read.kind === 'ok');
  const { config } = read;
  const servers = newServers(config);
  const log = new ProgramLog(() => {}, { level: 'info', format: 'text' });
  const control = serverControl(() => ({ config, book: new PlaceBook(1), workers: 1, servers }), log);
  return {
    servers,
    change: (change) => assert(control.change({ kind: 'pool', pool: 'app', server: 'a' }, change)),
  };
}

test('who waits in the queue of a pool looks again when an operator changes the mode of one of its servers', () => {
  const { servers, change } = scene();
  const { table, rows } = servers;
  const tickets = (): number[] =>
    (['pool', 'decoy'] as const).map((kind) => table.wakeTicket(rowOf(rows, poolKey(kind, 'app'))));
  const [pool = 0, decoy = 0] = tickets();
  change({ mode: 'drain' });
  assert.equal(table.mode(rowOf(rows, serverKey('pool', 'app', 'a'))), DRAIN);
  assert.notEqual(tickets()[0], pool);
  assert.equal(tickets()[1], decoy, 'not those of a decoy with the same name');
});

test('another weight wakes nobody: it makes no room', () => {
  const { servers, change } = scene();
  const row = rowOf(servers.rows, poolKey('pool', 'app'));
  const before = servers.table.wakeTicket(row);
  change({ weight: 3 });
  assert.equal(servers.table.wakeTicket(row), before);
});
