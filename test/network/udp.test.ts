/**
 * `sallyport spoof --protocol udp` beside a server on loopback: the server sees the client's address and port, and its
 * answers come back by the proxy in front.
 *
 *     front 192.0.2.1 ── 192.0.2.2 server: spoofer ── lo ── responder on 127.0.0.1 and ::1
 *           2001:db8:2::1  2001:db8:2::2
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openDatagramListener } from '../../src/linux/bound-socket.ts';
import { Sockets } from '../../src/linux/sockets.ts';
import { parseEndpoint } from '../../src/net/address.ts';
import { hostCommand } from '../host/host-command.ts';
import { Datagrams, proxied } from '../support/datagrams.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { pause, until } from '../support/wire.ts';
import { start } from './sallyport.ts';
import type { Sallyport } from './sallyport.ts';

const SKIP = needsNamespaces('nft');
const PORT = 5353;
const TARGET = 5300;

interface World {
  readonly server: Host;
  readonly front4: Datagrams;
  readonly front6: Datagrams;
  /** They answer with the address and port that they see. */
  readonly responder4: Datagrams;
  readonly responder6: Datagrams;
  readonly spoofer: Sallyport;
}

function openIn(t: TestContext, host: Host, at: string): Promise<Datagrams> {
  const endpoint = parseEndpoint(at);
  assert(endpoint !== undefined, at);
  const fd = host.enter(() => openDatagramListener(new Sockets(), endpoint, false));
  return Datagrams.open(t, { fd, family: endpoint.address.family });
}

async function responderIn(t: TestContext, host: Host, at: string): Promise<Datagrams> {
  const responder = await openIn(t, host, at);
  responder.onDatagram = (bytes, { address, port }) =>
    responder.send(`${bytes.toString('latin1')} from ${address} ${port}`, port, address);
  return responder;
}

async function open(t: TestContext, ...more: readonly string[]): Promise<World> {
  const net = Topology.make(t);
  const [front, server] = [net.host('front'), net.host('server')];
  net.link(front, ['192.0.2.1/24', '2001:db8:2::1/64'], server, ['192.0.2.2/24', '2001:db8:2::2/64']);
  const target = `127.0.0.1:${TARGET},[::1]:${TARGET}`;
  const applied = await hostCommand(t, server, ['--spoof', '--target', target, '--protocol', 'udp']).run(
    'apply',
  );
  assert.equal(applied.code, 0, applied.stderr);
  const [responder4, responder6] = [
    await responderIn(t, server, `127.0.0.1:${TARGET}`),
    await responderIn(t, server, `[::1]:${TARGET}`),
  ];
  const [front4, front6] = [
    await openIn(t, front, '192.0.2.1:40000'),
    await openIn(t, front, '[2001:db8:2::1]:40000'),
  ];
  const spoofer = await start(t, server, [
    ...['spoof', '--protocol', 'udp', '--listen', `192.0.2.2:${PORT}`, '--target', target],
    ...['--listen', `[2001:db8:2::2]:${PORT}`, '--target', target],
    ...['--trust', '192.0.2.1,2001:db8:2::1', '--log', 'json', ...more],
  ]);
  return { server, front4, front6, responder4, responder6, spoofer };
}

