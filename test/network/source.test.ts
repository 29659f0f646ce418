/**
 * The server sees the client: connections from the client's own address, to a server whose gateway we are.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request, response } from '../support/message.ts';
import { needsNamespaces } from '../support/topology.ts';
import { until } from '../support/wire.ts';
import { connectIn, echoServer, listenIn } from './host-sockets.ts';
import { runIn } from './sallyport.ts';
import { gateway } from './topologies.ts';
import type { Gateway } from './topologies.ts';

const SKIP = needsNamespaces('nft');

/** A configuration with one pool, and this source. */
function configuration(source: string, more = ''): string {
  return `
listeners:
  web: { bind: ":80", pool: app, identity: { trust: 198.51.100.2, clientHeader: x-forwarded-for } }
  web6: { bind: ":81", pool: app6 }
  relay: { bind: ":82", protocol: tcp, pool: app }
pools:
  app: { servers: ["192.0.2.2:80"], source: ${source}${more} }
  app6: { servers: ["[2001:db8:2::2]:80"], source: ${source}${more} }
`;
}

async function servers(t: TestContext, { server }: Gateway): Promise<void> {
  await echoServer(t, server, '192.0.2.2:80');
  await echoServer(t, server, '[2001:db8:2::2]:80');
}

test('the server sees the address of the client, IPv4 and IPv6, HTTP and TCP', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  const proxy = await runIn(t, hosts.proxy, configuration('client'));
  const seen: string[] = [];
  for (const to of ['198.51.100.1:80', '[2001:db8:1::1]:81', '198.51.100.1:82']) {
    const client = await connectIn(hosts.client, to);
    const { body } = await client.exchange(request('GET /'));
    seen.push(body.toString());
    client.close();
  }
  assert.match(seen[0] ?? '', /^198\.51\.100\.[23]:\d+$/);
  assert.match(seen[1] ?? '', /^\[2001:db8:1::[23]\]:\d+$/);
  assert.match(seen[2] ?? '', /^198\.51\.100\.[23]:\d+$/);
  for (let index = 0; index < 3; index++) {
    const { source } = await proxy.line(index);
    assert(seen.includes(String(source)), `${String(source)} is logged and ${seen.join(', ')} was seen`);
  }
});

test(
  'the port is kept where that is asked for, and many requests share one connection',
  { skip: SKIP },
  async (t) => {
    const hosts = gateway(t);
    await servers(t, hosts);
    await runIn(t, hosts.proxy, configuration('{ from: client, port: keep }'));
    // The same port again: what was there before does not stand in its way.
    for (let round = 0; round < 3; round++) {
      const client = await connectIn(hosts.client, '198.51.100.1:80', '198.51.100.3:40001');
      for (let count = 0; count < 3; count++) {
        const { body } = await client.exchange(request('GET /'));
        assert.equal(body.toString(), '198.51.100.3:40001');
      }
      client.reset();
    }
  },
);

test('no port waits for anybody once its connection is over', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  await runIn(t, hosts.proxy, configuration('client', ', connections: { idle: 1s }'));
  const left = (): string => hosts.proxy.run('ss', '-Htan', '( dport = :80 )');
  const clients = [];
  for (const to of ['198.51.100.1:80', '[2001:db8:1::1]:81']) {
    const client = await connectIn(hosts.client, to);
    await client.exchange(request('GET /'));
    clients.push(client);
  }
  assert.equal(left().match(/ESTAB/g)?.length, 2);
  for (const client of clients) client.close();
  await until(
    'the connections to the servers are gone, when nobody wanted them again',
    () => !/ESTAB|FIN|ACK|CLOS/.test(left()),
  );
  assert.equal(left(), '');
});

test('a port that is taken becomes another one of the same address', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  const proxy = await runIn(t, hosts.proxy, configuration('{ from: client, port: keep }'));
  const first = await connectIn(hosts.client, '198.51.100.1:80', '198.51.100.3:40001');
  assert.equal((await first.exchange(request('GET /'))).body.toString(), '198.51.100.3:40001');
  // The same port at another listener: to the server it would be the same connection.
  const second = await connectIn(hosts.client, '198.51.100.1:82', '198.51.100.3:40001');
  const seen = (await second.exchange(request('GET /'))).body.toString();
  assert.match(seen, /^198\.51\.100\.3:\d+$/);
  assert.notEqual(seen, '198.51.100.3:40001');
  second.close();
  await proxy.line(1);
  assert(proxy.lines().some((line) => line['source'] === seen && line['sourceReason'] === undefined));
});

