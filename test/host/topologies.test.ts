/** The topologies of docs/guide/topologies, built of namespaces as their pictures show them, with their configurations. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectIn, echoServer } from '../network/host-sockets.ts';
import { runIn } from '../network/sallyport.ts';
import { request } from '../support/message.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { hostCommand } from './host-command.ts';

const skip = needsNamespaces('nft');

function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/topologies/${name}`, import.meta.url));
}

async function run(t: TestContext, host: Host, name: string): Promise<void> {
  await runIn(t, host, readFileSync(example(name), 'utf8'));
}

async function apply(t: TestContext, host: Host, options: readonly string[]): Promise<void> {
  const command = hostCommand(t, host, options);
  const applied = await command.run('apply');
  assert.equal(applied.code, 0, applied.stderr);
  const verified = await command.run('verify');
  assert.equal(verified.code, 0, verified.stdout);
}

/** The address that the server saw. */
async function seen(client: Host, to: string): Promise<string> {
  const wire = await connectIn(client, to);
  const { body } = await wire.exchange(request('GET /'));
  wire.close();
  return body.toString().replace(/:\d+$/, '');
}

test('gateway.md: the server sees the client, IPv4 and IPv6', { skip }, async (t) => {
  const net = Topology.make(t);
  const [client, proxy, server] = [net.host('client'), net.host('proxy'), net.host('server')];
  net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], proxy, ['198.51.100.1/24', '2001:db8:1::1/64']);
  net.link(proxy, ['192.0.2.1/24', '2001:db8:2::1/64'], server, ['192.0.2.2/24', '2001:db8:2::2/64']);
  server.ip('route', 'replace', 'default', 'via', '192.0.2.1');
  server.ip('-6', 'route', 'replace', 'default', 'via', '2001:db8:2::1');
  await echoServer(t, server, '192.0.2.2:80');
  await echoServer(t, server, '[2001:db8:2::2]:80');
  await apply(t, proxy, ['-c', example('gateway.yaml'), '--gateway']);
  await run(t, proxy, 'gateway.yaml');
  assert.equal(await seen(client, '198.51.100.1:80'), '198.51.100.2');
  assert.equal(await seen(client, '[2001:db8:1::1]:80'), '[2001:db8:1::2]');
});

test('two-hops.md: the server sees the client through both', { skip }, async (t) => {
  const net = Topology.make(t);
  const [client, front, inner, server] = ['client', 'front', 'inner', 'server'].map((name) => net.host(name));
  assert(client !== undefined && front !== undefined && inner !== undefined && server !== undefined);
  net.link(client, ['198.51.100.2/24'], front, ['198.51.100.1/24']);
  net.link(front, ['192.0.2.1/24'], inner, ['192.0.2.2/24']);
  net.link(inner, ['203.0.113.1/24'], server, ['203.0.113.2/24']);
  server.ip('route', 'replace', 'default', 'via', '203.0.113.1');
  await echoServer(t, server, '203.0.113.2:80');
  const command = hostCommand(t, inner, ['-c', example('two-hops-inner.yaml')]);
  assert.equal((await command.run('apply')).code, 0);
  await run(t, inner, 'two-hops-inner.yaml');
  await run(t, front, 'two-hops-front.yaml');
  assert.equal(await seen(client, '198.51.100.1:80'), '198.51.100.2');
});
