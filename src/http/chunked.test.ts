import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/random.ts';
import {
  assertSameWhenSplit,
  eventsOf,
  LIMITS,
  refusalOf,
  requestReaders,
  requestStream,
} from '../../test/support/split.ts';
import type { MessageStream } from '../../test/support/split.ts';
import { CHUNK_DATA, CHUNK_END, CHUNK_NEED, ChunkedReader } from './chunked.ts';
import { KNOWN_NAMES } from './known-headers.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const HEAD = latin1('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
const NEXT = 'GET /2 HTTP/1.1\r\nHost: a\r\n\r\n';

/** A connection that has read the head of a chunked request. */
function inBody(readers = requestReaders()): MessageStream {
  const stream = requestStream(readers);
  stream.feed(HEAD);
  return stream;
}

/** `[body, trailers]` of a whole body, the refusal code, or 'need'; the same however it is cut. */
function read(text: string): [string, string] | string {
  return describe(assertSameWhenSplit(inBody, latin1(text), 20), text);
}

function readWhole(text: string): [string, string] | string {
  return describe(eventsOf(inBody(), latin1(text)), text);
}

function describe(events: readonly string[], text: string): [string, string] | string {
  const refusal = refusalOf(events);
  const ended = /^body (".*") trailers=(".*") end=(\d+)$/.exec(events[1] ?? '');
  if (ended === null) return refusal ?? 'need';
  assert.equal(Number(ended[3]), HEAD.length + text.length, 'the body ends where its text does');
  return [JSON.parse(ended[1]!) as string, JSON.parse(ended[2]!) as string]; // The groups are there when it matches.
}

const ACCEPTED: readonly { name: string; input: string; body: string; trailers?: string }[] = [
  { name: 'an empty body', input: '0\r\n\r\n', body: '' },
  { name: 'one chunk', input: '5\r\nhello\r\n0\r\n\r\n', body: 'hello' },
  { name: 'several chunks', input: '1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n', body: 'abcdef' },
  {
    name: 'hexadecimal digits in any case',
    input: `a\r\n${'x'.repeat(10)}\r\nB\r\n${'y'.repeat(11)}\r\n0\r\n\r\n`,
    body: 'x'.repeat(10) + 'y'.repeat(11),
  },
  { name: 'leading zeros', input: '005\r\nhello\r\n000\r\n\r\n', body: 'hello' },
  {
    name: 'a size of sixteen digits',
    input: `${'0'.repeat(15)}1\r\na\r\n${'0'.repeat(16)}\r\n\r\n`,
    body: 'a',
  },
  { name: 'data that looks like framing', input: '5\r\n0\r\n\r\n\r\n0\r\n\r\n', body: '0\r\n\r\n' },
  { name: 'data of any bytes', input: '6\r\n\0\r\n\x7f\x80\xff\r\n0\r\n\r\n', body: '\0\r\n\x7f\x80\xff' },
  { name: 'an extension', input: '1;a=b\r\nx\r\n0;c\r\n\r\n', body: 'x' },
  { name: 'a quoted extension', input: '1;a="b;c \\" d"\r\nx\r\n0\r\n\r\n', body: 'x' },
  { name: 'white space within an extension', input: '1; a = b\r\nx\r\n0\r\n\r\n', body: 'x' },
  {
    name: 'extensions at their bound',
    input: `1;${'a'.repeat(LIMITS.chunkExtensionBytes - 1)}\r\nx\r\n0\r\n\r\n`,
    body: 'x',
  },
  { name: 'a trailer', input: '0\r\nX-Sum: 1\r\n\r\n', body: '', trailers: 'X-Sum: 1\r\n' },
  {
    name: 'trailers as they came',
    input: '1\r\na\r\n0\r\nB: \t1 \r\na:\r\nb: \xff\r\n\r\n',
    body: 'a',
    trailers: 'B: \t1 \r\na:\r\nb: \xff\r\n',
  },
  {
    name: 'Date and Server as trailers',
    input: '0\r\nDate: x\r\nServer: y\r\n\r\n',
    body: '',
    trailers: 'Date: x\r\nServer: y\r\n',
  },
  {
    name: 'as many trailers as are allowed',
    input: `0\r\n${'X: y\r\n'.repeat(32)}\r\n`,
    body: '',
    trailers: 'X: y\r\n'.repeat(32),
  },
  {
    name: 'trailers at their bound',
    input: `0\r\nX: ${'y'.repeat(LIMITS.trailerBytes - 5)}\r\n\r\n`,
    body: '',
    trailers: `X: ${'y'.repeat(LIMITS.trailerBytes - 5)}\r\n`,
  },
];
for (const { name, input, body, trailers = '' } of ACCEPTED) {
  test(`ChunkedReader reads ${name}`, () => assert.deepEqual(read(input), [body, trailers]));
}