test(
  'requests of several clients on one connection come from the address of each',
  { skip: SKIP },
  async (t) => {
    const hosts = gateway(t);
    await servers(t, hosts);
    await runIn(t, hosts.proxy, configuration('client'));
    const client = await connectIn(hosts.client, '198.51.100.1:80', '198.51.100.2:0');
    const seen: string[] = [];
    for (const address of ['203.0.113.7', '203.0.113.8', '203.0.113.7', '203.0.113.8']) {
      const { body } = await client.exchange(request('GET /', `X-Forwarded-For: ${address}\r\n`));
      assert.equal(body.toString().split(':')[0], address);
      seen.push(body.toString());
    }
    assert.deepEqual(seen.slice(2), seen.slice(0, 2), 'each on the connection of the last time');
  },
);

/** Visits once from an address: how the server saw it. Echo servers tell the port: it says which connection it was. */
async function visit({ client }: Gateway, from: string): Promise<string> {
  const wire = await connectIn(client, '198.51.100.1:80', `${from}:0`);
  const { body } = await wire.exchange(request('GET /', 'Connection: close\r\n'));
  await wire.ended();
  wire.close();
  return body.toString();
}

test(
  'connections of one client share those to the server, those of others do not',
  { skip: SKIP },
  async (t) => {
    const hosts = gateway(t);
    await servers(t, hosts);
    await runIn(t, hosts.proxy, configuration('client'));
    const first = await visit(hosts, '198.51.100.3');
    assert.equal(await visit(hosts, '198.51.100.3'), first);
    const other = await visit(hosts, '198.51.100.2');
    assert.match(other, /^198\.51\.100\.2:/);
    assert.equal(await visit(hosts, '198.51.100.3'), first);
    assert.equal(await visit(hosts, '198.51.100.2'), other);
    // Two at once are two.
    const wires = await Promise.all(
      [1, 2].map(() => connectIn(hosts.client, '198.51.100.1:80', '198.51.100.3:0')),
    );
    const answers = await Promise.all(wires.map((wire) => wire.exchange(request('GET /'))));
    for (const { body } of answers) assert.match(body.toString(), /^198\.51\.100\.3:/);
    for (const wire of wires) wire.close();
  },
);

test('a connection with the port of the client ends with his', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  await runIn(t, hosts.proxy, configuration('{ from: client, port: keep }'));
  await visit(hosts, '198.51.100.3');
  await until('it is gone', () => hosts.proxy.run('ss', '-Htan', '( dport = :80 )') === '');
});

test('what is idle for one client makes room for another', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  const left = (): number => hosts.proxy.run('ss', '-Htan', '( dport = :80 )').match(/ESTAB/g)?.length ?? 0;
  await runIn(t, hosts.proxy, configuration('client', ', maxConnections: 2, connections: { idleMax: 1 }'));
  const first = await visit(hosts, '198.51.100.3');
  const second = await visit(hosts, '198.51.100.2');
  await until('the older one is closed', () => left() === 1);
  assert.equal(await visit(hosts, '198.51.100.2'), second, 'the later one is kept');
  assert.notEqual(await visit(hosts, '198.51.100.3'), first);
  await until('no more than one is kept', () => left() === 1);
});

test('what is idle for others counts against the most that a server may have', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  const left = (): number => hosts.proxy.run('ss', '-Htan', '( dport = :80 )').match(/ESTAB/g)?.length ?? 0;
  await runIn(t, hosts.proxy, configuration('client', ', maxConnections: 1'));
  for (const from of ['198.51.100.3', '198.51.100.2', '198.51.100.3']) {
    assert.match(await visit(hosts, from), new RegExp(`^${from}:`));
    await until('the server has one connection', () => left() === 1);
  }
});

