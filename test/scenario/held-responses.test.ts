/**
 * Bodies of responses that inspection wants to see: nothing of them goes to the client before that, and then all as it came.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { chunked, valueOf } from '../support/message.ts';
import { FRAMINGS, GET, message, sending, shownBodies, stage } from '../support/response-stage.ts';
import { until } from '../support/wire.ts';
import { countsOf } from '../support/world.ts';

for (const [framing, make, isClosed] of FRAMINGS) {
  for (const version of ['1.1', '1.0']) {
    test(`a held response framed by ${framing} comes to a client of HTTP/${version} as it was, in whatever pieces`, async (t) => {
      const body = Buffer.from('a page <b>\x00\xff\r\n0\r\n\r\n', 'latin1');
      const bytes = make('Content-Type: text/html\r\nX-Kept: yes\r\n', body);
      const scene = await stage(
        t,
        { responseBody: 'secret' },
        async (wire, index) => {
          await wire.expectRequest();
          const every = Array.from({ length: bytes.length - 1 }, (_, at) => at + 1);
          await wire.sendCut(bytes, index === 0 ? [] : every);
          if (isClosed) wire.end();
        },
        { pool: { connections: { idleMax: 0 } } },
      );
      for (let count = 0; count < 2; count++) {
        const client = await scene.client();
        const answer = await client.exchange(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
        assert(answer.body.equals(body));
        assert.equal(valueOf(answer, 'x-kept'), 'yes');
        assert.equal(shownBodies(scene.inspector).at(-1), `response body ${body.length}`);
      }
    });
  }
}

test('trailers of a held body are passed on', async (t) => {
  const bytes = message('Transfer-Encoding: chunked\r\n', chunked('a page', 2, 'X-Sum: 1\r\n'));
  const scene = await stage(t, { responseBody: 'secret' }, sending(bytes));
  const answer = await (await scene.client()).exchange(GET);
  assert.equal(answer.body.toString(), 'a page');
  assert.deepEqual(answer.trailers, ['X-Sum: 1']);
});

test('nothing of a held response comes before all of it is there', async (t) => {
  let goOn = (): void => {};
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const scene = await stage(t, { responseBody: 'secret' }, async (wire) => {
    await wire.expectRequest();
    await wire.sendAll('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await waits;
    await wire.sendAll('world');
  });
  const client = await scene.client();
  client.send(GET);
  await until('the first half is held', () => countsOf(scene.proxy)['heldBytes'] === 5);
  assert.equal(client.received, 0);
  goOn();
  assert.equal((await client.readResponse()).body.toString(), 'helloworld');
  assert.equal(countsOf(scene.proxy)['heldBytes'], 0);
});
