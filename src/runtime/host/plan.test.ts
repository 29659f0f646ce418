import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRule, hostState, systemRules } from '../../../test/support/host-state.ts';
import { parseEndpoint } from '../../net/address.ts';
import { parseCidr } from '../../net/cidr.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { HostState } from './host-state.ts';
import { readConfig } from '../../config/read.ts';
import { needsOfConfig } from './config-needs.ts';
import { iptablesRemoval, iptablesScript } from './iptables-form.ts';
import { ruleArguments } from './ip-form.ts';
import type { Needs } from './needs.ts';
import { nftScript } from './nft-form.ts';
import { makePlan, PlanError } from './plan.ts';
import type { Plan, PlanOptions } from './plan.ts';

const OPTIONS: PlanOptions = {
  name: 'sallyport',
  form: 'nft',
  devices: [],
  isGateway: false,
  chosen: undefined,
};

function needing(servers: readonly string[], binds: readonly string[] = []): Needs {
  return {
    sources: servers.map((text) => ({ server: endpoint(text), transport: 'tcp', mark: 0, by: text })),
    networks: [],
    listeners: binds.map((text) => ({ bind: endpoint(text), by: text })),
  };
}

function endpoint(text: string): NonNullable<ReturnType<typeof parseEndpoint>> {
  const found = parseEndpoint(text);
  assert(found !== undefined, text);
  return found;
}

function network(text: string): Cidr {
  const found = parseCidr(text);
  assert(typeof found === 'object', text);
  return found;
}

function plan(needs: Needs, options: Partial<PlanOptions> = {}, host: HostState = hostState()): Plan {
  return makePlan(needs, host, { ...OPTIONS, ...options });
}

/** What the plan does, one line a piece, without the table and the mark. */
function linesOf({ pieces }: Plan): string[] {
  return pieces.map((piece) => {
    switch (piece.kind) {
      case 'sysctl':
        return `${piece.key} = ${piece.value}`;
      case 'route':
        return `route ${piece.family}`;
      case 'rule':
        return `rule ${piece.rule.family} ${ruleArguments(piece.rule)}`;
      case 'filter':
        return piece.filter.do;
    }
  });
}

const PLANS: readonly (readonly [what: string, needs: Needs, lines: readonly string[]])[] = [
  [
    'a server on loopback needs a policy rule for its port, and no mark',
    needing(['127.0.0.1:8080']),
    ['route 4', 'rule 4 priority 1000 from 127.0.0.1 iif lo ipproto tcp sport 8080 table 230 protocol 83'],
  ],
  [
    'so does one on loopback of IPv6',
    needing(['[::1]:8080']),
    ['route 6', 'rule 6 priority 1000 from ::1 iif lo ipproto tcp sport 8080 table 230 protocol 83'],
  ],
  [
    'a server elsewhere needs a mark for what belongs to our sockets, and a guard for the look back',
    needing(['198.51.100.2:80']),
    [
      'route 4',
      'divert-reply',
      'rule 4 priority 1000 iif lo fwmark 0x2000/0x2000 table main protocol 83',
      'rule 4 priority 1001 fwmark 0x2000/0x2000 table 230 protocol 83',
    ],
  ],
  [
    'one elsewhere over IPv6 needs no guard: nothing looks back',
    needing(['[2001:db8:1::2]:80']),
    ['route 6', 'divert-reply', 'rule 6 priority 1000 fwmark 0x2000/0x2000 table 230 protocol 83'],
  ],
  [
    'a server on an address of this host has its connections remembered',
    needing(['192.0.2.1:80']),
    [
      'route 4',
      'remember',
      'recall',
      'rule 4 priority 1000 from 192.0.2.1 iif lo fwmark 0x2000/0x2000 table 230 protocol 83',
    ],
  ],
  [
    'two pools with one server need its rule once',
    {
      sources: ['a', 'b'].map((by) => ({
        server: endpoint('[2001:db8:1::2]:80'),
        transport: 'tcp',
        mark: 0,
        by,
      })),
      networks: [],
      listeners: [],
    },
    ['route 6', 'divert-reply', 'rule 6 priority 1000 fwmark 0x2000/0x2000 table 230 protocol 83'],
  ],
  [
    'a transparent listener of one address takes it',
    needing([], ['203.0.113.80:80']),
    [
      'route 4',
      'divert-client',
      'take',
      'rule 4 priority 1000 iif lo fwmark 0x2000/0x2000 table main protocol 83',
      'rule 4 priority 1001 fwmark 0x2000/0x2000 table 230 protocol 83',
    ],
  ],
  [
    'servers that are only known when a client wants one are a network',
    {
      sources: [],
      networks: ['203.0.113.0/24', '127.0.0.0/8'].map((text) => ({
        network: network(text),
        port: 0,
        transport: 'tcp',
        mark: 0,
        by: text,
      })),
      listeners: [],
    },
    [
      'route 4',
      'divert-network',
      'rule 4 priority 1000 iif lo fwmark 0x2000/0x2000 table main protocol 83',
      'rule 4 priority 1001 fwmark 0x2000/0x2000 table 230 protocol 83',
    ],
  ],
  ['a listener of an address that the host has needs nothing', needing([], ['192.0.2.1:80']), []],
];

