/**
 * Header fields on their way: what stays, what belongs to one connection and is removed, what is ours to say.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHead, request, response, valueOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';
import type { TestContext } from 'node:test';

/** Sends one request with `fields` and returns what the server saw. */
async function seenBy(
  t: TestContext,
  fields: string,
  options: { readonly listener?: Settings; readonly pool?: Settings } = {},
): Promise<{ seen: Message; world: World; answer: Message }> {
  let seen: Message | undefined;
  const script = answering((message) => {
    seen = message;
    return response(200);
  });
  const world = await startWorld(t, { server: script, ...options });
  const client = await world.client();
  const answer = await client.exchange(request('GET /', fields));
  assert(seen !== undefined);
  return { seen, world, answer };
}

const NO_HEADERS: Settings = {
  headers: { xForwardedFor: 'off', xForwardedProto: 'off', xForwardedHost: 'off', forwarded: 'off' },
};

test('order, case, duplicates, empty values and spaces of fields stay as they came', async (t) => {
  const fields =
    'X-One:1\r\nx-ONE:  two \t\r\nAccept:\r\nCookie: a=1\r\nX-One: 3\r\nCookie: b=2\r\nX-Obs: \xe9\xff\r\n';
  const { seen } = await seenBy(t, fields, { pool: NO_HEADERS });
  assert.equal(seen.head, `GET / HTTP/1.1\r\nHost: app.example\r\n${fields}\r\n`);
});

test('order, case, duplicates and spaces of response fields stay as they came', async (t) => {
  const head = 'HTTP/1.1 200 \xe9\r\nset-COOKIE: a\r\nX-One:1\r\nSet-Cookie:b \r\nContent-Length: 0\r\n\r\n';
  const world = await startWorld(t, { server: answering(() => head) });
  const client = await world.client();
  assert.equal((await client.exchange(request('GET /'))).head, head);
});

const HOP_BY_HOP = [
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
  'Upgrade: websocket',
  'Proxy-Authenticate: Basic',
];

const REMOVED: readonly string[] = [
  ...HOP_BY_HOP,
  'Proxy-Authorization: Basic eA==',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'proxy-CONNECTION: x',
  // Look-alikes of what we set or of what frames, routes or authenticates.
  'X_Forwarded_For: 6.6.6.6',
  'X.Forwarded.For: 6.6.6.6',
  'X-Forwarded_For: 6.6.6.6',
  'X!Forwarded!Proto: https',
  'x_forwarded_host: evil.example',
  'Content_Length: 5',
  'Content.Length: 5',
  'Transfer_Encoding: chunked',
  'Content_Type: text/xml',
  'X_Real_IP: 6.6.6.6',
  // Ours to set, from a peer that is not trusted.
  'X-Forwarded-For: 6.6.6.6',
  'x-forwarded-proto: https',
  'X-FORWARDED-HOST: evil.example',
  'Forwarded: for=6.6.6.6',
];

for (const field of REMOVED) {
  test(`removed from requests: ${field}`, async (t) => {
    const { seen } = await seenBy(t, `X-Before: 1\r\n${field}\r\nX-After: 2\r\n`, { pool: NO_HEADERS });
    assert.equal(seen.head, request('GET /', 'X-Before: 1\r\nX-After: 2\r\n'));
  });
}

for (const field of HOP_BY_HOP) {
  test(`removed from responses: ${field}`, async (t) => {
    const world = await startWorld(t, {
      server: answering(() => response(200, '', `X-Before: 1\r\n${field}\r\nX-After: 2\r\n`)),
    });
    const client = await world.client();
    const answer = await client.exchange(request('GET /'));
    assert.equal(answer.head, response(200, '', 'X-Before: 1\r\nX-After: 2\r\n'));
  });
}

test('fields that Connection names are removed, in any case and from any list', async (t) => {
  const fields =
    'Connection: X-One, x-TWO ,, keep-alive\r\nX-One: 1\r\nx-two: 2\r\nX-Three: 3\r\nconnection: X-THREE\r\nX-Four: 4\r\n';
  const { seen } = await seenBy(t, fields, { pool: NO_HEADERS });
  assert.equal(seen.head, request('GET /', 'X-Four: 4\r\n'));
});

test('fields that Connection names are removed from responses', async (t) => {
  const fields = 'Connection: X-One\r\nX-One: 1\r\nX-Two: 2\r\n';
  const world = await startWorld(t, { server: answering(() => response(200, '', fields)) });
  const client = await world.client();
  const answer = await client.exchange(request('GET /'));
  assert.equal(answer.head, response(200, '', 'X-Two: 2\r\n'));
});

test('the last of very many Connection fields counts as the first', async (t) => {
  const fields = `${'Connection: x\r\n'.repeat(90)}Connection: X-Hop, close\r\nX-Hop: 1\r\n`;
  const { seen, answer } = await seenBy(t, fields, { pool: NO_HEADERS });
  assert.equal(seen.head, request('GET /'));
  assert.equal(valueOf(answer, 'connection'), 'close');
});

