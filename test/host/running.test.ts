/** Sallyport in a host whose rules `host apply` has made, with one worker and with two. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { makeFolder } from '../cli/command.ts';
import { connectIn, echoServer, headerServer, listenIn } from '../network/host-sockets.ts';
import { runIn } from '../network/sallyport.ts';
import type { Sallyport } from '../network/sallyport.ts';
import { routers } from '../network/topologies.ts';
import { request } from '../support/message.ts';
import { needsNamespaces } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { hostCommand } from './host-command.ts';
import type { HostCommand } from './host-command.ts';

const skip = needsNamespaces('nft', 'iptables', 'ip6tables');

function commandFor(t: TestContext, host: Host, yaml: string, ...more: readonly string[]): HostCommand {
  return hostCommand(t, host, [
    '-c',
    join(makeFolder(t, { 'sallyport.yaml': yaml }), 'sallyport.yaml'),
    ...more,
  ]);
}

async function apply(t: TestContext, host: Host, yaml: string): Promise<HostCommand> {
  const command = commandFor(t, host, yaml);
  const applied = await command.run('apply');
  assert.equal(applied.code, 0, applied.stderr);
  return command;
}

async function body(client: Host, to: string, from?: string): Promise<string> {
  const wire = await connectIn(client, to, from);
  const message = await wire.exchange(request('GET /'));
  wire.close();
  return message.body.toString();
}

const SOURCE = `
listeners: { web: { bind: ":80", pool: app } }
pools:
  app: { servers: ["192.0.2.2:80", "[2001:db8:2::2]:80"], source: { from: client, port: keep } }
`;

const TRANSPARENT = `
listeners:
  web: { bind: ":80", transparent: true, pool: other, routes: [eighty] }
routes:
  eighty: { destinations: [203.0.113.80, "2001:db8:f::80"], pool: app }
pools:
  app: { servers: ["192.0.2.2:80"], proxyProtocol: v1 }
  other: { servers: ["192.0.2.2:81"] }
`;

for (const workers of [1, 2]) {
  test(`source: client, by the rules of apply, with ${workers} worker(s)`, { skip }, async (t) => {
    const { client, proxy, server } = routers(t);
    for (const at of ['192.0.2.2:80', '[2001:db8:2::2]:80']) await echoServer(t, server, at);
    await apply(t, proxy, SOURCE);
    await runIn(t, proxy, SOURCE, 'json', workers);
    const addresses = ['198.51.100.2', '198.51.100.3', '[2001:db8:1::2]', '[2001:db8:1::3]'];
    // Many at once, so that every worker has some of them.
    const clients = Array.from(
      { length: 48 },
      (_, index) => `${addresses[index % 4] ?? ''}:${42_000 + index}`,
    );
    const seen = await Promise.all(
      clients.map((from) =>
        body(client, from.startsWith('[') ? '[2001:db8:1::1]:80' : '198.51.100.1:80', from),
      ),
    );
    assert.deepEqual(seen, clients);
  });

  test(`a transparent listener, by the rules of apply, with ${workers} worker(s)`, { skip }, async (t) => {
    const { client, proxy, server } = routers(t);
    const headers = await headerServer(t, server, '192.0.2.2:80', 'eighty');
    await echoServer(t, server, '192.0.2.2:81');
    const command = await apply(t, proxy, TRANSPARENT);
    await runIn(t, proxy, TRANSPARENT, 'json', workers);
    const targets = Array.from({ length: 24 }, (_, index) =>
      index % 2 === 0 ? '203.0.113.80:80' : '[2001:db8:f::80]:80',
    );
    assert.deepEqual(new Set(await Promise.all(targets.map((to) => body(client, to)))), new Set(['eighty']));
    const destinations = headers.map((header) => header.split(' ')[3]).sort();
    assert.deepEqual([...new Set(destinations)], ['2001:db8:f::80', '203.0.113.80']);
    assert.equal(headers.length, targets.length);
    assert.match(await body(client, '203.0.113.81:80'), /^192\.0\.2\.1:/);
    const verified = await command.run('verify');
    assert.equal(verified.code, 0, verified.stdout);
    assert.match(verified.stdout, /whoever listens there has accepted it/);
  });
}

test('rules for a server that is named hold for whatever address it has', { skip }, async (t) => {
  const { client, proxy, server } = routers(t);
  await echoServer(t, server, '192.0.2.2:80');
  await apply(t, proxy, SOURCE.replace('"192.0.2.2:80", "[2001:db8:2::2]:80"', '"app.internal:80"'));
  await runIn(t, proxy, SOURCE);
  assert.equal(await body(client, '198.51.100.1:80', '198.51.100.3:42000'), '198.51.100.3:42000');
});

interface Verified {
  readonly code: number | null;
  readonly findings: readonly { readonly code: string; readonly what: string; readonly mend: string }[];
  readonly proofs: readonly { readonly outcome: string; readonly detail: string }[];
}

async function verify(command: HostCommand): Promise<Verified> {
  const { code, stdout, stderr } = await command.run('verify', '--json');
  assert.notEqual(code, 1, stderr);
  return { code, ...(JSON.parse(stdout) as Omit<Verified, 'code'>) };
}

const ONE_FAMILY = TRANSPARENT.replace('":80"', '"0.0.0.0:80"').replace(', "2001:db8:f::80"', '');

test('verify says that whoever listens is not transparent', { skip }, async (t) => {
  const { proxy } = routers(t);
  const command = await apply(t, proxy, ONE_FAMILY);
  const plain = await runIn(t, proxy, ONE_FAMILY.replace('transparent: true, ', ''));
  const found = await verify(command);
  assert.equal(found.code, 2);
  const finding = found.findings.find(({ code }) => code === 'self-test');
  assert.match(finding?.what ?? '', /a program listens on port 80 and its socket is not transparent/);
  assert.match(finding?.mend ?? '', /set "transparent: true"/);
  await stop(plain);
  assert.equal(
    (await verify(command)).code,
    0,
    'while nobody listens, a listener of its own proves the rules',
  );
});

test('verify is not content with another host that accepts in our place', { skip }, async (t) => {
  const { proxy, server } = routers(t);
  server.ip('address', 'add', '203.0.113.253/32', 'dev', 'lo');
  proxy.ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.2');
  await listenIn(t, server, '203.0.113.253:80', (socket) => socket.end());
  // Somebody listens here, so that verify does not; and no rule leads anything there.
  await runIn(t, proxy, ONE_FAMILY);
  const found = await verify(commandFor(t, proxy, ONE_FAMILY));
  assert.equal(found.code, 2);
  assert.match(found.proofs.map(({ detail }) => detail).join('\n'), /accepted by another host/);
});

test(
  'a rule that is gone while a transparent listener serves is found, and made again',
  { skip },
  async (t) => {
    const { client, proxy, server } = routers(t);
    await echoServer(t, server, '192.0.2.2:81');
    const command = await apply(t, proxy, ONE_FAMILY);
    await runIn(t, proxy, ONE_FAMILY, 'json', 2);
    assert.match(await body(client, '203.0.113.81:80'), /^192\.0\.2\.1:/);
    proxy.run('nft', 'flush', 'ruleset');
    const codes = (await verify(command)).findings.map(({ code }) => code);
    assert.deepEqual(codes, ['filter-missing', 'self-test']);
    assert.equal((await command.run('apply')).code, 0);
    assert.equal((await verify(command)).code, 0);
    assert.match(await body(client, '203.0.113.81:80'), /^192\.0\.2\.1:/);
  },
);

for (const form of ['nft', 'iptables']) {
  test(`verify proves rules for datagrams that apply has made with ${form}`, { skip }, async (t) => {
    const { proxy } = routers(t);
    // Where an answer goes is looked up before it gets its mark: there must be some way to clients.
    proxy.ip('route', 'add', 'default', 'via', '198.51.100.2');
    const targets = '127.0.0.1:5300,[::1]:5300,192.0.2.1:5301,192.0.2.2:5302';
    const command = hostCommand(t, proxy, ['--spoof', '--protocol', 'udp', '--target', targets]);
    const outcomes = (found: Verified): string[] => found.proofs.map(({ outcome }) => outcome);
    const before = await verify(command);
    assert.equal(before.code, 2);
    assert.deepEqual(outcomes(before), ['failed', 'failed', 'failed', 'not-tried']);
    assert.equal((await command.run('apply', '--form', form)).code, 0);
    const after = await verify(command);
    assert.equal(after.code, 0, JSON.stringify(after));
    assert.deepEqual(outcomes(after), ['proven', 'proven', 'proven', 'not-tried']);
  });
}

async function stop({ process: child }: Sallyport): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
