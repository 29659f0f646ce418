import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { LENGTH_UNTIL_CLOSE } from '../http/body-reader.ts';
import { READ_OK } from '../http/field-section.ts';
import { LENGTH_CHUNKED } from '../http/framing.ts';
import { ResponseHead } from '../http/response-head.ts';
import * as writer from './response-writer.ts';

function read(text: string): ResponseHead {
  const head = new ResponseHead({ headBytes: 8192, headerCount: 50 });
  head.restart();
  const bytes = Buffer.from(text, 'latin1');
  assert.equal(head.read(bytes, 0, bytes.length), READ_OK, head.refusal);
  return head;
}

const LENGTH_5 = 'Content-Length: 5\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

test('responseBodyLength follows method, status and fields, in this order', () => {
  for (const [method, status, fields, expected] of [
    ['GET', 200, LENGTH_5, 5],
    ['GET', 200, CHUNKED, LENGTH_CHUNKED],
    ['GET', 200, '', LENGTH_UNTIL_CLOSE],
    ['GET', 404, '', LENGTH_UNTIL_CLOSE],
    ['HEAD', 200, LENGTH_5, 0],
    ['HEAD', 200, CHUNKED, 0],
    ['HEAD', 200, '', 0],
    ['GET', 204, LENGTH_5, 0],
    ['GET', 204, CHUNKED, 0],
    ['GET', 304, LENGTH_5, 0],
    ['GET', 103, LENGTH_5, 0],
    ['GET', 205, '', LENGTH_UNTIL_CLOSE],
  ] as const) {
    const head = read(`HTTP/1.1 ${status} X\r\n${fields}\r\n`);
    assert.equal(writer.responseBodyLength(head, method), expected, `${method} ${status} ${fields}`);
  }
});

test('clientFrame gives clients of HTTP/1.0 no chunks', () => {
  for (const [length, http11, http10] of [
    [0, writer.FRAME_NONE, writer.FRAME_NONE],
    [5, writer.FRAME_LENGTH, writer.FRAME_LENGTH],
    [LENGTH_CHUNKED, writer.FRAME_CHUNKED, writer.FRAME_CLOSE],
    [LENGTH_UNTIL_CLOSE, writer.FRAME_CHUNKED, writer.FRAME_CLOSE],
  ] as const) {
    assert.equal(writer.clientFrame(length, false), http11);
    assert.equal(writer.clientFrame(length, true), http10);
  }
});

test('keepsAlive is for HTTP/1.1 without close and HTTP/1.0 with keep-alive', () => {
  for (const [version, fields, expected] of [
    ['1.1', '', true],
    ['1.1', 'Connection: keep-alive\r\n', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'Connection: keep-alive, close\r\n', false],
    ['1.0', '', false],
    ['1.0', 'Connection: keep-alive\r\n', true],
    ['1.0', 'Connection: keep-alive\r\nConnection: close\r\n', false],
  ] as const) {
    assert.equal(
      writer.keepsAlive(read(`HTTP/${version} 200 X\r\n${fields}\r\n`)),
      expected,
      version + fields,
    );
  }
});

