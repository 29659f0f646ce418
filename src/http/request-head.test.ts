import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/random.ts';
import {
  assertSameWhenSplit,
  describeRequest,
  eventsOf,
  LIMITS,
  refusalOf,
  requestReaders,
  requestStream,
} from '../../test/support/split.ts';
import { READ_BAD, READ_NEED, READ_OK } from './field-section.ts';
import * as known from './known-headers.ts';
import { RequestHead } from './request-head.ts';
import { FORM_ABSOLUTE, FORM_ASTERISK, FORM_AUTHORITY, FORM_ORIGIN } from './target.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A head read in one piece. */
function readHead(text: string): RequestHead {
  const head = new RequestHead(LIMITS);
  head.restart();
  const state = head.read(latin1(text), 0, text.length);
  assert.equal(state, READ_OK, state === READ_BAD ? head.refusal : 'needs more');
  return head;
}

/** The refusal code, or 'ok', or 'need', the same however the text is cut. */
function outcome(text: string): string {
  return describe(assertSameWhenSplit(requestStream, latin1(text), 5));
}

/** The same without cutting: for loops over many bytes. */
function outcomeWhole(text: string): string {
  return describe(eventsOf(requestStream(), latin1(text)));
}

function describe(events: readonly string[]): string {
  if (events.some((event) => event.startsWith('cut in head'))) return 'need';
  return refusalOf(events) ?? 'ok';
}

