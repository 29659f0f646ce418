/**
 * Fuzz targets: heads of requests and responses with their bodies, as streams. FUZZ_RUNS sets the number of runs each.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { KNOWN_NAMES } from '../../src/http/known-headers.ts';
import { mutate, pick, randomCuts, runFlat } from '../support/fuzz.ts';
import { FRAGMENTS, REQUESTS, RESPONSES } from '../support/http-seeds.ts';
import { naiveChunked, naiveRequest, naiveResponse } from '../support/naive-http.ts';
import type { NaiveHead } from '../support/naive-http.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';
import {
  eventsOf,
  LIMITS,
  requestReaders,
  requestStream,
  responseReaders,
  responseStream,
} from '../support/split.ts';
import type { MessageStream } from '../support/split.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 8000);

/** Refusals for size. The naive reader has no bounds, so there is nothing to compare after one. */
const BOUNDS =
  /^bad (head-too-large|target-too-long|too-many-headers|chunk-extension-too-long|trailer-too-large)$/;

/** What of a head the naive reader knows as well. */
interface SeenHead {
  readonly lineStart?: number;
  readonly host?: string;
  readonly bodyLength: number;
  readonly length: number;
  readonly text: string;
  readonly rows: readonly [
    id: number,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ][];
}

test('streams of requests: pieces make no difference, and all is as the naive reader reads it', () => {
  const random = seededRandom(fuzzSeed);
  const used = requestReaders();
  runFlat(runs, () => {
    const text = mutate(random, REQUESTS, FRAGMENTS);
    const events = checkCuts(() => requestStream(used), text, randomCuts(random, text.length));
    checkNaive(events, text, naiveRequest, ({ bodyLength }) =>
      Math.max(bodyLength, bodyLength === -2 ? -2 : 0),
    );
    checkAgain(events, requestStream);
  });
});

test('streams of responses: pieces make no difference, and all is as the naive reader reads it', () => {
  const random = seededRandom(fuzzSeed + 1);
  const used = responseReaders();
  runFlat(runs, () => {
    const text = mutate(random, RESPONSES, FRAGMENTS);
    const events = checkCuts(() => responseStream(used), text, randomCuts(random, text.length));
    checkNaive(events, text, naiveResponse, naiveResponseLength);
    checkAgain(events, responseStream);
  });
});

test('a request that is almost the one before is read as by a new head', () => {
  const random = seededRandom(fuzzSeed + 2);
  runFlat(runs, () => {
    const used = requestReaders();
    const before = mutate(random, REQUESTS, FRAGMENTS);
    eventsOf(requestStream(used), Buffer.from(before, 'latin1'));
    const bytes = Buffer.from(before, 'latin1');
    for (let changes = random(3); changes > 0 && bytes.length > 0; changes--)
      bytes[random(bytes.length)] = random(4) === 0 ? random(256) : pick(random, [...bytes]);
    const cut = random(8) === 0 ? random(bytes.length + 1) : bytes.length;
    const text = bytes.toString('latin1', 0, cut) + pick(random, ['', 'x', '\r\n', before]);
    const fresh = eventsOf(requestStream(), Buffer.from(text, 'latin1'));
    const again = eventsOf(requestStream(used), Buffer.from(text, 'latin1'));
    assert.deepEqual(again, fresh, JSON.stringify([before, text]));
  });
});

/** Whole with readers used before; in pieces with the same; and some of the time whole with new readers. */
function checkCuts(makeStream: () => MessageStream, text: string, cuts: readonly number[]): string[] {
  const bytes = Buffer.from(text, 'latin1');
  const whole = eventsOf(makeStream(), bytes);
  assert.deepEqual(
    eventsOf(makeStream(), bytes, cuts),
    whole,
    `${JSON.stringify(text)} cut at ${cuts.join()}`,
  );
  return whole;
}

/** Walks the text with the naive reader, message by message, and holds the events against it. */
function checkNaive(
  events: readonly string[],
  text: string,
  readNaive: (text: string) => NaiveHead | undefined,
  lengthOf: (head: NaiveHead) => number,
): void {
  if (BOUNDS.test(events.at(-1) ?? '')) return;
  const shown = JSON.stringify(text);
  let at = 0;
  let index = 0;
  for (;;) {
    const head = readNaive(text.slice(at));
    const event = events[index++] ?? '';
    if (head === undefined) {
      assert.match(event, /^(bad|cut in head|end) /, shown);
      return;
    }
    assert.ok(event.startsWith(`head at ${at} `), `${shown}: ${event}`);
    checkHead(event, head, shown);
    at += head.length;
    const end = endOfBody(text, at, lengthOf(head));
    if (end === undefined) {
      assert.match(events[index] ?? '', /^(cut in body|bad) /, shown);
      return;
    }
    const expected = `body ${JSON.stringify(end.body)} trailers=${JSON.stringify(end.trailers)} end=${end.at}`;
    assert.equal(events[index++], expected, shown);
    at = end.at;
  }
}

function checkHead(event: string, naive: NaiveHead, shown: string): void {
  const head = JSON.parse(event.slice(event.indexOf('{'))) as SeenHead; // describeRequest and -Response wrote it.
  const fields = head.rows.map(([, nameStart, nameEnd, valueStart, valueEnd]) => [
    head.text.slice(nameStart, nameEnd),
    head.text.slice(valueStart, valueEnd),
  ]);
  assert.deepEqual(fields, naive.fields, shown);
  assert.equal(head.length, naive.length, shown);
  assert.equal(head.bodyLength, naive.bodyLength, shown);
  assert.equal(head.host ?? '', naive.host, shown);
  const start = head.lineStart ?? 0;
  assert.equal(head.text.slice(start, start + naive.line.length + 2), `${naive.line}\r\n`, shown);
  for (const part of [naive.line, naive.host, ...fields.flat()]) assert.doesNotMatch(part, /[\r\n\0]/, shown);
}

/** A head written out again as it was read is read as the same: what we splice is what we have read. */
function checkAgain(events: readonly string[], makeStream: () => MessageStream): void {
  for (const event of events.filter((each) => each.startsWith('head '))) {
    const head = JSON.parse(event.slice(event.indexOf('{'))) as SeenHead; // As above.
    const again = eventsOf(makeStream(), Buffer.from(head.text, 'latin1'));
    assert.equal(again[0], event.replace(/^head at \d+/, 'head at 0'));
  }
}

function endOfBody(
  text: string,
  at: number,
  length: number,
): { body: string; trailers: string; at: number } | undefined {
  if (length === -2) {
    const chunked = naiveChunked(text.slice(at), KNOWN_NAMES);
    if (chunked === undefined || chunked.extensionBytes > LIMITS.chunkExtensionBytes) return undefined;
    return { body: chunked.body, trailers: chunked.trailers, at: at + chunked.length };
  }
  // The end of the connection ends the body, so it never ends within the text.
  if (length === -3 || at + length > text.length) return undefined;
  return { body: text.slice(at, at + length), trailers: '', at: at + length };
}

function naiveResponseLength({ line, bodyLength }: NaiveHead): number {
  const status = Number(line.slice(9, 12));
  if (status < 200 || status === 204 || status === 304) return 0;
  return bodyLength === -1 ? -3 : bodyLength;
}
