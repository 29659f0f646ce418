import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { BODY_BAD, BODY_END, BODY_NEED, BodyReader, LENGTH_UNTIL_CLOSE } from './body-reader.ts';
import { LENGTH_CHUNKED, LENGTH_NONE } from './framing.ts';

const LIMITS = { chunkExtensionBytes: 64, trailerBytes: 256 };
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

interface Outcome {
  readonly body: string;
  readonly state: number;
  /** Bytes of the text that belong to the body and its framing. */
  readonly consumed: number;
  readonly trailers: string;
  readonly refusal: string;
}

/** Feeds `text` in pieces of `step` bytes, each in a buffer of its own at another base. */
function feed(reader: BodyReader, length: number, text: string, step: number): Outcome {
  reader.begin(length);
  let body = '';
  let consumed = 0;
  let state: number = reader.isDone ? BODY_END : BODY_NEED;
  for (let at = 0; at < text.length && state === BODY_NEED; at += step) {
    const base = at % 4;
    const piece = text.slice(at, at + step);
    const bytes = latin1(`${'\r'.repeat(base)}${piece}0\r\n\r\n`);
    state = reader.feed(bytes, base, base + piece.length);
    body += bytes.toString('latin1', reader.dataStart, reader.dataEnd);
    consumed += reader.position - base;
    assert.equal(reader.received, body.length);
    assert.equal(reader.isDone, state === BODY_END);
  }
  const isBad = state === BODY_BAD;
  return {
    body,
    state,
    consumed: isBad ? -1 : consumed,
    trailers: reader.trailers,
    refusal: isBad ? reader.refusal : '',
  };
}

const ROWS: readonly { name: string; length: number; text: string; expected: Partial<Outcome> }[] = [
  { name: 'no body', length: 0, text: 'GET', expected: { body: '', state: BODY_END, consumed: 0 } },
  { name: 'a length', length: 3, text: 'abc', expected: { body: 'abc', state: BODY_END, consumed: 3 } },
  {
    name: 'a length and more',
    length: 3,
    text: 'abcGET',
    expected: { body: 'abc', state: BODY_END, consumed: 3 },
  },
  {
    name: 'a part of a length',
    length: 9,
    text: 'abc',
    expected: { body: 'abc', state: BODY_NEED, consumed: 3 },
  },
  {
    name: 'until close',
    length: LENGTH_UNTIL_CLOSE,
    text: '0\r\n\r\nabc',
    expected: { body: '0\r\n\r\nabc', state: BODY_NEED, consumed: 8 },
  },
  {
    name: 'chunks, moved together',
    length: LENGTH_CHUNKED,
    text: '1\r\na\r\n3;x=y\r\nbcd\r\n10\r\n0123456789abcdef\r\n0\r\n\r\nGET',
    expected: { body: 'abcd0123456789abcdef', state: BODY_END, consumed: 45, trailers: '' },
  },
  {
    name: 'chunks with trailers',
    length: LENGTH_CHUNKED,
    text: '1\r\na\r\n0\r\nX: y\r\n\r\nGET',
    expected: { body: 'a', state: BODY_END, consumed: 17, trailers: 'X: y\r\n' },
  },
  {
    name: 'an empty chunked body',
    length: LENGTH_CHUNKED,
    text: '0\r\n\r\n',
    expected: { body: '', state: BODY_END },
  },
  {
    name: 'a part of a chunk',
    length: LENGTH_CHUNKED,
    text: '5\r\nab',
    expected: { body: 'ab', state: BODY_NEED },
  },
  {
    name: 'a chunk that is refused after one that is not',
    length: LENGTH_CHUNKED,
    text: '1\r\na\r\n0x1\r\nb\r\n',
    expected: { body: 'a', state: BODY_BAD, refusal: 'chunk-size-bad' },
  },
  {
    name: 'a trailer that is refused',
    length: LENGTH_CHUNKED,
    text: '0\r\nHost: b\r\n\r\n',
    expected: { state: BODY_BAD, refusal: 'trailer-forbidden' },
  },
];
for (const { name, length, text, expected } of ROWS) {
  test(`BodyReader reads ${name}, whole and in pieces of any size`, () => {
    const used = new BodyReader(LIMITS);
    for (let step = text.length; step > 0; step--) {
      for (const reader of [new BodyReader(LIMITS), used]) {
        const outcome: Partial<Outcome> = feed(reader, length, text, step);
        for (const [key, value] of Object.entries(expected)) {
          assert.equal(outcome[key as keyof Outcome], value, `${key} in pieces of ${step}`); // A key of expected.
        }
      }
    }
  });
}

test('BodyReader knows how much is to come, where that can be known', () => {
  const reader = new BodyReader(LIMITS);
  reader.begin(5);
  assert.equal(reader.remaining, 5);
  reader.feed(latin1('abc'), 0, 3);
  assert.equal(reader.remaining, 2);
  for (const length of [LENGTH_CHUNKED, LENGTH_UNTIL_CLOSE]) {
    reader.begin(length);
    assert.equal(reader.remaining, Infinity);
    assert.equal(reader.received, 0);
    assert.equal(reader.isDone, false);
  }
});

test('BodyReader forgets the trailers of the body before', () => {
  const reader = new BodyReader(LIMITS);
  assert.equal(feed(reader, LENGTH_CHUNKED, '0\r\nX: y\r\n\r\n', 99).trailers, 'X: y\r\n');
  assert.equal(feed(reader, LENGTH_CHUNKED, '0\r\n\r\n', 99).trailers, '');
  assert.equal(feed(reader, 1, 'a', 99).trailers, '');
});

test('BodyReader has done with one message before it begins another', () => {
  const reader = new BodyReader(LIMITS);
  assert.equal(reader.isDone, true);
  assert.equal(feed(reader, LENGTH_CHUNKED, '5\r\nab', 99).state, BODY_NEED);
  assert.equal(feed(reader, LENGTH_CHUNKED, '1\r\na\r\n0\r\n\r\n', 99).body, 'a');
});

test('BodyReader is not begun with no length at all', () => {
  assert.throws(() => new BodyReader(LIMITS).begin(LENGTH_NONE), /without a length/);
});
