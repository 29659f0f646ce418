/** To which server a client's next request should go, where his connections are shared by their source. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../identity/client.ts';
import type { Pool } from './pool.ts';
import { PrivateOrigin } from './private-origin.ts';
import type { Server } from './server.ts';

const server = { name: 'a' } as unknown as Server;
const client = (address: string): Client => ({ address }) as unknown as Client;

function pool(parts: { header?: string; isShared?: boolean; servers?: readonly Server[] } = {}): Pool {
  const { header = '', isShared = true, servers = [server] } = parts;
  return { servers, isSharedBySource: isShared, source: { header } } as unknown as Pool;
}

test('a client goes to the server that served him last', () => {
  const origin = new PrivateOrigin();
  assert.equal(origin.serverOf(pool(), client('192.0.2.1')), undefined);
  origin.remember(server, client('192.0.2.1'));
  assert.equal(origin.serverOf(pool(), client('192.0.2.1')), server);
});

const ELSEWHERE: readonly (readonly [why: string, pool: Pool, address: string])[] = [
  ['another client of a proxy in front', pool(), '192.0.2.2'],
  ['a pool in which a header names the source', pool({ header: 'x-client-ip' }), '192.0.2.1'],
  ['a pool whose connections are not shared by source', pool({ isShared: false }), '192.0.2.1'],
  ['a pool of another configuration', pool({ servers: [] }), '192.0.2.1'],
];

for (const [why, other, address] of ELSEWHERE) {
  test(`not so: ${why}`, () => {
    const origin = new PrivateOrigin();
    origin.remember(server, client('192.0.2.1'));
    assert.equal(origin.serverOf(other, client(address)), undefined);
  });
}
