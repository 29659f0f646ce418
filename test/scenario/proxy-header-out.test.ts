/**
 * The PROXY protocol towards servers: each connection names one client, and carries the requests of that client alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response } from '../support/message.ts';
import type { Script } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

/** Answers each request with the PROXY v1 line that its connection began with. */
const tellsLine: Script = async (wire) => {
  const line = (await wire.readUntil('\r\n')).trim();
  while ((await wire.readRequest()) !== undefined) wire.send(response(200, line));
};

test('requests of several clients on one connection of a trusted proxy go out on connections of their own', async (t) => {
  const world = await startWorld(t, {
    server: tellsLine,
    listener: { identity: { trust: ['127.0.0.0/8'], clientHeader: 'x-forwarded-for' } },
    pool: { proxyProtocol: 'v1' },
  });
  const client = await world.client();
  const ask = async (address: string): Promise<string> =>
    (await client.exchange(request('GET /', `X-Forwarded-For: ${address}\r\n`))).body.toString();
  assert.match(await ask('192.0.2.1'), /^PROXY TCP4 192\.0\.2\.1 127\.0\.0\.1 0 /);
  assert.match(await ask('192.0.2.2'), /^PROXY TCP4 192\.0\.2\.2 127\.0\.0\.1 0 /);
  assert.match(await ask('192.0.2.2'), /^PROXY TCP4 192\.0\.2\.2 /);
  assert.equal(world.server.connections.length, 2);
});

test('each client has its own connection, used again for its next request and closed with it', async (t) => {
  const world = await startWorld(t, { server: tellsLine, pool: { proxyProtocol: 'v1' } });
  const one = await world.client();
  const other = await world.client();
  for (const client of [one, other, one, other]) {
    const answer = await client.exchange(request('GET /'));
    assert.equal(answer.body.toString(), `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.port} ${world.port}`);
  }
  assert.equal(world.server.connections.length, 2);
  one.close();
  assert.equal(await (await world.server.connection(0)).ended(), 'end');
});
