/** Reads the network of this host, as far as this process may see it. What it reads is checked here, and plain data then. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { canonicalAddress } from '../../net/address.ts';
import type { HostAddress, HostRoute, HostRule, HostState, NftObject } from './host-state.ts';
import { MAIN_TABLE } from './host-state.ts';
import type { Family } from './needs.ts';
import { findTool, runTool, ToolError } from './tool.ts';

/** Bit of CAP_NET_ADMIN in a set of capabilities (linux/capability.h). */
const CAP_NET_ADMIN = 12n;

export async function readHost(): Promise<HostState> {
  const mayChange = hasCapability(CAP_NET_ADMIN);
  const [addresses, rules4, rules6, routes4, routes6, nft, iptables4, iptables6] = await Promise.all([
    readAddresses(),
    readRules(4),
    readRules(6),
    readRoutes(4),
    readRoutes(6),
    mayChange ? readNft() : undefined,
    mayChange ? readIptables('iptables-save') : undefined,
    mayChange ? readIptables('ip6tables-save') : undefined,
  ]);
  return {
    addresses,
    rules: [...rules4, ...rules6],
    routes: [...routes4, ...routes6],
    namedTables: readNamedTables(),
    nft,
    iptables: { 4: iptables4, 6: iptables6 },
    sysctls: readSysctls(),
    mayChange,
  };
}

/** The capabilities of this process as the kernel counts them: in a container root may have few. */
function hasCapability(bit: bigint): boolean {
  const found = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return found !== null && ((BigInt(`0x${found[1] ?? '0'}`) >> bit) & 1n) === 1n;
}

/** An object of a program's JSON, of which nothing is known before it is asked. */
type Found = Readonly<Record<string, unknown>>;

/** A list of objects in JSON; an `ip` that has nothing to say may print nothing. */
async function runJson(args: readonly string[]): Promise<Found[]> {
  const text = (await runTool('ip', args)).trim();
  if (text === '') return [];
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value))
    throw new ToolError(`Cannot read what "ip ${args.join(' ')}" says: it is no list`);
  return value.filter((item): item is Found => typeof item === 'object' && item !== null);
}

async function readAddresses(): Promise<HostAddress[]> {
  const links = await runJson(['-N', '-j', 'address', 'show']);
  return links.flatMap((link) => {
    const device = textOf(link['ifname']) ?? '';
    const infos = Array.isArray(link['addr_info']) ? (link['addr_info'] as readonly Found[]) : [];
    return infos.flatMap((info) => {
      const address = textOf(info['local']);
      return address === undefined
        ? []
        : { device, address: canonicalAddress(address), prefix: numberOf(info['prefixlen']) ?? 0 };
    });
  });
}

/** Keys of a rule that HostRule has, or that ask for nothing. */
const RULE_KEYS: ReadonlySet<string> = new Set([
  ...[
    'priority',
    'src',
    'srclen',
    'fwmark',
    'fwmask',
    'iif',
    'iif_detached',
    'ipproto',
    'sport',
    'table',
    'protocol',
  ],
  'not',
]);

/** IPPROTO_TCP and IPPROTO_UDP: with `-N` they come as numbers. */
const TRANSPORTS: Readonly<Record<string, string>> = {
  'ipproto-6': 'tcp',
  'ipproto-17': 'udp',
  '6': 'tcp',
  '17': 'udp',
};

async function readRules(family: Family): Promise<HostRule[]> {
  const rules = await runJson(['-N', '-j', `-${family}`, 'rule', 'show']);
  return rules.map((rule) => {
    const from = textOf(rule['src']);
    const mark = numberOf(rule['fwmark']);
    const transport = textOf(rule['ipproto']);
    const length = numberOf(rule['srclen']);
    return {
      family,
      priority: numberOf(rule['priority']) ?? 0,
      from:
        from === undefined || from === 'all'
          ? undefined
          : `${canonicalAddress(from)}${length === undefined ? '' : `/${length}`}`,
      mark,
      mask: mark === undefined ? undefined : (numberOf(rule['fwmask']) ?? 0xffff_ffff),
      device: textOf(rule['iif']),
      transport: transport === undefined ? undefined : (TRANSPORTS[transport] ?? transport),
      sourcePort: numberOf(rule['sport']),
      table: numberOf(rule['table']),
      isNot: 'not' in rule,
      asksMore: Object.keys(rule).some((key) => !RULE_KEYS.has(key)),
    };
  });
}

async function readRoutes(family: Family): Promise<HostRoute[]> {
  const routes = await runJson(['-N', '-j', `-${family}`, 'route', 'show', 'table', 'all']);
  return routes.map((route) => ({
    family,
    table: numberOf(route['table']) ?? MAIN_TABLE,
    type: typeOf(route['type']),
    to: textOf(route['dst']) ?? '',
    device: textOf(route['dev']),
  }));
}

/** With `-N` some versions of `ip` print the number of a type: RTN_UNICAST is 1, RTN_LOCAL 2. */
function typeOf(value: unknown): string {
  const text = textOf(value) ?? 'unicast';
  if (text === '1') return 'unicast';
  return text === '2' ? 'local' : text;
}

function readNamedTables(): number[] {
  const files = [
    '/etc/iproute2/rt_tables',
    '/usr/share/iproute2/rt_tables',
    ...globSync('/etc/iproute2/rt_tables.d/*.conf'),
  ];
  return files.filter((file) => existsSync(file)).flatMap((file) => tablesIn(readFileSync(file, 'utf8')));
}

function tablesIn(text: string): number[] {
  return [...text.matchAll(/^\s*([0-9]+)\s+\S/gm)].map((match) => Number(match[1]));
}

async function readNft(): Promise<readonly NftObject[] | undefined> {
  if (findTool('nft') === undefined) return undefined;
  const value: unknown = JSON.parse(await runTool('nft', ['-j', 'list', 'ruleset']));
  const objects = (value as { readonly nftables?: unknown }).nftables;
  if (!Array.isArray(objects))
    throw new ToolError('Cannot read what "nft -j list ruleset" says: it is no ruleset');
  return objects as readonly NftObject[];
}

/** It may be there for another kernel. Then the host has no such rules. */
async function readIptables(program: string): Promise<string | undefined> {
  if (findTool(program) === undefined) return undefined;
  try {
    return await runTool(program, []);
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

/** What decides about packets with foreign addresses, of every device. */
const SYSCTLS: readonly string[] = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/accept_redirects',
  ...['rp_filter', 'src_valid_mark', 'route_localnet', 'accept_local', 'forwarding'].map(
    (name) => `net/ipv4/conf/*/${name}`,
  ),
  ...['disable_ipv6', 'forwarding', 'accept_ra'].map((name) => `net/ipv6/conf/*/${name}`),
];

function readSysctls(): Record<string, string> {
  const values: Record<string, string> = {};
  for (const key of SYSCTLS.flatMap((pattern) => globSync(pattern, { cwd: '/proc/sys' }))) {
    const value = readSysctl(key);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

/** Undefined for one that is not there: a device may go at any moment. */
export function readSysctl(key: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${key}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

/** Decimal or hexadecimal, as a number or as text. */
function numberOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : undefined;
}