for (const [what, needs, lines] of PLANS) {
  test(what, () => assert.deepEqual(linesOf(plan(needs)), lines));
}

test('a server on loopback that two pools have needs one policy rule', () => {
  const twice = {
    sources: ['a', 'b'].map((by) => ({
      server: endpoint('127.0.0.1:80'),
      transport: 'tcp' as const,
      mark: 0,
      by,
    })),
    networks: [],
    listeners: [],
  };
  const rules = plan(twice).pieces.filter(({ kind }) => kind === 'rule');
  assert.deepEqual(
    rules.map(({ by }) => by),
    [['a', 'b']],
  );
});

test('rules of nftables are one transaction that takes the place of what was there', () => {
  const script = nftScript(
    plan(
      needing(['198.51.100.2:80', '192.0.2.1:81', '[2001:db8:1::2]:80'], ['203.0.113.80:80', '[::]:443']),
      {
        devices: ['eth0'],
      },
    ),
  );
  assert.equal(
    script,
    `add table inet sallyport
delete table inet sallyport
table inet sallyport {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    ip saddr 198.51.100.2 tcp sport 80 socket transparent 1 socket wildcard 0 meta mark set meta mark or 0x2000 accept comment "198.51.100.2:80"
    ip6 saddr 2001:db8:1::2 tcp sport 80 socket transparent 1 socket wildcard 0 meta mark set meta mark or 0x2000 accept comment "[2001:db8:1::2]:80"
    iifname "eth0" ip daddr 203.0.113.80 tcp dport 80 socket transparent 1 socket wildcard 0 meta mark set meta mark or 0x2000 accept comment "203.0.113.80:80"
    iifname "eth0" ip daddr 203.0.113.80 tcp dport 80 tproxy ip to 203.0.113.80:80 meta mark set meta mark or 0x2000 accept comment "203.0.113.80:80"
    iifname "eth0" meta nfproto ipv6 fib daddr type != local tcp dport 443 socket transparent 1 socket wildcard 0 meta mark set meta mark or 0x2000 accept comment "[::]:443"
    iifname "eth0" meta nfproto ipv6 fib daddr type != local tcp dport 443 tproxy ip6 to :443 meta mark set meta mark or 0x2000 accept comment "[::]:443"
  }
  chain output {
    type route hook output priority mangle; policy accept;
    oifname "lo" fib saddr type != local ip daddr 192.0.2.1 tcp dport 81 ct mark set ct mark or 0x2000 comment "192.0.2.1:81"
    ip saddr 192.0.2.1 tcp sport 81 ct direction reply ct mark and 0x2000 == 0x2000 meta mark set meta mark or 0x2000 comment "192.0.2.1:81"
  }
}
`,
  );
});

