import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverKey } from '../balance/server-rows.ts';
import { DOWN } from '../balance/server-table.ts';
import { readConfig } from '../config/read.ts';
import { servedBy } from './served-by.ts';
import { newServers, rowOf } from './servers-in-use.ts';

const TEXT = JSON.stringify({
  listeners: { web: { bind: '127.0.0.1:80', pool: 'app', decoy: 'app' } },
  pools: {
    app: { servers: { a: '127.0.0.1:1', b: { address: '127.0.0.1:2', backup: true } }, fallback: 'spare' },
    spare: { servers: { a: '127.0.0.1:3' }, fallback: 'sorry' },
    sorry: { servers: { a: '127.0.0.1:4' } },
  },
  decoys: { app: { servers: { a: '127.0.0.1:5' }, fallback: 'built' }, built: {} },
});

const CASES: readonly (readonly [
  what: string,
  down: readonly string[],
  pools: Readonly<Record<string, string>>,
  decoys: Readonly<Record<string, string>>,
])[] = [
  ['all are up', [], {}, {}],
  ['a backup is left', ['pool app/a'], {}, {}],
  ['none is left', ['pool app/a', 'pool app/b'], { app: 'spare' }, {}],
  [
    'its fallback has none either',
    ['pool app/a', 'pool app/b', 'pool spare/a'],
    { app: 'sorry', spare: 'sorry' },
    {},
  ],
  ['nobody is left', ['pool app/a', 'pool app/b', 'pool spare/a', 'pool sorry/a'], {}, {}],
  ['the fallback alone is down', ['pool spare/a'], { spare: 'sorry' }, {}],
  ['the decoy of the same name is down', ['decoy app/a'], {}, { app: 'built' }],
];

for (const [what, down, pools, decoys] of CASES) {
  test(`servedBy says who serves for a pool when ${what}`, () => {
    const read = readConfig(TEXT, 'x.yaml', {});
    assert(read.kind === 'ok');
    const servers = newServers(read.config);
    const known = new Set(servers.rows.keys());
    for (const key of down) {
      assert(known.has(key), key);
      servers.table.setState(rowOf(servers.rows, key), DOWN);
    }
    assert.equal(serverKey('pool', 'app', 'a'), 'pool app/a');
    assert.deepEqual(Object.fromEntries(servedBy(read.config, 'pool', servers)), pools);
    assert.deepEqual(Object.fromEntries(servedBy(read.config, 'decoy', servers)), decoys);
  });
}
