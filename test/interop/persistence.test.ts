/**
 * Cookies of persistence: HAProxy and ours in front of the same two servers, asked the same. Both must go to the same
 * server, show it the same cookies, and give the client the same ones with the same attributes.
 *
 * Server b has the weight 0: new sessions go to a, and only a cookie leads to b.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readDate, writeDate } from '../../src/balance/cookie-dates.ts';
import { request, response, valuesOf } from '../support/message.ts';
import { startProxy } from '../support/proxy.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';

const SKIP = needs('haproxy');

/** Says its name and the cookies that it was sent; answers with the fields that `X-Answer` lists, between `@`. */
function script(name: string): ReturnType<typeof answering> {
  return answering((message) => {
    const [answer = ''] = valuesOf(message, 'X-Answer');
    const fields = answer === '' ? '' : `${answer.split('@').join('\r\n')}\r\n`;
    return response(200, `${name} ${JSON.stringify(valuesOf(message, 'Cookie'))}`, fields);
  });
}

interface Setting {
  readonly name: string;
  /** What stands behind `cookie S`. */
  readonly haproxy: string;
  readonly ours: Readonly<Record<string, unknown>>;
}

/** Ours has these on unless turned off. */
const BARE = { indirect: false, noCache: false, httpOnly: false };

const SETTINGS: readonly Setting[] = [
  { name: 'insert', haproxy: 'insert', ours: BARE },
  { name: 'insert indirect', haproxy: 'insert indirect', ours: { ...BARE, indirect: true } },
  { name: 'insert nocache', haproxy: 'insert nocache', ours: { ...BARE, noCache: true } },
  { name: 'insert indirect nocache httponly', haproxy: 'insert indirect nocache httponly', ours: {} },
  {
    name: 'insert with all attributes',
    haproxy: 'insert httponly secure domain .example.org attr "SameSite=None"',
    ours: { ...BARE, httpOnly: true, secure: true, domain: '.example.org', sameSite: 'none' },
  },
  {
    name: 'insert maxidle',
    haproxy: 'insert indirect maxidle 1h',
    ours: { ...BARE, indirect: true, maxIdle: '1h' },
  },
  {
    name: 'insert maxlife',
    haproxy: 'insert indirect maxlife 1h',
    ours: { ...BARE, indirect: true, maxLife: '1h' },
  },
  {
    name: 'insert maxidle maxlife',
    haproxy: 'insert indirect maxidle 1h maxlife 2h',
    ours: { ...BARE, indirect: true, maxIdle: '1h', maxLife: '2h' },
  },
  { name: 'rewrite', haproxy: 'rewrite', ours: { mode: 'rewrite' } },
  { name: 'prefix', haproxy: 'prefix', ours: { mode: 'prefix' } },
];

const nowS = Math.floor(Date.now() / 1000);
const [recent, old, older] = [nowS - 600, nowS - 5400, nowS - 10_000].map((seconds) => writeDate(seconds));

/** What is asked, and what the server answers with. */
const CASES: readonly { readonly cookies?: readonly string[]; readonly answer?: readonly string[] }[] = [
  {},
  { cookies: ['S=a'] },
  { cookies: ['S=b'] },
  { cookies: ['x=1; S=b; y=2'] },
  { cookies: ['S=b; x=1'] },
  { cookies: ['x=1; S=b'] },
  { cookies: ['S=z'] },
  { cookies: ['S='] },
  { cookies: ['s=b; SS=b; S2=b'] },
  { cookies: ['x=1', 'S=b'] },
  { cookies: ['S=b~theirs'] },
  { cookies: ['S=z~theirs; x=1'] },
  { cookies: ['S=b~their~own'] },
  { cookies: [`S=b|${recent}`] },
  { cookies: [`S=b|${old}`] },
  { cookies: [`S=b|${recent}|${recent}`] },
  { cookies: [`S=b|${recent}|${old}`] },
  { cookies: [`S=b|${recent}|${older}`] },
  { cookies: [`S=b|${writeDate(nowS + 200_000)}`] },
  { cookies: ['S=b|!!!!!|more'] },
  { answer: ['Set-Cookie: S=theirs; Path=/app; Secure'] },
  { answer: ['Set-Cookie: x=1; Path=/', 'Set-Cookie: S=theirs', 'Set-Cookie: y=2'] },
  { cookies: ['S=b'], answer: ['Set-Cookie: S=theirs', 'Set-Cookie: x=1'] },
  { cookies: ['S=b~theirs'], answer: ['Set-Cookie: S=other; HttpOnly'] },
  { answer: ['Set-Cookie: s=1; Path=/', 'Set-Cookie: SS=2'] },
  { answer: ['Cache-Control: max-age=60'] },
  { answer: ['Cache-Control: private'] },
  { answer: ['Cache-Control: no-store'] },
  { cookies: ['S=b'], answer: ['Cache-Control: max-age=60'] },
];

