/** Servers that are named: found, followed when they move, and down while nothing is known of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusView } from '../../src/admin/views.ts';
import { startDns } from '../support/dns-server.ts';
import { request, response } from '../support/message.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import { until, Wire } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';

test('requests follow the name of a server to its next address', async (t) => {
  const dns = await startDns(t);
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => scriptedServer(answering(() => response(200, name)))),
  );
  assert(one !== undefined && two !== undefined);
  t.after(() => Promise.all([one.close(), two.close()]));
  const srv = (port: number) =>
    [{ type: 'SRV', priority: 1, weight: 1, port, target: 'app.test', ttl: 1 }] as const;
  dns.records.set('app.test', [{ type: 'A', address: '127.0.0.1', ttl: 1 }]);
  dns.records.set('_http._tcp.app.test', srv(one.port));
  const folder = makeFolder(t, {
    'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app, inspection: off } }
pools: { app: { servers: { api: _http._tcp.app.test } } }
resolver: { servers: ["127.0.0.1:${dns.port}"], families: ipv4, shortest: 100ms, longest: 1s, unknown: 100ms, hold: 1s }
admin: { socket: admin.sock }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  const port = await command.port('web');
  const client = await Wire.connect(port);
  t.after(() => client.close());
  await seen(client, 'one');
  dns.records.set('_http._tcp.app.test', srv(two.port));
  await seen(client, 'two');
  await command.printed('stderr', /The name of a server has other addresses/);

  dns.records.clear();
  await seen(client, undefined);
  const status = JSON.parse(
    (await runCommand(t, ['status', '--json'], { cwd: folder })).stdout,
  ) as StatusView;
  const health = status.pools[0]?.servers[0]?.health;
  assert.deepEqual([health?.state, health?.why], ['down', 'NOADDR no address is known']);
  await command.printed(
    'stderr',
    /Cannot resolve the name of a server.*the name does not exist; it has no address/,
  );
});

/** Asks until the answer is of this server, or of none. */
async function seen(client: Wire, name: string | undefined): Promise<void> {
  await until(`it is answered by ${name ?? 'nobody'}`, async () => {
    const answer = await client.exchange(request('GET /'));
    const body = answer.startLine.includes(' 200 ') ? answer.body.toString() : '';
    return body === (name ?? '');
  });
}
