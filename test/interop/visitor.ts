/** A client that comes from an address of its choice, over IPv4 or IPv6. */
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { Wire } from '../support/wire.ts';

export type Family = 4 | 6;

/** The address of this host in each family, as it stands in an address with a port. */
export const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '[::1]' };

/** Where visitors come from: an address of its own where the host has more than one. */
export const VISITOR: Readonly<Record<Family, string>> = { 4: '127.0.0.2', 6: '::1' };

/** Connects to a port of this host; the connection is closed with the test. */
export async function visit(
  t: TestContext,
  port: number,
  family: Family,
  from: string = VISITOR[family],
): Promise<Wire> {
  const host = family === 4 ? '127.0.0.1' : '::1';
  const socket = connect({ host, port, family, localAddress: from, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const wire = new Wire(socket);
  t.after(() => wire.close());
  return wire;
}
