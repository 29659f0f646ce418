import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from './collector.ts';
import { SpanExporter } from './exporter.ts';
import type { Destination } from './exporter.ts';

const TAKEN: Answer = { kind: 'taken', rejected: 0, message: '' };
const LATER: Answer = { kind: 'later', afterMs: undefined, because: 'it answers 503' };
const REFUSED: Answer = { kind: 'refused', because: 'it answers 400' };

interface Bench {
  readonly exporter: SpanExporter;
  /** The spans of each request, in order. */
  readonly sent: string[];
  /** How long each pause was. */
  readonly pauses: number[];
  readonly said: string[];
  /** Decides about each request. */
  answer: (index: number) => Answer | Promise<Answer>;
  /** What a pause waits for, besides being woken. */
  pause: (ms: number) => Promise<void>;
  nowMs: number;
  destination(changes?: Partial<Destination>): Destination;
  closed: number;
}

function makeBench(): Bench {
  const bench: Bench = {
    exporter: new SpanExporter({
      log: {
        warn: (text, { error, waiting, dropped }) =>
          bench.said.push(`${text}: ${String(error)}, ${String(waiting)} wait, ${String(dropped)} lost`),
        info: (text) => bench.said.push(text),
      },
      clock: () => bench.nowMs,
      random: () => 1,
      pause: async (ms, signal) => {
        bench.pauses.push(ms);
        bench.nowMs += ms;
        const woken = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        await Promise.race([bench.pause(ms), woken]);
      },
    }),
    sent: [],
    pauses: [],
    said: [],
    answer: () => TAKEN,
    pause: () => Promise.resolve(),
    nowMs: 0,
    destination: (changes = {}) => ({
      endpoint: 'http://c/v1/traces',
      collector: {
        send: async (body) => {
          const index = bench.sent.push(/"spans":\[(.*)\]\}\]\}\]\}$/.exec(body)?.[1] ?? body) - 1;
          return await bench.answer(index);
        },
        close: () => {
          bench.closed++;
        },
      },
      resource: { service: 's', version: '1', attributes: {} },
      batch: 2,
      queue: 100,
      ...changes,
    }),
    closed: 0,
  };
  bench.exporter.use(bench.destination());
  return bench;
}

function take({ exporter }: Bench, text: string, dropped = 0): void {
  exporter.take({ count: text.split(',').length, text, dropped });
}