const SIZE = 'chunk-size-bad';
const END = 'chunk-end-bad';
const EXTENSION = 'chunk-extension-bad';

const REFUSED: readonly { name: string; input: string; code: string }[] = [
  // Sizes that some readers take.
  { name: 'an empty size', input: '\r\n', code: SIZE },
  { name: 'an empty size with an extension', input: ';a\r\n', code: SIZE },
  { name: 'an empty line after a chunk', input: '1\r\na\r\n\r\n0\r\n\r\n', code: SIZE },
  { name: '0x in front', input: '0x5\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: '0X in front', input: '0X5\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a plus sign', input: '+5\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a minus sign', input: '-5\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'minus zero', input: '-0\r\n\r\n', code: SIZE },
  { name: 'an underscore', input: '1_0\r\n', code: SIZE },
  { name: 'a decimal point', input: '5.0\r\nhello\r\n', code: SIZE },
  { name: 'a comma', input: '5,5\r\nhello\r\n', code: SIZE },
  { name: 'a size in quotes', input: '"5"\r\nhello\r\n', code: SIZE },
  { name: 'a letter beyond f', input: 'g\r\n', code: SIZE },
  { name: 'a letter after the digits', input: '5h\r\nhello\r\n', code: SIZE },
  { name: 'a space before the size', input: ' 5\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a tab before the size', input: '\t5\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a space after the size', input: '5 \r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a tab after the size', input: '5\t\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a space before the extension', input: '5 ;a=b\r\nhello\r\n0\r\n\r\n', code: SIZE },
  { name: 'a space within the size', input: '1 0\r\n', code: SIZE },
  { name: 'NUL after the size', input: '5\0\r\nhello\r\n', code: SIZE },
  { name: 'a vertical tab after the size', input: '5\x0b\r\nhello\r\n', code: SIZE },
  { name: 'a byte from 0x80 up', input: '\xb2\r\n', code: SIZE },
  { name: 'a colon for the semicolon', input: '5:a\r\nhello\r\n', code: SIZE },
  { name: 'sixteen zeros and a digit', input: `${'0'.repeat(16)}1\r\na\r\n`, code: SIZE },
  { name: 'seventeen digits, which may overflow to 5', input: '10000000000000005\r\nhello\r\n', code: SIZE },
  { name: 'nine digits more than 64 bits', input: 'fffffffffffffffff\r\n', code: SIZE },
  { name: '2^64 - 1', input: 'ffffffffffffffff\r\n', code: SIZE },
  { name: '2^63', input: '8000000000000000\r\n', code: SIZE },
  { name: '2^53', input: '20000000000000\r\n', code: SIZE },
  { name: '2^53 with an extension', input: '20000000000000;a\r\n', code: SIZE },
  // Line ends.
  { name: 'LF alone after the size', input: '5\nhello\r\n0\r\n\r\n', code: 'bare-lf' },
  { name: 'LF alone after the last size', input: '0\n\r\n', code: 'bare-lf' },
  { name: 'LF alone after an extension', input: '5;a\nhello\r\n0\r\n\r\n', code: 'bare-lf' },
  { name: 'LF alone within an extension', input: '2;\nxx\r\n4c\r\n0\r\n\r\n', code: 'bare-lf' },
  { name: 'LF alone in a quoted extension', input: '5;a="\n"\r\nhello\r\n', code: 'bare-lf' },
  { name: 'CR alone after the size', input: '5\rhello\r\n', code: 'bare-cr' },
  { name: 'two CR after the size', input: '5\r\r\nhello\r\n', code: 'bare-cr' },
  { name: 'CR alone within an extension', input: '5;a\rX\r\nhello\r\n', code: 'bare-cr' },
  // Extensions; the rest is in chunk-extension.test.ts.
  { name: 'NUL in an extension', input: '5;\0\r\nhello\r\n', code: EXTENSION },
  { name: 'DEL in an extension', input: '5;\x7f\r\nhello\r\n', code: EXTENSION },
  { name: 'an empty extension', input: '5;\r\nhello\r\n0\r\n\r\n', code: EXTENSION },
  { name: 'an empty extension of the last chunk', input: '0;\r\n\r\n', code: EXTENSION },
  { name: 'white space at the end of an extension', input: '5;a \r\nhello\r\n', code: EXTENSION },
  { name: 'a quoted string that does not end', input: '5;a="\r\nhello\r\n', code: EXTENSION },
  { name: 'CR LF in a quoted string', input: '5;a="\r\n"\r\nhello\r\n', code: EXTENSION },
  { name: 'no CR LF after the data', input: '5\r\nhello0\r\n\r\n', code: END },
  { name: 'one byte too much', input: '5\r\nhellox\r\n0\r\n\r\n', code: END },
  { name: 'two bytes of data for CR LF', input: '5\r\nhelloXX0\r\n\r\n', code: END },
  { name: 'LF alone after the data', input: '5\r\nhello\n0\r\n\r\n', code: END },
  { name: 'CR alone after the data', input: '5\r\nhello\r0\r\n\r\n', code: END },
  { name: 'LF CR after the data', input: '5\r\nhello\n\r0\r\n\r\n', code: END },
  { name: 'a space after the data', input: '5\r\nhello \r\n0\r\n\r\n', code: END },
  // Bounds.
  {
    name: 'one extension over the bound',
    input: `1;${'a'.repeat(LIMITS.chunkExtensionBytes)}\r\nx\r\n0\r\n\r\n`,
    code: 'chunk-extension-too-long',
  },
  {
    name: 'many small extensions',
    input: `${'1;aaaaaaa\r\nx\r\n'.repeat(9)}0\r\n\r\n`,
    code: 'chunk-extension-too-long',
  },
  {
    name: 'a trailer section over the bound',
    input: `0\r\nX: ${'y'.repeat(LIMITS.trailerBytes - 4)}\r\n\r\n`,
    code: 'trailer-too-large',
  },
  {
    name: 'a trailer without end',
    input: `0\r\nX: ${'y'.repeat(2 * LIMITS.trailerBytes)}`,
    code: 'trailer-too-large',
  },
  { name: 'too many trailers', input: `0\r\n${'X: y\r\n'.repeat(33)}\r\n`, code: 'trailer-bad' },
  // Trailers.
  { name: 'a trailer without a colon', input: '0\r\nX\r\n\r\n', code: 'trailer-bad' },
  { name: 'the next request in the place of the empty line', input: `0\r\n${NEXT}`, code: 'trailer-bad' },
  { name: 'a space before the colon', input: '0\r\nX : y\r\n\r\n', code: 'trailer-bad' },
  { name: 'a folded trailer', input: '0\r\nX: y\r\n z\r\n\r\n', code: 'trailer-bad' },
  { name: 'a trailer without a name', input: '0\r\n: y\r\n\r\n', code: 'trailer-bad' },
  { name: 'NUL in a trailer', input: '0\r\nX: \0\r\n\r\n', code: 'trailer-bad' },
  { name: 'LF alone after a trailer', input: '0\r\nX: y\n\r\n', code: 'trailer-bad' },
  { name: 'LF alone as the empty line', input: '0\r\n\n', code: 'trailer-bad' },
  { name: 'CR alone as the empty line', input: '0\r\n\rX', code: 'trailer-bad' },
  { name: 'a length as a trailer', input: '0\r\nContent-Length: 5\r\n\r\n', code: 'trailer-forbidden' },
  {
    name: 'an encoding after a harmless trailer',
    input: '0\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n',
    code: 'trailer-forbidden',
  },
  { name: 'a look-alike of a length', input: '0\r\nContent_Length: 5\r\n\r\n', code: 'trailer-forbidden' },
  {
    name: 'a look-alike of an address',
    input: '0\r\nX: y\r\nx.forwarded!for: z\r\n\r\n',
    code: 'trailer-forbidden',
  },
];
for (const { name, input, code } of REFUSED) {
  test(`ChunkedReader refuses ${name} with ${code}`, () => assert.equal(read(input), code));
}

