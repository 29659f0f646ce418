import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { AccessLogOptions } from './access-log.ts';
import { AccessLog } from './access-log.ts';
import type { LogFormat } from './format.ts';
import type { LineSink } from './line-sink.ts';

/** The log only hands records to its format, and this format only looks at the id. */
const recordOf = (id: string): ExchangeRecord => ({ id }) as ExchangeRecord;

const FORMAT: LogFormat = {
  record: (record) => `${record.id}\n`,
  dropped: (count) => `dropped ${count}\n`,
};

/** A sink whose writes end when the test says so. */
class SlowSink implements LineSink {
  text = '';
  writes: number[] = [];
  reopened = 0;
  isClosed = false;
  reopenError: Error | undefined;
  #waiting: { take: () => void; fail: (error: Error) => void } | undefined;
  isHeld: boolean;

  constructor(isHeld: boolean) {
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
    return this.reopenError === undefined ? Promise.resolve() : Promise.reject(this.reopenError);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

function logTo(sink: SlowSink, options: AccessLogOptions = {}): { log: AccessLog; problems: string[] } {
  const problems: string[] = [];
  return {
    log: new AccessLog(sink, FORMAT, { report: (text) => problems.push(text), ...options }),
    problems,
  };
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A line of 1,000 bytes that begins with `id`. */
const wide = (id: number): string => String(id).padEnd(999, '.');

test('lines arrive in order, in one batch', async () => {
  const sink = new SlowSink(false);
  const { log } = logTo(sink);
  for (const id of ['a', 'b', 'c']) log.record(recordOf(id));
  assert.equal(sink.text, '', 'nothing is written before there is a batch');
  await log.flush();
  assert.equal(sink.text, 'a\nb\nc\n');
  assert.deepEqual(sink.writes, [6]);
});

test('a line does not wait for others for ever', async () => {
  const sink = new SlowSink(false);
  const { log } = logTo(sink);
  log.record(recordOf('a'));
  while (sink.text === '') await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(sink.text, 'a\n');
});

test('a full chunk is written at once, and chunks hold whole lines', async () => {
  const sink = new SlowSink(false);
  const { log } = logTo(sink);
  for (let id = 0; id < 800; id++) log.record(recordOf(wide(id)));
  await log.flush();
  assert.deepEqual(sink.writes, [262_000, 262_000, 262_000, 14_000]);
  assert.deepEqual(
    sink.text
      .split('\n')
      .slice(0, -1)
      .map((line) => Number.parseInt(line, 10)),
    Array.from({ length: 800 }, (_, id) => id),
  );
});

test('a line that is longer than a chunk arrives whole and in its place', async () => {
  const sink = new SlowSink(false);
  const { log } = logTo(sink);
  const lines = ['x', 'y'.repeat(800_000), 'z', 'w'.repeat(270_000)];
  for (const line of lines) log.record(recordOf(line));
  await log.flush();
  assert.equal(sink.text, `${lines.join('\n')}\n`);
});

test('a slow sink has one write in flight, and nothing is lost within the bound', async () => {
  const sink = new SlowSink(true);
  const { log } = logTo(sink);
  for (let id = 0; id < 1000; id++) log.record(recordOf(wide(id)));
  const flushed = log.flush();
  assert.equal(sink.writes.length, 1);
  for (let turn = 0; turn < 30; turn++) {
    sink.take();
    await settle();
  }
  await flushed;
  assert.equal(sink.text.length, 1_000_000);
  assert.equal(log.dropped, 0);
});

test('beyond the bound lines are dropped and counted, and the log says so', async () => {
  const sink = new SlowSink(true);
  const { log, problems } = logTo(sink, { chunksMax: 2 });
  for (let id = 0; id < 1000; id++) log.record(recordOf(wide(id)));
  // One chunk is being written, two wait, and the one after them was begun before the second was full.
  assert.equal(log.dropped, 1000 - 3 * 262 - 1);
  sink.release();
  await log.flush();
  await log.flush();
  const lines = sink.text.split('\n');
  assert.equal(lines.filter((line) => line.startsWith('dropped')).join(), `dropped ${log.dropped}`);
  assert.equal(lines.length - 2, 1000 - log.dropped);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0] ?? '',
    /^Cannot write the access log: it takes lines more slowly than they come; 1 lines/,
  );
});

for (const code of ['ENOSPC', 'EPIPE', 'EIO']) {
  test(`${code} costs the batch, is told once, and the next batch is tried`, async () => {
    const sink = new SlowSink(true);
    const { log, problems } = logTo(sink);
    for (let batch = 0; batch < 3; batch++) {
      log.record(recordOf('lost'));
      log.record(recordOf('lost'));
      const flushed = log.flush();
      sink.fail(code);
      await flushed;
    }
    assert.equal(log.dropped, 6);
    assert.deepEqual(problems, [`Cannot write the access log: ${code}; 2 lines lost so far`]);
    sink.release();
    log.record(recordOf('a'));
    await log.flush();
    await log.flush();
    assert.equal(sink.text, 'a\ndropped 6\n');
    assert.equal(log.dropped, 6);
  });
}

test('reopen waits for the write in flight and comes before the next', async () => {
  const sink = new SlowSink(true);
  const { log } = logTo(sink);
  log.record(recordOf('a'));
  void log.flush();
  log.record(recordOf('b'));
  void log.flush();
  const reopened = log.reopen();
  assert.equal(sink.reopened, 0);
  sink.take();
  await settle();
  assert.equal(sink.reopened, 1);
  assert.equal(sink.text, 'a\n');
  sink.release();
  await reopened;
  assert.equal(sink.text, 'a\nb\n');
});

test('reopen that fails is told, and the log goes on', async () => {
  const sink = new SlowSink(false);
  sink.reopenError = new Error('EACCES');
  const { log, problems } = logTo(sink);
  await log.reopen();
  assert.deepEqual(problems, ['Cannot reopen the access log: EACCES; 0 lines lost so far']);
  log.record(recordOf('a'));
  await log.flush();
  assert.equal(sink.text, 'a\n');
});

test('close writes what waits, closes the sink, and later lines are counted as lost', async () => {
  const sink = new SlowSink(false);
  const { log } = logTo(sink);
  log.record(recordOf('a'));
  await log.close();
  await log.close();
  assert.equal(sink.text, 'a\n');
  assert.equal(sink.isClosed, true);
  log.record(recordOf('b'));
  await log.flush();
  assert.equal(log.dropped, 1);
  assert.equal(sink.text, 'a\n');
});

test('close does not wait for ever for a sink that takes nothing', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const sink = new SlowSink(true);
  const { log } = logTo(sink);
  log.record(recordOf('a'));
  const closed = log.close();
  context.mock.timers.tick(2000);
  await closed;
  assert.equal(sink.isClosed, true);
});
