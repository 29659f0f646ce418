/**
 * Framing is where requests are smuggled: each row is a published form, and each refusal is the whole defence against
 * it, because what is refused is not passed on at all.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  assertSameWhenSplit,
  eventsOf,
  refusalOf,
  requestStream,
  responseStream,
} from '../../test/support/split.ts';
import { LENGTH_CHUNKED, LENGTH_NONE } from './framing.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The length that a request with these header lines has, or why it is refused; also the same for a response. */
function lengthOf(lines: string, version = '1.1'): number | string {
  const request = `POST / HTTP/${version}\r\nHost: a\r\n${lines}\r\n`;
  const answer = describe(assertSameWhenSplit(requestStream, latin1(request), 5));
  const response = `HTTP/${version} 200 OK\r\n${lines}\r\n`;
  assert.equal(
    describe(assertSameWhenSplit(responseStream, latin1(response), 5)),
    answer,
    'a response is read alike',
  );
  return answer;
}

function describe(events: readonly string[]): number | string {
  const length = /"bodyLength":(-?\d+)/.exec(events[0] ?? '')?.[1];
  const answer = refusalOf(events) ?? (length === undefined ? undefined : Number(length));
  assert.ok(answer !== undefined, `neither read nor refused: ${events.join()}`);
  return answer;
}

const ACCEPTED: readonly { name: string; lines: string; length: number; version?: string }[] = [
  { name: 'no length', lines: 'X: y\r\n', length: LENGTH_NONE },
  { name: 'a length of nothing', lines: 'Content-Length: 0\r\n', length: 0 },
  { name: 'a length', lines: 'Content-Length: 10\r\n', length: 10 },
  { name: 'a length in lower case', lines: 'content-length: 10\r\n', length: 10 },
  { name: 'a length with white space around it', lines: 'Content-Length: \t10 \t\r\n', length: 10 },
  { name: 'a length without a space', lines: 'Content-Length:10\r\n', length: 10 },
  { name: 'the longest length', lines: `Content-Length: ${2 ** 53 - 1}\r\n`, length: 2 ** 53 - 1 },
  { name: 'a length of HTTP/1.0', lines: 'Content-Length: 10\r\n', version: '1.0', length: 10 },
  { name: 'chunked', lines: 'Transfer-Encoding: chunked\r\n', length: LENGTH_CHUNKED },
  { name: 'chunked in any case', lines: 'TRANSFER-ENCODING: ChunKed\r\n', length: LENGTH_CHUNKED },
  {
    name: 'chunked with white space around it',
    lines: 'Transfer-Encoding:\t chunked\t \r\n',
    length: LENGTH_CHUNKED,
  },
  {
    name: 'names that only begin like those',
    lines: 'Content-Lengths: x\r\nTransfer-Encoding2: x\r\n',
    length: LENGTH_NONE,
  },
  { name: 'a length in a header that is only like it', lines: 'Content_Length: 5\r\n', length: LENGTH_NONE },
];
for (const { name, lines, length, version } of ACCEPTED) {
  test(`readBodyLength takes ${name}`, () => assert.equal(lengthOf(lines, version), length));
}

const CL_BAD = 'content-length-bad';
const CL_DIFFERS = 'content-length-differs';
const TE_BAD = 'transfer-encoding-bad';
const BOTH = 'length-and-encoding';

