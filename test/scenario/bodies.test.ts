/**
 * Bodies of every framing and of sizes around each bound, byte for byte: what goes in comes out.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { chunked, content, request, response, statusOf, valueOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

/**
 * Around: nothing, the most that goes as text (12 KiB), one read (64 KiB), and enough for buffers that are handed on.
 */
const SIZES = [0, 1, 12_287, 12_288, 12_289, 65_535, 65_536, 65_537, 1_048_576];

const BODIES = new Map(SIZES.map((size) => [size, content(size, size + 1)]));

function bodyOf(size: number): Buffer {
  const body = BODIES.get(size);
  assert(body !== undefined);
  return body;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function assertSame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(actual.length, expected.length, `length of ${what}`);
  assert.equal(hash(actual), hash(expected), what);
}

/** Offsets that fall into heads, sizes and data in odd places. */
function oddCuts(length: number): number[] {
  const cuts: number[] = [];
  for (let at = 3, step = 7; at < length && cuts.length < 40; step = step * 2 + 1, at += step) cuts.push(at);
  return cuts;
}

type Framing = 'length' | 'chunked' | 'close';

/** A response of this framing to a request for `/FRAMING/SIZE`. */
function framed(framing: Framing, body: Buffer): Buffer {
  const head = 'HTTP/1.1 200 OK\r\nX-Framing: yes\r\n';
  switch (framing) {
    case 'length':
      return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
    case 'chunked':
      return Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`), chunked(body, 9999)]);
    case 'close':
      return Buffer.concat([Buffer.from(`${head}\r\n`), body]);
  }
}

const EXPECTED: Readonly<Record<Framing, Readonly<Record<'1.0' | '1.1', Message['framing']>>>> = {
  length: { '1.0': 'length', '1.1': 'length' },
  chunked: { '1.0': 'close', '1.1': 'chunked' },
  close: { '1.0': 'close', '1.1': 'chunked' },
};

for (const framing of ['length', 'chunked', 'close'] as const) {
  for (const version of ['1.1', '1.0'] as const) {
    for (const pieces of ['whole', 'in odd pieces'] as const) {
      test(`a response framed by ${framing}, ${pieces}, reaches a client of HTTP/${version}`, async (t) => {
        const world = await startWorld(t, {
          server: async (wire) => {
            for (;;) {
              const message = await wire.readRequest();
              if (message === undefined) break;
              const bytes = framed(framing, bodyOf(Number(message.startLine.split('/')[1]?.split(' ')[0])));
              await wire.sendCut(bytes, pieces === 'whole' ? [] : oddCuts(bytes.length));
              if (framing === 'close') break;
            }
            wire.end();
          },
        });
        for (const size of SIZES) {
          const client = await world.client();
          client.send(`GET /${size} HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`);
          const answer = await client.readResponse();
          assert.equal(answer.framing, EXPECTED[framing][version], `framing of ${size}`);
          assertSame(answer.body, bodyOf(size), `body of ${size}`);
          assert.equal(valueOf(answer, 'x-framing'), 'yes');
          // What ends with the connection must end in an orderly way.
          if (answer.framing === 'close') assert.equal(client.ending, 'end');
          client.close();
        }
        await world.record(SIZES.length - 1);
        const { records } = world.proxy;
        assert.deepEqual(
          records.map(({ end }) => end),
          SIZES.map(() => 'done'),
        );
        if (framing !== 'close') assert.equal(world.server.connections.length, 1);
      });
    }
  }
}

for (const framing of ['length', 'chunked'] as const) {
  for (const pieces of ['whole', 'in odd pieces'] as const) {
    test(`a request framed by ${framing}, ${pieces}, reaches the server`, async (t) => {
      const seen: Message[] = [];
      const world = await startWorld(t, {
        server: answering((message) => {
          seen.push(message);
          return response(200);
        }),
      });
      const client = await world.client();
      for (const [index, size] of SIZES.entries()) {
        const body = bodyOf(size);
        const isChunked = framing === 'chunked';
        const fields = isChunked ? 'Transfer-Encoding: Chunked\r\n' : `Content-Length: ${size}\r\n`;
        const bytes = Buffer.concat([
          Buffer.from(request('POST /', fields)),
          isChunked ? chunked(body, 9999, 'X-Sum: 1\r\nx-more:\r\n') : body,
        ]);
        await client.sendCut(bytes, pieces === 'whole' ? [] : oddCuts(bytes.length));
        assert.equal(statusOf(await client.readResponse()), 200);
        const message = seen[index];
        assert(message !== undefined);
        assert.equal(message.framing, framing);
        assertSame(message.body, body, `body of ${size}`);
        assert.deepEqual(message.trailers, isChunked ? ['X-Sum: 1', 'x-more:'] : []);
        assert(message.chunks.every((length) => length > 0));
      }
      assert.equal(world.server.connections.length, 1);
    });
  }
}

test('chunk extensions are dropped and chunks made anew, both ways', async (t) => {
  const extended = '5;a=b;c="d"\r\nhello\r\n0000000000000006;x\r\n world\r\n0;last\r\nX-Sum: 1\r\n\r\n';
  let seen = '';
  const world = await startWorld(t, {
    server: async (wire) => {
      seen = await wire.readUntil('\r\n\r\n');
      seen += await wire.readUntil('\r\n\r\n');
      wire.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${extended}`);
    },
  });
  const client = await world.client();
  client.send(request('POST /', 'Transfer-Encoding: chunked\r\n', extended));
  await client.readUntil('\r\n\r\n');
  assert.equal(await client.readUntil('\r\n\r\n'), 'b\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n');
  assert.match(seen, /\r\n\r\nb\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n$/);
});

