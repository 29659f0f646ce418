/** Clients of a Sallyport with several workers, by the worker that has their connection. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Supervised } from './supervised.ts';
import { until, Wire } from './wire.ts';

/** Connections of the first listener in each worker, in the order of their numbers. */
export async function connectionsOf(proxy: Supervised): Promise<number[]> {
  const statuses = await proxy.supervisor.workers.askAll('status', undefined, 60_000);
  return statuses.map(({ listeners }) => listeners[0]?.connections ?? -1);
}

/**
 * So many idle clients of each worker, which end with the test. The kernel chooses the worker: what is too many is closed
 * again, and gone before this resolves.
 */
export async function clientsOfEach(t: TestContext, proxy: Supervised, count: number): Promise<Wire[][]> {
  let before = await connectionsOf(proxy);
  const found: Wire[][] = before.map(() => []);
  t.after(() => {
    for (const client of found.flat()) client.close();
  });
  for (let tries = 0; tries < 400 && found.some(({ length }) => length < count); tries++) {
    const client = await Wire.connect(proxy.port());
    let after = before;
    await until('the connection is accepted', async () => {
      after = await connectionsOf(proxy);
      return sum(after) > sum(before);
    });
    const worker = after.findIndex((connections, index) => connections > before[index]!);
    const clients = found[worker];
    assert.ok(clients !== undefined);
    if (clients.length < count) {
      clients.push(client);
      before = after;
      continue;
    }
    client.close();
    const expected = sum(before);
    await until('the connection is gone', async () => sum(await connectionsOf(proxy)) === expected);
  }
  assert.ok(
    found.every(({ length }) => length === count),
    'the kernel gave every connection to one worker',
  );
  return found;
}

/** How long a thread may take to start where many others want the processors. */
const START_MS = 60_000;

/** Waits until so many workers serve: one that has died is replaced. */
export async function untilServing(proxy: Supervised, workers: number): Promise<void> {
  const end = performance.now() + START_MS;
  while (proxy.supervisor.workers.serving.length < workers) {
    assert.ok(performance.now() < end, 'no worker has replaced the one that died');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
