/**
 * Bodies of responses that inspection wants to see: nothing of them goes to the client before that.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needleInspector, REPLY_418 } from '../support/inspector.ts';
import { chunked, request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const CLOSED_HEAD = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n';
const TEXT = 'a page without it';

const FRAMINGS: readonly (readonly [string, (body: string) => string, boolean])[] = [
  ['a length', (body) => response(200, body), false],
  ['chunks', (body) => CHUNKED_HEAD + chunked(body, 5).toString('latin1'), false],
  ['the end of the connection', (body) => CLOSED_HEAD + body, true],
];

for (const [framing, make, closes] of FRAMINGS) {
  const script = (body: string): ReturnType<typeof answering> =>
    closes
      ? async (wire) => {
          await wire.expectRequest();
          wire.send(make(body));
          wire.end();
        }
      : answering(() => make(body));

  test(`a response framed by ${framing} is shown whole and passed on`, async (t) => {
    const inspector = needleInspector({ responseBody: 'needle' });
    const world = await startWorld(t, { inspector, server: script(TEXT) });
    const client = await world.client();
    assert.equal((await client.exchange(request('GET /'))).body.toString(), TEXT);
    assert.deepEqual(inspector.shown.slice(-1), [`response body ${TEXT.length}`]);
    assert.equal((await world.record(0)).end, 'done');
  });

  test(`a response framed by ${framing} that a rule hits is replaced`, async (t) => {
    const inspector = needleInspector({ responseBody: 'needle', verdict: REPLY_418 });
    const world = await startWorld(t, { inspector, server: script('a needle in it') });
    const client = await world.client();
    const answer = await client.exchange(request('GET /'));
    assert.equal(statusOf(answer), 418);
    assert.doesNotMatch(answer.body.toString(), /needle/);
    assert.equal((await world.record(0)).verdict, 'reply');
  });
}

test('of a response longer than what is held the beginning is shown, and all of it passed on', async (t) => {
  const inspector = needleInspector({ responseBody: 'needle' });
  const body = 'x'.repeat(200_000);
  const world = await startWorld(t, {
    inspector,
    server: answering(() => response(200, body)),
    config: { inspection: { response: { held: '16KiB' } } },
  });
  const client = await world.client();
  assert.equal((await client.exchange(request('GET /'))).body.toString(), body);
  assert.match(inspector.shown.at(-1) ?? '', /^response body \d+ prefix$/);
});