test('trailers of a response are not for clients of HTTP/1.0', async (t) => {
  const world = await startWorld(t, {
    server: answering(
      () =>
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('hello', 3, 'X-Sum: 1\r\n').toString()}`,
    ),
  });
  const client = await world.client();
  const answer = await client.exchange('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.equal(answer.body.toString(), 'hello');
});

const BODILESS: readonly {
  readonly name: string;
  readonly method: string;
  readonly head: string;
  readonly expected: string;
}[] = [
  {
    name: 'HEAD with Content-Length',
    method: 'HEAD',
    head: 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n',
    expected: 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n',
  },
  {
    name: 'HEAD with chunked',
    method: 'HEAD',
    head: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    expected: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  },
  {
    name: 'HEAD with nothing',
    method: 'HEAD',
    head: 'HTTP/1.1 200 OK\r\n\r\n',
    expected: 'HTTP/1.1 200 OK\r\n\r\n',
  },
  {
    name: '204',
    method: 'GET',
    head: 'HTTP/1.1 204 No Content\r\n\r\n',
    expected: 'HTTP/1.1 204 No Content\r\n\r\n',
  },
  {
    name: '204 with a length that it must not have',
    method: 'GET',
    head: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
    expected: 'HTTP/1.1 204 No Content\r\n\r\n',
  },
  {
    name: '204 with chunked',
    method: 'GET',
    head: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
    expected: 'HTTP/1.1 204 No Content\r\n\r\n',
  },
  {
    name: '304 with the length of what it stands for',
    method: 'GET',
    head: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1234\r\n\r\n',
    expected: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1234\r\n\r\n',
  },
  {
    name: '304 with chunked',
    method: 'GET',
    head: 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
    expected: 'HTTP/1.1 304 Not Modified\r\n\r\n',
  },
];

for (const { name, method, head, expected } of BODILESS) {
  test(`no body: ${name}; both connections go on`, async (t) => {
    const world = await startWorld(t, {
      server: answering(({ startLine }) => (startLine.includes('/next') ? response(200, 'next') : head)),
    });
    const client = await world.client();
    const answer = await client.exchange(request(`${method} /`), method);
    assert.equal(answer.head, expected);
    assert.equal((await client.exchange(request('GET /next'))).body.toString(), 'next');
    assert.equal(world.server.connections.length, 1);
  });
}

test('large bodies both ways on many connections at once', async (t) => {
  const body = content(3_000_000, 5);
  const world = await startWorld(t, {
    server: answering((message) =>
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${message.body.length}\r\n\r\n`),
        message.body,
      ]),
    ),
  });
  await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      const client = await world.client();
      const part = body.subarray(index * 10_001);
      client.send(request('POST /', `Content-Length: ${part.length}\r\n`));
      client.send(part);
      assertSame((await client.readResponse()).body, part, `client ${index}`);
    }),
  );
});
