/**
 * `sallyport spoof` beside unmodified servers on loopback: a proxy in front says who the client is, and the servers see
 * it on the wire.
 *
 *     client 198.51.100.2 ── 198.51.100.1 balancer 192.0.2.1 ── 192.0.2.2 server: spoofer ── lo ── Apache, nginx, Exim, vsftpd
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request } from '../support/message.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { until } from '../support/wire.ts';
import { startApache, startExim, startFtp, startHaproxyIn, startNginxIn } from './daemons.ts';
import { connectIn } from './host-sockets.ts';
import { start } from './sallyport.ts';
import type { Sallyport } from './sallyport.ts';

const SKIP = needsNamespaces('haproxy', 'apache2', 'nginx', 'exim4', 'vsftpd', 'ss');

interface Hosts {
  readonly client: Host;
  readonly balancer: Host;
  readonly server: Host;
}

function hostsOf(t: TestContext): Hosts {
  const net = Topology.make(t);
  const [client, balancer, server] = [net.host('client'), net.host('balancer'), net.host('server')];
  net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], balancer, [
    '198.51.100.1/24',
    '2001:db8:1::1/64',
  ]);
  net.link(balancer, ['192.0.2.1/24', '2001:db8:2::1/64'], server, ['192.0.2.2/24', '2001:db8:2::2/64']);
  // What servers on loopback send to anybody comes back to this host.
  for (const [family, loopback] of [
    ['-4', '127.0.0.0/8'],
    ['-6', '::1/128'],
  ] as const) {
    server.ip(family, 'rule', 'add', 'from', loopback, 'iif', 'lo', 'lookup', '123');
    server.ip(family, 'route', 'add', 'local', 'default', 'dev', 'lo', 'table', '123');
  }
  return { client, balancer, server };
}

/** Ports of the spoofer, of the servers behind it, and of the balancer's two versions of the protocol. */
const SERVICES = [
  { name: 'apache', spoof: 9001, target: 8001, v1: 7001, v2: 7101 },
  { name: 'nginx', spoof: 9002, target: 8002, v1: 7002, v2: 7102 },
  { name: 'exim', spoof: 9003, target: 8003, v1: 7003, v2: 7103 },
  { name: 'ftp', spoof: 9004, target: 8004, v1: 7004, v2: 7104 },
];

async function startSpoofer(t: TestContext, { server }: Hosts, ...more: string[]): Promise<Sallyport> {
  const ways = SERVICES.flatMap(({ spoof, target }) => [
    ...['--listen', `192.0.2.2:${spoof}`, '--target', `127.0.0.1:${target}`],
    ...['--listen', `[2001:db8:2::2]:${spoof}`, '--target', `[::1]:${target}`],
  ]);
  const trust = [
    '--trust',
    '192.0.2.1',
    '--trust',
    '2001:db8:2::1',
    '--mark',
    '123',
    '--log',
    'json',
    '--workers',
    '1',
  ];
  return start(t, server, ['spoof', ...ways, ...trust, ...more]);
}

async function startBalancer(t: TestContext, { balancer }: Hosts): Promise<void> {
  const ways = SERVICES.flatMap(({ name, spoof, v1, v2 }) =>
    (
      [
        [`${name}-1`, v1, 'send-proxy'],
        [`${name}-2`, v2, 'send-proxy-v2'],
      ] as const
    ).map(
      ([id, port, send]) => `
listen ${id}-4
  bind 198.51.100.1:${port}
  server s 192.0.2.2:${spoof} ${send}
listen ${id}-6
  bind [2001:db8:1::1]:${port}
  server s [2001:db8:2::2]:${spoof} ${send}
`,
    ),
  );
  await startHaproxyIn(
    t,
    balancer,
    ways.join(''),
    SERVICES.flatMap(({ v1, v2 }) => [v1, v2]),
  );
}

