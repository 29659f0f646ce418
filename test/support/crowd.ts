/**
 * A pool as several workers have it, in one thread: each has a pool of its own over one table in shared memory. And those
 * who wait in them for places.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { serverKey } from '../../src/balance/server-rows.ts';
import { ServerTable } from '../../src/balance/server-table.ts';
import { readConfig } from '../../src/config/read.ts';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import type { Pool } from '../../src/proxy/pool.ts';
import type { Server } from '../../src/proxy/server.ts';
import type { Waiter } from '../../src/proxy/waiting-line.ts';
import { DataPlane } from '../../src/runtime/data-plane.ts';
import { newServers, rowOf, serverKeys } from '../../src/runtime/servers-in-use.ts';
import { seekerAt } from './balance.ts';
import { until } from './wire.ts';
import type { Settings } from './world.ts';

export class Crowd {
  readonly table: ServerTable;
  /** The pool `app` of each worker. */
  readonly pools: readonly Pool[];
  /** Who was served, in order: `WORKER NAME@SERVER`, or `WORKER NAME@-` when there was no server any more. */
  readonly served: string[] = [];
  readonly #rows: ReadonlyMap<string, number>;

  constructor(t: TestContext, workers: number, pool: Settings) {
    const text = JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: { app: pool },
    });
    const read = readConfig(text, 'test.yaml', {});
    assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
    const { config } = read;
    const { table, rows } = newServers(config, { rowsMax: serverKeys(config).length, workersMax: workers });
    this.table = table;
    this.#rows = rows;
    this.pools = Array.from({ length: workers }, (_, worker) => {
      const plane = new DataPlane({
        config,
        inspectorFor: () => undefined,
        decoyAddress: () => undefined,
        servers: { table: new ServerTable(table.shared, table.rowsMax, worker), rows },
        record: undefined,
        warn: () => {},
        onDefect: (error) => assert.fail(String(error)),
      });
      t.after(() => plane.stop(0));
      const app = plane.pools.get('pool app');
      assert(app !== undefined);
      return app;
    });
  }

  rowOf(server: string): number {
    return rowOf(this.#rows, serverKey('pool', 'app', server));
  }

  server(worker: number, name: string): Server {
    const server = this.#pool(worker).servers.find((one) => one.name === name);
    assert(server !== undefined);
    return server;
  }

  /** Takes a place without waiting for one. */
  take(worker: number, avoid?: Server): Server | undefined {
    const pool = this.#pool(worker);
    const seeker = seekerAt('192.0.2.9');
    return pool.take(seeker, pool.boundTo(seeker), avoid);
  }

  give(worker: number, server: string): void {
    this.#pool(worker).give(this.server(worker, server));
  }

  /** Somebody who waits; once served, `then` says what becomes of the place: kept, or given back at once. */
  wait(
    worker: number,
    name: string,
    then: 'keeps' | 'gives' = 'keeps',
    parts: { readonly bound?: Server; readonly avoid?: Server } = {},
  ): Waiter | undefined {
    const pool = this.#pool(worker);
    const waiter: Waiter = {
      seeker: seekerAt('192.0.2.9'),
      bound: parts.bound,
      avoid: parts.avoid,
      onPlace: (server) => {
        this.served.push(`${worker} ${name}@${server.name}`);
        if (then === 'gives') pool.give(server);
      },
      onNoServer: () => this.served.push(`${worker} ${name}@-`),
    };
    return pool.wait(waiter) ? waiter : undefined;
  }

  /** Until so many have been served. */
  async until(count: number): Promise<void> {
    await until(`${count} are served`, () => this.served.length >= count);
    assert.equal(this.served.length, count, this.served.join(', '));
  }

  #pool(worker: number): Pool {
    const pool = this.pools[worker];
    assert(pool !== undefined);
    return pool;
  }
}