for (const workers of ['1', '2']) {
  test(
    `a server of datagrams sees the client, IPv4 and IPv6, and is heard by it; workers: ${workers}`,
    { skip: SKIP },
    async (t) => {
      const { front4, front6, spoofer } = await open(t, '--workers', workers, '--udp-idle-timeout', '3s');
      const rows = [
        { front: front4, to: '192.0.2.2', client: '198.51.100.2:5000', seen: '198.51.100.2 5000' },
        { front: front4, to: '192.0.2.2', client: '198.51.100.2:5001', seen: '198.51.100.2 5001' },
        { front: front6, to: '2001:db8:2::2', client: '[2001:db8:1::2]:5000', seen: '2001:db8:1::2 5000' },
        // The client's family decides, not that of the way to us.
        { front: front4, to: '192.0.2.2', client: '[2001:db8:1::3]:5000', seen: '2001:db8:1::3 5000' },
      ];
      for (const { front, to, client, seen } of rows) {
        for (const word of ['one', 'two']) {
          const before = front.received.length;
          front.send(proxied(client, word), PORT, to);
          const { text, from, port } = await front.datagram(before);
          assert.equal(text, `${word} from ${seen}`);
          assert.deepEqual([from, port], [to, PORT]);
        }
      }
      await until('every flow has its line', () => spoofer.lines().length === rows.length);
      for (const line of spoofer.lines()) {
        const { address, port } = line['client'] as { readonly address: string; readonly port: number };
        assert.equal(line['source'], address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
        assert.equal(line['protocol'], 'udp');
        assert.equal(line['end'], 'done');
      }
    },
  );
}

test(
  'socat, which knows nothing of it, names the client',
  { skip: needsNamespaces('nft', 'socat') },
  async (t) => {
    const { server, front4 } = await open(t, '--workers', '1');
    const child = server.spawn(
      'socat',
      ['UDP4-RECVFROM:5301,bind=127.0.0.1,fork', 'SYSTEM:read line; echo "$SOCAT_PEERADDR $SOCAT_PEERPORT"'],
      { stdio: 'ignore' },
    );
    t.after(() => child.kill('SIGKILL'));
    await until('socat listens', () => server.try('ss', '-Hlun').out.includes(':5301 '));
    const target = '127.0.0.1:5301';
    const options = ['--spoof', '--target', target, '--protocol', 'udp', '--name', 'socat'];
    assert.equal((await hostCommand(t, server, options).run('apply')).code, 0);
    await start(t, server, [
      ...['spoof', '--protocol', 'udp', '--listen', '192.0.2.2:5354', '--target', target],
      ...['--trust', '192.0.2.1', '--log', 'json', '--workers', '1'],
    ]);
    front4.send(proxied('198.51.100.2:5000', 'who\n'), 5354, '192.0.2.2');
    assert.equal((await front4.datagram(0)).text, '198.51.100.2 5000\n');
  },
);

test('a host that is not trusted is not heard', { skip: SKIP }, async (t) => {
  const world = await open(t, '--workers', '1');
  const stranger = world.server.enter(() => {
    const endpoint = parseEndpoint('192.0.2.2:41000');
    assert(endpoint !== undefined);
    return openDatagramListener(new Sockets(), endpoint, false);
  });
  const datagrams = await Datagrams.open(t, { fd: stranger, family: 4 });
  datagrams.send(proxied('198.51.100.2:5000', 'forged'), PORT, '192.0.2.2');
  assert.equal((await world.spoofer.line(0))['end'], 'peer-untrusted');
  assert.equal(world.responder4.received.length, 0);
});

test('10,000 flows leave no socket behind', { skip: SKIP }, async (t) => {
  const { front4, responder4, spoofer } = await open(
    t,
    '--workers',
    '1',
    '--udp-idle-timeout',
    '20s',
    '--udp-flows-per-second',
    '100000',
  );
  const before = sockets(spoofer);
  const FLOWS = 10_000;
  // Not more at once than a queue of the system holds: a datagram that is lost on the way says nothing.
  const AT_ONCE = 100;
  for (let begun = 0; begun < FLOWS; begun += AT_ONCE) {
    for (let index = begun; index < begun + AT_ONCE; index++)
      front4.send(proxied(`198.18.${index >> 8}.${index & 255}:5000`, `${index}`), PORT, '192.0.2.2');
    await until(`${begun + AT_ONCE} flows are answered`, () => front4.received.length >= begun + AT_ONCE);
  }
  assert.equal(new Set(responder4.received.map(({ from }) => from)).size, FLOWS);
  // On a slow machine the first ones are over by now, and a line comes a moment after the end.
  await until('each has a socket, or had one', () => sockets(spoofer) + spoofer.lines().length >= FLOWS);
  // They end when nothing passes any more.
  const waitUntil = performance.now() + 120_000;
  while (sockets(spoofer) > before && performance.now() < waitUntil) await pause(200);
  assert.equal(sockets(spoofer), before);
  await until('every flow has its line', () => spoofer.lines().length >= FLOWS);
  assert.equal(spoofer.lines().filter((line) => line['end'] !== 'done').length, 0);
});

/**
 * Of the process that runs the spoofer: `ip netns exec` becomes it. Sockets alone: a thread that waits to replace a worker
 * opens other descriptors when it likes.
 */
function sockets({ process: child }: Sallyport): number {
  const folder = `/proc/${child.pid}/fd`;
  return readdirSync(folder).filter((name) => isSocket(`${folder}/${name}`)).length;
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    // Closed meanwhile.
    return false;
  }
}
