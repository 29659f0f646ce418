/** Topologies that several tests have. */
import type { TestContext } from 'node:test';
import { Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';

export interface Gateway {
  readonly net: Topology;
  readonly client: Host;
  readonly proxy: Host;
  readonly server: Host;
}

/**
 * Clients on one side, a server on the other, and the proxy between them, which is the gateway of both:
 *
 *     client 198.51.100.2, .3 ── 198.51.100.1 proxy 192.0.2.1 ── 192.0.2.2 server
 *            2001:db8:1::2, ::3  2001:db8:1::1     2001:db8:2::1  2001:db8:2::2
 *
 * What the server sends to a client comes by the proxy, which takes it for its own where a socket of it has that address.
 */
export function gateway(t: TestContext): Gateway {
  const made = routers(t);
  takeReplies(made.proxy);
  return made;
}

/** The same without rules for foreign addresses. */
export function routers(t: TestContext): Gateway {
  const net = Topology.make(t);
  const [client, proxy, server] = [net.host('client'), net.host('proxy'), net.host('server')];
  net.link(client, ['198.51.100.2/24', '198.51.100.3/24', '2001:db8:1::2/64', '2001:db8:1::3/64'], proxy, [
    '198.51.100.1/24',
    '2001:db8:1::1/64',
  ]);
  net.link(server, ['192.0.2.2/24', '2001:db8:2::2/64'], proxy, ['192.0.2.1/24', '2001:db8:2::1/64']);
  client.ip('route', 'add', 'default', 'via', '198.51.100.1');
  client.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::1');
  server.ip('route', 'add', 'default', 'via', '192.0.2.1');
  server.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:2::1');
  proxy.forward();
  return { net, client, proxy, server };
}

/** Packets for sockets of this host at addresses of others are delivered here. */
export function takeReplies(host: Host): void {
  for (const family of ['-4', '-6']) {
    host.ip(family, 'rule', 'add', 'fwmark', '0x5a', 'lookup', '90');
    host.ip(family, 'route', 'add', 'local', 'default', 'dev', 'lo', 'table', '90');
  }
  host.nft(`table inet sptest {
    chain replies {
      type filter hook prerouting priority mangle;
      meta l4proto { tcp, udp } socket transparent 1 meta mark set 0x5a
    }
  }`);
}
