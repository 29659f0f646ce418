/** The topologies of docs/guide/topologies, built of namespaces as their pictures show them, with their configurations. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startHaproxyIn, startNginxBalancer, startNginxIn } from '../network/daemons.ts';
import { connectIn, echoServer, listenIn } from '../network/host-sockets.ts';
import { makeFolder, runIn, start } from '../network/sallyport.ts';
import { request } from '../support/message.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { until } from '../support/wire.ts';
import { makeDockerLike } from './docker-like.ts';
import { hostCommand } from './host-command.ts';

const skip = needsNamespaces('nft');
const SKIP_BALANCED = needsNamespaces('nft', 'haproxy', 'nginx', 'ss');

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

test(
  'on-the-way.md: servers that nobody names see the client, and clients see them',
  { skip: needsNamespaces('nft', 'nginx') },
  async (t) => {
    const net = Topology.make(t);
    const [client, proxy, server] = [net.host('client'), net.host('proxy'), net.host('server')];
    net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], proxy, ['198.51.100.1/24', '2001:db8:1::1/64']);
    net.link(proxy, ['192.0.2.1/24', '2001:db8:2::1/64'], server, ['192.0.2.2/24', '2001:db8:2::2/64']);
    client.ip('route', 'add', 'default', 'via', '198.51.100.1');
    client.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::1');
    server.ip('route', 'add', 'default', 'via', '192.0.2.1');
    server.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:2::1');
    proxy.ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.2');
    proxy.ip('-6', 'route', 'add', '2001:db8:f::/64', 'via', '2001:db8:2::2');
    for (const address of ['203.0.113.80/32', '203.0.113.81/32', '2001:db8:f::80/128'])
      server.ip('address', 'add', address, 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
    await startNginxIn(t, server, ['203.0.113.80:80', '203.0.113.81:80', '[2001:db8:f::80]:80']);
    await listenIn(t, server, '203.0.113.80:25', (socket) => socket.end(`220 ${socket.remoteAddress}\r\n`));
    await apply(t, proxy, ['-c', example('on-the-way.yaml'), '--gateway']);
    await run(t, proxy, 'on-the-way.yaml');
    for (const to of ['203.0.113.80:80', '203.0.113.81:80', '[2001:db8:f::80]:80']) {
      const wire = await connectIn(client, to);
      const { body } = await wire.exchange(request('GET /'));
      const address = to.startsWith('[') ? '2001:db8:1::2' : '198.51.100.2';
      assert.equal(body.toString(), `${address} ${wire.port}\n`);
      wire.close();
    }
    const mail = await connectIn(client, '203.0.113.80:25');
    assert.equal(await mail.readUntil('\r\n'), '220 198.51.100.2\r\n');
    mail.close();
    const attack = await connectIn(client, '203.0.113.81:80');
    const { head } = await attack.exchange(request('GET /?id=1%20union%20select%20password%20from%20users'));
    attack.close();
    assert.match(head, /\r\nX-Powered-By: /, 'the decoy has answered in the place of the server');
  },
);

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

test(
  'spoofer.md: a server that stays as it is sees the client of nginx and of HAProxy',
  { skip: SKIP_BALANCED },
  async (t) => {
    const net = Topology.make(t);
    const [client, balancer, server] = [net.host('client'), net.host('balancer'), net.host('server')];
    net.link(client, ['198.51.100.2/24'], balancer, ['198.51.100.1/24']);
    net.link(balancer, ['192.0.2.1/24'], server, ['192.0.2.2/24']);
    const nginx = await startNginxIn(t, server, ['127.0.0.1:8080']);
    await apply(t, server, ['--spoof', '--target', '127.0.0.1:8080']);
    const options = ['--listen', '192.0.2.2:80', '--target', '127.0.0.1:8080', '--trust', '192.0.2.1'];
    await start(t, server, ['spoof', ...options, '--workers', '2']);
    await startNginxBalancer(t, balancer, [{ bind: '198.51.100.1:80', to: '192.0.2.2:80' }]);
    const listen = 'listen web\n  bind 198.51.100.1:81\n  server s 192.0.2.2:80 send-proxy-v2\n';
    await startHaproxyIn(t, balancer, listen, [81]);
    for (const port of [80, 81]) {
      const wire = await connectIn(client, `198.51.100.1:${port}`);
      const { body } = await wire.exchange(request('GET /'));
      assert.match(body.toString(), /^198\.51\.100\.2 \d+\n$/);
      wire.close();
    }
    await until(
      'nginx has logged both',
      () => (nginx.log().match(/client=198\.51\.100\.2 /g) ?? []).length === 2,
    );
  },
);

/** Answers every request with what it says of the client. */
function namingServer(t: TestContext, host: Host, at: string): Promise<unknown> {
  return listenIn(t, host, at, (socket) => {
    socket.on('data', (bytes) => {
      const [, named = 'nobody'] = /\r\nx-forwarded-for: ([^\r]*)\r\n/i.exec(bytes.toString('latin1')) ?? [];
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${named.length}\r\n\r\n${named}`);
    });
  });
}

/** The example with the addresses of this topology. */
function balancedExample(): string {
  const path = fileURLToPath(new URL('../../examples/behind-a-load-balancer.yaml', import.meta.url));
  return [
    ['10.0.0.11', '203.0.113.2'],
    ['10.0.0.12', '203.0.113.3'],
    ['10.0.1.0/24', '192.0.2.5'],
    ['10.0.9.0/24', '203.0.113.128/25'],
    ['10.0.0.', '192.0.2.'],
  ].reduce((text, [from = '', to = '']) => text.replaceAll(from, to), readFileSync(path, 'utf8'));
}

test(
  'cloud-balancer.md: rules, marks and the application go by the client, whichever way the balancer tells it',
  { skip: SKIP_BALANCED },
  async (t) => {
    const net = Topology.make(t);
    const hosts = ['client', 'balancer', 'proxy', 'server'].map((name) => net.host(name));
    const [client, balancer, proxy, server] = hosts;
    assert(client !== undefined && balancer !== undefined && proxy !== undefined && server !== undefined);
    net.link(client, ['198.51.100.2/24', '198.51.100.3/24'], balancer, ['198.51.100.1/24']);
    net.link(balancer, ['192.0.2.5/24'], proxy, ['192.0.2.2/24']);
    net.link(proxy, ['203.0.113.1/24'], server, ['203.0.113.2/24', '203.0.113.3/24']);
    for (const address of ['203.0.113.2', '203.0.113.3']) await namingServer(t, server, `${address}:8000`);
    const sallyport = await runIn(t, proxy, balancedExample());
    await startHaproxyIn(
      t,
      balancer,
      `listen tcp
  bind 198.51.100.1:80
  server s 192.0.2.2:8080 send-proxy-v2
listen http
  mode http
  bind 198.51.100.1:81
  option forwardfor
  server s 192.0.2.2:8081
`,
      [80, 81],
    );
    const ask = async (from: string, port: number, line: string, fields = ''): Promise<string> => {
      const wire = await connectIn(client, `198.51.100.1:${port}`, `${from}:0`);
      const { body } = await wire.exchange(request(line, fields));
      wire.close();
      return body.toString();
    };
    const forged = 'X-Forwarded-For: 203.0.113.200\r\n';
    assert.equal(await ask('198.51.100.2', 80, 'GET /', forged), '198.51.100.2');
    // What the client wrote stays where it was, to the left of what the balancer says.
    assert.equal(await ask('198.51.100.2', 81, 'GET /', forged), '203.0.113.200, 198.51.100.2, 192.0.2.5');
    for (const index of [0, 1]) {
      const { client: known } = (await sallyport.line(index)) as {
        readonly client: { readonly address: string };
      };
      assert.equal(known.address, '198.51.100.2');
    }
    // An attack by way of the one balancer marks the client: it is deceived by way of the other, and nobody else is.
    await ask('198.51.100.2', 81, "GET /?id=1'%20UNION%20SELECT%20password%20FROM%20users--");
    assert.equal((await sallyport.line(2))['verdict'], 'deceive');
    await ask('198.51.100.2', 80, 'GET /');
    assert.equal((await sallyport.line(3))['verdict'], 'deceive');
    assert.equal(await ask('198.51.100.3', 80, 'GET /'), '198.51.100.3');
    assert.equal((await sallyport.line(4))['verdict'], 'continue');
  },
);

test('containers.md: a server in the same namespace sees the client', { skip }, async (t) => {
  const net = Topology.make(t);
  const [client, pod] = [net.host('client'), net.host('pod')];
  net.link(client, ['198.51.100.2/24'], pod, ['198.51.100.1/24']);
  await echoServer(t, pod, '127.0.0.1:8080');
  await follow(
    t,
    pod,
    'listeners: { web: { bind: "198.51.100.1:80", pool: app } }\n' +
      'pools: { app: { servers: ["127.0.0.1:8080"], source: client } }',
  );
  assert.equal(await seen(client, '198.51.100.1:80'), '198.51.100.2');
});

test(
  'containers.md: a server in a container behind the bridge of the host sees the client',
  { skip },
  async (t) => {
    const net = Topology.make(t);
    const [client, host, container] = [net.host('client'), net.host('host'), net.host('container')];
    net.link(client, ['198.51.100.2/24'], host, ['198.51.100.1/24']);
    makeDockerLike(host);
    net.link(container, ['172.17.0.2/16'], host, []);
    host.ip('link', 'set', 'eth1', 'master', 'docker0');
    container.ip('route', 'add', 'default', 'via', '172.17.0.1');
    await echoServer(t, container, '172.17.0.2:80');
    await follow(
      t,
      host,
      'listeners: { web: { bind: "198.51.100.1:80", pool: app } }\n' +
        'pools: { app: { servers: ["172.17.0.2:80"], source: client } }',
    );
    assert.equal(await seen(client, '198.51.100.1:80'), '198.51.100.2');
  },
);

/** `host apply`, `host verify` and `run` with one configuration. */
async function follow(t: TestContext, host: Host, configuration: string): Promise<void> {
  const folder = makeFolder(t);
  const file = join(folder, 'sallyport.yaml');
  writeFileSync(file, configuration);
  await apply(t, host, ['-c', file]);
  await runIn(t, host, configuration);
}