let servers: readonly ScriptedServer[] = [];
before(async () => {
  servers = await Promise.all(['a', 'b'].map((name) => scriptedServer(script(name))));
});
after(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

let compared = 0;

for (const { name, haproxy, ours } of SETTINGS) {
  test(`cookie S ${name}: the same exchanges as with HAProxy`, { skip: SKIP }, async (t) => {
    const [a, b] = servers.map(({ port }) => `127.0.0.1:${port}`);
    const daemon = await startHaproxy(
      t,
      `frontend front
    mode http
    bind 127.0.0.1:@front
    default_backend back
backend back
    mode http
    cookie S ${haproxy}
    server a ${a} cookie a weight 1
    server b ${b} cookie b weight 0
`,
    );
    const proxy = await startProxy(
      JSON.stringify({
        listeners: { front: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
        pools: {
          app: {
            servers: { a: { address: a, cookie: 'a' }, b: { address: b, cookie: 'b', weight: 0 } },
            persistence: { by: 'cookie', cookie: { name: 'S', ...ours } },
          },
        },
      }),
    );
    t.after(() => proxy.close());
    const hasOwn = ours['mode'] === undefined && ours['noCache'] !== false;
    const wires = [await Wire.connect(daemon.ports['front']!), await Wire.connect(proxy.port())] as const;
    for (const one of CASES) {
      const [theirs, own] = await Promise.all([ask(wires[0], one), ask(wires[1], one)]);
      // HAProxy takes a response that says nothing of caches for one that none would keep.
      if (hasOwn && theirs.cache.length === 0 && own.cookies.some((text) => text.startsWith('S=')))
        theirs.cache.push('private');
      assert.deepEqual(own, theirs, JSON.stringify(one));
      compared++;
    }
    for (const wire of wires) wire.close();
  });
}

test('every exchange was compared', { skip: SKIP }, () => {
  assert.equal(compared, SETTINGS.length * CASES.length);
});

interface Answer {
  readonly body: string;
  readonly cookies: readonly string[];
  readonly cache: string[];
}

async function ask(wire: Wire, { cookies = [], answer = [] }: (typeof CASES)[number]): Promise<Answer> {
  const fields =
    cookies.map((cookie) => `Cookie: ${cookie}\r\n`).join('') +
    (answer.length > 0 ? `X-Answer: ${answer.join('@')}\r\n` : '');
  const message = await wire.exchange(request('GET /', fields));
  return {
    body: message.body.toString(),
    cookies: valuesOf(message, 'Set-Cookie').map(withoutTimes),
    cache: valuesOf(message, 'Cache-Control').sort(),
  };
}

/** Times that are now are only known to be that. */
function withoutTimes(cookie: string): string {
  return cookie.replace(/\|([A-Za-z0-9+/]{5})(?=[|;])/g, (_, date: string) =>
    Math.abs(readDate(date) - Date.now() / 1000) < 30 ? '|now' : `|${date}`,
  );
}