test(
  'Apache, nginx, Exim and vsftpd log the client, IPv4 and IPv6, and their replies reach it',
  { skip: SKIP },
  async (t) => {
    const hosts = hostsOf(t);
    const { server, client } = hosts;
    const apache = await startApache(t, server);
    const nginx = await startNginxIn(t, server);
    const exim = await startExim(t, server);
    const ftp4 = await startFtp(t, server, 4);
    const ftp6 = await startFtp(t, server, 6);
    const spoofer = await startSpoofer(t, hosts);
    await startBalancer(t, hosts);
    for (const [entry, address, ftp] of [
      ['198.51.100.1', '198.51.100.2', ftp4],
      ['[2001:db8:1::1]', '2001:db8:1::2', ftp6],
    ] as const) {
      for (const version of ['v1', 'v2'] as const) {
        const [web, page, mail, files] = SERVICES.map((service) => `${entry}:${service[version]}`) as [
          string,
          string,
          string,
          string,
        ];
        const first = await connectIn(client, web);
        assert.equal((await first.exchange(request('GET /'))).body.toString(), 'apache\n');
        first.close();
        const second = await connectIn(client, page);
        const said = (await second.exchange(request('GET /'))).body.toString();
        assert.equal(said, `${address} ${second.port}\n`, 'address and port');
        second.close();
        const third = await connectIn(client, mail);
        await third.readUntil('220 ');
        third.send('EHLO client.example\r\n');
        assert((await third.readUntil('250 HELP\r\n')).includes(`[${address}]`));
        third.close();
        const fourth = await connectIn(client, files);
        await fourth.readUntil('220 ');
        fourth.send('USER anonymous\r\n');
        await fourth.readUntil('331 ');
        fourth.close();
      }
      await until('all have logged it', () => {
        const logs = [
          apache.log().includes(`client=${address} 200`),
          nginx.log().includes(`client=${address} `),
          exim.log().includes(`SMTP connection from [${address}]`),
          new RegExp(`CONNECT: Client "(::ffff:)?${address}"`).test(ftp.log()),
        ];
        return logs.every(Boolean);
      });
    }
    await until('the spoofer has logged them', () => spoofer.lines().length === 16);
    for (const line of spoofer.lines())
      assert.match(String(line['source']), /^(?:198\.51\.100\.2|\[2001:db8:1::2\]):\d+$/);
  },
);

test(
  'a forged header is refused from whoever is not trusted, and so is everything else',
  { skip: SKIP },
  async (t) => {
    const hosts = hostsOf(t);
    const { server, client, balancer } = hosts;
    balancer.forward();
    client.ip('route', 'add', 'default', 'via', '198.51.100.1');
    server.ip('route', 'add', 'default', 'via', '192.0.2.1');
    const nginx = await startNginxIn(t, server);
    const spoofer = await startSpoofer(t, hosts);
    for (const text of [
      'PROXY TCP4 203.0.113.66 192.0.2.2 1 80\r\nGET / HTTP/1.0\r\n\r\n',
      request('GET /'),
    ]) {
      const wire = await connectIn(client, '192.0.2.2:9002');
      wire.send(text);
      await wire.ended();
      assert.equal(wire.received, 0);
    }
    assert.equal((await spoofer.line(1))['end'], 'peer-untrusted');
    // A trusted one that sends none, or a broken one, is refused as well.
    const rows = [
      [request('GET /'), 'proxy-header-bad'],
      ['PROXY TCP4 203.0.113.66 192.0.2.2 99999 80\r\n', 'proxy-header-bad'],
    ] as const;
    for (const [index, [text, end]] of rows.entries()) {
      const wire = await connectIn(balancer, '192.0.2.2:9002');
      wire.send(text);
      await wire.ended();
      assert.equal(wire.received, 0);
      assert.equal((await spoofer.line(2 + index))['end'], end);
    }
    assert.equal(nginx.log(), '', 'the server heard of none of them');
  },
);

