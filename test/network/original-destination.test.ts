/** Clients that go by the proxy to servers of which it knows nothing: to where they wanted, with their own address. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { hostCommand } from '../host/host-command.ts';
import { request, statusOf } from '../support/message.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { startNginxIn } from './daemons.ts';
import { connectIn } from './host-sockets.ts';
import { makeFolder, runIn } from './sallyport.ts';

const SKIP = needsNamespaces('nft', 'nginx');

interface Way {
  readonly client: Host;
  readonly proxy: Host;
  readonly server: Host;
}

/**
 * The proxy is the router between them. It has no address in the network of the servers that clients name:
 *
 *     client 198.51.100.2 ── .1 proxy 192.0.2.1 ── 192.0.2.2 server 203.0.113.80, .81
 *            2001:db8:1::2   ::1      2001:db8:2::1                  2001:db8:f::80
 */
function way(t: TestContext): Way {
  const net = Topology.make(t);
  const [client, proxy, server] = [net.host('client'), net.host('proxy'), net.host('server')];
  net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], proxy, ['198.51.100.1/24', '2001:db8:1::1/64']);
  net.link(server, ['192.0.2.2/24', '2001:db8:2::2/64'], proxy, ['192.0.2.1/24', '2001:db8:2::1/64']);
  client.ip('route', 'add', 'default', 'via', '198.51.100.1');
  client.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::1');
  server.ip('route', 'add', 'default', 'via', '192.0.2.1');
  server.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:2::1');
  for (const address of ['203.0.113.80/32', '203.0.113.81/32'])
    server.ip('address', 'add', address, 'dev', 'lo');
  server.ip('address', 'add', '2001:db8:f::80/128', 'dev', 'lo', 'nodad');
  proxy.ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.2');
  proxy.ip('-6', 'route', 'add', '2001:db8:f::/64', 'via', '2001:db8:2::2');
  return { client, proxy, server };
}

/** With the rules that `host apply` makes of the configuration. */
async function start(t: TestContext, proxy: Host, yaml: string, workers?: number): ReturnType<typeof runIn> {
  const file = join(makeFolder(t), 'sallyport.yaml');
  writeFileSync(file, yaml);
  const applied = await hostCommand(t, proxy, ['-c', file, '--gateway']).run('apply');
  assert.equal(applied.code, 0, applied.stderr);
  return runIn(t, proxy, yaml, 'json', workers);
}

async function get(client: Host, to: string, from?: string): Promise<{ status: number; body: string }> {
  const wire = await connectIn(client, to, from);
  const message = await wire.exchange(request('GET /'));
  wire.close();
  return { status: statusOf(message), body: message.body.toString().trim() };
}

const BINDS = ['203.0.113.80:80', '203.0.113.81:80', '[2001:db8:f::80]:80', '192.0.2.2:80'];

for (const workers of [1, 2]) {
  test(
    `an unmodified server that no configuration names sees the client's address and port, ${workers} worker(s)`,
    { skip: SKIP },
    async (t) => {
      const { client, proxy, server } = way(t);
      const nginx = await startNginxIn(t, server, BINDS);
      const sallyport = await start(
        t,
        proxy,
        `
listeners: { web: { bind: ":80", transparent: true, pool: onward } }
pools:
  onward:
    originalDestination: { within: [203.0.113.0/24, "2001:db8:f::/64"] }
    source: { from: client, port: keep }
`,
        workers,
      );
      const rows = [
        { to: '203.0.113.80:80', from: '198.51.100.2:40001', seen: '198.51.100.2 40001' },
        { to: '203.0.113.81:80', from: '198.51.100.2:40002', seen: '198.51.100.2 40002' },
        { to: '[2001:db8:f::80]:80', from: '[2001:db8:1::2]:40003', seen: '2001:db8:1::2 40003' },
      ];
      for (const [index, { to, from, seen }] of rows.entries()) {
        assert.equal((await get(client, to, from)).body, seen);
        const line = await sallyport.line(index);
        assert.equal(line['destination'], to);
        assert.equal(line['server'], 'original-destination');
        assert.equal(line['source'], from);
      }
      // The servers' own network is not in the list.
      assert.equal((await get(client, '192.0.2.2:80')).status, 403);
      assert.equal((await sallyport.line(3))['end'], 'destination-refused');
      // Many at once, to several servers, from one client.
      const many = Array.from({ length: 40 }, (_, index) => get(client, `203.0.113.${80 + (index % 2)}:80`));
      for (const { status, body } of await Promise.all(many)) {
        assert.equal(status, 200);
        assert.match(body, /^198\.51\.100\.2 \d+$/);
      }
      assert.match(nginx.log(), /client=2001:db8:1::2 port=40003 200/);
    },
  );
}