test('a header names the source only when a trusted sender wrote it', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  await runIn(t, hosts.proxy, configuration('{ header: X-Client-IP, trust: 198.51.100.2 }'));
  const rows = [
    { from: '198.51.100.2', header: 'X-Client-IP: 203.0.113.7\r\n', seen: '203.0.113.7' },
    {
      from: '198.51.100.2',
      header: 'X-Client-IP: 1.1.1.1\r\nx-client-ip: 203.0.113.8\r\n',
      seen: '203.0.113.8',
    },
    { from: '198.51.100.2', header: 'X-Client-IP: 1..1.1\r\n', seen: '198.51.100.2' },
    { from: '198.51.100.2', header: '', seen: '198.51.100.2' },
    { from: '198.51.100.3', header: 'X-Client-IP: 203.0.113.7\r\n', seen: '198.51.100.3' },
  ];
  for (const { from, header, seen } of rows) {
    const client = await connectIn(hosts.client, '198.51.100.1:80', `${from}:0`);
    const { body } = await client.exchange(request('GET /', header));
    assert.equal(body.toString().split(':')[0], seen, header);
    client.close();
  }
});

test(
  'what cannot be had fails with 503 and its reason, or goes on from an own address',
  { skip: SKIP },
  async (t) => {
    const hosts = gateway(t);
    await servers(t, hosts);
    const yaml = `
listeners:
  web: { bind: ":80", routes: [fail], pool: own, identity: { trust: 198.51.100.2, clientHeader: x-forwarded-for } }
routes:
  fail: { paths: [/fail], pool: fail }
pools:
  fail: { servers: ["192.0.2.2:80"], source: client }
  own: { servers: ["192.0.2.2:80"], source: { from: client, fallback: own } }
`;
    const proxy = await runIn(t, hosts.proxy, yaml);
    const client = await connectIn(hosts.client, '198.51.100.1:80', '198.51.100.2:0');
    const rows = [
      ['2001:db8:1::3', 'source-family'],
      ['0.0.0.0', 'source-address'],
      ['224.0.0.1', 'source-address'],
      ['255.255.255.255', 'source-address'],
      ['127.0.0.1', 'source-address'],
    ] as const;
    for (const [address, code] of rows) {
      const failed = await client.exchange(request('GET /fail', `X-Forwarded-For: ${address}\r\n`));
      assert.match(failed.startLine, / 503 /);
      const own = await client.exchange(request('GET /own', `X-Forwarded-For: ${address}\r\n`));
      assert.match(own.body.toString(), /^192\.0\.2\.1:/);
      const index = 2 * rows.findIndex((row) => row[0] === address);
      const [line, ownLine] = [await proxy.line(index), await proxy.line(index + 1)];
      assert.equal(line['end'], 'source-unavailable');
      assert.equal((line['reason'] as Record<string, unknown>)['code'], code);
      assert.equal(ownLine['end'], 'done');
      assert.match(String(ownLine['source']), /^192\.0\.2\.1:/);
      assert.equal((ownLine['sourceReason'] as Record<string, unknown>)['code'], code);
    }
  },
);

test('all ports of an address taken is 503, and nothing of it stays', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  const waiting: Socket[] = [];
  let isAnswering = false;
  const answer = (socket: Socket): boolean => socket.write(response(200));
  await listenIn(t, hosts.server, '192.0.2.2:80', (socket) => {
    socket.on('data', () => (isAnswering ? answer(socket) : waiting.push(socket)));
  });
  hosts.proxy.sysctl('net.ipv4.ip_local_port_range', '50000 50001');
  const proxy = await runIn(t, hosts.proxy, configuration('client'));
  const clients = await Promise.all(
    Array.from({ length: 4 }, () => connectIn(hosts.client, '198.51.100.1:80', '198.51.100.3:0')),
  );
  const exchanges = clients.map((client) => client.exchange(request('GET /')));
  // Those that have a port are answered when the others have failed.
  await proxy.line(1);
  isAnswering = true;
  for (const socket of waiting) answer(socket);
  const answers = await Promise.all(exchanges);
  const statuses = answers.map(({ startLine }) => startLine.split(' ')[1]).sort();
  assert.deepEqual(statuses, ['200', '200', '503', '503']);
  await proxy.line(3);
  const reasons = proxy.lines().map((line) => (line['reason'] as { code?: string } | undefined)?.code);
  assert.deepEqual(reasons.filter(Boolean), ['source-port', 'source-port']);
  // An address of its own has ports of its own.
  const other = await connectIn(hosts.client, '198.51.100.1:80', '198.51.100.2:0');
  assert.match((await other.exchange(request('GET /'))).startLine, / 200 /);
  for (const client of [...clients, other]) client.close();
});

