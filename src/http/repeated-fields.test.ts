/** A head that remembers the fields of the message before reads every next message as a new head does. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { describeRequest, describeResponse, LIMITS } from '../../test/support/split.ts';
import { READ_BAD, READ_OK } from './field-section.ts';
import { RequestHead } from './request-head.ts';
import { ResponseHead } from './response-head.ts';

const REQUEST_LINES = [
  'GET / HTTP/1.1\r\n',
  'POST /a/longer/one?with=a&query HTTP/1.1\r\n',
  '\r\nGET /after-an-empty-line HTTP/1.1\r\n',
  'GET http://a/absolute HTTP/1.1\r\n',
  'GET http://b/other-host HTTP/1.1\r\n',
  'CONNECT a:80 HTTP/1.1\r\n',
  'CONNECT a HTTP/1.1\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  'GET * HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'GET / HTTP/1.2\r\n',
  'GET /# HTTP/1.1\r\n',
  `GET /${'x'.repeat(LIMITS.targetBytes)} HTTP/1.1\r\n`,
];
const STATUS_LINES = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 404 Not Found\r\n',
  'HTTP/1.0 200\r\n',
  'HTTP/1.1 99\r\n',
];

/** Sections that are alike: of one length, one the beginning of another, with other meanings, or refused. */
const SECTIONS = [
  'Host: a\r\nX-A: 1\r\n\r\n',
  'Host: a\r\nX-A: 2\r\n\r\n',
  'Host: a\r\nX_A: 1\r\n\r\n',
  'Host: b\r\nX-A: 1\r\n\r\n',
  'Host: /\r\nX-A: 1\r\n\r\n',
  'Host: a\r\nX-A: \0\r\n\r\n',
  'Host: a\r\nX-A: 1\n\r\n\n',
  'Host: a\r\nX-A: 1\r\nX-B: 2\r\n\r\n',
  'Host: a\r\nX-A: 1\r\n\r',
  'Host: a\r\n\r\n',
  'X-A: 1\r\nHost: a\r\n\r\n',
  'Host: a\r\nHost: a\r\n\r\n',
  'Host: a\r\nContent-Length: 3\r\n\r\n',
  'Host: a\r\nContent-Length: 4\r\n\r\n',
  'Host: a\r\nTransfer-Encoding: chunked\r\n\r\n',
  'Host: a\r\nConnection: close\r\n\r\n',
  'Host: a\r\nConnection: x b\r\n\r\n',
  'Host: a\r\nExpect: 100-continue\r\n\r\n',
  'Host: a\r\nExpect: 200-continue\r\n\r\n',
  `Host: a\r\nX: ${'long '.repeat(1000)}\r\n\r\n`,
  '\r\n',
];

/** What a head says of a message: all of it, or why it was refused. Bytes of the next message follow it. */
function outcome<H extends RequestHead | ResponseHead>(
  head: H,
  text: string,
  describe: (head: H) => string,
): string {
  head.restart();
  const bytes = Buffer.from(`?${text}Host: a\r\n\r\n`, 'latin1');
  const state = head.read(bytes, 1, 1 + text.length);
  if (state === READ_BAD) return head.refusal;
  return state === READ_OK ? describe(head) : `needs more after ${head.length}`;
}

for (const first of SECTIONS) {
  const name = JSON.stringify(first.length > 60 ? first.slice(0, 30) : first);
  test(`after the fields ${name} any request is read as by a new head`, () => {
    let ran = 0;
    for (const section of SECTIONS) {
      for (const line of REQUEST_LINES) {
        const used = new RequestHead(LIMITS);
        outcome(used, `GET /first HTTP/1.1\r\n${first}`, describeRequest);
        const text = line + section;
        const fresh = outcome(new RequestHead(LIMITS), text, describeRequest);
        // Twice, so that what was remembered of the second is used as well.
        assert.equal(outcome(used, text, describeRequest), fresh, JSON.stringify(text));
        assert.equal(outcome(used, text, describeRequest), fresh, JSON.stringify(text));
        ran++;
      }
    }
    assert.equal(ran, SECTIONS.length * REQUEST_LINES.length);
  });

  test(`after the fields ${name} any response is read as by a new head`, () => {
    for (const section of SECTIONS) {
      for (const line of STATUS_LINES) {
        const used = new ResponseHead(LIMITS);
        outcome(used, `HTTP/1.1 200 OK\r\n${first}`, describeResponse);
        const fresh = outcome(new ResponseHead(LIMITS), line + section, describeResponse);
        assert.equal(outcome(used, line + section, describeResponse), fresh, JSON.stringify(line + section));
        assert.equal(outcome(used, line + section, describeResponse), fresh, JSON.stringify(line + section));
      }
    }
  });
}

test('a head with remembered fields is bounded as a new one is', () => {
  const section = 'Host: a\r\nX-A: 1\r\n\r\n';
  const limits = { headBytes: 60, targetBytes: 50, headerCount: 5 };
  for (let length = 1; length <= 60; length++) {
    const used = new RequestHead(limits);
    outcome(used, `GET / HTTP/1.1\r\n${section}`, describeRequest);
    const text = `GET /${'x'.repeat(length)} HTTP/1.1\r\n${section}`;
    assert.equal(
      outcome(used, text, describeRequest),
      outcome(new RequestHead(limits), text, describeRequest),
      `a target of ${length + 1} bytes`,
    );
  }
});

test('a head that repeats its fields in pieces is read as in one, wherever it is cut', () => {
  const section = 'Host: a\r\nContent-Length: 3\r\nX-A: 1\r\n\r\n';
  const bytes = Buffer.from(`PUT /second HTTP/1.1\r\n${section}abc`, 'latin1');
  const end = bytes.length - 3;
  const fresh = new RequestHead(LIMITS);
  fresh.restart();
  assert.equal(fresh.read(bytes, 0, bytes.length), READ_OK);
  for (let cut = 1; cut < end; cut++) {
    const used = new RequestHead(LIMITS);
    outcome(used, `GET / HTTP/1.1\r\n${section}`, describeRequest);
    used.restart();
    used.read(bytes, 0, cut);
    assert.equal(used.read(bytes, 0, bytes.length), READ_OK);
    assert.equal(describeRequest(used), describeRequest(fresh), `cut at ${cut}`);
  }
});

test('what was remembered is the section alone, and long ones are not', () => {
  const head = new RequestHead({ ...LIMITS, headBytes: 10_000 });
  const section = `Host: a\r\nX-A: ${'1'.repeat(4096 - 18)}\r\n\r\n`;
  assert.equal(section.length, 4096);
  outcome(head, `GET / HTTP/1.1\r\n${section}`, describeRequest);
  assert.equal(head.remembered, section);
  outcome(head, `GET / HTTP/1.1\r\nX-B: 1\r\n${section}`, describeRequest);
  assert.equal(head.remembered, '');
});
