/**
 * Where a server authenticates connections instead of requests (NTLM, Negotiate), its connection belongs to the client who
 * has been asked for it: a request of anybody else on it would be one of that user.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf } from '../support/message.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

/** Asks the first request of each connection for `challenge`, and says of all others on which connection they came. */
function asking(status: number, challenge: string): Script {
  return async (wire, index) => {
    for (let count = 0; (await wire.readRequest()) !== undefined; count++) {
      if (count === 0) wire.send(response(status, 'who?', challenge));
      else wire.send(response(200, `connection ${index}`));
    }
  };
}

const OF_CONNECTIONS: readonly (readonly [status: number, challenge: string])[] = [
  [401, 'WWW-Authenticate: NTLM\r\n'],
  [401, 'www-authenticate: ntlm TlRMTVNTUAACAAAA\r\n'],
  [401, 'WWW-Authenticate: Negotiate\r\n'],
  [401, 'WWW-Authenticate: Basic realm="a", Negotiate\r\n'],
  [401, 'WWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate:NTLM\r\n'],
  [407, 'Proxy-Authenticate: NTLM\r\n'],
];

for (const [status, challenge] of OF_CONNECTIONS) {
  test(`a connection that a user authenticates is nobody else's: ${challenge.trim()}`, async (t) => {
    const world = await startWorld(t, { server: asking(status, challenge) });
    const user = await world.client();
    assert.equal(statusOf(await user.exchange(request('GET /'))), status);
    const other = await world.client();
    assert.equal(statusOf(await other.exchange(request('GET /'))), status, 'on a connection of its own');
    assert.equal((await user.exchange(request('GET /'))).body.toString(), 'connection 0');
    assert.equal((await other.exchange(request('GET /'))).body.toString(), 'connection 1');
    assert.equal((await user.exchange(request('GET /'))).body.toString(), 'connection 0');
    user.close();
    assert.equal(await world.server.connections[0]?.ended(), 'end', 'it ends with that of its user');
    const third = await world.client();
    assert.equal(statusOf(await third.exchange(request('GET /'))), status, 'it is not left to anybody');
    assert.equal(world.server.connections.length, 3);
  });
}

const OF_REQUESTS: readonly (readonly [status: number, challenge: string])[] = [
  [401, 'WWW-Authenticate: Basic realm="NTLM"\r\n'],
  [401, 'WWW-Authenticate: Bearer\r\n'],
  [401, 'WWW-Authenticate: Negotiated\r\n'],
  [200, 'WWW-Authenticate: NTLM\r\n'],
  [401, 'X-Authenticate: NTLM\r\n'],
];

for (const [status, challenge] of OF_REQUESTS) {
  test(`a connection on which requests are authenticated serves all: ${status}, ${challenge.trim()}`, async (t) => {
    const world = await startWorld(t, { server: asking(status, challenge) });
    const user = await world.client();
    assert.equal(statusOf(await user.exchange(request('GET /'))), status);
    const other = await world.client();
    assert.equal((await other.exchange(request('GET /'))).body.toString(), 'connection 0');
    assert.equal(world.server.connections.length, 1);
  });
}

test('a client that authenticates himself to two servers keeps the connection of the last one', async (t) => {
  const servers = await Promise.all(
    [0, 1].map(() => scriptedServer(asking(401, 'WWW-Authenticate: NTLM\r\n'))),
  );
  t.after(() => Promise.all(servers.map((server) => server.close())));
  const [one, two] = servers.map(({ port }) => ({ servers: [`127.0.0.1:${port}`] }));
  const world = await startWorld(t, {
    listener: { routes: ['one', 'two'] },
    config: {
      routes: { one: { paths: ['/one'], pool: 'one' }, two: { paths: ['/two'], pool: 'two' } },
      pools: { app: { servers: ['127.0.0.1:9'] }, one, two },
    },
  });
  const user = await world.client();
  assert.equal(statusOf(await user.exchange(request('GET /one'))), 401);
  assert.equal(statusOf(await user.exchange(request('GET /two'))), 401);
  assert.equal(
    statusOf(await user.exchange(request('GET /two'))),
    200,
    'the second is the one that was asked for',
  );
  assert.equal(await servers[0]?.connections[0]?.ended(), 'end', 'nobody else gets the first');
  assert.equal(statusOf(await user.exchange(request('GET /one'))), 401);
  assert.equal(statusOf(await user.exchange(request('GET /one'))), 200);
});
