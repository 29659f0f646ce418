/** The published architecture: a reverse proxy in the DMZ, an inner one behind it, a server that sees the client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request } from '../support/message.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { startHaproxyIn } from './daemons.ts';
import { connectIn, echoServer } from './host-sockets.ts';
import { runIn } from './sallyport.ts';
import { takeReplies } from './topologies.ts';

const SKIP = needsNamespaces('haproxy', 'nft', 'ss');

/** client 198.51.100.2 ── dmz 203.0.113.1 ── 203.0.113.2 inner 192.0.2.1 ── 192.0.2.2 server, whose gateway inner is. */
function chain(t: TestContext): { readonly [name in 'client' | 'dmz' | 'inner' | 'server']: Host } {
  const net = Topology.make(t);
  const hosts = {
    client: net.host('client'),
    dmz: net.host('dmz'),
    inner: net.host('inner'),
    server: net.host('server'),
  };
  const { client, dmz, inner, server } = hosts;
  net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], dmz, ['198.51.100.1/24', '2001:db8:1::1/64']);
  net.link(dmz, ['203.0.113.1/24', '2001:db8:3::1/64'], inner, ['203.0.113.2/24', '2001:db8:3::2/64']);
  net.link(inner, ['192.0.2.1/24', '2001:db8:2::1/64'], server, ['192.0.2.2/24', '2001:db8:2::2/64']);
  server.ip('route', 'add', 'default', 'via', '192.0.2.1');
  server.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:2::1');
  inner.ip('route', 'add', 'default', 'via', '203.0.113.1');
  inner.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:3::1');
  inner.forward();
  takeReplies(inner);
  return hosts;
}

/** Each family has its entry, and goes first to Sallyport and then to HAProxy in its place. */
const ENTRIES = [
  { entry: '198.51.100.1', inner: '203.0.113.2', server: '192.0.2.2', from: '198.51.100.2' },
  { entry: '[2001:db8:1::1]', inner: '[2001:db8:3::2]', server: '[2001:db8:2::2]', from: '[2001:db8:1::2]' },
] as const;

test('the server sees of us what it sees of HAProxy in our place', { skip: SKIP }, async (t) => {
  const { client, dmz, inner, server } = chain(t);
  for (const { server: address } of ENTRIES) await echoServer(t, server, `${address}:80`);
  const outer = ENTRIES.flatMap(({ entry, inner: to }, index) =>
    [80, 81].map(
      (port) => `listen l${index}${port}\n  bind ${entry}:${port}\n  server s ${to}:${port} send-proxy\n`,
    ),
  );
  await startHaproxyIn(t, dmz, outer.join(''), [80, 81]);
  const places = ENTRIES.map(
    ({ inner: bind, server: to }, index) =>
      `listen i${index}\n  bind ${bind}:81 accept-proxy\n  source ${index === 0 ? '0.0.0.0' : 'ipv6@:::0'} usesrc client\n  server s ${to}:80\n`,
  );
  await startHaproxyIn(t, inner, places.join(''), [81]);
  await runIn(
    t,
    inner,
    `
listeners:
  four: { bind: "203.0.113.2:80", pool: four, identity: { trust: 203.0.113.1, proxyProtocol: any } }
  six: { bind: "[2001:db8:3::2]:80", pool: six, identity: { trust: "2001:db8:3::1", proxyProtocol: any } }
pools:
  four: { servers: ["192.0.2.2:80"], source: { from: client, port: keep } }
  six: { servers: ["[2001:db8:2::2]:80"], source: { from: client, port: keep } }
`,
  );
  for (const { entry, from } of ENTRIES) {
    for (const [port, place] of [
      [80, 'Sallyport'],
      [81, 'HAProxy'],
    ] as const) {
      const wire = await connectIn(client, `${entry}:${port}`);
      const { body } = await wire.exchange(request('GET /'));
      assert.equal(body.toString(), `${from}:${wire.port}`, place);
      wire.close();
    }
  }
});