test('clients that are excepted are served from an own address', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  await runIn(t, hosts.proxy, configuration('{ from: client, except: 198.51.100.3 }'));
  for (const [from, seen] of [
    ['198.51.100.2', '198.51.100.2'],
    ['198.51.100.3', '192.0.2.1'],
  ] as const) {
    const client = await connectIn(hosts.client, '198.51.100.1:80', `${from}:0`);
    assert.equal((await client.exchange(request('GET /'))).body.toString().split(':')[0], seen);
  }
});

test(
  'a client in the network of the server is answered directly, so its connection fails',
  { skip: SKIP },
  async (t) => {
    const hosts = gateway(t);
    await servers(t, hosts);
    hosts.server.ip('address', 'add', '192.0.2.77/24', 'dev', 'eth0');
    const proxy = await runIn(
      t,
      hosts.proxy,
      configuration('client', ', timeouts: { connect: 500ms }, retries: 0'),
    );
    const client = await connectIn(hosts.server, '192.0.2.1:80', '192.0.2.77:0');
    const { startLine } = await client.exchange(request('GET /'));
    assert.match(startLine, / 50[24] /);
    assert.match(String((await proxy.line(0))['end']), /^origin-/);
  },
);

test(
  'a server that is dead is 502 as ever, and a retry goes to the next from the same address',
  { skip: SKIP },
  async (t) => {
    const hosts = gateway(t);
    await servers(t, hosts);
    await runIn(
      t,
      hosts.proxy,
      `
listeners:
  web: { bind: ":80", pool: dead, routes: [two] }
routes:
  two: { paths: [/two], pool: two }
pools:
  dead: { servers: ["192.0.2.2:9"], source: client }
  two: { servers: ["192.0.2.2:9", "192.0.2.2:80"], source: client }
`,
    );
    const client = await connectIn(hosts.client, '198.51.100.1:80', '198.51.100.3:0');
    assert.match((await client.exchange(request('GET /'))).startLine, / 502 /);
    for (let count = 0; count < 2; count++) {
      const { body } = await client.exchange(request('GET /two'));
      assert.match(body.toString(), /^198\.51\.100\.3:/);
    }
  },
);

test('a fixed address of the host is what the server sees', { skip: SKIP }, async (t) => {
  const hosts = gateway(t);
  await servers(t, hosts);
  hosts.proxy.ip('address', 'add', '192.0.2.9/24', 'dev', 'eth1');
  await runIn(
    t,
    hosts.proxy,
    `
listeners: { web: { bind: ":80", pool: app, routes: [foreign] } }
routes: { foreign: { paths: [/foreign], pool: foreign } }
pools:
  app: { servers: ["192.0.2.2:80"], source: 192.0.2.9 }
  foreign: { servers: ["192.0.2.2:80"], source: 192.0.2.10 }
`,
  );
  const client = await connectIn(hosts.client, '198.51.100.1:80');
  assert.match((await client.exchange(request('GET /'))).body.toString(), /^192\.0\.2\.9:/);
  assert.match((await client.exchange(request('GET /foreign'))).startLine, / 503 /);
});

test('without the capability the probe says what is missing', { skip: SKIP }, (t) => {
  const { proxy } = gateway(t);
  const answer = proxy.try(
    'setpriv',
    '--bounding-set=-net_admin,-net_raw',
    '--inh-caps=-net_admin,-net_raw',
    process.execPath,
    '-e',
    `const { missing } = await import(${JSON.stringify(new URL('../../src/linux/probe.ts', import.meta.url).pathname)});
     console.log(missing({ transparent: true, marks: true }));`,
  );
  assert.match(answer.out + answer.err, /CAP_NET_ADMIN/);
});
