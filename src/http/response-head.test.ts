import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/random.ts';
import {
  assertSameWhenSplit,
  describeResponse,
  eventsOf,
  LIMITS,
  refusalOf,
  responseReaders,
  responseStream,
} from '../../test/support/split.ts';
import { READ_BAD, READ_OK } from './field-section.ts';
import * as known from './known-headers.ts';
import { ResponseHead } from './response-head.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function readHead(text: string): ResponseHead {
  const head = new ResponseHead(LIMITS);
  head.restart();
  const state = head.read(latin1(text), 0, text.length);
  assert.equal(state, READ_OK, state === READ_BAD ? head.refusal : 'needs more');
  return head;
}

/** The refusal code, or 'ok', or 'need', the same however the text is cut. */
function outcome(text: string): string {
  return describe(assertSameWhenSplit(responseStream, latin1(text), 5));
}

function outcomeWhole(text: string): string {
  return describe(eventsOf(responseStream(), latin1(text)));
}

function describe(events: readonly string[]): string {
  if (events.some((event) => event.startsWith('cut in head'))) return 'need';
  return refusalOf(events) ?? 'ok';
}

const fields = (lines: string): string => `HTTP/1.1 200 OK\r\n${lines}\r\n`;

test('ResponseHead reads every part of a plain response', () => {
  const text = 'HTTP/1.1 404 Not Found\r\nServer: x\r\nContent-Length: 12\r\nConnection: close\r\n\r\n';
  const head = readHead(`${text}rest`);
  assert.equal(head.status, 404);
  assert.equal(head.isHttp10, false);
  assert.equal(head.bodyLength, 12);
  assert.equal(head.connection, 1);
  assert.equal(head.length, text.length);
  assert.equal(head.text, text);
  assert.equal(head.fieldsStart, 'HTTP/1.1 404 Not Found\r\n'.length);
  assert.equal(head.value(known.SERVER), 'x');
  assert.equal(head.value(known.LOCATION), '');
});

test('ResponseHead tells where the fields start when there are none', () => {
  assert.equal(readHead('HTTP/1.0 200 OK\r\n\r\n').fieldsStart, 'HTTP/1.0 200 OK\r\n'.length);
});

const ACCEPTED: readonly { name: string; input: string; status?: number }[] = [
  { name: 'a response without fields', input: 'HTTP/1.1 200 OK\r\n\r\n' },
  { name: 'an empty reason', input: 'HTTP/1.1 200 \r\n\r\n' },
  { name: 'no reason and no space before it', input: 'HTTP/1.1 200\r\n\r\n' },
  { name: 'a reason of spaces and tabs', input: 'HTTP/1.1 200 \t a\tb \r\n\r\n' },
  { name: 'a reason of bytes from 0x80 up', input: 'HTTP/1.1 200 \x80\xff\r\n\r\n' },
  { name: 'HTTP/1.0', input: 'HTTP/1.0 200 OK\r\n\r\n' },
  { name: 'the lowest status', input: 'HTTP/1.1 100 Continue\r\n\r\n', status: 100 },
  { name: 'the highest status', input: 'HTTP/1.1 599 x\r\n\r\n', status: 599 },
  { name: 'a status nobody registered', input: 'HTTP/1.1 299 x\r\n\r\n', status: 299 },
  { name: 'an empty header value', input: fields('X:\r\n') },
  { name: 'as many fields as are allowed', input: fields('X: y\r\n'.repeat(LIMITS.headerCount)) },
];
for (const { name, input, status = 200 } of ACCEPTED) {
  test(`ResponseHead takes ${name}`, () => {
    assert.equal(outcome(input), 'ok');
    assert.equal(readHead(input).status, status);
  });
}

