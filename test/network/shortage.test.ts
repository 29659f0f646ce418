/** This host has no port left for a connection: that is no failure of the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, statusOf } from '../support/message.ts';
import { needsNamespaces } from '../support/topology.ts';
import { until } from '../support/wire.ts';
import { connectIn, echoServer } from './host-sockets.ts';
import { runIn } from './sallyport.ts';
import { gateway } from './topologies.ts';

const CONFIGURATION = `
listeners:
  web: { bind: ":80", pool: app }
  relay: { bind: ":82", protocol: tcp, pool: app }
pools:
  app:
    servers: ["192.0.2.2:80"]
    health: { passive: { failures: 1 } }
`;

test(
  'without a free port the answer is 503, and the server stays up',
  { skip: needsNamespaces() },
  async (t) => {
    const hosts = gateway(t);
    await echoServer(t, hosts.server, '192.0.2.2:80');
    hosts.proxy.run('sysctl', '-qw', 'net.ipv4.ip_local_port_range=40000 40001');
    const proxy = await runIn(t, hosts.proxy, CONFIGURATION);
    // They have both ports.
    const relayed = [
      await connectIn(hosts.client, '198.51.100.1:82'),
      await connectIn(hosts.client, '198.51.100.1:82'),
    ];
    for (const wire of relayed) assert.equal(statusOf(await wire.exchange(request('GET /'))), 200);
    for (let count = 0; count < 3; count++) {
      const client = await connectIn(hosts.client, '198.51.100.1:80');
      assert.equal(statusOf(await client.exchange(request('GET /'))), 503);
      client.close();
      const { end, reason } = await proxy.line(count);
      assert.equal(end, 'system-limit');
      assert.match(JSON.stringify(reason), /EADDRNOTAVAIL/);
    }
    // It may be reset before it knows that it is there.
    const third = await connectIn(hosts.client, '198.51.100.1:82').catch(() => undefined);
    await until('it is reset', () => third === undefined || third.ending !== undefined);
    assert.equal((await proxy.line(3))['end'], 'system-limit');
    relayed[0]?.reset();
    // The port is free at once, because the connection to the server is reset, too.
    await until('somebody is served again', async () => {
      const client = await connectIn(hosts.client, '198.51.100.1:80');
      const status = statusOf(await client.exchange(request('GET /')));
      client.close();
      return status === 200;
    });
    assert.doesNotMatch(proxy.said(), /is down/);
  },
);