const REFUSED: readonly { name: string; lines: string; code: string; version?: string }[] = [
  // CL.TE and TE.CL: both fields, in either order, whatever they say.
  { name: 'CL.TE', lines: 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', code: BOTH },
  { name: 'TE.CL', lines: 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', code: BOTH },
  { name: 'CL.0 with TE', lines: 'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', code: BOTH },
  {
    name: 'both with a bad length',
    lines: 'Content-Length: x\r\nTransfer-Encoding: chunked\r\n',
    code: BOTH,
  },
  {
    name: 'both with another encoding',
    lines: 'Content-Length: 4\r\nTransfer-Encoding: identity\r\n',
    code: BOTH,
  },
  { name: 'both with an empty encoding', lines: 'Content-Length: 4\r\nTransfer-Encoding:\r\n', code: BOTH },
  {
    name: 'both in HTTP/1.0',
    lines: 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
    version: '1.0',
    code: BOTH,
  },
  // TE.TE: one of two servers does not see the chunked.
  { name: 'a space before the colon', lines: 'Transfer-Encoding : chunked\r\n', code: 'space-before-colon' },
  { name: 'a tab before the colon', lines: 'Transfer-Encoding\t: chunked\r\n', code: 'space-before-colon' },
  {
    name: 'a vertical tab before the colon',
    lines: 'Transfer-Encoding\x0b: chunked\r\n',
    code: 'header-name-bad',
  },
  { name: 'NUL before the colon', lines: 'Transfer-Encoding\0: chunked\r\n', code: 'header-name-bad' },
  {
    name: 'a vertical tab after the colon',
    lines: 'Transfer-Encoding:\x0bchunked\r\n',
    code: 'header-value-bad',
  },
  {
    name: 'a form feed after the colon',
    lines: 'Transfer-Encoding:\x0cchunked\r\n',
    code: 'header-value-bad',
  },
  { name: 'NUL after the colon', lines: 'Transfer-Encoding:\0chunked\r\n', code: 'header-value-bad' },
  { name: 'NUL after chunked', lines: 'Transfer-Encoding: chunked\0\r\n', code: 'header-value-bad' },
  { name: 'a white space of latin1', lines: 'Transfer-Encoding: \xa0chunked\r\n', code: TE_BAD },
  { name: 'a line end of latin1', lines: 'Transfer-Encoding: chunked\x85\r\n', code: TE_BAD },
  { name: 'a folded chunked', lines: 'Transfer-Encoding:\r\n chunked\r\n', code: 'obs-fold' },
  { name: 'a folded encoding', lines: 'Transfer-Encoding: chunked\r\n , identity\r\n', code: 'obs-fold' },
  { name: 'an indented field', lines: ' Transfer-Encoding: chunked\r\n', code: 'obs-fold' },
  { name: 'an indented second line', lines: 'X: y\r\n\tTransfer-Encoding: chunked\r\n', code: 'obs-fold' },
  { name: 'LF in front of the field', lines: 'X: y\nTransfer-Encoding: chunked\r\n', code: 'bare-lf' },
  { name: 'CR in front of the field', lines: 'X: y\rTransfer-Encoding: chunked\r\n', code: 'bare-cr' },
  { name: 'CR within the value', lines: 'Transfer-Encoding: \rchunked\r\n', code: 'bare-cr' },
  { name: 'LF after the colon', lines: 'Transfer-Encoding:\nchunked\r\n', code: 'bare-lf' },
  { name: 'CR within the name', lines: 'Transfer-\rEncoding: chunked\r\n', code: 'bare-cr' },
  { name: 'a space within the name', lines: 'Transfer Encoding: chunked\r\n', code: 'space-before-colon' },
  {
    name: 'a fullwidth letter in the name',
    lines: 'Transfer-Encod\xefng: chunked\r\n',
    code: 'header-name-bad',
  },
  { name: 'xchunked', lines: 'Transfer-Encoding: xchunked\r\n', code: TE_BAD },
  { name: 'chunkedx', lines: 'Transfer-Encoding: chunkedx\r\n', code: TE_BAD },
  { name: 'chunke', lines: 'Transfer-Encoding: chunke\r\n', code: TE_BAD },
  { name: 'chunked, identity', lines: 'Transfer-Encoding: chunked, identity\r\n', code: TE_BAD },
  { name: 'identity, chunked', lines: 'Transfer-Encoding: identity, chunked\r\n', code: TE_BAD },
  { name: 'gzip, chunked', lines: 'Transfer-Encoding: gzip, chunked\r\n', code: TE_BAD },
  { name: 'chunked, chunked', lines: 'Transfer-Encoding: chunked, chunked\r\n', code: TE_BAD },
  { name: 'chunked and an empty element', lines: 'Transfer-Encoding: chunked,\r\n', code: TE_BAD },
  { name: 'an empty element and chunked', lines: 'Transfer-Encoding: ,chunked\r\n', code: TE_BAD },
  { name: 'chunked with a parameter', lines: 'Transfer-Encoding: chunked;q=1\r\n', code: TE_BAD },
  { name: 'a semicolon after chunked', lines: 'Transfer-Encoding: chunked;\r\n', code: TE_BAD },
  { name: 'chunked in quotes', lines: 'Transfer-Encoding: "chunked"\r\n', code: TE_BAD },
  { name: 'chunked in single quotes', lines: "Transfer-Encoding: 'chunked'\r\n", code: TE_BAD },
  { name: 'a colon before chunked', lines: 'Transfer-Encoding:: chunked\r\n', code: TE_BAD },
  { name: 'two words', lines: 'Transfer-Encoding: x chunked\r\n', code: TE_BAD },
  { name: 'identity alone', lines: 'Transfer-Encoding: identity\r\n', code: TE_BAD },
  { name: 'gzip alone', lines: 'Transfer-Encoding: gzip\r\n', code: TE_BAD },
  { name: 'an empty encoding', lines: 'Transfer-Encoding:\r\n', code: TE_BAD },
  {
    name: 'two encodings that differ',
    lines: 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n',
    code: TE_BAD,
  },
  {
    name: 'two encodings the other way',
    lines: 'Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n',
    code: TE_BAD,
  },
  {
    name: 'two encodings that are the same',
    lines: 'Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n',
    code: TE_BAD,
  },
  {
    name: 'an encoding in HTTP/1.0',
    lines: 'Transfer-Encoding: chunked\r\n',
    version: '1.0',
    code: 'transfer-encoding-http10',
  },
  {
    name: 'identity in HTTP/1.0',
    lines: 'Transfer-Encoding: identity\r\n',
    version: '1.0',
    code: 'transfer-encoding-http10',
  },
  // CL.CL.
  { name: 'two lengths that differ', lines: 'Content-Length: 5\r\nContent-Length: 6\r\n', code: CL_DIFFERS },
  {
    name: 'two lengths that are the same',
    lines: 'Content-Length: 5\r\nContent-Length: 5\r\n',
    code: CL_DIFFERS,
  },
  {
    name: 'two lengths apart',
    lines: 'Content-Length: 5\r\nX: y\r\ncontent-length: 0\r\n',
    code: CL_DIFFERS,
  },
  { name: 'a length and an empty one', lines: 'Content-Length: 5\r\nContent-Length:\r\n', code: CL_DIFFERS },
  { name: 'a list of the same', lines: 'Content-Length: 5,5\r\n', code: CL_BAD },
  { name: 'a list with a space', lines: 'Content-Length: 5, 5\r\n', code: CL_BAD },
  { name: 'a list that differs', lines: 'Content-Length: 5, 6\r\n', code: CL_BAD },
  { name: 'a list with an empty element', lines: 'Content-Length: 5,\r\n', code: CL_BAD },
  // A length that some readers read in another way.
  { name: 'an empty length', lines: 'Content-Length:\r\n', code: CL_BAD },
  { name: 'a length of white space', lines: 'Content-Length: \t \r\n', code: CL_BAD },
  { name: 'a plus sign', lines: 'Content-Length: +5\r\n', code: CL_BAD },
  { name: 'a minus sign', lines: 'Content-Length: -5\r\n', code: CL_BAD },
  { name: 'minus zero', lines: 'Content-Length: -0\r\n', code: CL_BAD },
  { name: 'a hexadecimal number', lines: 'Content-Length: 0x5\r\n', code: CL_BAD },
  { name: 'hexadecimal digits', lines: 'Content-Length: a\r\n', code: CL_BAD },
  { name: 'an octal number', lines: 'Content-Length: 0o5\r\n', code: CL_BAD },
  { name: 'a leading zero, which may be octal', lines: 'Content-Length: 010\r\n', code: CL_BAD },
  { name: 'two zeros', lines: 'Content-Length: 00\r\n', code: CL_BAD },
  { name: 'many leading zeros', lines: `Content-Length: ${'0'.repeat(30)}5\r\n`, code: CL_BAD },
  { name: 'two numbers', lines: 'Content-Length: 5 5\r\n', code: CL_BAD },
  { name: 'an underscore in front', lines: 'Content-Length: _5\r\n', code: CL_BAD },
  { name: 'an underscore within', lines: 'Content-Length: 1_0\r\n', code: CL_BAD },
  { name: 'a decimal point', lines: 'Content-Length: 5.0\r\n', code: CL_BAD },
  { name: 'an exponent', lines: 'Content-Length: 5e0\r\n', code: CL_BAD },
  { name: 'quotes', lines: 'Content-Length: "5"\r\n', code: CL_BAD },
  { name: 'a unit', lines: 'Content-Length: 5b\r\n', code: CL_BAD },
  { name: 'a semicolon', lines: 'Content-Length: 5;\r\n', code: CL_BAD },
  { name: 'a superscript digit of latin1', lines: 'Content-Length: 5\xb2\r\n', code: CL_BAD },
  { name: 'a white space of latin1', lines: 'Content-Length: \xa05\r\n', code: CL_BAD },
  { name: '2^53', lines: `Content-Length: ${2 ** 53}\r\n`, code: CL_BAD },
  { name: '2^63', lines: 'Content-Length: 9223372036854775808\r\n', code: CL_BAD },
  { name: '2^64', lines: 'Content-Length: 18446744073709551616\r\n', code: CL_BAD },
  {
    name: '2^64 and 5, which overflows to 5',
    lines: 'Content-Length: 18446744073709551621\r\n',
    code: CL_BAD,
  },
  { name: 'a number of 300 digits', lines: `Content-Length: ${'9'.repeat(300)}\r\n`, code: CL_BAD },
  { name: 'NUL after the length', lines: 'Content-Length: 5\0\r\n', code: 'header-value-bad' },
  { name: 'a vertical tab before the length', lines: 'Content-Length:\x0b5\r\n', code: 'header-value-bad' },
  {
    name: 'a space before the colon of the length',
    lines: 'Content-Length : 5\r\n',
    code: 'space-before-colon',
  },
  { name: 'a folded length', lines: 'Content-Length:\r\n 5\r\n', code: 'obs-fold' },
  { name: 'LF in front of the length', lines: 'X: y\nContent-Length: 5\r\n', code: 'bare-lf' },
];
for (const { name, lines, code, version } of REFUSED) {
  test(`readBodyLength refuses ${name} with ${code}`, () => assert.equal(lengthOf(lines, version), code));
}

test('each of the 256 bytes beside a length and beside chunked', () => {
  const whole = (lines: string): number | string =>
    describe(eventsOf(requestStream(), latin1(`POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`)));
  for (let code = 0; code < 256; code++) {
    const byte = String.fromCharCode(code);
    const where = `byte 0x${code.toString(16)}`;
    const isBlank = byte === ' ' || byte === '\t';
    const isDigit = /[0-9]/.test(byte);
    const other = /[\t\x20-\x7e\x80-\xff]/.test(byte)
      ? undefined
      : byte === '\n'
        ? 'bare-lf'
        : byte === '\r'
          ? 'bare-cr'
          : 'header-value-bad';
    const length = (text: string): number | string => {
      const value = text.replace(/^[ \t]+|[ \t]+$/g, '');
      return other ?? (/^[1-9][0-9]*$/.test(value) ? Number(value) : CL_BAD);
    };
    assert.equal(whole(`Content-Length: ${byte}5\r\n`), length(`${byte}5`), `${where} before`);
    assert.equal(whole(`Content-Length: 5${byte}\r\n`), length(`5${byte}`), `${where} after`);
    assert.equal(
      whole(`Content-Length: 5${byte}5\r\n`),
      isDigit ? Number(`5${byte}5`) : (other ?? CL_BAD),
      `${where} within`,
    );
    const chunked = isBlank ? LENGTH_CHUNKED : (other ?? TE_BAD);
    assert.equal(whole(`Transfer-Encoding: ${byte}chunked\r\n`), chunked, `${where} before chunked`);
    assert.equal(whole(`Transfer-Encoding: chunked${byte}\r\n`), chunked, `${where} after chunked`);
    assert.equal(whole(`Transfer-Encoding: chun${byte}ked\r\n`), other ?? TE_BAD, `${where} within chunked`);
  }
});

test('the body of a smuggled request stays a body', () => {
  const inner = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
  const text = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
  const events = assertSameWhenSplit(requestStream, latin1(text));
  assert.equal(events.filter((event) => event.startsWith('head')).length, 1);
  assert.ok(events.includes(`body ${JSON.stringify(inner)} trailers="" end=${text.length}`));
});

test('a length of nothing makes what follows a request of its own', () => {
  const text = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n';
  const events = assertSameWhenSplit(requestStream, latin1(text));
  assert.equal(events.filter((event) => event.startsWith('head')).length, 2);
});
