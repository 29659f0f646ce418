import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { LogPlaces } from '../record/log-places.ts';
import { LogRingWriter, newLogRing } from '../record/log-ring.ts';
import { LogWriter } from './log-writer.ts';

const FORMAT = { dropped: (count: number): string => `dropped ${count}\n` };

/** Places whose writes end when the test says so. */
class SlowPlaces implements LogPlaces {
  dropped = 0;
  text = '';
  writes: number[] = [];
  reopened = 0;
  isClosed = false;
  isHeld: boolean;
  #waiting: { take: () => void; fail: (error: Error) => void } | undefined;

  constructor(isHeld = false) {
    this.isHeld = isHeld;
  }

  write(lines: Uint8Array): Promise<void> {
    assert.equal(this.#waiting, undefined, 'one write at a time');
    assert.equal(this.isClosed, false);
    this.writes.push(lines.length);
    if (!this.isHeld) {
      this.text += Buffer.from(lines).toString('latin1');
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiting = {
        take: () => {
          this.text += Buffer.from(lines).toString('latin1');
          resolve();
        },
        fail: reject,
      };
    });
  }

  take(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.take();
  }

  fail(code: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.fail(new Error(code));
  }

  /** Takes what waits and everything that comes. */
  release(): void {
    this.isHeld = false;
    this.take();
  }

  reopen(): Promise<void> {
    assert.equal(this.#waiting, undefined, 'not within a write');
    this.reopened++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.fail('closed');
    return Promise.resolve();
  }
}

interface Log {
  readonly writer: LogWriter;
  readonly places: SlowPlaces;
  /** The worker's end of each ring. */
  readonly rings: readonly LogRingWriter[];
  readonly memory: readonly SharedArrayBuffer[];
  readonly problems: string[];
}

/** A log of so many workers with rings of so many bytes. */
async function startLog({
  isHeld = false,
  workers = 1,
  bytes = 4096,
  clock = (): number => 0,
} = {}): Promise<Log> {
  const memory = Array.from({ length: workers }, () => newLogRing(bytes));
  const problems: string[] = [];
  const writer = new LogWriter(memory, (text) => problems.push(text), clock);
  const places = new SlowPlaces(isHeld);
  await writer.replace(places, FORMAT);
  const rings = memory.map((ring) => new LogRingWriter(ring, () => setImmediate(() => writer.wake())));
  return { writer, places, rings, memory, problems };
}

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const TIMERS = { apis: ['setTimeout' as const] };

/** A line of 100 bytes that begins with `id`. */
const wide = (id: number | string): string => `${String(id).padEnd(99, '.')}\n`;

test('lines wait for others, and are written together', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { places, rings } = await startLog();
  for (const line of ['a\n', 'b\n', 'c\n']) rings[0]?.put(line);
  await settle();
  context.mock.timers.tick(99);
  await settle();
  assert.equal(places.text, '');
  context.mock.timers.tick(1);
  await settle();
  assert.equal(places.text, 'a\nb\nc\n');
  assert.deepEqual(places.writes, [6]);
});

test('lines come one batch after the other for as long as they come', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { places, rings } = await startLog();
  for (let id = 0; id < 200; id++) {
    rings[0]?.put(wide(id));
    await settle();
    context.mock.timers.tick(100);
    await settle();
  }
  assert.equal(places.text, Array.from({ length: 200 }, (_, id) => wide(id)).join(''));
});

test('a ring that is half full is written at once', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { places, rings } = await startLog();
  for (let id = 0; id < 21; id++) {
    rings[0]?.put(wide(id));
    await settle();
  }
  assert.deepEqual(places.writes, [2100]);
});

