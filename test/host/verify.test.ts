/** `sallyport host verify`: real connections with foreign addresses, and what is wrong where they fail. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { makeFolder } from '../cli/command.ts';
import { listenIn } from '../network/host-sockets.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { makeDockerLike } from './docker-like.ts';
import { assertSame, everything, hostCommand } from './host-command.ts';

const skip = needsNamespaces('nft', 'iptables', 'ip6tables');

interface Hosts {
  readonly host: Host;
  readonly server: Host;
}

/** A host that is the default gateway of another one, and has a default route of its own. */
function makeHosts(t: TestContext): Hosts {
  const net = Topology.make(t);
  const [host, server] = [net.host('host'), net.host('server')];
  net.link(host, ['192.0.2.1/24', '2001:db8::1/64'], server, ['192.0.2.2/24', '2001:db8::2/64']);
  net.link(host, ['198.51.100.1/24', '2001:db8:1::1/64'], net.host('outside'), ['198.51.100.2/24']);
  host.ip('route', 'add', 'default', 'via', '198.51.100.2');
  host.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::2');
  server.ip('route', 'add', 'default', 'via', '192.0.2.1');
  server.ip('-6', 'route', 'add', 'default', 'via', '2001:db8::1');
  return { host, server };
}

interface Verified {
  readonly code: number | null;
  /** Codes of what was found, errors only. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly outcomes: readonly string[];
  readonly text: string;
}

async function verify(
  t: TestContext,
  host: Host,
  options: readonly string[],
  command = hostCommand(t, host, options),
): Promise<Verified> {
  const { code, stdout, stderr } = await command.run('verify', '--json');
  assert.notEqual(code, 1, stderr);
  const { findings, proofs } = JSON.parse(stdout) as {
    findings: readonly { code: string; level: string }[];
    proofs: readonly { outcome: string }[];
  };
  const codes = (wanted: string): string[] => [
    ...new Set(findings.filter(({ level }) => level === wanted).map((finding) => finding.code)),
  ];
  const outcomes = proofs.map(({ outcome }) => outcome);
  return { code, errors: codes('error'), warnings: codes('warning'), outcomes, text: stdout };
}

function configured(t: TestContext, text: string): string[] {
  return ['-c', join(makeFolder(t, { 'sallyport.yaml': text }), 'sallyport.yaml')];
}

const CONFIGURATION = `
listeners:
  web: { bind: "0.0.0.0:80", pool: app }
pools:
  app:
    servers: ["127.0.0.1:8080", "[::1]:8080", "192.0.2.1:81", "192.0.2.2:80", "[2001:db8::2]:80"]
    source: client
`;

for (const form of ['nft', 'iptables'] as const) {
  test(
    `what apply made with ${form} is proven by a connection for each server, on a host with Docker`,
    { skip },
    async (t) => {
      const { host, server } = makeHosts(t);
      makeDockerLike(host);
      await listenIn(t, server, '192.0.2.2:80', (socket) => socket.end('hello'));
      const options = configured(t, CONFIGURATION);
      const before = everything(host);
      const command = hostCommand(t, host, options);
      const unmade = await verify(t, host, options, command);
      assert.equal(unmade.code, 2);
      assert(unmade.errors.includes('not-applied'));
      assert(unmade.outcomes.every((outcome) => outcome === 'failed'));
      assertSame(host, before, 'looking changes nothing');
      assert.equal((await command.run('apply', '--form', form)).code, 0);
      const made = await verify(t, host, options, command);
      assert.deepEqual([made.code, made.errors, made.warnings], [0, [], []], made.text);
      assert.deepEqual(
        made.outcomes,
        Array.from({ length: 5 }, () => 'proven'),
      );
    },
  );
}

const SPOOF = [
  '--spoof',
  '--target',
  '127.0.0.1:8080',
  '--target',
  '192.0.2.1:81',
  '--target',
  '192.0.2.2:80',
];

const REMOVED: readonly (readonly [
  what: string,
  code: string,
  remove: (host: Host) => void,
  named: RegExp,
])[] = [
  ['a policy rule', 'rule-missing', (host) => host.ip('rule', 'del', 'priority', '1000'), /sport 8080/],
  [
    'the policy rule of the mark',
    'rule-missing',
    (host) => host.ip('rule', 'del', 'priority', '1003'),
    /fwmark 0x2000/,
  ],
  [
    'the route',
    'route-missing',
    (host) => host.ip('route', 'flush', 'table', '230'),
    /local default dev lo table 230/,
  ],
  [
    'a rule of the filter',
    'filter-missing',
    (host) => host.run('nft', 'delete', 'rule', 'inet', 'sallyport', 'prerouting', 'handle', '3'),
    /saddr 192\.0\.2\.2 tcp sport 80/,
  ],
  [
    'the whole ruleset',
    'filter-missing',
    (host) => host.run('nft', 'flush', 'ruleset'),
    /table inet sallyport/,
  ],
];

for (const [what, code, remove, named] of REMOVED) {
  test(`${what} that somebody removes under load is noticed, named, and made again`, { skip }, async (t) => {
    const { host, server } = makeHosts(t);
    await listenIn(t, server, '192.0.2.2:80', (socket) => socket.end('hello'));
    const command = hostCommand(t, host, SPOOF);
    assert.equal((await command.run('apply', '--form', 'nft')).code, 0);
    const load = host.spawn('sh', ['-c', 'while :; do ip route get 192.0.2.2 >/dev/null; done'], {
      stdio: 'ignore',
    });
    remove(host);
    const found = await verify(t, host, SPOOF, command);
    load.kill('SIGKILL');
    assert.equal(found.code, 2);
    assert(found.errors.includes(code), found.text);
    assert.match(found.text, named);
    assert(found.outcomes.includes('failed'), 'and the connection fails indeed');
    assert.equal((await command.run('apply')).code, 0);
    const again = await verify(t, host, SPOOF, command);
    assert.equal(again.code, 0, again.text);
  });
}

test('a rule between ours that is not ours is named', { skip }, async (t) => {
  const { host } = makeHosts(t);
  const command = hostCommand(t, host, SPOOF);
  await command.run('apply', '--form', 'nft');
  host.run('nft', 'insert', 'rule', 'inet', 'sallyport', 'output', 'tcp', 'dport', '9', 'drop');
  assert.deepEqual((await verify(t, host, SPOOF, command)).warnings, ['filter-changed']);
});

test(
  'a server that answers clients by another way is a failed proof, and says where to look',
  { skip },
  async (t) => {
    const { host, server } = makeHosts(t);
    server.ip('route', 'del', 'default');
    const options = ['--spoof', '--target', '192.0.2.2:80'];
    const command = hostCommand(t, host, options);
    await command.run('apply');
    const found = await verify(t, host, options, command);
    assert.deepEqual([found.errors, found.outcomes], [['self-test'], ['failed']]);
    assert.match(found.text, /192\.0\.2\.2 sends what it sends to clients to this host/);
  },
);

/** Set-ups by hand, as they are published, for a spoofer that marks its sockets with 123 beside a server on loopback. */
const LOOPBACK = ['--spoof', '--target', '127.0.0.1:8080', '--mark', '123'];
const SAVE = 'iptables -t mangle -A PREROUTING -m mark --mark 123 -j CONNMARK --save-mark';
const RESTORE = 'iptables -t mangle -A OUTPUT -m connmark --mark 123 -j CONNMARK --restore-mark';
const RESTORE_WRONG = 'iptables -t mangle -A OUTPUT -m mark --mark 123 -j CONNMARK --restore-mark';
const RULE = 'ip rule add fwmark 123 lookup 100';
const ROUTE = 'ip route add local 0.0.0.0/0 dev lo table 100';
const LOCALNET = 'echo 1 > /proc/sys/net/ipv4/conf/eth1/route_localnet';

/** The same for a server elsewhere, whose gateway is this host. */
const ELSEWHERE = ['--spoof', '--target', '192.0.2.2:80'];
const DIVERT =
  'iptables -t mangle -N DIVERT; iptables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT; iptables -t mangle -A DIVERT -j MARK --set-mark 1; iptables -t mangle -A DIVERT -j ACCEPT';
const DIVERT_NFT =
  "nft 'add table ip t; add chain ip t c { type filter hook prerouting priority -150; }; add rule ip t c socket transparent 1 meta mark set 1'";
const RULE_1 = 'ip rule add fwmark 1 lookup 100';
const TPROXY = 'iptables -t mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 80 --tproxy-mark 1/1';

const SETUPS: readonly {
  readonly name: string;
  readonly options: readonly string[];
  readonly commands: readonly string[];
  readonly finds: readonly string[];
  readonly works: boolean;
}[] = [
  {
    name: 'the recipe with connmark works',
    options: LOOPBACK,
    commands: [SAVE, RESTORE, RULE, ROUTE, LOCALNET],
    finds: [],
    works: true,
  },
  {
    name: 'the published recipe with -m mark',
    options: LOOPBACK,
    commands: [SAVE, RESTORE_WRONG, RULE, ROUTE, LOCALNET],
    finds: ['reply-mark'],
    works: false,
  },
  {
    name: 'no policy rule for the mark',
    options: LOOPBACK,
    commands: [SAVE, RESTORE, ROUTE, LOCALNET],
    finds: ['rule-missing'],
    works: false,
  },
  {
    name: 'no route in the table',
    options: LOOPBACK,
    commands: [SAVE, RESTORE, RULE, LOCALNET],
    finds: ['route-missing'],
    works: false,
  },
  {
    name: 'a route that is not local',
    options: LOOPBACK,
    commands: [SAVE, RESTORE, RULE, 'ip route add default via 198.51.100.2 table 100', LOCALNET],
    finds: ['route-not-local'],
    works: false,
  },
  {
    name: 'a server on loopback without route_localnet',
    options: LOOPBACK,
    commands: [SAVE, RESTORE, RULE, ROUTE],
    finds: ['route-localnet'],
    works: false,
  },
  {
    name: 'a policy rule of others that comes first',
    options: LOOPBACK,
    commands: [SAVE, RESTORE, RULE, ROUTE, LOCALNET, 'ip rule add priority 50 fwmark 0x40/0x40 lookup main'],
    finds: ['mark-taken'],
    works: false,
  },
  {
    name: 'the recipe for a server elsewhere works',
    options: ELSEWHERE,
    commands: [DIVERT, RULE_1, ROUTE],
    finds: [],
    works: true,
  },
  {
    name: 'so does the same with nftables',
    options: ELSEWHERE,
    commands: [DIVERT_NFT, RULE_1, ROUTE],
    finds: [],
    works: true,
  },
  {
    name: 'no policy rule for what DIVERT marks',
    options: ELSEWHERE,
    commands: [DIVERT, ROUTE],
    finds: ['rule-missing'],
    works: false,
  },
  {
    name: 'src_valid_mark, as WireGuard sets it',
    options: ELSEWHERE,
    commands: [DIVERT, RULE_1, ROUTE, 'echo 1 > /proc/sys/net/ipv4/conf/all/src_valid_mark'],
    finds: ['src-valid-mark'],
    works: false,
  },
  {
    name: 'TPROXY without DIVERT',
    options: ELSEWHERE,
    commands: [TPROXY, RULE_1, ROUTE],
    finds: ['divert-missing'],
    works: false,
  },
  {
    name: 'nftables and iptables half each',
    options: ELSEWHERE,
    commands: [DIVERT, DIVERT_NFT, RULE_1, ROUTE],
    finds: ['forms-mixed'],
    works: true,
  },
  {
    name: 'bits that a VPN compares',
    options: ELSEWHERE,
    commands: [
      DIVERT_NFT.replace('set 1', 'set 0x40001'),
      'ip rule add fwmark 0x40001 lookup 100',
      ROUTE,
      'ip rule add priority 5210 fwmark 0x80000/0xff0000 lookup main',
    ],
    finds: ['mark-overlap'],
    works: true,
  },
  {
    name: 'rules for IPv4 alone, and a server of IPv6',
    options: [...ELSEWHERE, '--target', '[2001:db8::2]:80'],
    commands: [DIVERT, RULE_1, ROUTE],
    finds: ['ipv6-missing'],
    works: false,
  },
];

for (const { name, options, commands, finds, works } of SETUPS) {
  test(`a host that somebody else set up: ${name}`, { skip }, async (t) => {
    const { host } = makeHosts(t);
    for (const command of commands) host.run('sh', '-c', command);
    const before = everything(host);
    const found = await verify(t, host, options);
    assertSame(host, before, 'looking changes nothing');
    assert.equal(
      found.outcomes.every((outcome) => outcome === 'proven'),
      works,
      found.text,
    );
    for (const code of finds) assert([...found.errors, ...found.warnings].includes(code), found.text);
    if (finds.length === 0) assert.deepEqual([found.errors, found.warnings], [[], []], found.text);
    assert.equal(found.code, works ? 0 : 2);
  });
}

test('strict filtering where the way back is another is said', { skip }, async (t) => {
  const { host } = makeHosts(t);
  host.sysctl('net.ipv4.conf.eth0.rp_filter', 1);
  const command = hostCommand(t, host, ELSEWHERE);
  await command.run('apply');
  assert.deepEqual((await verify(t, host, ELSEWHERE, command)).warnings, ['rp-filter']);
});

test('without CAP_NET_ADMIN verify says so, and tries nothing', { skip }, (t) => {
  const { host } = makeHosts(t);
  const { code, out } = host.try(
    ...(['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'] as const),
    ...[process.execPath, new URL('../../src/cli/main.ts', import.meta.url).pathname],
    ...['host', 'verify', ...ELSEWHERE],
  );
  assert.equal(code, 2);
  assert.match(out, /\[no-capability\]/);
});

test('the text of verify is for 80 columns', { skip }, async (t) => {
  const { host } = makeHosts(t);
  const { stdout } = await hostCommand(t, host, SPOOF).run('verify');
  assert.match(stdout, /failed {6}a connection from 203\.0\.113\.254 to 127\.0\.0\.1:8080/);
  assert(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
});