test('what says who asks, what for and how long it is cannot be removed by naming it in Connection', async (t) => {
  const kept =
    'Authorization: Basic eA==\r\nCookie: a=b\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n';
  const named =
    'Connection: Host, X-Forwarded-For, Content-Length, Authorization, Cookie, Content-Type, Cache-Control, X-Other\r\n';
  const { seen } = await seenBy(t, `${named}${kept}X-Other: 1\r\nContent-Length: 0\r\n`);
  assert.equal(valueOf(seen, 'host'), 'app.example');
  assert.equal(valueOf(seen, 'x-forwarded-for'), '127.0.0.1');
  assert.equal(valueOf(seen, 'content-length'), '0');
  assert.equal(valueOf(seen, 'x-other'), undefined);
  for (const [name, value] of readHead(`x\r\n${kept}\r\n`).fields) assert.equal(valueOf(seen, name), value);
});

const TRUSTED: Settings = { identity: { trust: ['127.0.0.0/8'], clientHeader: 'x-forwarded-for' } };
const TRUSTED_FORWARDED: Settings = { identity: { trust: ['127.0.0.0/8'], clientHeader: 'forwarded' } };
const CAME = 'X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n';

const SAID: readonly {
  readonly name: string;
  readonly fields: string;
  readonly listener?: Settings;
  readonly headers: Settings;
  readonly header: string;
  readonly value: string | undefined;
  readonly client?: string;
}[] = [
  {
    name: 'append drops what a peer sends that is not trusted',
    fields: CAME,
    headers: { xForwardedFor: 'append' },
    header: 'x-forwarded-for',
    value: '127.0.0.1',
  },
  {
    name: 'append keeps what a trusted peer sends and adds the peer',
    fields: CAME,
    listener: TRUSTED,
    headers: { xForwardedFor: 'append' },
    header: 'x-forwarded-for',
    value: '6.6.6.6, 203.0.113.7, 127.0.0.1',
    client: '203.0.113.7',
  },
  {
    name: 'append joins several fields in their order',
    fields: 'X-Forwarded-For: 6.6.6.6\r\nX-Other: 1\r\nx-forwarded-for: 203.0.113.7\r\n',
    listener: TRUSTED,
    headers: { xForwardedFor: 'append' },
    header: 'x-forwarded-for',
    value: '6.6.6.6, 203.0.113.7, 127.0.0.1',
    client: '203.0.113.7',
  },
  {
    name: 'replace sends the client alone',
    fields: CAME,
    listener: TRUSTED,
    headers: { xForwardedFor: 'replace' },
    header: 'x-forwarded-for',
    value: '203.0.113.7',
    client: '203.0.113.7',
  },
  {
    name: 'off sends none, from trusted peers neither',
    fields: CAME,
    listener: TRUSTED,
    headers: { xForwardedFor: 'off' },
    header: 'x-forwarded-for',
    value: undefined,
    client: '203.0.113.7',
  },
  {
    name: 'the scheme is the one that was used',
    fields: 'X-Forwarded-Proto: https\r\n',
    listener: TRUSTED,
    headers: {},
    header: 'x-forwarded-proto',
    value: 'http',
  },
  {
    name: 'off sends no scheme',
    fields: 'X-Forwarded-Proto: https\r\n',
    headers: { xForwardedProto: 'off' },
    header: 'x-forwarded-proto',
    value: undefined,
  },
  {
    name: 'the host is the one that was asked for',
    fields: 'X-Forwarded-Host: evil.example\r\n',
    headers: {},
    header: 'x-forwarded-host',
    value: 'app.example',
  },
  {
    name: 'off sends no host',
    fields: 'X-Forwarded-Host: evil.example\r\n',
    headers: { xForwardedHost: 'off' },
    header: 'x-forwarded-host',
    value: undefined,
  },
  {
    name: 'append to Forwarded drops what a peer sends that is not trusted',
    fields: 'Forwarded: for=6.6.6.6\r\n',
    headers: { forwarded: 'append' },
    header: 'forwarded',
    value: 'for=127.0.0.1;proto=http;host=app.example',
  },
  {
    name: 'append to Forwarded keeps what a trusted peer sends',
    fields: 'Forwarded: for=203.0.113.7;proto=https\r\n',
    listener: TRUSTED_FORWARDED,
    headers: { forwarded: 'append' },
    header: 'forwarded',
    value: 'for=203.0.113.7;proto=https, for=127.0.0.1;proto=http;host=app.example',
    client: '203.0.113.7',
  },
  {
    name: 'replace sends the client alone in Forwarded',
    fields: 'Forwarded: for="[2001:db8::7]:99";proto=https\r\n',
    listener: TRUSTED_FORWARDED,
    headers: { forwarded: 'replace' },
    header: 'forwarded',
    value: 'for="[2001:db8::7]";proto=http;host=app.example',
    client: '2001:db8::7',
  },
  {
    name: 'off sends no Forwarded',
    fields: 'Forwarded: for=203.0.113.7\r\n',
    listener: TRUSTED_FORWARDED,
    headers: { forwarded: 'off' },
    header: 'forwarded',
    value: undefined,
    client: '203.0.113.7',
  },
];

for (const { name, fields, listener, headers, header, value, client = '127.0.0.1' } of SAID) {
  test(`${header}: ${name}`, async (t) => {
    const { seen, world } = await seenBy(t, fields, {
      ...(listener === undefined ? {} : { listener }),
      pool: { headers },
    });
    assert.equal(valueOf(seen, header), value);
    assert.equal((await world.record(0)).client.address, client);
  });
}