test('lines of several workers are not mixed, and those of each are in order', async () => {
  const { writer, places, rings } = await startLog({ workers: 3, bytes: 1 << 20 });
  for (let id = 0; id < 500; id++) {
    for (const [worker, ring] of rings.entries()) ring.put(`${worker}-${id} ${'x'.repeat((id * 37) % 90)}\n`);
    if (id % 50 === 0) await settle();
  }
  await writer.close();
  const found = places.text.split('\n').slice(0, -1);
  assert.equal(found.length, 1500);
  for (const worker of rings.keys()) {
    const own = found.filter((line) => line.startsWith(`${worker}-`));
    assert.deepEqual(
      own,
      Array.from({ length: 500 }, (_, id) => `${worker}-${id} ${'x'.repeat((id * 37) % 90)}`),
    );
  }
});

test('large rings are written in batches of whole lines, of at most 1 MiB', async () => {
  const { writer, places, rings } = await startLog({ bytes: 4 << 20 });
  const line = `${'x'.repeat(999)}\n`;
  for (let id = 0; id < 3000; id++) rings[0]?.put(line);
  await writer.close();
  assert.deepEqual(places.writes, [1_048_000, 1_048_000, 904_000]);
});

test('lines that come while a write waits are written after it', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { places, rings } = await startLog({ isHeld: true });
  rings[0]?.put('a\n');
  await settle();
  context.mock.timers.tick(100);
  await settle();
  rings[0]?.put('b\n');
  await settle();
  assert.deepEqual(places.writes, [2]);
  places.release();
  await settle();
  context.mock.timers.tick(100);
  await settle();
  assert.equal(places.text, 'a\nb\n');
});

test('lines that do not fit are counted, and the log says so once lines are written again', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { writer, places, rings } = await startLog({ isHeld: true });
  for (let id = 0; id < 30; id++) rings[0]?.put(wide(id));
  await settle();
  for (let id = 30; id < 60; id++) rings[0]?.put(wide(id));
  assert.equal(writer.dropped, 20);
  places.release();
  await settle();
  context.mock.timers.tick(100);
  await settle();
  const lines = places.text.split('\n').slice(0, -1);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('dropped')),
    ['dropped 20'],
  );
  assert.equal(lines.length, 41);
  rings[0]?.put('a\n');
  await settle();
  context.mock.timers.tick(100);
  await settle();
  assert.ok(places.text.endsWith('\na\n'));
  assert.equal(writer.dropped, 20);
});

for (const code of ['ENOSPC', 'EPIPE', 'EIO']) {
  test(`${code} costs the batch, is told once a minute, and the next batch is tried`, async (context) => {
    context.mock.timers.enable(TIMERS);
    let atMs = 1000;
    const { writer, places, rings, problems } = await startLog({ isHeld: true, clock: () => atMs });
    const loseTwo = async (): Promise<void> => {
      for (const line of ['lost\n', 'lost\n']) rings[0]?.put(line);
      await settle();
      context.mock.timers.tick(100);
      await settle();
      places.fail(code);
      await settle();
    };
    for (let batch = 0; batch < 3; batch++) await loseTwo();
    assert.deepEqual(problems, [`Cannot write the access log: ${code}; 2 lines lost so far`]);
    atMs += 60_000;
    await loseTwo();
    assert.equal(problems[1], `Cannot write the access log: ${code}; 8 lines lost so far`);
    assert.equal(writer.dropped, 8);
    places.release();
    rings[0]?.put('a\n');
    await settle();
    context.mock.timers.tick(100);
    await settle();
    assert.equal(places.text, 'a\ndropped 8\n');
    assert.equal(writer.dropped, 8);
  });
}

test('what waits behind a batch that failed is written with the next look', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { writer, places, rings } = await startLog({ isHeld: true, workers: 2 });
  rings[0]?.put('lost\n');
  rings[1]?.put('kept\n');
  await settle();
  context.mock.timers.tick(100);
  await settle();
  places.isHeld = false;
  places.fail('EIO');
  await settle();
  context.mock.timers.tick(100);
  await settle();
  assert.equal(places.text, 'kept\ndropped 1\n');
  assert.equal(writer.dropped, 1);
});

