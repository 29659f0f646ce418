/**
 * Bodies that are held for inspection before anything is forwarded, and then sent at once.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { CONTINUE } from '../../src/base/verdict.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { needleInspector } from '../support/inspector.ts';
import { chunked, content, request, response, statusOf } from '../support/message.ts';
import { pause, until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

for (const size of [50_000, 200_000, 1_000_000]) {
  test(`a held body of ${size} bytes reaches a server that reads late and thinks long`, async (t) => {
    const body = content(size);
    const world = await startWorld(t, {
      inspector: needleInspector({ body: 'evil' }),
      server: async (wire) => {
        wire.stopReading();
        await pause(50);
        wire.goOnReading();
        const message = await wire.expectRequest();
        assert(message.body.equals(body));
        await pause(700);
        wire.send(response(200, 'all of it'));
      },
      pool: { timeouts: { write: '500ms' } },
      config: { inspection: { body: { held: '2MiB' } } },
    });
    const client = await world.client();
    client.send(request('POST /', `Content-Length: ${size}\r\n`));
    client.send(body);
    assert.equal((await client.readResponse()).body.toString(), 'all of it');
  });

  test(`a body of which ${size} bytes are held goes on after them`, async (t) => {
    const body = content(size + 1_000_000);
    const world = await startWorld(t, {
      inspector: needleInspector({ body: 'evil' }),
      server: async (wire) => {
        wire.stopReading();
        await pause(50);
        wire.goOnReading();
        const message = await wire.expectRequest();
        assert(message.body.equals(body));
        wire.send(response(200, 'all of it'));
      },
      pool: { timeouts: { write: '2s' } },
      config: { inspection: { body: { held: `${size}`, beyond: 'prefix' } } },
    });
    const client = await world.client();
    client.send(request('POST /', 'Transfer-Encoding: chunked\r\n'));
    client.send(chunked(body, 10_000));
    assert.equal(statusOf(await client.readResponse()), 200);
  });
}

const FRAMES: readonly (readonly [name: string, field: string, frame: (body: Buffer) => Buffer])[] = [
  ['Content-Length', 'Content-Length: 1100\r\n', (body) => body],
  ['chunks', 'Transfer-Encoding: chunked\r\n', (body) => chunked(body, 300)],
];

for (const [framing, field, frame] of FRAMES) {
  for (const [how, isAtOnce] of [
    ['at once', true],
    ['in pieces', false],
  ] as const) {
    test(`a body in ${framing} that is too long is so when it comes ${how}`, async (t) => {
      for (const [beyond, status, shown] of [
        ['reject', 413, []],
        ['prefix', 200, ['body 1024 prefix']],
        ['pass', 200, ['body 0 prefix']],
      ] as const) {
        const body = content(1_100);
        const inspector = needleInspector({ body: 'nothing of the kind' });
        const world = await startWorld(t, {
          inspector,
          server: async (wire) => {
            const message = await wire.expectRequest();
            assert(message.body.equals(body));
            wire.send(response(200, 'all of it'));
          },
          config: { inspection: { body: { held: '1KiB', beyond } } },
        });
        const client = await world.client();
        const whole = Buffer.concat([Buffer.from(request('POST /', field)), frame(body)]);
        if (isAtOnce) client.send(whole);
        for (let at = 0; !isAtOnce && at < whole.length; at += 100) {
          client.send(whole.subarray(at, at + 100));
          await pause(1);
        }
        assert.equal(statusOf(await client.readResponse()), status, beyond);
        assert.deepEqual(
          inspector.shown.filter((line) => line.startsWith('body')),
          shown,
          beyond,
        );
      }
    });
  }
}

/** What inspection was shown of each body, and whether it still was so when the exchange was over. */
interface Watched extends Inspector {
  readonly outcomes: string[];
}

/** Looks at the body once more at the very end, as rules may. */
function watchingInspector(): Watched {
  const outcomes: string[] = [];
  const begin: Inspector['begin'] = () => {
    let shown: Uint8Array = new Uint8Array(0);
    let copy: Buffer = Buffer.alloc(0);
    return {
      hits: [],
      wantsRequestBody: true,
      wantsResponseBody: false,
      requestHead: () => CONTINUE,
      requestBody: ({ bytes }) => {
        shown = bytes;
        copy = Buffer.from(bytes);
        return CONTINUE;
      },
      responseHead: () => CONTINUE,
      responseBody: () => CONTINUE,
      end: () => outcomes.push(`${copy.length > 0 && copy.equals(shown) ? 'as' : 'not as'} it was`),
    };
  };
  return { ruleCount: 1, begin, outcomes };
}

for (const [what, size] of [
  ['held whole', 20_000],
  ['held in part', 300_000],
] as const) {
  test(`bodies that are ${what} stay as inspection has seen them, whatever other clients send`, async (t) => {
    const count = 12;
    const inspector = watchingInspector();
    let arrived = 0;
    const world = await startWorld(t, {
      inspector,
      server: async (wire) => {
        for (;;) {
          const message = await wire.readRequest();
          if (message === undefined) break;
          const index = Number(/\d+/.exec(message.startLine)?.[0]);
          assert(message.body.equals(content(size, index)));
          arrived++;
          // All are there before the first is over.
          await until('all have come', () => arrived >= count);
          wire.send(response(200));
        }
        wire.end();
      },
      config: { inspection: { body: { held: '64KiB', beyond: 'prefix' } } },
    });
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const client = await world.client();
        client.send(request(`POST /${index}`, `Content-Length: ${size}\r\n`));
        client.send(content(size, index));
        assert.equal(statusOf(await client.readResponse()), 200);
      }),
    );
    await until('all are over', () => inspector.outcomes.length === count);
    assert.deepEqual(new Set(inspector.outcomes), new Set(['as it was']));
  });
}