for (const name of KNOWN_NAMES.slice(1)) {
  const isAllowed = name === 'date' || name === 'server';
  test(`ChunkedReader ${isAllowed ? 'takes' : 'refuses'} ${name} as a trailer`, () => {
    for (const spelling of [name, name.toUpperCase()]) {
      const answer = readWhole(`0\r\nX: y\r\n${spelling}: z\r\n\r\n`);
      assert.deepEqual(answer, isAllowed ? ['', `X: y\r\n${spelling}: z\r\n`] : 'trailer-forbidden');
    }
  });
}

const WHOLE = '2;x\r\nab\r\n0\r\nX: y\r\n\r\n';
for (let length = 0; length < WHOLE.length; length++) {
  test(`ChunkedReader asks for more after ${JSON.stringify(WHOLE.slice(0, length))}`, () =>
    assert.equal(read(WHOLE.slice(0, length)), 'need'));
}

test('each of the 256 bytes at each place of a chunk', () => {
  for (let code = 0; code < 256; code++) {
    const byte = String.fromCharCode(code);
    const where = `byte 0x${code.toString(16)}`;
    const isHex = /[0-9A-Fa-f]/.test(byte);
    const size = Number.parseInt(byte, 16);
    if (byte !== '0') {
      const data = 'x'.repeat(isHex ? size : 0);
      assert.equal(codeOf(`${byte}\r\n${data}\r\n0\r\n\r\n`), isHex ? 'ok' : SIZE, `${where} first`);
    }
    const tail = byte === '\n' ? 'bare-lf' : byte === '\r' ? 'bare-cr' : byte === ';' ? EXTENSION : SIZE;
    const second = isHex ? 'ok' : tail;
    const many = 'x'.repeat(isHex ? 16 + size : 1);
    assert.equal(codeOf(`1${byte}\r\n${many}\r\n0\r\n\r\n`), second, `${where} after a digit`);
    const isText = /[\t\x20-\x7e\x80-\xff]/.test(byte) && byte !== '\\';
    const inExtension = isText ? 'ok' : byte === '\n' ? 'bare-lf' : EXTENSION;
    const quoted = byte === '"' ? '' : byte;
    assert.equal(codeOf(`1;a="${quoted}"\r\nx\r\n0\r\n\r\n`), inExtension, `${where} in an extension`);
    assert.equal(codeOf(`1\r${byte}x\r\n0\r\n\r\n`), byte === '\n' ? 'ok' : 'bare-cr', `${where} after CR`);
    assert.deepEqual(readWhole(`1\r\n${byte}\r\n0\r\n\r\n`), [byte, ''], `${where} as data`);
    assert.equal(codeOf(`1\r\nx${byte}\n0\r\n\r\n`), byte === '\r' ? 'ok' : END, `${where} after data`);
    assert.equal(
      codeOf(`1\r\nx\r${byte}0\r\n\r\n`),
      byte === '\n' ? 'ok' : END,
      `${where} after data and CR`,
    );
    assert.equal(codeOf(`0\r\n\r${byte}`), byte === '\n' ? 'ok' : 'trailer-bad', `${where} at the end`);
  }
});

