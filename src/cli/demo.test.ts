import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { readConfig } from '../config/read.ts';
import { demoConfig } from './demo.ts';

test('demoConfig is a good configuration, with each server in the pool', () => {
  const servers = [
    { name: 'one', port: 1111, close: () => {} },
    { name: 'two', port: 2222, close: () => {} },
  ];
  const read = readConfig(demoConfig(8080, servers, '/tmp/demo.sock'), 'demo.yaml', {});
  assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
  assert.deepEqual(read.diagnostics, []);
  const { config } = read;
  assert.deepEqual(
    Object.entries(config.pools['app']?.servers ?? {}).map(([name, { address }]) => [name, address.port]),
    [
      ['one', 1111],
      ['two', 2222],
    ],
  );
  assert.equal(config.admin.socket, '/tmp/demo.sock');
});