test('rules of iptables are two chains of ours, and a jump to each', () => {
  const wanted = plan(needing(['198.51.100.2:80', '192.0.2.1:81'], ['203.0.113.80:80']), {
    form: 'iptables',
  });
  assert.equal(
    iptablesScript(wanted, 4, ''),
    `*mangle
:SALLYPORT-PRE - [0:0]
:SALLYPORT-OUT - [0:0]
-A SALLYPORT-PRE -s 198.51.100.2 -p tcp --sport 80 -m socket --transparent -j MARK --set-xmark 0x2000/0x2000
-A SALLYPORT-PRE -d 203.0.113.80 -p tcp --dport 80 -m socket --transparent -j MARK --set-xmark 0x2000/0x2000
-A SALLYPORT-PRE -d 203.0.113.80 -p tcp --dport 80 -j TPROXY --on-port 80 --on-ip 203.0.113.80 --tproxy-mark 0x2000/0x2000
-I PREROUTING 1 -j SALLYPORT-PRE
-A SALLYPORT-OUT -o lo -d 192.0.2.1 -p tcp --dport 81 -m addrtype ! --src-type LOCAL -j CONNMARK --set-xmark 0x2000/0x2000
-A SALLYPORT-OUT -s 192.0.2.1 -p tcp --sport 81 -m conntrack --ctdir REPLY -m connmark --mark 0x2000/0x2000 -j MARK --set-xmark 0x2000/0x2000
-I OUTPUT 1 -j SALLYPORT-OUT
COMMIT
`,
  );
  assert.equal(iptablesScript(wanted, 6, ''), undefined);
});

test('a server that is named is any address with its port, in both families', () => {
  const read = readConfig(
    JSON.stringify({
      listeners: { web: { bind: ':80', pool: 'app' }, dns: DATAGRAMS },
      pools: {
        app: {
          servers: ['app.internal:8080', '198.51.100.2:80', '_http._tcp.app.internal'],
          source: 'client',
        },
        dns: { servers: ['dns.internal:53'], source: 'client' },
      },
    }),
    'test',
    {},
  );
  assert(read.kind === 'ok', JSON.stringify(read.diagnostics));
  const needs = needsOfConfig(read.config);
  const rules = nftScript(plan(needs))
    .match(/^ +(?:ip6?|meta) .*?(?= socket)/gm)
    ?.map((line) => line.trim());
  assert.deepEqual(rules, [
    'ip saddr 198.51.100.2 tcp sport 80',
    'meta nfproto ipv4 tcp sport 8080',
    'meta nfproto ipv6 tcp sport 8080',
    'meta nfproto ipv4 meta l4proto tcp',
    'meta nfproto ipv6 meta l4proto tcp',
    'meta nfproto ipv4 udp sport 53',
    'meta nfproto ipv6 udp sport 53',
  ]);
  const lines = iptablesScript(plan(needs, { form: 'iptables' }), 6, '')?.match(/^-A .*-m socket/gm);
  assert.deepEqual(lines, [
    '-A SALLYPORT-PRE -p tcp --sport 8080 -m socket',
    '-A SALLYPORT-PRE -p tcp -m socket',
    '-A SALLYPORT-PRE -p udp --sport 53 -m socket',
  ]);
  assert(plan(needs).notes.some((note) => /app\.internal\).*whatever addresses the name has/.test(note)));
});

const DATAGRAMS = {
  bind: ':53',
  protocol: 'udp',
  pool: 'dns',
  identity: { trust: ['192.0.2.1'], proxyProtocol: 'v2' },
};

test('chains of ours that are there are emptied and filled, and get no second jump', () => {
  const wanted = plan(needing(['198.51.100.2:80']), { form: 'iptables' });
  const present =
    '*mangle\n:SALLYPORT-PRE - [0:0]\n:SALLYPORT-OUT - [0:0]\n-A PREROUTING -j SALLYPORT-PRE\nCOMMIT\n';
  const script = iptablesScript(wanted, 4, present) ?? '';
  assert.doesNotMatch(script, /-I PREROUTING/);
  assert.match(script, /:SALLYPORT-PRE - \[0:0\]\n/);
  assert.match(script, /-F SALLYPORT-OUT\n-X SALLYPORT-OUT\n/, 'one that is not needed any more goes');
});

