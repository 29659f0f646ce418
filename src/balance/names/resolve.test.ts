import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startDns } from '../../../test/support/dns-server.ts';
import type { DnsServer } from '../../../test/support/dns-server.ts';
import { formatEndpoint, parseEndpoint } from '../../net/address.ts';
import type { ResolverOptions } from './options.ts';
import { makeResolve } from './resolve.ts';
import type { Resolution, Resolve } from './resolve.ts';

async function start(
  t: TestContext,
  options: Partial<ResolverOptions> = {},
): Promise<{ readonly dns: DnsServer; readonly resolve: Resolve }> {
  const dns = await startDns(t);
  const server = parseEndpoint(`127.0.0.1:${dns.port}`);
  assert(server !== undefined);
  const resolve = makeResolve({
    servers: [server],
    families: 'any',
    timeout: 10_000,
    shortest: 1000,
    longest: 60_000,
    unknown: 10_000,
    hold: 30_000,
    ...options,
  });
  return { dns, resolve };
}

function shown(resolution: Resolution): string {
  if (resolution.kind === 'failed') return resolution.why;
  return `${resolution.endpoints.map(formatEndpoint).join(' ')} for ${resolution.ttlMs ?? '?'}`;
}

test('A and AAAA records become addresses, for the shortest of their times', async (t) => {
  const { dns, resolve } = await start(t);
  dns.records.set('app.test', [
    { type: 'A', address: '192.0.2.1', ttl: 30 },
    { type: 'A', address: '192.0.2.2', ttl: 30 },
    { type: 'AAAA', address: '2001:db8::1', ttl: 7 },
  ]);
  assert.equal(shown(await resolve('app.test', 80)), '192.0.2.1:80 192.0.2.2:80 [2001:db8::1]:80 for 7000');
});

test('a name with one family alone has those addresses, and the other can be left unasked', async (t) => {
  const { dns, resolve } = await start(t, { families: 'ipv4' });
  dns.records.set('app.test', [{ type: 'A', address: '192.0.2.1', ttl: 5 }]);
  assert.equal(shown(await resolve('app.test', 80)), '192.0.2.1:80 for 5000');
  assert.deepEqual(dns.questions, ['app.test A']);
  const both = await start(t);
  both.dns.records.set('app.test', [{ type: 'A', address: '192.0.2.1', ttl: 5 }]);
  assert.equal(shown(await both.resolve('app.test', 80)), '192.0.2.1:80 for 5000');
});

test('SRV records name targets and ports, by priority and weight', async (t) => {
  const { dns, resolve } = await start(t);
  const srv = (priority: number, weight: number, port: number, target: string) =>
    ({ type: 'SRV', priority, weight, port, target, ttl: 5 }) as const;
  dns.records.set('_http._tcp.app.test', [
    srv(20, 1, 8003, 'c.test'),
    srv(10, 1, 8002, 'b.test'),
    srv(10, 9, 8001, 'a.test'),
  ]);
  for (const [index, name] of ['a.test', 'b.test', 'c.test'].entries())
    dns.records.set(name, [{ type: 'A', address: `192.0.2.${index + 1}`, ttl: 5 }]);
  assert.equal(
    shown(await resolve('_http._tcp.app.test', 0)),
    '192.0.2.1:8001 192.0.2.2:8002 192.0.2.3:8003 for ?',
  );
});

test('failures say why', async (t) => {
  const { dns, resolve } = await start(t);
  assert.equal(shown(await resolve('no.test', 80)), 'the name does not exist');
  assert.equal(shown(await resolve('_no._tcp.test', 0)), 'the name does not exist');
  dns.records.set('empty.test', []);
  assert.equal(shown(await resolve('empty.test', 80)), 'the name has no such record');
  const silent = await start(t, { timeout: 100 });
  silent.dns.isSilent = true;
  assert.equal(shown(await silent.resolve('app.test', 80)), 'no name server answered in time');
});

test('where the system is asked, its hosts file counts', async (t) => {
  const { resolve } = await start(t, { servers: undefined, families: 'ipv4' });
  assert.match(shown(await resolve('localhost', 80)), /^127\.0\.0\.1:80 for /);
});
