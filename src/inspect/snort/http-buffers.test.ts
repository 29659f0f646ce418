import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import type { InspectedRequest } from '../inspector.ts';
import { listedFields } from '../listed-fields.ts';
import type { BufferKind, MultiBufferKind } from './buffers.ts';
import { RequestBuffers, ResponseBuffers, StreamBuffers } from './http-buffers.ts';

type SingleKind = Exclude<BufferKind, MultiBufferKind>;
type Field = readonly [string, string];

const REQUEST: InspectedRequest = {
  method: 'POST',
  target: '/a/../%62?x=1%20+2',
  version: 'HTTP/1.1',
  clientAddress: '192.0.2.1',
  headers: listedFields([
    ['Host', 'Shop.Example:8080'],
    ['User-Agent', 'tester/%41'],
    ['Cookie', 'a=%31'],
    ['X-Two', 'one'],
    ['x-two', 'two'],
    ['cookie', 'b=2'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['X-Forwarded-For', '10.0.0.1, 203.0.113.9'],
  ]),
};
const body = (text: string | Uint8Array) => ({
  bytes: typeof text === 'string' ? Buffer.from(text, 'latin1') : text,
  isPrefix: false,
});

function requestOf(text = ''): RequestBuffers {
  const buffers = new RequestBuffers(REQUEST);
  buffers.setBody(body(text));
  return buffers;
}

suite('RequestBuffers', () => {
  const rows: readonly (readonly [SingleKind, string | undefined, string | undefined])[] = [
    ['http_method', undefined, 'POST'],
    ['http_protocol', undefined, 'HTTP/1.1'],
    ['http_uri', undefined, '/b?x=1 +2'],
    ['http_raw_uri', undefined, '/a/../%62?x=1%20+2'],
    ['http_request_line', undefined, 'POST /a/../%62?x=1%20+2 HTTP/1.1'],
    ['http_request_body', undefined, 'y=%2541&z=%u0041'],
    ['http_user_agent', undefined, 'tester/%41'],
    ['http_host', undefined, 'shop.example'],
    ['http_raw_host', undefined, 'Shop.Example:8080'],
    ['http_referer', undefined, undefined],
    ['http_cookie', undefined, 'a=%31, b=2'],
    ['http_content_type', undefined, 'application/x-www-form-urlencoded'],
    ['http_content_len', undefined, undefined],
    [
      'http_header_names',
      undefined,
      '\r\nHost\r\nUser-Agent\r\nCookie\r\nX-Two\r\nContent-Type\r\nX-Forwarded-For\r\n\r\n',
    ],
    ['snort_uri', undefined, '/b?x=1  2'],
    ['snort_uri', 'path', '/b'],
    ['snort_uri', 'query', 'x=1  2'],
    ['snort_uri', 'host', undefined],
    ['snort_uri', 'nothing', undefined],
    ['snort_raw_uri', undefined, '/a/../%62?x=1%20+2'],
    ['snort_raw_uri', 'query', 'x=1%20+2'],
    ['snort_header', 'user-agent', 'tester/A'],
    ['snort_header', 'User-Agent', 'tester/A'],
    ['snort_header', 'x-two', 'one,two'],
    ['snort_header', 'absent', undefined],
    ['snort_raw_header', 'user-agent', 'tester/%41'],
    ['snort_cookie', undefined, 'a=1,b=2'],
    ['snort_raw_cookie', undefined, 'a=%31,b=2'],
    ['snort_client_body', undefined, 'y=A&z=A'],
    ['snort_raw_body', undefined, 'y=%2541&z=%u0041'],
    ['snort_param', 'x', '1  2'],
    ['snort_param', 'y', 'A'],
    ['snort_param', 'absent', undefined],
    ['snort_param', undefined, undefined],
    ['snort_true_ip', undefined, '203.0.113.9'],
    ['snort_trailer', undefined, undefined],
    ['snort_raw_trailer', 'a', undefined],
    // Of the other direction, or of no message.
    ['http_stat_code', undefined, undefined],
    ['http_response_body', undefined, undefined],
    ['base64_data', undefined, undefined],
  ];
  for (const [kind, name, value] of rows) {
    test(`${kind}${name === undefined ? '' : ` ${name}`}`, () => {
      assert.equal(requestOf('y=%2541&z=%u0041').buffer(kind, name), value);
    });
  }

  test('headers of Suricata are joined and without cookies, those of Snort decoded and with the empty line', () => {
    const buffers = requestOf();
    assert.equal(
      buffers.buffer('http_header'),
      'Host: Shop.Example:8080\r\nUser-Agent: tester/%41\r\nX-Two: one, two\r\n' +
        'Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-For: 10.0.0.1, 203.0.113.9\r\n',
    );
    assert.equal(
      buffers.buffer('snort_header'),
      'Host: Shop.Example:8080\r\nUser-Agent: tester/A\r\nX-Two: one\r\nx-two: two\r\n' +
        'Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-For: 10.0.0.1, 203.0.113.9\r\n\r\n',
    );
  });

  test('the start and the raw headers end with the empty line', () => {
    const start = requestOf().buffer('http_start') ?? '';
    assert.ok(start.startsWith('POST /a/../%62?x=1%20+2 HTTP/1.1\r\nHost: ') && start.endsWith('\r\n\r\n'));
    const raw = requestOf().buffer('http_raw_header') ?? '';
    assert.ok(raw.startsWith('Host: ') && raw.includes('Cookie: a=%31\r\n') && raw.endsWith('\r\n\r\n'));
    assert.equal(requestOf().buffer('snort_raw_header'), raw);
  });

  test('the payload is head and body', () => {
    const buffers = requestOf('hello');
    const line = buffers.buffer('http_request_line') ?? '';
    assert.equal(buffers.buffer('payload'), `${line}\r\n${buffers.buffer('http_raw_header') ?? ''}hello`);
  });

  test('takes the bytes of the head where there are some', () => {
    const head = 'POST  /x HTTP/1.1\r\nHost:\tshop\r\n\r\n';
    const buffers = new RequestBuffers(REQUEST, { head });
    assert.equal(buffers.buffer('http_request_line'), 'POST  /x HTTP/1.1');
    assert.equal(buffers.buffer('http_raw_header'), 'Host:\tshop\r\n\r\n');
    assert.equal(buffers.buffer('payload'), head);
  });

  test('takes the host of the target before that of the header', () => {
    const buffers = new RequestBuffers({ ...REQUEST, target: 'http://OTHER.example:1/' });
    assert.equal(buffers.buffer('http_host'), 'other.example');
    assert.equal(buffers.buffer('http_raw_host'), 'OTHER.example:1');
  });

  test('has no buffers of the body before the body, and has them then', () => {
    const buffers = new RequestBuffers(REQUEST);
    assert.equal(buffers.buffer('http_request_body'), undefined);
    assert.equal(buffers.buffer('snort_client_body'), undefined);
    assert.deepEqual(buffers.each('file_data'), []);
    const before = buffers.buffer('payload');
    buffers.setBody(body('x=%41'), listedFields([['X-Sum', '%31']]));
    assert.equal(buffers.buffer('http_request_body'), 'x=%41');
    assert.equal(buffers.buffer('snort_client_body'), 'x=A');
    assert.equal(buffers.buffer('payload'), `${before ?? ''}x=%41`);
    assert.equal(buffers.buffer('snort_trailer'), 'X-Sum: 1\r\n\r\n');
    assert.equal(buffers.buffer('snort_raw_trailer', 'x-sum'), '%31');
  });

  test('an empty body is none', () => {
    assert.equal(requestOf('').buffer('http_request_body'), undefined);
    assert.deepEqual(requestOf('').each('file_data'), []);
  });

  test('uploads are the files of a form, anything else is one', () => {
    assert.deepEqual(requestOf('a=b').each('file_data'), ['a=b']);
    const type = 'multipart/form-data; boundary=B';
    const buffers = new RequestBuffers({ ...REQUEST, headers: listedFields([['Content-Type', type]]) });
    const form =
      '--B\r\nContent-Disposition: form-data; name="f"; filename="one.txt"\r\n\r\nfirst\r\n' +
      '--B\r\nContent-Disposition: form-data; name="t"\r\n\r\ntext\r\n' +
      '--B\r\nContent-Disposition: form-data; name="g"; filename="two.txt"\r\n\r\nsecond\r\n--B--\r\n';
    buffers.setBody(body(form));
    assert.deepEqual(buffers.each('file_data'), ['first', 'second']);
    assert.deepEqual(buffers.each('file_name'), ['one.txt', 'two.txt']);
    buffers.setBody(body(form.slice(0, -6)));
    assert.equal(buffers.each('file_data').at(-1), form.slice(0, -6), 'a broken form is shown as it is');
  });

  test('each header on its own', () => {
    assert.equal(requestOf().each('http_request_header')[3], 'X-Two: one, two');
    assert.deepEqual(requestOf().each('http_response_header'), []);
  });
});

suite('ResponseBuffers', () => {
  const text = 'the file '.repeat(20);
  const fields: readonly Field[] = [
    ['Server', 'test'],
    ['Location', '/there'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['Connection', 'close'],
    ['Content-Length', '5'],
  ];
  const response = (extra: readonly Field[] = []) => ({
    status: 404,
    headers: listedFields([...fields, ...extra]),
  });

  const rows: readonly (readonly [SingleKind, string | undefined])[] = [
    ['http_stat_code', '404'],
    ['http_stat_msg', 'Not There'],
    ['http_protocol', 'HTTP/1.0'],
    ['http_response_line', 'HTTP/1.0 404 Not There'],
    ['snort_raw_status', 'HTTP/1.0 404 Not There'],
    ['http_server', 'test'],
    ['http_location', '/there'],
    ['http_cookie', 'a=1, b=2'],
    ['snort_cookie', 'a=1,b=2'],
    ['http_connection', 'close'],
    ['http_content_len', '5'],
    ['http_header', 'Server: test\r\nLocation: /there\r\nConnection: close\r\nContent-Length: 5\r\n'],
    ['http_uri', undefined],
    ['http_user_agent', undefined],
  ];
  for (const [kind, value] of rows) {
    test(kind, () => {
      const buffers = new ResponseBuffers(response(), REQUEST, { head: 'HTTP/1.0 404 Not There\r\n\r\n' });
      assert.equal(buffers.buffer(kind), value);
    });
  }

  test('writes a status line where there is none', () => {
    const buffers = new ResponseBuffers({ status: 7, headers: listedFields([]) });
    assert.equal(buffers.buffer('http_response_line'), 'HTTP/1.1 007');
    assert.equal(buffers.buffer('http_stat_msg'), '');
  });

  const gzip = gzipSync(text);
  const deflate = deflateRawSync(text);
  const garbled = Buffer.concat([gzip.subarray(0, gzip.length - 8), Buffer.from('xxxxxxxx')]);
  const withFlags = (flags: number, more: Buffer = Buffer.alloc(0)): Buffer => {
    const head = Buffer.from(gzip.subarray(0, 10));
    head[3] = flags;
    return Buffer.concat([head, more, gzip.subarray(10)]);
  };
  const encodings: readonly (readonly [string, string, Uint8Array, 'sure' | 'unsure' | 'raw'])[] = [
    ['none', '', Buffer.from(text), 'sure'],
    ['identity', 'identity', Buffer.from(text), 'sure'],
    ['gzip', 'gzip', gzip, 'sure'],
    ['deflate', 'deflate', deflate, 'sure'],
    ['two', 'deflate, gzip', gzipSync(deflate), 'sure'],
    ['an unknown one', 'foo', Buffer.from(text), 'unsure'],
    ['one that is not there', 'gzip', Buffer.from(text), 'unsure'],
    ['the outer one missing', 'gzip, deflate', gzip, 'unsure'],
    ['the inner one missing', 'deflate, gzip', gzip, 'unsure'],
    ['one spelt like another', 'x gzip', gzip, 'unsure'],
    ['a wrong checksum', 'gzip', garbled, 'unsure'],
    ['reserved flags', 'gzip', withFlags(0xe0), 'unsure'],
    ['a wrong checksum of the header', 'gzip', withFlags(0x02, Buffer.from('xx')), 'unsure'],
    [
      'reserved flags, extra, name and comment',
      'gzip',
      withFlags(0x9c, Buffer.from('\x02\0xxname\0note\0')),
      'unsure',
    ],
    [
      'a name without an end',
      'gzip',
      Buffer.concat([gzip.subarray(0, 3), Buffer.from([0x88]), Buffer.from(text)]),
      'raw',
    ],
  ];
  for (const [name, encoding, bytes, certainty] of encodings) {
    test(`shows what was encoded: ${name}`, () => {
      const buffers = new ResponseBuffers(response([['Content-Encoding', encoding]]), REQUEST);
      buffers.setBody(body(bytes));
      const files = buffers.each('file_data');
      if (certainty !== 'raw') assert.ok(files.some((file) => file.startsWith(text.slice(0, 100))));
      if (certainty === 'sure') assert.deepEqual(files, [text]);
      else assert.ok(files.includes(Buffer.from(bytes).toString('latin1')), 'and so are the raw bytes');
      assert.equal(buffers.buffer('http_response_body'), files[0]);
      assert.equal(buffers.buffer('snort_raw_body'), files[0]);
    });
  }

  const names: readonly (readonly [string | undefined, string | undefined])[] = [
    ['attachment; filename="a b.txt"; x=y', 'a b.txt'],
    ['attachment; FILENAME=a.txt; x=y', 'a.txt'],
    ['attachment', 'b'],
    [undefined, 'b'],
  ];
  for (const [disposition, name] of names) {
    test(`names the file: ${disposition ?? 'by the target'}`, () => {
      const extra: readonly Field[] = disposition === undefined ? [] : [['Content-Disposition', disposition]];
      const buffers = new ResponseBuffers(response(extra), REQUEST);
      assert.deepEqual(buffers.each('file_name'), [], 'there is no file without a body');
      buffers.setBody(body(text));
      assert.deepEqual(buffers.each('file_name'), [name]);
    });
  }
});

suite('StreamBuffers', () => {
  test('has the payload and nothing else', () => {
    const buffers = new StreamBuffers('bytes');
    assert.equal(buffers.buffer('payload'), 'bytes');
    assert.equal(buffers.buffer('http_uri'), undefined);
    assert.deepEqual(buffers.each(), []);
  });
});