test('the lines of a worker that died before it told of them are written', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { writer, places, memory } = await startLog();
  // After the look that everything begins with.
  context.mock.timers.tick(100);
  await settle();
  const dead = new LogRingWriter(memory[0]!, () => {});
  dead.put('a\n');
  await settle();
  context.mock.timers.tick(1000);
  await settle();
  assert.equal(places.text, '');
  writer.wake();
  context.mock.timers.tick(100);
  await settle();
  assert.equal(places.text, 'a\n');
  const successor = new LogRingWriter(memory[0]!, () => setImmediate(() => writer.wake()));
  successor.put('b\n');
  await settle();
  context.mock.timers.tick(100);
  await settle();
  assert.equal(places.text, 'a\nb\n');
});

test('lines wait for the first places', async () => {
  const memory = newLogRing(4096);
  const writer = new LogWriter([memory], () => {});
  const ring = new LogRingWriter(memory, () => writer.wake());
  ring.put('a\n');
  const places = new SlowPlaces();
  await writer.replace(places, FORMAT);
  ring.put('b\n');
  await writer.close();
  assert.equal(places.text, 'a\nb\n');
});

test('reopen waits for the write in flight and comes before the next', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { writer, places, rings } = await startLog({ isHeld: true });
  rings[0]?.put('a\n');
  await settle();
  context.mock.timers.tick(100);
  await settle();
  rings[0]?.put('b\n');
  const reopened = writer.reopen();
  await settle();
  assert.equal(places.reopened, 0);
  places.take();
  await reopened;
  assert.equal(places.reopened, 1);
  assert.equal(places.text, 'a\n');
  places.release();
  await settle();
  context.mock.timers.tick(100);
  await settle();
  assert.equal(places.text, 'a\nb\n');
});

test('reopen that fails says why, and the log goes on', async () => {
  const { writer, places, rings } = await startLog();
  places.reopen = () => Promise.reject(new Error('EACCES'));
  await assert.rejects(writer.reopen(), /EACCES/);
  rings[0]?.put('a\n');
  await writer.close();
  assert.equal(places.text, 'a\n');
});

test('what came before other places were given is in the earlier ones, and what was lost there stays counted', async () => {
  const { writer, places, rings } = await startLog();
  rings[0]?.put('a\n');
  places.dropped = 3;
  const next = new SlowPlaces();
  await writer.replace(next, { dropped: () => 'gone\n' });
  assert.equal(places.text, 'a\n');
  assert.equal(places.isClosed, true);
  rings[0]?.put('b\n');
  await writer.close();
  assert.equal(next.text, 'b\n');
  assert.equal(writer.dropped, 3);
});

test('places that take nothing do not keep others from taking their place', async () => {
  const { writer, places, rings } = await startLog({ isHeld: true });
  rings[0]?.put('lost\n');
  const next = new SlowPlaces();
  const replaced = writer.replace(next, FORMAT);
  await settle();
  places.fail('EAGAIN');
  await replaced;
  rings[0]?.put('a\n');
  await writer.close();
  assert.equal(next.text, 'a\ndropped 1\n');
});

test('close writes what waits, and nothing afterwards', async () => {
  const { writer, places, rings } = await startLog();
  rings[0]?.put('a\n');
  await writer.close();
  assert.equal(places.text, 'a\n');
  assert.equal(places.isClosed, true);
  rings[0]?.put('b\n');
  writer.wake();
  await settle();
  assert.equal(places.text, 'a\n');
});

test('close does not wait for ever for places that take nothing', async (context) => {
  context.mock.timers.enable(TIMERS);
  const { writer, places, rings, problems } = await startLog({ isHeld: true });
  rings[0]?.put('a\n');
  const closed = writer.close();
  await settle();
  context.mock.timers.tick(2000);
  await closed;
  await settle();
  assert.equal(places.isClosed, true);
  assert.deepEqual(places.writes, [2]);
  assert.deepEqual(problems, []);
});