test(
  'from an own address: several clients share connections to one destination',
  { skip: SKIP },
  async (t) => {
    const { client, proxy, server } = way(t);
    await startNginxIn(t, server, BINDS);
    await start(
      t,
      proxy,
      `
listeners: { web: { bind: ":80", transparent: true, pool: onward } }
pools: { onward: { originalDestination: { within: 203.0.113.0/24 } } }
`,
    );
    const bodies = [];
    for (let round = 0; round < 3; round++) bodies.push((await get(client, '203.0.113.80:80')).body);
    assert.match(bodies[0] ?? '', /^192\.0\.2\.1 \d+$/);
    assert.equal(new Set(bodies).size, 1, 'one connection of the proxy served all');
    assert.notEqual((await get(client, '203.0.113.81:80')).body, bodies[0]);
  },
);

test('who connects to the proxy itself, or to nobody, gets no further', { skip: SKIP }, async (t) => {
  const { client, proxy, server } = way(t);
  await startNginxIn(t, server, BINDS);
  const sallyport = await start(
    t,
    proxy,
    `
listeners: { web: { bind: ":80", transparent: true, pool: onward } }
pools:
  onward:
    originalDestination: { within: 0.0.0.0/0 }
    source: client
    timeouts: { connect: 500ms }
    retries: 0
`,
  );
  assert.equal((await get(client, '198.51.100.1:80')).status, 403);
  const own = await sallyport.line(0);
  assert.equal(own['end'], 'destination-refused');
  assert.match(JSON.stringify(own), /destination-own/);
  // A link-local destination is routed here as any other.
  assert.equal((await get(client, '169.254.169.254:80')).status, 403);
  assert.match(JSON.stringify(await sallyport.line(1)), /destination-guarded/);
  const nobody = (await get(client, '203.0.113.90:80')).status;
  assert(nobody === 502 || nobody === 504, String(nobody));
});

test(
  'an address that a route makes one of this host leads back to the proxy, once',
  { skip: SKIP },
  async (t) => {
    const { client, proxy } = way(t);
    // No device has them, so that nothing but the connection itself tells.
    proxy.ip('route', 'add', 'local', '203.0.113.0/26', 'dev', 'lo');
    const sallyport = await start(
      t,
      proxy,
      `
listeners: { web: { bind: ":80", transparent: true, pool: onward } }
pools: { onward: { originalDestination: { within: 203.0.113.0/24 } } }
`,
    );
    assert.equal((await get(client, '203.0.113.7:80')).status, 403);
    const lines = [await sallyport.line(0), await sallyport.line(1)];
    assert.match(JSON.stringify(lines), /destination-loop/);
    assert.equal(sallyport.lines().length, 2);
  },
);

test('a tcp listener goes to the port that was wanted, which may be any', { skip: SKIP }, async (t) => {
  const { client, proxy, server } = way(t);
  await startNginxIn(t, server, ['203.0.113.80:8080']);
  const sallyport = await start(
    t,
    proxy,
    `
listeners: { any: { bind: ":8080", transparent: true, protocol: tcp, pool: onward } }
pools:
  onward: { originalDestination: { within: 203.0.113.0/24 }, source: { from: client, port: keep } }
`,
  );
  assert.equal((await get(client, '203.0.113.80:8080', '198.51.100.2:40004')).body, '198.51.100.2 40004');
  assert.equal((await sallyport.line(0))['destination'], '203.0.113.80:8080');
});
