/** Listeners of datagrams in a whole Sallyport: through reloads, with several workers, and beside one of TCP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { hasDescriptors } from '../../src/linux/descriptor.ts';
import { Datagrams, proxied } from '../support/datagrams.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { Wire } from '../support/wire.ts';

const skip = hasDescriptors() ? false : 'listeners of datagrams need Linux';

/** Answers with its name. */
async function namedServer(t: TestContext, name: string): Promise<Datagrams> {
  const server = await Datagrams.open(t, { host: '127.0.0.1' });
  server.onDatagram = (_, from) => server.send(name, from.port);
  return server;
}

interface Settings {
  readonly server: Datagrams;
  readonly bind?: string;
  readonly protocol?: 'udp' | 'tcp';
  readonly workers?: number;
}

function configOf({ server, bind = '127.0.0.1:0', protocol = 'udp', workers = 2 }: Settings): string {
  const udp = protocol === 'udp' ? { udp: { idle: '60s' } } : {};
  return JSON.stringify({
    listeners: {
      dns: { bind, protocol, pool: 'dns', identity: { trust: ['127.0.0.1'], proxyProtocol: 'v2' }, ...udp },
    },
    pools: { dns: { servers: [`127.0.0.1:${server.port}`] } },
    log: { access: 'off' },
    admin: { socket: 'off' },
    runtime: { workers },
  });
}

async function reload(proxy: Supervised, text: string): Promise<void> {
  proxy.configure(text);
  const reloaded = await proxy.supervisor.reload();
  assert.equal(reloaded.kind, 'ok', reloaded.kind === 'bad' ? reloaded.problems.join('\n') : '');
}

async function ask(front: Datagrams, client: string, port: number): Promise<string> {
  const before = front.received.length;
  front.send(proxied(client, 'ask'), port);
  return (await front.datagram(before)).text;
}

test(
  'a flow goes on through a reload as it began, and the next one is served by what is new',
  { skip },
  async (t) => {
    const [one, two] = [await namedServer(t, 'one'), await namedServer(t, 'two')];
    const front = await Datagrams.open(t, { host: '127.0.0.1' });
    const proxy = await startSupervised(t, configOf({ server: one }));
    const port = proxy.port();
    assert.equal(await ask(front, '192.0.2.7:5000', port), 'one');
    await reload(proxy, configOf({ server: two }));
    assert.equal(proxy.port(), port, 'the socket stays');
    assert.equal(await ask(front, '192.0.2.7:5000', port), 'one');
    assert.equal(await ask(front, '192.0.2.7:5001', port), 'two');
    assert.equal(new Set(one.received.map((received) => received.port)).size, 1);
  },
);

test('several workers share a port, and each proxy in front has its worker', { skip }, async (t) => {
  const server = await namedServer(t, 'server');
  const proxy = await startSupervised(t, configOf({ server, workers: 3 }));
  const fronts = await Promise.all(
    Array.from({ length: 12 }, () => Datagrams.open(t, { host: '127.0.0.1' })),
  );
  for (const round of [1, 2])
    for (const [index, front] of fronts.entries())
      assert.equal(await ask(front, `192.0.2.7:${5000 + index}`, proxy.port()), 'server', `round ${round}`);
  const flows = new Set(server.received.map((received) => received.port));
  assert.equal(flows.size, fronts.length, 'each client is one flow, whichever worker has it');
});

test(
  'a port of UDP is another one than that of TCP, and a listener may change from one to the other',
  { skip },
  async (t) => {
    const server = await namedServer(t, 'server');
    const front = await Datagrams.open(t, { host: '127.0.0.1' });
    const proxy = await startSupervised(t, configOf({ server, protocol: 'tcp' }));
    const port = proxy.port();
    (await Wire.connect(port)).close();
    await reload(proxy, configOf({ server, bind: `127.0.0.1:${port}` }));
    assert.equal(await ask(front, '192.0.2.7:5000', port), 'server');
    assert.equal(server.received.length, 1);
    await assert.rejects(Wire.connect(port));
  },
);