test('only chains of ours that are there are removed', () => {
  assert.equal(iptablesRemoval('sallyport', '*mangle\n:SALLYPORT2-PRE - [0:0]\nCOMMIT\n'), undefined);
  const present = '*mangle\n:SALLYPORT-PRE - [0:0]\n-A PREROUTING -j SALLYPORT-PRE\nCOMMIT\n';
  assert.equal(
    iptablesRemoval('sallyport', present),
    '*mangle\n-D PREROUTING -j SALLYPORT-PRE\n-F SALLYPORT-PRE\n-X SALLYPORT-PRE\nCOMMIT\n',
  );
});

test('priorities come before those of every other program, and tables and marks are apart from theirs', () => {
  const host = hostState({
    rules: [
      ...systemRules(),
      hostRule({ family: 4, priority: 9, mark: 0x200, mask: 0xf00, table: 2004 }),
      hostRule({ family: 4, priority: 5270, table: 52 }),
      hostRule({ family: 6, priority: 5270, mark: 0x2000, mask: 0x2000, table: 230 }),
    ],
    routes: [{ family: 4, table: 231, type: 'unicast', to: 'default', device: 'wg0' }],
    namedTables: [232],
  });
  const { mark, table, priority } = plan(needing(['198.51.100.2:80']), {}, host);
  assert.deepEqual([mark, table, priority], [0x1000, 233, 7]);
});

test('what was chosen before stays, though it is in use now: by us', () => {
  const chosen = { mark: 0x10, table: 240, priority: 500 };
  const found = plan(needing(['198.51.100.2:80']), { chosen });
  assert.deepEqual([found.mark, found.table, found.priority], [0x10, 240, 500]);
});

test('a plan that needs a mark now gets one, where none was chosen before', () => {
  const chosen = { mark: 0, table: 240, priority: 500 };
  assert.equal(plan(needing(['198.51.100.2:80']), { chosen }).mark, 0x2000);
});

test('without IPv6 nothing is planned for it, and that is said', () => {
  for (const sysctls of [{}, { 'net/ipv6/conf/all/disable_ipv6': '1' }]) {
    const found = plan(needing(['[2001:db8:1::2]:80'], ['[::]:80']), {}, hostState({ sysctls }));
    assert.deepEqual(found.pieces, []);
    assert.equal(found.notes.length, 2);
    assert.match(found.notes[0] ?? '', /IPv6 is off/);
  }
});

test('strict filtering is loosened only on a device that the way back does not use', () => {
  const sysctls = { 'net/ipv4/conf/eth0/rp_filter': '1', 'net/ipv4/conf/eth1/rp_filter': '1' };
  const needs = needing([], ['203.0.113.80:80']);
  const lines = linesOf(plan(needs, { devices: ['eth0', 'eth1'] }, hostState({ sysctls })));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('net/')),
    ['net/ipv4/conf/eth1/rp_filter = 2'],
  );
});

test('a gateway forwards, and keeps the default route that a router advertises', () => {
  const host = hostState({
    sysctls: {
      'net/ipv6/conf/all/disable_ipv6': '0',
      'net/ipv4/conf/eth0/rp_filter': '0',
      'net/ipv6/conf/eth0/accept_ra': '1',
    },
    routes: [{ family: 6, table: 254, type: 'unicast', to: 'default', device: 'eth0' }],
  });
  assert.deepEqual(linesOf(plan(needing([]), { isGateway: true }, host)), [
    'net/ipv4/ip_forward = 1',
    'net/ipv6/conf/eth0/accept_ra = 2',
    'net/ipv6/conf/all/forwarding = 1',
  ]);
});

test('without a free bit or table there is no plan', () => {
  const bits = hostState({
    rules: [
      hostRule({ family: 4, priority: 5, mark: 0, mask: 0xffff_fffe }),
      hostRule({ family: 4, priority: 6, mark: 1, mask: 1 }),
    ],
  });
  assert.throws(() => plan(needing(['198.51.100.2:80']), {}, bits), PlanError);
  const tables = hostState({ namedTables: Array.from({ length: 30 }, (_, index) => 225 + index) });
  assert.throws(() => plan(needing(['127.0.0.1:80']), {}, tables), PlanError);
});