test(
  'a dead server and a client that cannot be spoofed end the connection with a reason',
  { skip: SKIP },
  async (t) => {
    const hosts = hostsOf(t);
    const spoofer = await startSpoofer(t, hosts);
    const rows = [
      ['PROXY TCP4 203.0.113.66 192.0.2.2 40000 80\r\n', 'origin-connect-failed'],
      ['PROXY TCP6 2001:db8::66 2001:db8::1 40000 80\r\n', 'source-unavailable'],
      ['PROXY TCP4 0.0.0.0 192.0.2.2 40000 80\r\n', 'source-unavailable'],
    ] as const;
    for (const [index, [text, end]] of rows.entries()) {
      const wire = await connectIn(hosts.balancer, '192.0.2.2:9002');
      wire.send(text);
      assert.equal(await wire.ended(), 'reset');
      assert.equal((await spoofer.line(index))['end'], end);
    }
  },
);

test('a client goes to the target of its own family, whichever way it came', { skip: SKIP }, async (t) => {
  const hosts = hostsOf(t);
  const { server, balancer } = hosts;
  await startNginxIn(t, server);
  const spoofer = await start(t, server, [
    'spoof',
    ...['--listen', '192.0.2.2:9009', '--target', '127.0.0.1:8002,[::1]:8002', '--trust', '192.0.2.1'],
    ...['--log', 'json', '--workers', '1'],
  ]);
  for (let round = 0; round < 4; round++) {
    for (const [family, client, to] of [
      ['TCP4', '203.0.113.7', '192.0.2.2'],
      ['TCP6', '2001:db8:99::7', '2001:db8:2::2'],
    ] as const) {
      const wire = await connectIn(balancer, '192.0.2.2:9009');
      wire.send(`PROXY ${family} ${client} ${to} ${4000 + round} 80\r\nGET / HTTP/1.0\r\n\r\n`);
      const answer = (await wire.readToEnd()).toString();
      assert(answer.endsWith(`${client} ${4000 + round}\n`), answer);
      wire.close();
    }
  }
  await until('all are logged', () => spoofer.lines().length === 8);
  assert.deepEqual(new Set(spoofer.lines().map((line) => line['end'])), new Set(['done']));
});

test(
  'ten thousand connections leave no socket and no port behind',
  { skip: SKIP, timeout: 900_000 },
  async (t) => {
    const hosts = hostsOf(t);
    const { server, balancer } = hosts;
    await startNginxIn(t, server);
    const spoofer = await startSpoofer(t, hosts);
    // Sockets alone: a thread that waits to replace a worker opens other descriptors when it likes.
    const sockets = (): number =>
      Number(server.run('sh', '-c', `ls -l /proc/${spooferPid(server)}/fd | grep -c socket:`).trim());
    const before = sockets();
    assert(before > 0);
    let served = 0;
    // Each client is another one, as far as the header says: no port of ours runs out before those of the spoofer would.
    const visit = async (number: number): Promise<void> => {
      const wire = await connectIn(balancer, '192.0.2.2:9002');
      const client = `203.0.113.${1 + (number % 200)}`;
      wire.send(`PROXY TCP4 ${client} 192.0.2.2 ${20_000 + Math.floor(number / 200)} 80\r\n`);
      wire.send('GET / HTTP/1.0\r\n\r\n');
      // On a busy machine a connection may be tried again, and then from another port.
      if ((await wire.readToEnd()).toString().includes(`\r\n\r\n${client} `)) served++;
      wire.reset();
    };
    let next = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (next < 10_000) await visit(next++);
      }),
    );
    assert.equal(served, 10_000);
    await until('the spoofer has closed all', () => sockets() === before);
    const { out } = server.try('ss', '-Htn', 'state', 'connected', '( dport = :8002 )');
    const left = out.split('\n').filter((line) => line !== '' && !/TIME-WAIT/.test(line));
    assert.deepEqual(left, []);
    await until('all are logged', () => spoofer.lines().length === 10_000);
  },
);

function spooferPid(server: Host): number {
  const pid = server
    .processes()
    .find((one) => server.try('cat', `/proc/${one}/cmdline`).out.includes('spoof\0'));
  assert(pid !== undefined);
  return pid;
}