const REST = ' HTTP/1.1\r\nHost: a\r\n\r\n';
const fields = (lines: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const hosted = (line: string, host: string): string => `${line}\r\nHost: ${host}\r\n\r\n`;

test('RequestHead reads every part of a plain request', () => {
  const text = 'GET /a?b=c HTTP/1.1\r\nHost: Example.com:8080\r\nAccept: */*\r\nX: 1\r\nx: 2\r\n\r\n';
  const head = readHead(`${text}rest`);
  assert.equal(head.method, 'GET');
  assert.equal(head.target, '/a?b=c');
  assert.equal(head.version, 'HTTP/1.1');
  assert.equal(head.form, FORM_ORIGIN);
  assert.equal(head.host, 'Example.com:8080');
  assert.equal(head.bodyLength, -1);
  assert.equal(head.connection, 0);
  assert.equal(head.expectsContinue, false);
  assert.equal(head.hasUnknownExpect, false);
  assert.equal(head.length, text.length);
  assert.equal(head.text, text);
  assert.equal(head.lineStart, 0);
  assert.equal(head.fields.count, 4);
  assert.equal(head.value(known.HOST), 'Example.com:8080');
  assert.equal(head.value(known.COOKIE), '');
});

const LONG_TARGET = `/${'a'.repeat(LIMITS.targetBytes - 1)}`;
const LONG_METHOD = 'M'.repeat(32);

/** Near misses of the refusals below: all of these must be read. */
const ACCEPTED: readonly { name: string; input: string }[] = [
  { name: 'the shortest request of HTTP/1.1', input: `GET /${REST}` },
  { name: 'the shortest request of HTTP/1.0', input: 'GET / HTTP/1.0\r\n\r\n' },
  { name: 'one empty line before the request', input: `\r\nGET /${REST}` },
  { name: 'an unknown method', input: `BREW /${REST}` },
  { name: 'a method in lower case, which is another method', input: `get /${REST}` },
  { name: 'a method of special token characters', input: `!#$%&'*+-.^_\`|~ /${REST}` },
  { name: 'a method of 32 bytes', input: `${LONG_METHOD} /${REST}` },
  { name: 'a target at its bound', input: `GET ${LONG_TARGET}${REST}` },
  { name: 'a target of unescaped delimiters', input: `GET /"<>\\^\`{|}${REST}` },
  { name: 'a target of bytes from 0x80 up', input: `GET /\x80\xa0\xff${REST}` },
  { name: 'a target of two slashes', input: `GET //a/b${REST}` },
  { name: 'a target of an escaped fragment', input: `GET /%23a${REST}` },
  { name: 'OPTIONS *', input: `OPTIONS *${REST}` },
  { name: 'an absolute target', input: `GET http://a/b${REST}` },
  { name: 'an absolute target without a path', input: `GET http://a${REST}` },
  { name: 'an absolute target with a query only', input: `GET http://a?b${REST}` },
  { name: 'an absolute target in upper case', input: `GET HTTP://A/b${REST}` },
  { name: 'an absolute target with the default port', input: `GET http://a:80/b${REST}` },
  { name: 'an absolute target of https with its default port', input: `GET https://a:443/b${REST}` },
  { name: 'an absolute target of HTTP/1.0 without Host', input: 'GET http://a/ HTTP/1.0\r\n\r\n' },
  { name: 'CONNECT with a port', input: hosted('CONNECT a:443 HTTP/1.1', 'a:443') },
  { name: 'CONNECT with a Host without the default port', input: hosted('CONNECT a:443 HTTP/1.1', 'a') },
  { name: 'CONNECT to an IPv6 address', input: hosted('CONNECT [::1]:443 HTTP/1.1', '[::1]:443') },
  { name: 'connect in lower case as any other method', input: `connect /a${REST}` },
  { name: 'a Host with a port', input: hosted('GET / HTTP/1.1', 'a:65535') },
  { name: 'a Host with an empty port', input: hosted('GET / HTTP/1.1', 'a:') },
  { name: 'a Host that is an IPv6 address', input: hosted('GET / HTTP/1.1', '[2001:db8::1]:80') },
  { name: 'a Host with an underscore', input: hosted('GET / HTTP/1.1', 'a_b.c') },
  { name: 'white space around the Host', input: 'GET / HTTP/1.1\r\nHost:\t a \t\r\n\r\n' },
  { name: 'HOST in upper case', input: 'GET / HTTP/1.1\r\nHOST: a\r\n\r\n' },
  { name: 'a header whose name begins with Host', input: fields('Hosts: b\r\n') },
  { name: 'as many fields as are allowed', input: fields('X: y\r\n'.repeat(LIMITS.headerCount - 1)) },
];

for (const { name, input } of ACCEPTED) {
  test(`RequestHead takes ${name}`, () => assert.equal(outcome(input), 'ok'));
}

const REFUSED: readonly { name: string; input: string; code: string }[] = [
  // Start of the message.
  { name: 'two empty lines before the request', input: `\r\n\r\nGET /${REST}`, code: 'method-bad' },
  { name: 'LF alone before the request', input: `\nGET /${REST}`, code: 'bare-lf' },
  { name: 'LF alone after an empty line', input: `\r\n\nGET /${REST}`, code: 'bare-lf' },
  { name: 'CR alone before the request', input: `\rGET /${REST}`, code: 'bare-cr' },
  { name: 'a space before the method', input: ` GET /${REST}`, code: 'method-bad' },
  { name: 'NUL before the method', input: `\0GET /${REST}`, code: 'method-bad' },
  // Method.
  { name: 'the first byte of TLS', input: '\x16\x03\x01\x02\x00\x01\x00', code: 'method-bad' },
  { name: 'a method of 33 bytes', input: `${LONG_METHOD}M /${REST}`, code: 'method-bad' },
  { name: 'a method without end', input: 'M'.repeat(100), code: 'method-bad' },
  { name: 'a method with a colon', input: `GET: /${REST}`, code: 'method-bad' },
  { name: 'a method that is quoted', input: `"GET" /${REST}`, code: 'method-bad' },
  { name: 'a tab after the method', input: `GET\t/${REST}`, code: 'method-bad' },
  { name: 'CR LF after the method', input: 'GET\r\n\r\n', code: 'method-bad' },
  { name: 'LF after the method', input: 'GET\n\n', code: 'bare-lf' },
  // Target.
  { name: 'two spaces after the method', input: `GET  /${REST}`, code: 'target-bad' },
  { name: 'a tab in the target', input: `GET /\ta${REST}`, code: 'target-bad' },
  { name: 'NUL in the target', input: `GET /\0${REST}`, code: 'target-bad' },
  { name: 'DEL in the target', input: `GET /\x7f${REST}`, code: 'target-bad' },
  { name: 'a fragment', input: `GET /a#b${REST}`, code: 'target-bad' },
  { name: 'an empty fragment', input: `GET /a#${REST}`, code: 'target-bad' },
  { name: 'a target that begins with nothing known', input: `GET a${REST}`, code: 'target-bad' },
  { name: 'a target that is a query', input: `GET ?a${REST}`, code: 'target-bad' },
  { name: 'a target that begins with a backslash', input: `GET \\a${REST}`, code: 'target-bad' },
  { name: 'GET *', input: `GET *${REST}`, code: 'target-bad' },
  { name: 'OPTIONS **', input: `OPTIONS **${REST}`, code: 'target-bad' },
  { name: 'an absolute target of another scheme', input: `GET ftp://a/${REST}`, code: 'target-bad' },
  { name: 'an absolute target without authority', input: `GET http:///a${REST}`, code: 'target-bad' },
  { name: 'an absolute target with one slash', input: `GET http:/a${REST}`, code: 'target-bad' },
  { name: 'an absolute target with userinfo', input: `GET http://b@a/${REST}`, code: 'target-bad' },
  { name: 'an absolute target with a backslash', input: `GET http://a\\@b/${REST}`, code: 'target-bad' },
  { name: 'an absolute target with a bad port', input: `GET http://a:b/${REST}`, code: 'target-bad' },
  { name: 'a host and port without CONNECT', input: `GET a:443${REST}`, code: 'target-bad' },
  { name: 'CONNECT without a port', input: hosted('CONNECT a HTTP/1.1', 'a'), code: 'target-bad' },
  { name: 'CONNECT with an empty port', input: hosted('CONNECT a: HTTP/1.1', 'a'), code: 'target-bad' },
  { name: 'CONNECT with a path', input: hosted('CONNECT /a HTTP/1.1', 'a'), code: 'target-bad' },
  {
    name: 'CONNECT with a path after the port',
    input: hosted('CONNECT a:443/ HTTP/1.1', 'a'),
    code: 'target-bad',
  },
  {
    name: 'CONNECT with an absolute target',
    input: hosted('CONNECT http://a/ HTTP/1.1', 'a'),
    code: 'target-bad',
  },
  { name: 'a target one byte over its bound', input: `GET ${LONG_TARGET}a${REST}`, code: 'target-too-long' },
  { name: 'a target without end', input: `GET ${LONG_TARGET.repeat(3)}`, code: 'target-too-long' },
  // Version.
  { name: 'a request of HTTP/0.9', input: 'GET /\r\n', code: 'version-bad' },
  { name: 'LF alone after the target', input: 'GET /\n', code: 'bare-lf' },
  { name: 'two spaces before the version', input: `GET / ${REST}`, code: 'version-bad' },
  { name: 'a word between target and version', input: `GET / a${REST}`, code: 'version-bad' },
  { name: 'no version after the space', input: 'GET / \r\nHost: a\r\n\r\n', code: 'version-bad' },
  { name: 'a version in lower case', input: hosted('GET / http/1.1', 'a'), code: 'version-bad' },
  { name: 'a version without a dot', input: hosted('GET / HTTP/1', 'a'), code: 'version-bad' },
  { name: 'a comma for the dot', input: hosted('GET / HTTP/1,1', 'a'), code: 'version-bad' },
  { name: 'a version with two minor digits', input: hosted('GET / HTTP/1.10', 'a'), code: 'version-bad' },
  { name: 'a minor version that is no digit', input: hosted('GET / HTTP/1.x', 'a'), code: 'version-bad' },
  { name: 'a space after the version', input: hosted('GET / HTTP/1.1 ', 'a'), code: 'version-bad' },
  { name: 'a space within the version', input: hosted('GET / HTTP/ 1.1', 'a'), code: 'version-bad' },
  { name: 'another protocol', input: hosted('GET / RTSP/1.0', 'a'), code: 'version-bad' },
  { name: 'LF alone after the version', input: 'GET / HTTP/1.1\nHost: a\r\n\r\n', code: 'bare-lf' },
  { name: 'LF within the version', input: 'GET / HTTP\n/1.1\r\n', code: 'bare-lf' },
  { name: 'CR alone after the version', input: 'GET / HTTP/1.1\rHost: a\r\n\r\n', code: 'bare-cr' },
  { name: 'HTTP/1.2', input: hosted('GET / HTTP/1.2', 'a'), code: 'version-unsupported' },
  { name: 'HTTP/2.0', input: hosted('GET / HTTP/2.0', 'a'), code: 'version-unsupported' },
  { name: 'HTTP/0.9 written out', input: hosted('GET / HTTP/0.9', 'a'), code: 'version-unsupported' },
  { name: 'the preface of HTTP/2', input: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', code: 'version-unsupported' },
  // Host.
  { name: 'HTTP/1.1 without Host', input: 'GET / HTTP/1.1\r\nX: y\r\n\r\n', code: 'host-missing' },
  { name: 'no field at all', input: 'GET / HTTP/1.1\r\n\r\n', code: 'host-missing' },
  { name: 'an absolute target without Host', input: 'GET http://a/ HTTP/1.1\r\n\r\n', code: 'host-missing' },
  { name: 'two Hosts that differ', input: fields('Host: b\r\n'), code: 'host-duplicate' },
  { name: 'two Hosts that are the same', input: fields('host: a\r\n'), code: 'host-duplicate' },
  {
    name: 'two Hosts in HTTP/1.0',
    input: 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n',
    code: 'host-duplicate',
  },
  { name: 'an empty Host', input: 'GET / HTTP/1.1\r\nHost:\r\n\r\n', code: 'host-bad' },
  { name: 'an empty Host in HTTP/1.0', input: 'GET / HTTP/1.0\r\nHost: \r\n\r\n', code: 'host-bad' },
  { name: 'a Host of a list', input: hosted('GET / HTTP/1.1', 'a, b'), code: 'host-bad' },
  { name: 'a Host with a comma', input: hosted('GET / HTTP/1.1', 'a,b'), code: 'host-bad' },
  { name: 'a Host with userinfo', input: hosted('GET / HTTP/1.1', 'b@a'), code: 'host-bad' },
  { name: 'a Host with a space', input: hosted('GET / HTTP/1.1', 'a b'), code: 'host-bad' },
  { name: 'a Host with a tab', input: hosted('GET / HTTP/1.1', 'a\tb'), code: 'host-bad' },
  { name: 'a Host with a path', input: hosted('GET / HTTP/1.1', 'a/b'), code: 'host-bad' },
  { name: 'a Host with a query', input: hosted('GET / HTTP/1.1', 'a?b'), code: 'host-bad' },
  { name: 'a Host with a fragment', input: hosted('GET / HTTP/1.1', 'a#b'), code: 'host-bad' },
  { name: 'a Host with a scheme', input: hosted('GET / HTTP/1.1', 'http://a'), code: 'host-bad' },
  { name: 'a Host with a percent sign', input: hosted('GET / HTTP/1.1', 'a%2eb'), code: 'host-bad' },
  { name: 'a Host with a backslash', input: hosted('GET / HTTP/1.1', 'a\\b'), code: 'host-bad' },
  { name: 'a Host with a byte from 0x80 up', input: hosted('GET / HTTP/1.1', 'a\xe9'), code: 'host-bad' },
  { name: 'a Host with two ports', input: hosted('GET / HTTP/1.1', 'a:80:81'), code: 'host-bad' },
  { name: 'a Host that is a port', input: hosted('GET / HTTP/1.1', ':80'), code: 'host-bad' },
  { name: 'NUL in the Host', input: hosted('GET / HTTP/1.1', 'a\0b'), code: 'header-value-bad' },
  { name: 'another host in the target', input: `GET http://b/${REST}`, code: 'host-differs' },
  { name: 'another port in the target', input: `GET http://a:81/${REST}`, code: 'host-differs' },
  { name: 'the default port of https for http', input: `GET http://a:443/${REST}`, code: 'host-differs' },
  { name: 'a final dot in the target only', input: `GET http://a./${REST}`, code: 'host-differs' },
  { name: 'another host in CONNECT', input: hosted('CONNECT b:443 HTTP/1.1', 'a:443'), code: 'host-differs' },
  { name: 'another port in CONNECT', input: hosted('CONNECT a:8443 HTTP/1.1', 'a'), code: 'host-differs' },
  { name: 'another host in HTTP/1.0', input: hosted('GET http://b/ HTTP/1.0', 'a'), code: 'host-differs' },
  // Fields, one of each kind: the rest is in field-section.test.ts.
  {
    name: 'obs-fold right after the request line',
    input: 'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
    code: 'obs-fold',
  },
  { name: 'obs-fold of the Host', input: 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', code: 'obs-fold' },
  {
    name: 'a space before the colon of Host',
    input: 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
    code: 'space-before-colon',
  },
  { name: 'a header without a name', input: fields(': b\r\n'), code: 'header-name-empty' },
  { name: 'a header with a bad name', input: fields('X(: b\r\n'), code: 'header-name-bad' },
  { name: 'a header with a bad value', input: fields('X: \x1b\r\n'), code: 'header-value-bad' },
  { name: 'LF alone in the fields', input: fields('X: y\nY: z\r\n'), code: 'bare-lf' },
  { name: 'CR alone in the fields', input: fields('X: y\rY: z\r\n'), code: 'bare-cr' },
  {
    name: 'one field too many',
    input: fields('X: y\r\n'.repeat(LIMITS.headerCount)),
    code: 'too-many-headers',
  },
  {
    name: 'a Connection that is no list of tokens',
    input: fields('Connection: a b\r\n'),
    code: 'connection-bad',
  },
];

for (const { name, input, code } of REFUSED) {
  test(`RequestHead refuses ${name} with ${code}`, () => assert.equal(outcome(input), code));
}

const CUT: readonly string[] = ['G', 'GET', 'GET ', 'GET /', 'GET / ', 'GET / HTT', 'GET / HTTP/1.1\r'];
for (const input of [
  ...CUT,
  'GET / HTTP/1.1\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n',
  `GET /${REST}`.slice(0, -1),
]) {
  test(`RequestHead asks for more after ${JSON.stringify(input)}`, () =>
    assert.equal(outcome(input), 'need'));
}

test('RequestHead has begun with the first byte of the request line, not with an empty line before it', () => {
  for (const input of ['\r', '\r\n']) assert.equal(outcome(input), 'ok', JSON.stringify(input));
  assert.equal(outcome('\r\nG'), 'need');
});

test('RequestHead takes a head at its bound in bytes and refuses one byte more, however it is cut', () => {
  const empty = fields(`X: \r\n`);
  const filled = (length: number): string => fields(`X: ${'y'.repeat(length - empty.length)}\r\n`);
  assert.equal(outcomeWhole(filled(LIMITS.headBytes)), 'ok');
  assert.equal(outcomeWhole(filled(LIMITS.headBytes + 1)), 'head-too-large');
  assert.equal(outcomeWhole(filled(LIMITS.headBytes + 1).slice(0, LIMITS.headBytes)), 'head-too-large');
  assert.equal(outcomeWhole(filled(LIMITS.headBytes + 1).slice(0, LIMITS.headBytes - 1)), 'need');
  // A fault beyond the bound is not looked for, so that the answer is one.
  const text = `${filled(LIMITS.headBytes + 1).slice(0, -1)}\0`;
  for (const cut of [1, LIMITS.headBytes - 1, LIMITS.headBytes, LIMITS.headBytes + 1]) {
    assert.equal(describe(eventsOf(requestStream(), latin1(text), [cut])), 'head-too-large');
  }
  const small = { ...LIMITS, headBytes: 10 };
  const head = new RequestHead(small);
  head.restart();
  assert.equal(head.read(latin1('GET /aaaaa'), 0, 9), READ_NEED);
  assert.equal(head.read(latin1('GET /aaaaa'), 0, 10), READ_BAD);
  assert.equal(head.refusal, 'head-too-large');
});

const FORMS: readonly { input: string; form: number; host: string; target: string }[] = [
  { input: hosted('GET /a HTTP/1.1', 'h'), form: FORM_ORIGIN, host: 'h', target: '/a' },
  {
    input: hosted('GET http://H:80/a HTTP/1.1', 'h'),
    form: FORM_ABSOLUTE,
    host: 'H:80',
    target: 'http://H:80/a',
  },
  { input: 'GET https://h HTTP/1.0\r\n\r\n', form: FORM_ABSOLUTE, host: 'h', target: 'https://h' },
  { input: 'GET / HTTP/1.0\r\n\r\n', form: FORM_ORIGIN, host: '', target: '/' },
  { input: hosted('OPTIONS * HTTP/1.1', 'h:1'), form: FORM_ASTERISK, host: 'h:1', target: '*' },
  { input: hosted('CONNECT h:443 HTTP/1.1', 'h'), form: FORM_AUTHORITY, host: 'h:443', target: 'h:443' },
];
for (const { input, form, host, target } of FORMS) {
  test(`RequestHead tells form and host of ${JSON.stringify(input.slice(0, input.indexOf('\r')))}`, () => {
    const head = readHead(input);
    assert.deepEqual([head.form, head.host, head.target], [form, host, target]);
  });
}

const EXPECTS: readonly { lines: string; version?: string; expects: boolean; isUnknown: boolean }[] = [
  { lines: 'Expect: 100-continue\r\n', expects: true, isUnknown: false },
  { lines: 'expect: 100-Continue\r\n', expects: true, isUnknown: false },
  { lines: 'Expect: 100-continue\r\n', version: '1.0', expects: false, isUnknown: false },
  { lines: 'Expect: 100-continue\r\nExpect: 100-continue\r\n', expects: true, isUnknown: true },
  { lines: 'Expect: 100-continue, x\r\n', expects: false, isUnknown: true },
  { lines: 'Expect: 200-ok\r\n', expects: false, isUnknown: true },
  { lines: 'Expect:\r\n', expects: false, isUnknown: true },
  { lines: 'X-Expect: 100-continue\r\n', expects: false, isUnknown: false },
];
for (const { lines, version = '1.1', expects, isUnknown } of EXPECTS) {
  test(`RequestHead reads ${JSON.stringify(lines)} in HTTP/${version}`, () => {
    const head = readHead(`PUT / HTTP/${version}\r\nHost: a\r\n${lines}\r\n`);
    assert.deepEqual([head.expectsContinue, head.hasUnknownExpect], [expects, isUnknown]);
  });
}

test('an empty line before the request is no part of what is forwarded', () => {
  const head = readHead(`\r\nGET /a${REST}`);
  assert.equal(head.lineStart, 2);
  assert.equal(head.text.slice(head.lineStart), `GET /a${REST}`);
  assert.equal(head.target, '/a');
  assert.equal(head.length, head.text.length);
});

test('registered methods are read as themselves, and no prefix or extension of one as it', () => {
  for (const method of ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
    for (const name of [method, method.slice(0, -1), `${method}X`, method.toLowerCase()]) {
      assert.equal(readHead(`${name} /${REST}`).method, name);
    }
  }
});

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;

const NAME_BYTE = /[0-9A-Za-z\-._~!$&'()*+;=]/;
const VISIBLE = /[\x21-\x7e\x80-\xff]/;
const FIELD_BYTE = /[\t\x20-\x7e\x80-\xff]/;

/** Calls `check` with each byte and a name for it. */
function forEachByte(check: (byte: string, where: string) => void): void {
  for (let code = 0; code < 256; code++) check(String.fromCharCode(code), `byte 0x${code.toString(16)}`);
}

test('each of the 256 bytes at each place of the method', () => {
  forEachByte((byte, where) => {
    const other = byte === '\n' ? 'bare-lf' : 'method-bad';
    const isToken = TOKEN.test(byte);
    const first = isToken ? 'ok' : byte === '\r' ? 'bare-cr' : other;
    assert.equal(outcomeWhole(`${byte}ET /${REST}`), first, `${where} first`);
    const within = isToken ? 'ok' : byte === ' ' ? 'version-bad' : other;
    assert.equal(outcomeWhole(`G${byte}T /${REST}`), within, `${where} within`);
    assert.equal(outcomeWhole(`GET${byte}/${REST}`), byte === ' ' ? 'ok' : other, `${where} after`);
  });
});

test('each of the 256 bytes at each place of the target', () => {
  forEachByte((byte, where) => {
    const other = byte === '\n' ? 'bare-lf' : byte === '\r' ? 'version-bad' : 'target-bad';
    assert.equal(outcomeWhole(`GET ${byte}${REST}`), byte === '/' ? 'ok' : other, `${where} first`);
    const isTarget = VISIBLE.test(byte) && byte !== '#';
    const within = isTarget ? 'ok' : byte === ' ' ? 'version-bad' : other;
    assert.equal(outcomeWhole(`GET /${byte}a${REST}`), within, `${where} within`);
    const after = byte === ' ' ? 'ok' : isTarget ? 'version-bad' : other;
    assert.equal(outcomeWhole(`GET /${byte}${REST.slice(1)}`), after, `${where} after`);
  });
});

test('each of the 256 bytes at each place of the version and of the end of the line', () => {
  const line = 'GET / HTTP/1.1\r\n';
  const allowed = ['H', 'T', 'T', 'P', '/', '1', '.', '01', '\r', '\n'];
  forEachByte((byte, where) => {
    for (const [index, bytes] of allowed.entries()) {
      const at = 6 + index;
      const isUnsupported = (index === 5 || index === 7) && /[0-9]/.test(byte);
      const refusal =
        index === 9
          ? 'bare-cr'
          : isUnsupported
            ? 'version-unsupported'
            : byte === '\n' && index !== 7
              ? 'bare-lf'
              : 'version-bad';
      const input = `${line.slice(0, at)}${byte}${line.slice(at + 1)}Host: a\r\n\r\n`;
      assert.equal(outcomeWhole(input), bytes.includes(byte) ? 'ok' : refusal, `${where} at ${at}`);
    }
  });
});

test('each of the 256 bytes at each place of the Host', () => {
  const host = (value: string): string => outcomeWhole(hosted('GET / HTTP/1.1', value));
  forEachByte((byte, where) => {
    const isBlank = byte === ' ' || byte === '\t';
    const other = FIELD_BYTE.test(byte)
      ? 'host-bad'
      : byte === '\n'
        ? 'bare-lf'
        : byte === '\r'
          ? 'bare-cr'
          : 'header-value-bad';
    const isName = NAME_BYTE.test(byte);
    assert.equal(host(`${byte}h`), isName || isBlank ? 'ok' : other, `${where} first`);
    assert.equal(host(`h${byte}h`), isName ? 'ok' : other, `${where} within`);
    assert.equal(host(`h${byte}`), isName || isBlank || byte === ':' ? 'ok' : other, `${where} last`);
    assert.equal(host(`[:${byte}:]`), /[0-9A-Fa-f:.]/.test(byte) ? 'ok' : other, `${where} in brackets`);
    assert.equal(host(`[::]${byte}`), isBlank || byte === ':' ? 'ok' : other, `${where} after brackets`);
    assert.equal(host(`h:1${byte}2`), /[0-9]/.test(byte) ? 'ok' : other, `${where} in the port`);
  });
});

/** Heads of every kind, valid, refused and unfinished. */
const MIXED: readonly string[] = [
  ...ACCEPTED.map((row) => row.input),
  ...REFUSED.map((row) => row.input),
  ...CUT,
  'POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nContent-Length: 5\0',
  'GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: \0',
  'PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close, x\r\nX_Y: 1\r\n\r\n',
];

test('a head that is used again for any sequence of messages reads each as a new head does', () => {
  const random = seededRandom(1);
  const used = requestReaders();
  for (let round = 0; round < 3000; round++) {
    const text = MIXED[random(MIXED.length)]!; // random() is below the length.
    const cuts = [1 + random(text.length), 1 + random(text.length)].sort((a, b) => a - b);
    const again = eventsOf(requestStream(used), latin1(text), cuts);
    assert.deepEqual(again, eventsOf(requestStream(), latin1(text), cuts), JSON.stringify(text));
  }
});

test('a head says nothing of the message before once it is restarted', () => {
  const { head } = requestReaders();
  head.restart();
  const fresh = describeRequest(head);
  for (const text of MIXED) {
    head.read(latin1(text), 0, text.length);
    head.restart();
    assert.equal(describeRequest(head), fresh, JSON.stringify(text));
  }
});

test('requests in a row on one connection are read in order, each from its own start', () => {
  const requests = [`GET /1${REST}`, `\r\nPUT /2${REST}`, 'GET /3 HTTP/1.0\r\n\r\n', `GET /4${REST}`];
  const events = assertSameWhenSplit(requestStream, latin1(requests.join('')), 200);
  const targets = events
    .filter((event) => event.startsWith('head'))
    .map((event) => /"target":"(.*?)"/.exec(event)?.[1]);
  assert.deepEqual(targets, ['/1', '/2', '/3', '/4']);
  assert.equal(events.at(-1), `end ${requests.join('').length}`);
});