interface Row {
  readonly name: string;
  readonly response: string;
  readonly method?: string;
  readonly frame: writer.Frame;
  readonly connection?: '' | 'close' | 'keep-alive';
  readonly isHttp10?: boolean;
  readonly expected: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'nothing to change',
    response: `HTTP/1.1 200 Fine\r\nX-A: 1 \r\n${LENGTH_5}\r\n`,
    frame: writer.FRAME_LENGTH,
    expected: `HTTP/1.1 200 Fine\r\nX-A: 1 \r\n${LENGTH_5}\r\n`,
  },
  {
    name: 'the server speaks HTTP/1.0',
    response: `HTTP/1.0 200 Fine\r\n${LENGTH_5}\r\n`,
    frame: writer.FRAME_LENGTH,
    expected: `HTTP/1.1 200 Fine\r\n${LENGTH_5}\r\n`,
  },
  {
    name: 'the server speaks HTTP/1.0 and says nothing else',
    response: 'HTTP/1.0 200 \r\n\r\n',
    frame: writer.FRAME_CLOSE,
    connection: 'close',
    isHttp10: true,
    expected: 'HTTP/1.1 200 \r\nConnection: close\r\n\r\n',
  },
  {
    name: 'the connection of the server is its own matter',
    response: `HTTP/1.1 200 X\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n${LENGTH_5}\r\n`,
    frame: writer.FRAME_LENGTH,
    connection: 'keep-alive',
    expected: `HTTP/1.1 200 X\r\n${LENGTH_5}Connection: keep-alive\r\n\r\n`,
  },
  {
    name: 'chunked is written anew',
    response: `HTTP/1.1 200 X\r\n${CHUNKED}X-A: 1\r\n\r\n`,
    frame: writer.FRAME_CHUNKED,
    expected: `HTTP/1.1 200 X\r\nX-A: 1\r\n${CHUNKED}\r\n`,
  },
  {
    name: 'chunked to a client of HTTP/1.0',
    response: `HTTP/1.1 200 X\r\n${CHUNKED}\r\n`,
    frame: writer.FRAME_CLOSE,
    connection: 'close',
    isHttp10: true,
    expected: 'HTTP/1.1 200 X\r\nConnection: close\r\n\r\n',
  },
  {
    name: 'HEAD says what GET would get',
    response: `HTTP/1.1 200 X\r\n${CHUNKED}\r\n`,
    method: 'HEAD',
    frame: writer.FRAME_NONE,
    expected: `HTTP/1.1 200 X\r\n${CHUNKED}\r\n`,
  },
  {
    name: 'HEAD for a client of HTTP/1.0',
    response: `HTTP/1.1 200 X\r\n${CHUNKED}\r\n`,
    method: 'HEAD',
    frame: writer.FRAME_NONE,
    isHttp10: true,
    expected: 'HTTP/1.1 200 X\r\n\r\n',
  },
  {
    name: 'a 204 loses its length',
    response: `HTTP/1.1 204 X\r\n${LENGTH_5}\r\n`,
    frame: writer.FRAME_NONE,
    expected: 'HTTP/1.1 204 X\r\n\r\n',
  },
  {
    name: 'a 2xx to CONNECT loses its length',
    response: `HTTP/1.1 200 X\r\n${LENGTH_5}\r\n`,
    method: 'CONNECT',
    frame: writer.FRAME_NONE,
    expected: 'HTTP/1.1 200 X\r\n\r\n',
  },
  {
    name: 'another status to CONNECT keeps its length',
    response: `HTTP/1.1 407 X\r\n${LENGTH_5}\r\n`,
    method: 'CONNECT',
    frame: writer.FRAME_LENGTH,
    expected: `HTTP/1.1 407 X\r\n${LENGTH_5}\r\n`,
  },
];

for (const { name, response, method = 'GET', frame, connection = '', isHttp10 = false, expected } of ROWS) {
  test(`a response head: ${name}`, () => {
    const text = writer.writeResponseHead(read(response), {
      method,
      frame,
      connection,
      isHttp10Client: isHttp10,
    });
    assert.equal(text, expected);
    read(text);
  });
}

test('lines that were written before are never those of another response or client', () => {
  const written = new writer.WrittenResponse();
  let ran = 0;
  for (const { response } of ROWS) {
    const head = read(response);
    for (const { method = 'GET', frame, connection = '', isHttp10: isHttp10Client = false } of ROWS) {
      const facts = { method, frame, connection, isHttp10Client };
      const expected = writer.writeResponseHead(head, facts);
      for (let time = 0; time < 3; time++)
        assert.equal(writer.writeResponseHead(head, facts, written), expected);
      ran++;
    }
  }
  assert.equal(ran, ROWS.length ** 2);
});

test('an interim response has neither length nor hop-by-hop fields, a switch names its protocol', () => {
  const hints = read(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n${LENGTH_5}\r\n`);
  assert.equal(writer.writeInformational(hints), 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  const changed = read('HTTP/1.1 101 X\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nX-A: 1\r\n\r\n');
  assert.equal(
    writer.writeSwitch(changed),
    'HTTP/1.1 101 X\r\nX-A: 1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n',
  );
});
