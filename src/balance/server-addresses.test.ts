import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { formatEndpoint, parseEndpoint } from '../net/address.ts';
import { ServerTable } from './server-table.ts';

const TEXTS = [
  '192.0.2.1:80',
  '[2001:db8::1]:65535',
  '255.255.255.255:1',
  '[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:2',
];

test('an address comes back as it went in, in each row alone', () => {
  const table = ServerTable.create(4, 2);
  for (const [row, text] of TEXTS.entries()) table.addresses.set(row, parseEndpoint(text));
  const other = new ServerTable(table.shared, 4, 1);
  assert.deepEqual(
    TEXTS.map((_, row) => formatEndpoint(other.addresses.get(row)!)),
    TEXTS,
  );
  table.addresses.set(1, undefined);
  assert.equal(other.addresses.get(1), undefined);
  assert.equal(formatEndpoint(other.addresses.get(0)!), TEXTS[0]);
});

test('the version changes with each address, and a row that is new has none', () => {
  const { addresses } = ServerTable.create(1, 1);
  assert.equal(addresses.get(0), undefined);
  const before = addresses.version(0);
  addresses.set(0, parseEndpoint('192.0.2.1:80'));
  assert.notEqual(addresses.version(0), before);
});

test('a row that is used again knows nothing of the address before', () => {
  const table = ServerTable.create(1, 1);
  table.addresses.set(0, parseEndpoint('192.0.2.1:80'));
  table.reset(0);
  assert.equal(table.addresses.get(0), undefined);
});

test('a thread that reads while another writes never sees an address that was made of two', async () => {
  const table = ServerTable.create(1, 1);
  const source = `
    import { workerData, parentPort } from 'node:worker_threads';
    const { ServerTable } = await import(workerData.table);
    const { parseEndpoint } = await import(workerData.address);
    const { addresses } = new ServerTable(workerData.shared, 1, 0);
    const endpoints = ['1.1.1.1:1', '[2222:2222:2222:2222:2222:2222:2222:2222]:2', '3.3.3.3:3'].map(parseEndpoint);
    for (let count = 0; count < 50_000; count++) addresses.set(0, endpoints[count % 3]);
    parentPort.postMessage('done');
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: {
      shared: table.shared,
      table: new URL('./server-table.ts', import.meta.url).href,
      address: new URL('../net/address.ts', import.meta.url).href,
    },
  });
  const state = { isDone: false };
  const done = once(worker, 'message').then(() => (state.isDone = true));
  const seen = new Set<string>();
  while (!state.isDone) {
    for (let count = 0; count < 1000; count++) {
      const endpoint = table.addresses.get(0);
      if (endpoint !== undefined) seen.add(formatEndpoint(endpoint));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  await worker.terminate();
  const whole = ['1.1.1.1:1', '[2222:2222:2222:2222:2222:2222:2222:2222]:2', '3.3.3.3:3'];
  assert.deepEqual(
    [...seen].filter((text) => !whole.includes(text)),
    [],
  );
  assert(seen.size > 0);
});
