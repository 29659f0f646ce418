/**
 * Fuzz targets: chunked bodies, and the body reader that moves their data together. FUZZ_RUNS sets the number of runs.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { BODY_BAD, BODY_END, BODY_NEED, BodyReader } from '../../src/http/body-reader.ts';
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END, ChunkedReader } from '../../src/http/chunked.ts';
import { LENGTH_CHUNKED } from '../../src/http/framing.ts';
import { KNOWN_NAMES } from '../../src/http/known-headers.ts';
import { mutate, pick, randomCuts, runFlat } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { CHUNKED_BODIES, FRAGMENTS } from '../support/http-seeds.ts';
import { naiveChunked } from '../support/naive-http.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';
import { LIMITS } from '../support/split.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 8000);

/** What was read of a text: the body, and how it ended. `end` is -1 for a body that was refused or is not over. */
interface Outcome {
  readonly body: string;
  readonly trailers: string;
  readonly end: number;
  readonly refusal: string;
}

test('chunked bodies: pieces make no difference, and all is as the naive reader reads it', () => {
  const random = seededRandom(fuzzSeed);
  const reader = new ChunkedReader(LIMITS);
  const bodies = new BodyReader(LIMITS);
  runFlat(runs, () => {
    const text = mutate(random, CHUNKED_BODIES, FRAGMENTS);
    const whole = readChunks(reader, text, []);
    const cuts = randomCuts(random, text.length);
    const shown = `${JSON.stringify(text)} cut at ${cuts.join()}`;
    assert.deepEqual(readChunks(reader, text, cuts), whole, shown);
    assert.deepEqual(readBody(bodies, text, []), whole, shown);
    assert.deepEqual(readBody(bodies, text, cuts), whole, shown);
    checkNaive(whole, text);
  });
});

test('a body cut into any valid chunks is read as it was', () => {
  const random = seededRandom(fuzzSeed + 1);
  const reader = new BodyReader(LIMITS);
  runFlat(Math.ceil(runs / 2), () => {
    const body = Buffer.from(Array.from({ length: random(200) }, () => random(256))).toString('latin1');
    const text = writeChunks(random, body);
    const outcome = readBody(reader, `${text}GET /`, randomCuts(random, text.length));
    assert.deepEqual(outcome, { body, trailers: '', end: text.length, refusal: '' }, JSON.stringify(text));
  });
});

function checkNaive(whole: Outcome, text: string): void {
  if (/too-(long|large)$/.test(whole.refusal)) return; // The naive reader has no bounds.
  const naive = naiveChunked(text, KNOWN_NAMES);
  const isOver = naive !== undefined && naive.extensionBytes <= LIMITS.chunkExtensionBytes;
  assert.equal(whole.end, isOver ? naive.length : -1, JSON.stringify(text));
  if (!isOver) return;
  assert.equal(whole.body, naive.body);
  assert.equal(whole.trailers, naive.trailers);
}

/** The pieces of a text, each in a buffer of its own with other bytes around it. */
function* piecesOf(
  text: string,
  cuts: readonly number[],
): Generator<{ bytes: Buffer; start: number; end: number }> {
  let at = 0;
  for (const cut of [...cuts, text.length]) {
    const start = at % 5;
    const end = start + cut - at;
    const bytes = Buffer.from(`${'0'.repeat(start)}${text.slice(at, cut)}\r\n0\r\n\r\n`, 'latin1');
    yield { bytes, start, end };
    at = cut;
  }
}

function readChunks(reader: ChunkedReader, text: string, cuts: readonly number[]): Outcome {
  reader.restart();
  let body = '';
  let consumed = 0;
  for (const { bytes, start, end } of piecesOf(text, cuts)) {
    let at = start;
    for (;;) {
      const state = reader.next(bytes, at, end);
      if (state === CHUNK_BAD) return { body, trailers: '', end: -1, refusal: reader.refusal };
      assert.ok(reader.position >= at && reader.position <= end);
      if (state === CHUNK_DATA) {
        assert.ok(reader.position > at, 'data is progress');
        body += bytes.toString('latin1', reader.dataStart, reader.dataEnd);
      }
      consumed += reader.position - at;
      at = reader.position;
      if (state === CHUNK_END) return { body, trailers: reader.trailers, end: consumed, refusal: '' };
      if (state !== CHUNK_DATA) break;
    }
  }
  return { body, trailers: '', end: -1, refusal: '' };
}

function readBody(reader: BodyReader, text: string, cuts: readonly number[]): Outcome {
  reader.begin(LENGTH_CHUNKED);
  let body = '';
  let consumed = 0;
  for (const { bytes, start, end } of piecesOf(text, cuts)) {
    const state = reader.feed(bytes, start, end);
    assert.ok(reader.dataStart >= start && reader.dataEnd >= reader.dataStart && reader.dataEnd <= end);
    body += bytes.toString('latin1', reader.dataStart, reader.dataEnd);
    assert.equal(reader.received, body.length);
    if (state === BODY_BAD) return { body, trailers: '', end: -1, refusal: reader.refusal };
    assert.equal(reader.isDone, state === BODY_END);
    consumed += reader.position - start;
    if (state === BODY_END) return { body, trailers: reader.trailers, end: consumed, refusal: '' };
    assert.equal(state, BODY_NEED);
    assert.equal(reader.position, end);
  }
  return { body, trailers: '', end: -1, refusal: '' };
}

const EXTENSIONS = ['', '', '', ';a', ';a=b', '; a = "b;\\"" ;c'] as const;

function writeChunks(random: Random, body: string): string {
  let out = '';
  let left = LIMITS.chunkExtensionBytes;
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, 1 + random(40));
    const extension = pick(random, EXTENSIONS);
    left -= extension.length;
    const digits = `${'0'.repeat(random(4))}${size.toString(16)}`;
    const line = `${random(2) === 0 ? digits : digits.toUpperCase()}${left < 0 ? '' : extension}`;
    out += `${line}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${out}0\r\n\r\n`;
}
