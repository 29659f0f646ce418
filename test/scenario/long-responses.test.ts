/**
 * Responses that are longer than what may be held, alone or all together.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPLY_418 } from '../support/inspector.ts';
import { content, statusOf } from '../support/message.ts';
import { FRAMINGS, GET, holding, message, sending, shownBodies, stage } from '../support/response-stage.ts';
import { pause, until } from '../support/wire.ts';
import { countsOf, startWorld } from '../support/world.ts';

const LONG = content(300_000);
const BOUND = { held: '64KiB' };

for (const [framing, make, isClosed] of FRAMINGS) {
  const server = sending(make('Content-Type: text/html\r\n', LONG), isClosed);

  test(`of a longer response framed by ${framing} the beginning is inspected by default, and all of it passes`, async (t) => {
    const scene = await stage(t, { responseBody: 'nothing of the kind' }, server, holding(BOUND));
    const answer = await (await scene.client()).exchange(GET);
    assert(answer.body.equals(LONG));
    assert.deepEqual(shownBodies(scene.inspector), ['response body 65536 prefix']);
    await until('nothing is held', () => countsOf(scene.proxy)['heldBytes'] === 0);
  });

  test(`a longer response framed by ${framing} that is hit in its beginning does not pass`, async (t) => {
    const needle = LONG.subarray(10, 20).toString('latin1');
    const scene = await stage(t, { responseBody: needle, verdict: REPLY_418 }, server, holding(BOUND));
    assert.equal(statusOf(await (await scene.client()).exchange(GET)), 418);
  });

  test(`a longer response framed by ${framing} passes unseen with "beyond: pass"`, async (t) => {
    const needle = LONG.subarray(10, 20).toString('latin1');
    const scene = await stage(
      t,
      { responseBody: needle, verdict: REPLY_418 },
      server,
      holding({ ...BOUND, beyond: 'pass' }),
    );
    const answer = await (await scene.client()).exchange(GET);
    assert(answer.body.equals(LONG));
    assert.deepEqual(shownBodies(scene.inspector), ['response body 0 prefix']);
  });

  test(`a longer response framed by ${framing} is answered with 502 with "beyond: reject"`, async (t) => {
    const scene = await stage(
      t,
      { responseBody: 'nothing of the kind' },
      server,
      holding({ ...BOUND, beyond: 'reject' }),
    );
    const client = await scene.client();
    assert.equal(statusOf(await client.exchange(GET)), 502);
    assert.equal((await scene.record(0)).end, 'response-body-not-held');
    assert.deepEqual(shownBodies(scene.inspector), []);
  });

  test(`who only detects passes a longer response framed by ${framing}, whatever is beyond`, async (t) => {
    const scene = await stage(t, { responseBody: 'nothing of the kind' }, server, {
      listener: { inspection: 'detect' },
      ...holding({ ...BOUND, beyond: 'reject' }),
    });
    const answer = await (await scene.client()).exchange(GET);
    assert(answer.body.equals(LONG));
    assert.match(shownBodies(scene.inspector)[0] ?? '', /prefix$/);
  });

  test(`a response framed by ${framing} that is too long is so, too, when one read brings all of it`, async (t) => {
    const short = content(1_100);
    for (const beyond of ['prefix', 'pass', 'reject']) {
      const scene = await stage(
        t,
        { responseBody: 'nothing of the kind' },
        sending(make('Content-Type: text/html\r\n', short), isClosed),
        holding({ held: '1KiB', beyond }),
      );
      const answer = await (await scene.client()).exchange(GET);
      assert.equal(statusOf(answer), beyond === 'reject' ? 502 : 200);
      if (beyond !== 'reject') assert(answer.body.equals(short));
      const shown = beyond === 'reject' ? [] : [`response body ${beyond === 'pass' ? 0 : 1024} prefix`];
      assert.deepEqual(shownBodies(scene.inspector), shown, beyond);
    }
  });

  test(`a response framed by ${framing} of just what may be held is inspected whole`, async (t) => {
    const body = content(65_536);
    const scene = await stage(
      t,
      { responseBody: 'nothing of the kind' },
      sending(make('Content-Type: text/html\r\n', body), isClosed),
      holding({ ...BOUND, beyond: 'reject' }),
    );
    const answer = await (await scene.client()).exchange(GET);
    assert(answer.body.equals(body));
    assert.deepEqual(shownBodies(scene.inspector), ['response body 65536']);
  });
}

test('a hit in phase 4 without a body, because the body is too long to be seen, still counts', async (t) => {
  const world = await startWorld(t, {
    rules: `SecRule RESPONSE_BODY "@rx ^$" "id:100,phase:4,deny,status:500"`,
    server: sending(message(`Content-Length: ${LONG.length}\r\n`, LONG)),
    ...holding({ ...BOUND, beyond: 'pass' }),
  });
  assert.equal(statusOf(await (await world.client()).exchange(GET)), 500);
});

for (const beyond of ['prefix', 'pass', 'reject'] as const) {
  test(`responses held together beyond heldTotal, with "beyond: ${beyond}"`, async (t) => {
    let goOn = (): void => {};
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const half = content(400_000);
    const scene = await stage(
      t,
      { responseBody: 'nothing of the kind' },
      async (wire) => {
        await wire.expectRequest();
        await wire.sendAll(`HTTP/1.1 200 OK\r\nContent-Length: 450000\r\n\r\n`);
        await wire.sendAll(half);
        await waits;
        await wire.sendAll(half.subarray(0, 50_000));
      },
      holding({ held: '900000', beyond }, { heldTotal: '1MiB', held: '1KiB' }),
    );
    const clients = await Promise.all([scene.client(), scene.client(), scene.client()]);
    for (const client of clients) client.send(GET);
    await until('one is not held any more', () => clients.some(({ received }) => received > 0));
    const early = clients.filter(({ received }) => received > 0);
    assert.equal(early.length, 1);
    goOn();
    for (const client of clients) {
      const isRefused = beyond === 'reject' && early.includes(client);
      const answer = await client.readResponse();
      assert.equal(statusOf(answer), isRefused ? 503 : 200);
      if (!isRefused) assert.equal(answer.body.length, 450_000);
    }
    const ends = scene.proxy.records.map(({ end }) => end).sort();
    assert.deepEqual(ends, beyond === 'reject' ? ['done', 'done', 'held-total'] : ['done', 'done', 'done']);
    assert.equal(countsOf(scene.proxy)['heldBytes'], 0);
  });
}

test('what was held counts no more while the rest of the response still comes', async (t) => {
  let goOn = (): void => {};
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const scene = await stage(
    t,
    { responseBody: 'nothing of the kind' },
    async (wire) => {
      await wire.expectRequest();
      await wire.sendAll(`HTTP/1.1 200 OK\r\nContent-Length: ${LONG.length}\r\n\r\n`);
      await wire.sendAll(LONG.subarray(0, 200_000));
      await waits;
      await wire.sendAll(LONG.subarray(200_000));
    },
    holding(BOUND),
  );
  const client = await scene.client();
  client.send(GET);
  await until('the beginning has come', () => client.received > 200_000);
  assert.equal(countsOf(scene.proxy)['heldBytes'], 0);
  goOn();
  assert((await client.readResponse()).body.equals(LONG));
});

test('a client that reads late gets a held response whole', async (t) => {
  const body = content(3_000_000);
  const scene = await stage(
    t,
    { responseBody: 'nothing of the kind' },
    sending(message(`Content-Length: ${body.length}\r\n`, body)),
    holding({ held: '1MiB' }),
  );
  const client = await scene.client();
  client.stopReading();
  client.send(GET);
  await pause(100);
  client.goOnReading();
  assert((await client.readResponse()).body.equals(body));
});