/** Until nothing goes on by itself any more. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

const NONE_LOST = { full: 0, refused: 0, failed: 0 };

test('what comes while a request is on its way goes with the next, up to a batch', async () => {
  const bench = makeBench();
  for (const text of ['a', 'b', 'c', 'd,e,f', 'g']) take(bench, text);
  await settle();
  assert.deepEqual(bench.sent, ['a', 'b,c', 'd,e,f', 'g']);
  assert.deepEqual(bench.exporter.counts, { sent: 7, dropped: NONE_LOST });
  assert.deepEqual(bench.said, []);
});

test('a request that fails is sent again, later each time, until it is taken', async () => {
  const bench = makeBench();
  bench.answer = (index) => (index < 7 ? LATER : TAKEN);
  take(bench, 'a');
  await settle();
  assert.deepEqual(
    bench.sent,
    Array.from({ length: 8 }, () => 'a'),
  );
  assert.deepEqual(bench.pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.deepEqual(bench.exporter.counts, { sent: 1, dropped: NONE_LOST });
  assert.deepEqual(bench.said, [
    'Cannot send spans to the collector: it answers 503, 0 wait, 0 lost',
    // A minute later, and not each time.
    'Cannot send spans to the collector: it answers 503, 0 wait, 0 lost',
    'The collector takes spans again',
  ]);
});

test('Retry-After is obeyed, from a second to a minute', async () => {
  const bench = makeBench();
  const waits = [0, 5000, 3_600_000];
  bench.answer = (index) => (index < waits.length ? { ...LATER, afterMs: waits[index] } : TAKEN);
  take(bench, 'a');
  await settle();
  assert.deepEqual(bench.pauses, [1000, 5000, 60_000]);
});

test('after 5 minutes a request is given up, and the next is tried', async () => {
  const bench = makeBench();
  bench.answer = () => (bench.nowMs < 290_000 ? LATER : TAKEN);
  take(bench, 'a,b');
  take(bench, 'c');
  await settle();
  const last = bench.sent.at(-1);
  assert.equal(last, 'c');
  assert.deepEqual(bench.exporter.counts, { sent: 1, dropped: { ...NONE_LOST, failed: 2 } });
});

test('what the collector does not want is not sent again', async () => {
  const bench = makeBench();
  bench.answer = (index) => (index === 0 ? REFUSED : TAKEN);
  take(bench, 'a,b');
  take(bench, 'c');
  await settle();
  assert.deepEqual(bench.sent, ['a,b', 'c']);
  assert.deepEqual(bench.exporter.counts, { sent: 1, dropped: { ...NONE_LOST, refused: 2 } });
  assert.deepEqual(bench.said, [
    'Cannot send spans to the collector: it answers 400, 1 wait, 2 lost',
    'The collector takes spans again',
  ]);
});

test('spans that are rejected out of a request are counted, never more than were sent, and not sent again', async () => {
  const bench = makeBench();
  bench.answer = (index) => ({ kind: 'taken', rejected: index === 0 ? 1 : 9, message: 'too old' });
  take(bench, 'a,b');
  take(bench, 'c');
  await settle();
  assert.deepEqual(bench.sent, ['a,b', 'c']);
  assert.deepEqual(bench.exporter.counts, { sent: 1, dropped: { ...NONE_LOST, refused: 2 } });
  assert.deepEqual(bench.said, [
    'Cannot send spans to the collector: it rejects spans: too old, 1 wait, 1 lost',
  ]);
});

test('while the collector is down the newest spans wait, and as soon as it is up they are sent', async () => {
  const bench = makeBench();
  let isUp: () => void = () => {};
  bench.exporter.use(bench.destination({ queue: 6 }));
  bench.answer = (index) => (index === 0 ? LATER : TAKEN);
  bench.pause = () =>
    new Promise((resolve) => {
      isUp = resolve;
    });
  take(bench, 'a');
  await settle();
  for (const text of ['b,c', 'd', 'e', 'f', 'g']) take(bench, text, 1);
  assert.deepEqual(bench.exporter.counts.dropped, { ...NONE_LOST, full: 5 + 2 });
  isUp();
  await settle();
  assert.deepEqual(bench.sent, ['a', 'a', 'd,e', 'f,g']);
  assert.equal(bench.exporter.counts.sent, 5);
});

test('when where spans go has changed, what waits goes there at once, as what that place is told of', async () => {
  const bench = makeBench();
  bench.answer = () => LATER;
  bench.pause = () => new Promise(() => {});
  take(bench, 'a');
  await settle();
  take(bench, 'b');
  const seen: string[] = [];
  bench.exporter.use(
    bench.destination({
      collector: {
        send: (body) => {
          seen.push(body);
          return Promise.resolve(TAKEN);
        },
        close: () => {},
      },
      resource: { service: 'other', version: '1', attributes: {} },
    }),
  );
  await settle();
  assert.equal(bench.closed, 1);
  assert.equal(seen.length, 2);
  for (const body of seen) assert.match(body, /"stringValue":"other"/);
  assert.deepEqual(bench.exporter.counts, { sent: 2, dropped: NONE_LOST });
});

test('when nothing is traced any more, what waits is lost and counted, and what still comes too', async () => {
  const bench = makeBench();
  bench.answer = () => LATER;
  bench.pause = () => new Promise(() => {});
  take(bench, 'a');
  await settle();
  take(bench, 'b,c');
  bench.exporter.use(undefined);
  await settle();
  take(bench, 'd', 5);
  assert.deepEqual(bench.exporter.counts, { sent: 0, dropped: { refused: 0, full: 5, failed: 4 } });
});

test('close sends what waits, without a pause', async () => {
  const bench = makeBench();
  bench.pause = () => new Promise(() => {});
  let release: (answer: Answer) => void = () => {};
  bench.answer = (index) =>
    index === 0
      ? new Promise((resolve) => {
          release = resolve;
        })
      : TAKEN;
  for (const text of ['a', 'b', 'c,d']) take(bench, text);
  const closed = bench.exporter.close(5000);
  // Too late.
  take(bench, 'e');
  release(LATER);
  await closed;
  assert.deepEqual(bench.sent, ['a', 'b', 'c,d']);
  assert.deepEqual(bench.exporter.counts, { sent: 3, dropped: { ...NONE_LOST, failed: 2 } });
  assert.equal(bench.closed, 1);
});

test('close ends a pause, and gives up what does not go within its time', async () => {
  const bench = makeBench();
  let giveUp: () => void = () => {};
  bench.answer = (index) =>
    index === 0
      ? LATER
      : new Promise((resolve) => {
          giveUp = () => resolve(LATER);
        });
  bench.pause = () => new Promise(() => {});
  take(bench, 'a');
  await settle();
  take(bench, 'b');
  assert.equal(bench.sent.length, 1);
  // A pause of close itself comes to its end.
  bench.pause = (ms) => (ms === 5000 ? Promise.resolve() : new Promise(() => {}));
  const destination = bench.destination();
  bench.exporter.use({
    ...destination,
    collector: { send: (body) => destination.collector.send(body), close: () => giveUp() },
  });
  await settle();
  await bench.exporter.close(5000);
  assert.deepEqual(bench.exporter.counts, { sent: 0, dropped: { ...NONE_LOST, failed: 2 } });
});
