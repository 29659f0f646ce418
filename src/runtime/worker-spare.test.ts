import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { ProgramLog } from '../record/program-log.ts';
import type { Edition } from './messages.ts';
import { WorkerSpare } from './worker-spare.ts';

/** Says what it is told, and ends when it is told the edition `end`. */
const ECHO = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ kind, edition }) => {
      if (edition.text === 'end') process.exit(3);
      parentPort.postMessage(kind + ' ' + edition.text);
    });
  `)}`,
);
const HEAP_BYTES = 64 * 1024 * 1024;

interface Scene {
  readonly spare: WorkerSpare;
  readonly log: string[];
  heapBytes: number;
}

function scene(t: TestContext): Scene {
  const log: string[] = [];
  const made: Scene = {
    log,
    heapBytes: HEAP_BYTES,
    spare: new WorkerSpare(
      ECHO,
      () => made.heapBytes,
      new ProgramLog((line) => log.push(line), { level: 'info', format: 'text' }),
      1,
    ),
  };
  t.after(() => made.spare.close());
  return made;
}

/** Of an edition the thread of this test reads the text. */
const edition = (text: string): Edition => ({ text }) as unknown as Edition;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function taken({ spare }: Scene): Promise<Worker> {
  await until(() => spare.isThere);
  const thread = spare.take();
  assert(thread !== undefined);
  return thread;
}

test('there is none before its time, and one that was told what is in use then', async (t) => {
  const made = scene(t);
  let inUse = 'first';
  made.spare.prepare(() => edition(inUse));
  inUse = 'second';
  assert.equal(made.spare.take(), undefined);
  const thread = await taken(made);
  assert.deepEqual(await once(thread, 'message'), ['prepare second']);
  assert.equal(made.spare.take(), undefined, 'one thread is given once');
  await thread.terminate();
});

test('a reload is told to the thread that waits', async (t) => {
  const made = scene(t);
  made.spare.prepare(() => edition('first'));
  await until(() => made.spare.isThere);
  let isTold = false;
  made.spare.prepare(() => {
    isTold = true;
    return edition('second');
  });
  await until(() => isTold);
  const thread = await taken(made);
  const told: string[] = [];
  thread.on('message', (text: string) => told.push(text));
  await until(() => told.length === 2);
  assert.deepEqual(told, ['prepare first', 'prepare second']);
  await thread.terminate();
});

test('one that may have less memory than is wanted now is not given', async (t) => {
  const made = scene(t);
  made.spare.prepare(() => edition('first'));
  await until(() => made.spare.isThere);
  made.heapBytes = 2 * HEAP_BYTES;
  assert.equal(made.spare.take(), undefined);
  assert.equal(made.spare.isThere, false);
});

test('one that ends by itself is none, which the log says, and another one can follow', async (t) => {
  const made = scene(t);
  made.spare.prepare(() => edition('end'));
  await until(() => made.spare.isThere);
  await until(() => !made.spare.isThere);
  assert.match(made.log.join(''), /A thread that waited to replace a worker has ended/);
  made.spare.prepare(() => edition('again'));
  await (await taken(made)).terminate();
});

test('after the end there is none, whenever it was asked for', async (t) => {
  const made = scene(t);
  made.spare.prepare(() => edition('first'));
  await made.spare.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(made.spare.isThere, false);
  const other = scene(t);
  other.spare.prepare(() => edition('first'));
  await until(() => other.spare.isThere);
  await other.spare.close();
  assert.equal(other.spare.take(), undefined);
  assert.deepEqual(other.log, []);
});

test('there is none when all has ended, whoever asks', async (t) => {
  const made = scene(t);
  await made.spare.close();
  made.spare.prepare(() => edition('late'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(made.spare.isThere, false);
});