function codeOf(text: string): string {
  const answer = readWhole(text);
  return typeof answer === 'string' ? answer : 'ok';
}

test('the largest chunk is one byte below 2^53, and may come in any number of pieces', () => {
  const reader = new ChunkedReader(LIMITS);
  const head = latin1('1fffffffffffff\r\n');
  assert.equal(reader.next(head, 0, head.length), CHUNK_NEED);
  const piece = Buffer.alloc(1000, 'x');
  for (let round = 0; round < 10; round++) {
    assert.equal(reader.next(piece, 1, 1000), CHUNK_DATA);
    assert.deepEqual([reader.dataStart, reader.dataEnd, reader.position], [1, 1000, 1000]);
  }
});

test('the bytes after a body are left for the next message', () => {
  for (const body of ['1\r\na\r\n0\r\n\r\n', '0\r\nX: y\r\n\r\n']) {
    const events = assertSameWhenSplit(inBody, latin1(`${body}${NEXT}`), 50);
    assert.match(events[2] ?? '', /^head at \d+ \{"method":"GET","target":"\/2"/);
    assert.equal(events.at(-1), `end ${HEAD.length + body.length + NEXT.length}`);
  }
});

test('bounds of nothing allow no extension and no trailer, and a plain body still', () => {
  const none = { chunkExtensionBytes: 0, trailerBytes: 0 };
  const run = (text: string): number => {
    const reader = new ChunkedReader(none);
    const bytes = latin1(text);
    let state: number = CHUNK_DATA;
    for (let at = 0; state === CHUNK_DATA; at = reader.position) state = reader.next(bytes, at, bytes.length);
    return state;
  };
  assert.equal(run('1\r\na\r\n0\r\n\r\n'), CHUNK_END);
  assert.equal(run('1;\r\na\r\n0\r\n\r\n'), 3);
  assert.equal(run('0\r\nX:\r\n\r\n'), 3);
  // The empty line in two pieces takes the other way through the reader.
  const reader = new ChunkedReader(none);
  assert.equal(reader.next(latin1('0\r\n\r'), 0, 4), CHUNK_NEED);
  assert.equal(reader.next(latin1('\n'), 0, 1), CHUNK_END);
  assert.equal(reader.trailers, '');
});

test('reading on after the end of the body is a mistake of the caller', () => {
  const reader = new ChunkedReader(LIMITS);
  assert.equal(reader.next(latin1('0\r\n\r\n'), 0, 5), CHUNK_END);
  assert.throws(() => reader.next(latin1('x'), 0, 1), /after the end/);
});

test('a reader that is used again for any sequence of bodies reads each as a new reader does', () => {
  const random = seededRandom(4);
  const bodies = [...ACCEPTED, ...REFUSED]
    .map((row) => row.input)
    .flatMap((text) => [text, text.slice(0, -3)]);
  const used = requestReaders();
  for (let round = 0; round < 3000; round++) {
    const text = bodies[random(bodies.length)]!; // random() is below the length.
    const cuts = [1 + random(text.length + 1), 1 + random(text.length + 1)].sort((a, b) => a - b);
    assert.deepEqual(
      eventsOf(inBody(used), latin1(text), cuts),
      eventsOf(inBody(), latin1(text), cuts),
      text,
    );
  }
});
