/**
 * Bodies of responses with a content coding: inspected decoded, delivered as they came.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { REPLY_418 } from '../support/inspector.ts';
import { statusOf } from '../support/message.ts';
import {
  FRAMINGS,
  GET,
  LEAK,
  message,
  PAGE,
  sending,
  shownBodies,
  stage,
} from '../support/response-stage.ts';

const CODINGS: readonly (readonly [string, (body: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
  ['identity', (body) => body],
];

for (const [coding, encode] of CODINGS) {
  for (const [framing, make, isClosed] of FRAMINGS) {
    test(`${coding} framed by ${framing} is inspected decoded and delivered as it came`, async (t) => {
      const fields = `Content-Type: text/html\r\nContent-Encoding: ${coding}\r\n`;
      let body = LEAK;
      const scene = await stage(
        t,
        { responseBody: 'the secret', verdict: REPLY_418 },
        async (wire) => {
          await wire.expectRequest();
          await wire.sendAll(make(fields, encode(body)));
          if (isClosed) wire.end();
        },
        { pool: { connections: { idleMax: 0 } } },
      );
      assert.equal(statusOf(await (await scene.client()).exchange(GET)), 418);
      body = PAGE;
      const answer = await (await scene.client()).exchange(GET);
      assert(answer.body.equals(encode(PAGE)));
      assert.deepEqual(shownBodies(scene.inspector), [
        `response body ${LEAK.length}`,
        `response body ${PAGE.length}`,
      ]);
    });
  }
}

const UNDECODABLE: readonly (readonly [string, coding: string, Buffer, shown: RegExp])[] = [
  ['no gzip at all', 'gzip', LEAK, /^response body 4033 prefix$/],
  ['a coding that nobody knows', 'compress', LEAK, /^response body 4033 prefix$/],
  ['gzip that is cut', 'gzip', gzipSync(LEAK).subarray(0, -12), /^response body [1-9][0-9]* prefix$/],
  [
    'gzip with something behind it',
    'gzip',
    Buffer.concat([gzipSync(LEAK), Buffer.from('rest')]),
    /^response body 4033 prefix$/,
  ],
  [
    'more codings than are undone',
    'gzip, gzip, gzip',
    gzipSync(gzipSync(gzipSync(LEAK))),
    /^response body [1-9][0-9]* prefix$/,
  ],
];

for (const [name, coding, body, shown] of UNDECODABLE) {
  test(`what cannot be decoded is inspected as far as it can, or raw, and delivered: ${name}`, async (t) => {
    const fields = `Content-Type: text/html\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n`;
    const scene = await stage(t, { responseBody: 'nothing of the kind' }, sending(message(fields, body)));
    const answer = await (await scene.client()).exchange(GET);
    assert(answer.body.equals(body));
    assert.equal(shownBodies(scene.inspector).length, 1);
    assert.match(shownBodies(scene.inspector)[0] ?? '', shown);
  });
}

test('a body that unpacks to too much is inspected within the bound', async (t) => {
  const body = gzipSync(Buffer.alloc(20_000_000));
  const fields = `Content-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n`;
  const scene = await stage(t, { responseBody: 'secret' }, sending(message(fields, body)));
  const answer = await (await scene.client()).exchange(GET);
  assert(answer.body.equals(body));
  const [shown = ''] = shownBodies(scene.inspector);
  const length = Number(shown.split(' ')[2]);
  assert(shown.endsWith(' prefix') && length > 0 && length <= 1_048_576, shown);
});
