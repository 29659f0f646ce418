/** Connections to addresses that no host has, taken by a transparent listener. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from '../support/message.ts';
import { needsNamespaces } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { connectIn, echoServer, headerServer } from './host-sockets.ts';
import { runIn } from './sallyport.ts';
import { gateway } from './topologies.ts';

const SKIP = needsNamespaces('nft', 'ping');

/** Hands what is sent to these networks to the listener on port 80. */
function intercept(proxy: Host): void {
  proxy.nft(`table inet sptproxy {
    chain pre {
      type filter hook prerouting priority mangle;
      ip daddr 203.0.113.0/24 tcp dport 80 tproxy ip to :80 meta mark set 0x5a accept
      ip6 daddr 2001:db8:f::/64 tcp dport 80 tproxy ip6 to :80 meta mark set 0x5a accept
    }
  }`);
}

const CONFIGURATION = `
listeners:
  web: { bind: ":80", transparent: true, pool: other, routes: [eighty] }
routes:
  eighty: { destinations: [203.0.113.80, "2001:db8:f::80"], pool: app }
pools:
  app: { servers: ["192.0.2.2:80"], proxyProtocol: v1 }
  other: { servers: ["192.0.2.2:81"] }
`;

test(
  'an address that no host has is answered; log, route and PROXY header know it',
  { skip: SKIP },
  async (t) => {
    const { client, proxy, server } = gateway(t);
    intercept(proxy);
    const headers = await headerServer(t, server, '192.0.2.2:80', 'eighty');
    await echoServer(t, server, '192.0.2.2:81');
    const sallyport = await runIn(t, proxy, CONFIGURATION);
    const rows = [
      { to: '203.0.113.80:80', header: /^PROXY TCP4 198\.51\.100\.[23] 203\.0\.113\.80 \d+ 80$/ },
      { to: '[2001:db8:f::80]:80', header: /^PROXY TCP6 2001:db8:1::[23] 2001:db8:f::80 \d+ 80$/ },
    ];
    for (const [index, { to, header }] of rows.entries()) {
      const wire = await connectIn(client, to);
      assert.equal((await wire.exchange(request('GET /'))).body.toString(), 'eighty');
      assert.match(headers[index] ?? '', header);
      const line = await sallyport.line(index);
      assert.equal(line['destination'], to);
      assert.equal(line['route'], 'eighty');
      wire.close();
    }
    const other = await connectIn(client, '203.0.113.81:80');
    assert.match((await other.exchange(request('GET /'))).body.toString(), /^192\.0\.2\.1:/);
    assert.equal((await sallyport.line(2))['route'], undefined);
    other.close();
    // Nothing but what was handed over is answered: the address is nobody's.
    assert.notEqual(client.try('ping', '-c1', '-W1', '203.0.113.80').code, 0);
    await assert.rejects(connectIn(client, '203.0.113.80:81'));
  },
);

test(
  'without a rule that hands it over nothing comes, and a plain listener takes none of it',
  { skip: SKIP },
  async (t) => {
    const { client, proxy, server } = gateway(t);
    await echoServer(t, server, '192.0.2.2:81');
    intercept(proxy);
    await runIn(t, proxy, CONFIGURATION.replace('transparent: true, ', ''));
    await assert.rejects(connectIn(client, '203.0.113.80:80'));
  },
);