const REFUSED: readonly { name: string; input: string; code: string }[] = [
  // Version.
  { name: 'an empty line before the response', input: '\r\nHTTP/1.1 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'a body without a head', input: '<html>', code: 'version-bad' },
  { name: 'a version in lower case', input: 'http/1.1 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'HTTP/2', input: 'HTTP/2 200\r\n\r\n', code: 'version-bad' },
  { name: 'HTTP/2.0', input: 'HTTP/2.0 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'HTTP/1.2', input: 'HTTP/1.2 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'HTTP/1.10', input: 'HTTP/1.10 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'ICY', input: 'ICY 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'no status after the version', input: 'HTTP/1.1\r\n\r\n', code: 'version-bad' },
  { name: 'a tab after the version', input: 'HTTP/1.1\t200 OK\r\n\r\n', code: 'version-bad' },
  // Status.
  { name: 'two spaces before the status', input: 'HTTP/1.1  200 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status of two digits', input: 'HTTP/1.1 20 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status of four digits', input: 'HTTP/1.1 2000 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status below 100', input: 'HTTP/1.1 099 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status of 600', input: 'HTTP/1.1 600 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status of 999', input: 'HTTP/1.1 999 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status with a sign', input: 'HTTP/1.1 +20 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status with a letter', input: 'HTTP/1.1 2x0 OK\r\n\r\n', code: 'status-bad' },
  { name: 'an empty status', input: 'HTTP/1.1 \r\n\r\n', code: 'status-bad' },
  { name: 'a tab after the status', input: 'HTTP/1.1 200\tOK\r\n\r\n', code: 'status-bad' },
  { name: 'LF alone after the status', input: 'HTTP/1.1 200\n\n', code: 'status-bad' },
  // Reason.
  { name: 'NUL in the reason', input: 'HTTP/1.1 200 O\0K\r\n\r\n', code: 'reason-bad' },
  { name: 'ESC in the reason', input: 'HTTP/1.1 200 \x1b[2J\r\n\r\n', code: 'reason-bad' },
  { name: 'DEL in the reason', input: 'HTTP/1.1 200 \x7f\r\n\r\n', code: 'reason-bad' },
  { name: 'LF alone after the reason', input: 'HTTP/1.1 200 OK\nX: y\r\n\r\n', code: 'bare-lf' },
  { name: 'CR alone in the reason', input: 'HTTP/1.1 200 O\rK\r\n\r\n', code: 'bare-cr' },
  { name: 'CR alone after the status', input: 'HTTP/1.1 200\rX: y\r\n\r\n', code: 'bare-cr' },
  // Fields and framing: one of each kind, the rest is in the tests of those files.
  { name: 'obs-fold', input: fields('X: y\r\n z\r\n'), code: 'obs-fold' },
  { name: 'obs-fold right after the status line', input: fields(' X: y\r\n'), code: 'obs-fold' },
  { name: 'a space before the colon', input: fields('X : y\r\n'), code: 'space-before-colon' },
  { name: 'a header without a name', input: fields(': y\r\n'), code: 'header-name-empty' },
  { name: 'a header with a bad name', input: fields('X\0: y\r\n'), code: 'header-name-bad' },
  { name: 'a header with a bad value', input: fields('X: \0\r\n'), code: 'header-value-bad' },
  { name: 'LF alone in the fields', input: fields('X: y\nZ: y\r\n'), code: 'bare-lf' },
  {
    name: 'two lengths',
    input: fields('Content-Length: 1\r\nContent-Length: 1\r\n'),
    code: 'content-length-differs',
  },
  { name: 'a bad length', input: fields('Content-Length: +1\r\n'), code: 'content-length-bad' },
  {
    name: 'a length and an encoding',
    input: fields('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
    code: 'length-and-encoding',
  },
  {
    name: 'another encoding',
    input: fields('Transfer-Encoding: gzip, chunked\r\n'),
    code: 'transfer-encoding-bad',
  },
  {
    name: 'an encoding in HTTP/1.0',
    input: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    code: 'transfer-encoding-http10',
  },
  {
    name: 'a Connection that is no list of tokens',
    input: fields('Connection: "a"\r\n'),
    code: 'connection-bad',
  },
  {
    name: 'one field too many',
    input: fields('X: y\r\n'.repeat(LIMITS.headerCount + 1)),
    code: 'too-many-headers',
  },
  {
    name: 'a reason that never ends',
    input: `HTTP/1.1 200 ${'a'.repeat(LIMITS.headBytes)}`,
    code: 'head-too-large',
  },
];
for (const { name, input, code } of REFUSED) {
  const check = input.length > 1000 ? outcomeWhole : outcome; // Cutting a long one everywhere takes too long.
  test(`ResponseHead refuses ${name} with ${code}`, () => assert.equal(check(input), code));
}

const LINE = 'HTTP/1.1 200 OK\r\n';
for (const input of [
  ...Array.from({ length: LINE.length - 1 }, (_, index) => LINE.slice(0, index + 1)),
  LINE,
]) {
  test(`ResponseHead asks for more after ${JSON.stringify(input)}`, () =>
    assert.equal(outcome(input), 'need'));
}

test('ResponseHead takes a head at its bound in bytes and refuses one byte more', () => {
  const filled = (length: number): string =>
    fields(`X: ${'y'.repeat(length - fields('X: \r\n').length)}\r\n`);
  assert.equal(outcomeWhole(filled(LIMITS.headBytes)), 'ok');
  const longer = filled(LIMITS.headBytes + 1);
  for (const cut of [1, LIMITS.headBytes - 1, LIMITS.headBytes]) {
    for (const text of [longer, `${longer.slice(0, -1)}\0`]) {
      assert.equal(describe(eventsOf(responseStream(), latin1(text), [cut])), 'head-too-large');
    }
  }
});

test('each of the 256 bytes at each place of the status line', () => {
  const at = (index: number, byte: string): string =>
    outcomeWhole(`${LINE.slice(0, index)}${byte}${LINE.slice(index + 1)}\r\n`);
  for (let code = 0; code < 256; code++) {
    const byte = String.fromCharCode(code);
    const where = `byte 0x${code.toString(16)}`;
    for (let index = 0; index < 9; index++) {
      const isRight = byte === LINE[index] || (index === 7 && byte === '0');
      assert.equal(at(index, byte), isRight ? 'ok' : 'version-bad', `${where} at ${index}`);
    }
    assert.equal(at(9, byte), /[1-5]/.test(byte) ? 'ok' : 'status-bad', `${where} first in the status`);
    assert.equal(at(10, byte), /[0-9]/.test(byte) ? 'ok' : 'status-bad', `${where} second in the status`);
    assert.equal(at(11, byte), /[0-9]/.test(byte) ? 'ok' : 'status-bad', `${where} third in the status`);
    const after = byte === ' ' ? 'ok' : byte === '\r' ? 'bare-cr' : 'status-bad';
    assert.equal(at(12, byte), after, `${where} after the status`);
    const isReason = /[\t\x20-\x7e\x80-\xff]/.test(byte);
    const reason = isReason ? 'ok' : byte === '\n' ? 'bare-lf' : byte === '\r' ? 'bare-cr' : 'reason-bad';
    assert.equal(at(13, byte), reason, `${where} in the reason`);
    assert.equal(at(16, byte), byte === '\n' ? 'ok' : 'bare-cr', `${where} after CR`);
  }
});

test('every status from 000 to 999 is read as itself or refused', () => {
  for (let status = 0; status < 1000; status++) {
    const text = `HTTP/1.1 ${String(status).padStart(3, '0')} x\r\n\r\n`;
    const isRead = status >= 100 && status <= 599;
    assert.equal(outcomeWhole(text), isRead ? 'ok' : 'status-bad');
    if (isRead) assert.equal(readHead(text).status, status);
  }
});

const MIXED: readonly string[] = [
  ...ACCEPTED.map((row) => row.input),
  ...REFUSED.map((row) => row.input),
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.0 204 x\r\nConnection: keep-alive\r\n\r\nHTTP/1.1 500',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\0',
];

test('a head that is used again for any sequence of responses reads each as a new head does', () => {
  const random = seededRandom(2);
  const used = responseReaders();
  for (let round = 0; round < 3000; round++) {
    const text = MIXED[random(MIXED.length)]!; // random() is below the length.
    const cuts = [1 + random(text.length), 1 + random(text.length)].sort((a, b) => a - b);
    const again = eventsOf(responseStream(used), latin1(text), cuts);
    assert.deepEqual(again, eventsOf(responseStream(), latin1(text), cuts), JSON.stringify(text));
  }
});

test('a head says nothing of the response before once it is restarted', () => {
  const { head } = responseReaders();
  head.restart();
  const fresh = describeResponse(head);
  for (const text of MIXED) {
    head.read(latin1(text), 0, text.length);
    head.restart();
    assert.equal(describeResponse(head), fresh, JSON.stringify(text));
  }
});

test('responses in a row on one connection are read in order', () => {
  const text =
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab' +
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 x\r\n\r\nuntil the end';
  const events = assertSameWhenSplit(responseStream, latin1(text), 200);
  assert.deepEqual(
    events.filter((event) => event.startsWith('head')).map((event) => /"status":(\d+)/.exec(event)?.[1]),
    ['103', '200', '304', '404'],
  );
  assert.deepEqual(events.slice(-2), ['cut in body "until the end" remaining=-3', `end ${text.length}`]);
});
