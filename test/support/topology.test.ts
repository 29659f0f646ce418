import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { needsNamespaces, Topology } from './topology.ts';

const SKIP = needsNamespaces('ping');

test('hosts of a topology reach each other through a third, IPv4 and IPv6', { skip: SKIP }, (t) => {
  const net = Topology.make(t);
  const [client, router, server] = ['client', 'router', 'server'].map((name) => net.host(name)) as [
    ReturnType<typeof net.host>,
    ReturnType<typeof net.host>,
    ReturnType<typeof net.host>,
  ];
  net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], router, ['198.51.100.1/24', '2001:db8:1::1/64']);
  net.link(server, ['192.0.2.2/24', '2001:db8:2::2/64'], router, ['192.0.2.1/24', '2001:db8:2::1/64']);
  router.forward();
  client.ip('route', 'add', 'default', 'via', '198.51.100.1');
  client.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::1');
  server.ip('route', 'add', 'default', 'via', '192.0.2.1');
  server.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:2::1');
  assert.equal(client.try('ping', '-c1', '-W2', '192.0.2.2').code, 0);
  assert.equal(client.try('ping', '-c1', '-W2', '2001:db8:2::2').code, 0);
  assert.notEqual(client.try('ping', '-c1', '-W1', '203.0.113.1').code, 0);
});

test('nothing is left of a topology, and nothing of it is seen outside', { skip: SKIP }, async (t) => {
  const before = spawnSync('ip', ['link'], { encoding: 'latin1' }).stdout;
  let namespace = '';
  await t.test('a test with a host in which a program runs', (inner) => {
    const host = Topology.make(inner).host('one');
    namespace = host.namespace;
    host.spawn('sleep', ['1000'], { stdio: 'ignore' });
    assert.equal(spawnSync('ip', ['link'], { encoding: 'latin1' }).stdout, before);
  });
  const list = spawnSync('ip', ['netns', 'list'], { encoding: 'latin1' }).stdout;
  assert.notEqual(namespace, '');
  assert(!list.includes(namespace), list);
});

test('code runs in a host, and the thread comes back even when it throws', { skip: SKIP }, (t) => {
  const host = Topology.make(t).host('one');
  host.sysctl('net.ipv4.ip_forward', 1);
  assert.throws(() =>
    host.enter(() => {
      throw new Error('inside');
    }),
  );
  const outside = spawnSync('ip', ['netns', 'identify', String(process.pid)], { encoding: 'latin1' }).stdout;
  assert.equal(outside.trim(), '');
});
