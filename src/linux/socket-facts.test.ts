import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { ListenOptions, Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { socketFolder } from '../../test/support/unix-receiver.ts';
import { SocketFacts } from './socket-facts.ts';
import { AF_INET } from './socket-address.ts';
import { Sockets, STREAM } from './sockets.ts';

const skip = process.platform === 'linux' ? false : 'libc is called on Linux alone';

async function listening(t: TestContext, options: ListenOptions): Promise<{ fd: number; server: Server }> {
  const server = createServer().listen(options);
  await once(server, 'listening');
  t.after(() => server.close());
  return { fd: (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd, server };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const SOCKETS: readonly (readonly [string, ListenOptions, readonly number[], boolean])[] = [
  ['an IPv4 address', { host: '127.0.0.1' }, [127, 0, 0, 1], false],
  ['every IPv4 address', { host: '0.0.0.0' }, [0, 0, 0, 0], false],
  ['an IPv6 address', { host: '::1', ipv6Only: true }, [...Array<number>(15).fill(0), 1], false],
  ['every IPv6 address', { host: '::', ipv6Only: true }, Array<number>(16).fill(0), false],
  ['every address of both families', { host: '::' }, Array<number>(16).fill(0), true],
];

for (const [what, options, bytes, isDual] of SOCKETS) {
  test(`a socket that listens on ${what}`, { skip }, async (t) => {
    const { fd, server } = await listening(t, { ...options, port: 0 });
    const facts = new SocketFacts().listening(fd);
    assert.deepEqual([...(facts?.address ?? [])], bytes);
    assert.equal(facts?.port, portOf(server));
    assert.deepEqual([facts.isDual, facts.isTransparent], [isDual, false]);
  });
}

test('what does not listen for TCP is none', { skip }, async (t) => {
  const facts = new SocketFacts();
  const { fd } = await listening(t, { path: join(socketFolder(t), 's') });
  assert.equal(facts.listening(fd), undefined, 'a socket of the Unix domain');
  const sockets = new Sockets();
  const silent = sockets.open(AF_INET, STREAM);
  t.after(() => sockets.close(silent));
  assert.equal(facts.listening(silent), undefined, 'a socket that does not listen');
  const datagrams = sockets.open(AF_INET, 2);
  t.after(() => sockets.close(datagrams));
  assert.equal(facts.listening(datagrams), undefined, 'a socket for datagrams');
});

test('what is no socket is a system error', { skip }, (t) => {
  const fd = openSync(import.meta.filename, 'r');
  t.after(() => closeSync(fd));
  assert.throws(() => new SocketFacts().listening(fd), { code: 'ENOTSOCK' });
  assert.throws(() => new SocketFacts().listening(-1), { code: 'EBADF' });
});
