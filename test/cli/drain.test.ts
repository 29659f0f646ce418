/** `sallyport drain` against a Sallyport that runs. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { StatusView } from '../../src/admin/views.ts';
import { until } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';
import type { Ended } from './command.ts';
import { get, startOrigin } from './web.ts';

interface Place {
  readonly port: number;
  readonly held: ServerResponse[];
  readonly sallyport: (...args: string[]) => Promise<Ended>;
  readonly command: Command;
}

/** Two servers of pool "app"; what asks the first one for /held waits until the test answers. */
async function startPlace(t: TestContext): Promise<Place> {
  const held: ServerResponse[] = [];
  const one = await startOrigin(t, 'one', (request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('one');
  });
  const two = await startOrigin(t, 'two', (_request, response) => response.end('two'));
  const folder = makeFolder(t, {
    'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app } }
pools:
  app: { servers: { one: "127.0.0.1:${one.port}", two: "127.0.0.1:${two.port}" } }
  other: { servers: { two: "127.0.0.1:${two.port}" } }
admin: { socket: admin.sock }
runtime: { workers: 1 }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  const sallyport = (...args: string[]): Promise<Ended> => runCommand(t, args, { cwd: folder });
  return { port: await command.port('web'), held, sallyport, command };
}

/** Who answers eight requests. */
async function answering(port: number): Promise<string[]> {
  const names = new Set<string>();
  for (let count = 0; count < 8; count++) names.add((await get(port, '/')).body);
  return [...names].sort();
}

/** Until the exchanges that clients have their answers of are over, which is a moment later. */
async function untilNothingIsInHand({ sallyport }: Place): Promise<void> {
  await until('nothing is in hand', async () => {
    const { pools } = JSON.parse((await sallyport('status', '--json')).stdout) as StatusView; // Our own API.
    return pools.every(({ servers }) => servers.every(({ busy }) => busy === 0));
  });
}

test('a drained server gets no new requests, and gets them again when it is ready', async (t) => {
  const place = await startPlace(t);
  const { port, sallyport, command } = place;
  assert.deepEqual(await answering(port), ['one', 'two']);
  await untilNothingIsInHand(place);
  const drained = await sallyport('drain', 'app/one');
  assert.deepEqual(
    [drained.code, drained.stdout],
    [0, 'app/one gets no new sessions; nothing uses it.\n'],
    drained.stderr,
  );
  assert.deepEqual(await answering(port), ['two']);
  await command.printed(
    'stderr',
    /"text":"An operator changed a server","pool":"app","server":"one","mode":"drain"/,
  );
  const ready = await sallyport('drain', 'one', '--ready');
  assert.deepEqual(
    [ready.code, ready.stdout],
    [0, 'app/one is in service; nothing uses it.\n'],
    ready.stderr,
  );
  assert.deepEqual(await answering(port), ['one', 'two']);
});

test('with --wait it waits until nothing uses the server, and no longer than --timeout', async (t) => {
  const { port, held, sallyport } = await startPlace(t);
  await sallyport('drain', 'app/two', '--maintenance');
  const answer = get(port, '/held');
  await until('the server has the request', () => held.length === 1);
  await sallyport('drain', 'app/two', '--ready');
  const late = await sallyport('drain', 'app/one', '--wait', '--timeout', '300ms');
  assert.deepEqual(
    [late.code, late.stdout],
    [1, 'app/one gets no new sessions; 1 exchange in hand.\n'],
    late.stderr,
  );
  const waiting = sallyport('drain', 'app/one', '--wait', '--timeout', '20s');
  held[0]?.end('done');
  const done = await waiting;
  assert.deepEqual(
    [done.code, done.stdout],
    [0, 'app/one gets no new sessions; nothing uses it.\n'],
    done.stderr,
  );
  assert.equal((await answer).body, 'done');
});

const REFUSED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /^Cannot run: the server is missing/],
  [['two'], /^Cannot choose server "two": it is one of app\/two, other\/two/],
  [['nobody'], /^Cannot find server "nobody": no pool has it/],
  [['app/\x1b[2J'], /^Cannot find server "app\/\\x1b\[2J": no pool has it/],
  [['app/one', '--ready', '--wait'], /^Cannot run: --ready goes with neither/],
  [['app/one', '--wait', '--timeout', 'soon'], /^Cannot run: --timeout is no time/],
];

test('what it cannot do it refuses, in one line', async (t) => {
  const { sallyport } = await startPlace(t);
  for (const [args, message] of REFUSED) {
    const ended = await sallyport('drain', ...args);
    assert.notEqual(ended.code, 0, args.join(' '));
    assert.equal(ended.stdout, '');
    assert.match(ended.stderr, message);
  }
});
