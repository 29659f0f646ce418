/**
 * Known mistakes in how a host handles packets for foreign addresses, on a host that anybody may have set up. Pure; every
 * one was seen to break a connection in a network namespace (test/host/verify.test.ts).
 */
import { isLoopback } from '../../net/address-kind.ts';
import { filterFacts } from './filter-facts.ts';
import type { FilterFact, Mark } from './filter-facts.ts';
import { devicesOf, MAIN_TABLE } from './host-state.ts';
import type { HostRule, HostState } from './host-state.ts';
import { hasLocalDefault } from './ip-form.ts';
import { hex, KNOWN_MARKS } from './marks.ts';
import { FAMILIES } from './needs.ts';
import type { Family, Needs } from './needs.ts';
import { defaultDevices, effective, isFamilyOff } from './sysctls.ts';

export interface Finding {
  readonly code: string;
  /** An error breaks connections, a warning may. */
  readonly level: 'error' | 'warning';
  readonly what: string;
  readonly why: string;
  /** A command or a change that mends it. */
  readonly mend: string;
}

/** Finds what is wrong with the present rules for these needs. */
export function findMistakes(state: HostState, needs: Needs): Finding[] {
  const facts = filterFacts(state);
  return [
    ...noCapability(state),
    ...replyMark(facts),
    ...FAMILIES.flatMap((family) => brokenWays(state, facts, family)),
    ...divertMissing(facts),
    ...srcValidMark(state),
    ...strictFilter(state),
    ...routeLocalnet(state, facts, needs),
    ...overlaps(state, facts),
    ...formsMixed(facts),
    ...ipv6Missing(state, facts, needs),
  ];
}

function noCapability({ mayChange }: HostState): Finding[] {
  if (mayChange) return [];
  return [
    {
      code: 'no-capability',
      level: 'error',
      what: 'This process has not the capability CAP_NET_ADMIN',
      why: 'Without it nobody sees the rules of the packet filter, and no socket gets a foreign address.',
      mend: 'run it as root, or grant CAP_NET_ADMIN (AmbientCapabilities=CAP_NET_ADMIN in a unit of systemd)',
    },
  ];
}

/** The published recipe: `-A OUTPUT -m mark --mark 123 -j CONNMARK --restore-mark`. */
function replyMark(facts: readonly FilterFact[]): Finding[] {
  const wrong = facts.filter(
    ({ hook, does, asksMark, asksConnectionMark }) =>
      hook === 'output' && does === 'restore' && asksMark !== undefined && asksConnectionMark === undefined,
  );
  return wrong.map(({ text, form, asksMark }) => ({
    code: 'reply-mark',
    level: 'error',
    what: `A rule restores the mark of connections for packets that have it already: ${text}`,
    why: 'A reply of the server has no mark before it is restored, so the rule never matches one.',
    mend:
      form === 'iptables'
        ? `in this rule, -m connmark --mark ${hex(asksMark?.value ?? 0)} instead of -m mark`
        : `in this rule, ct mark ${hex(asksMark?.value ?? 0)} instead of meta mark`,
  }));
}

/** From a mark to a policy rule to a local route: the first thing that is missing. */
function brokenWays(state: HostState, facts: readonly FilterFact[], family: Family): Finding[] {
  const findings: Finding[] = [];
  for (const mark of leadingMarks(facts, family)) {
    const rules = state.rules.filter((rule) => rule.family === family && !rule.isNot && leads(rule, mark));
    // A rule of `iif lo` alone leads nothing that comes from outside.
    const rule =
      rules.find(({ device }) => device !== 'lo') ?? rules.find(({ table }) => table !== MAIN_TABLE);
    const ip = `ip -${family}`;
    if (rule === undefined) {
      findings.push({
        code: 'rule-missing',
        level: 'error',
        what: `No policy rule of IPv${family} leads packets with the mark ${hex(mark.value)} anywhere`,
        why: 'They go on as if they had no mark: to the client, and not to the socket with its address.',
        mend: `${ip} rule add fwmark ${markText(mark)} table 100`,
      });
    } else if (rule.table !== undefined && !hasLocalDefault(state, family, rule.table)) {
      findings.push(routeFinding(state, family, rule.table, mark));
    }
  }
  return findings;
}

function routeFinding(state: HostState, family: Family, table: number, mark: Mark): Finding {
  const ip = `ip -${family}`;
  const other = state.routes.find(
    (route) => route.family === family && route.table === table && route.to === 'default',
  );
  const marked = `packets with the mark ${hex(mark.value)} are looked up there`;
  if (other === undefined)
    return {
      code: 'route-missing',
      level: 'error',
      what: `Table ${table} of IPv${family} has no default route, and ${marked}`,
      why: 'A look-up that finds nothing goes on to the next rule, and packets leave the host.',
      mend: `${ip} route add local default dev lo table ${table}`,
    };
  return {
    code: 'route-not-local',
    level: 'error',
    what: `The default route of table ${table} of IPv${family} is not of the type local, and ${marked}`,
    why: 'Only a local route delivers packets for foreign addresses to sockets of this host; others send them on.',
    mend: `${ip} route replace local default dev lo table ${table}`,
  };
}

/** Marks that packets get because they are for a socket of ours. */
function leadingMarks(facts: readonly FilterFact[], family: Family): Mark[] {
  const own = facts.filter(({ families }) => families.includes(family));
  const marks = own.flatMap(({ does, asksSocket, asksConnectionMark, mark, hook }) => {
    if (does === 'take' || (does === 'mark' && asksSocket)) return mark ?? [];
    if (does === 'restore' && hook === 'output') return asksConnectionMark ?? [];
    return does === 'mark' && hook === 'output' && asksConnectionMark !== undefined ? (mark ?? []) : [];
  });
  return marks.filter((mark, index) => marks.findIndex((one) => one.value === mark.value) === index);
}

function leads(rule: HostRule, { value }: Mark): boolean {
  if (rule.mark === undefined) return false;
  return (value & (rule.mask ?? 0xffff_ffff)) >>> 0 === rule.mark;
}

function markText({ value, mask }: Mark): string {
  return mask === 0xffff_ffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function divertMissing(facts: readonly FilterFact[]): Finding[] {
  return FAMILIES.flatMap((family) => {
    const own = facts.filter(({ families, hook }) => hook === 'prerouting' && families.includes(family));
    const take = own.find(({ does }) => does === 'take');
    if (take === undefined || own.some(({ asksSocket }) => asksSocket)) return [];
    return [
      {
        code: 'divert-missing',
        level: 'warning' as const,
        what: `Packets of IPv${family} go to TPROXY, and no rule before it matches those of connections that are open: ${take.text}`,
        why: 'Every packet then looks for a listener, and what servers send back to foreign addresses is not taken at all.',
        mend: `${family === 4 ? 'iptables' : 'ip6tables'} -t mangle -I PREROUTING -p tcp -m socket --transparent -j MARK --set-mark ${hex(take.mark?.value ?? 1)}`,
      },
    ];
  });
}

/** The look back to the sender uses the packet's mark, and finds the local table. */
function srcValidMark(state: HostState): Finding[] {
  const devices = devicesOf(state).filter((device) => effective(state, device, 'src_valid_mark') === 1);
  if (devices.length === 0) return [];
  const local = state.rules.find(
    ({ family, mark, table, device }) =>
      family === 4 &&
      mark !== undefined &&
      device === undefined &&
      table !== undefined &&
      hasLocalDefault(state, 4, table),
  );
  if (local === undefined) return [];
  const isGuarded = state.rules.some(
    (rule) =>
      rule.family === 4 &&
      rule.device === 'lo' &&
      rule.mark === local.mark &&
      rule.priority < local.priority &&
      rule.from === undefined &&
      rule.table !== local.table,
  );
  if (isGuarded) return [];
  return [
    {
      code: 'src-valid-mark',
      level: 'error',
      what: `src_valid_mark is 1 on ${devices.join(', ')}, and the policy rule for the mark ${hex(local.mark ?? 0)} leads to a local table`,
      why: 'The kernel looks back to the sender of a packet with its mark, takes it for this host itself, and drops the packet. WireGuard sets it.',
      mend: `ip rule add priority ${Math.max(1, local.priority - 1)} iif lo fwmark ${hex(local.mark ?? 0)}/${hex(local.mask ?? 0)} table main`,
    },
  ];
}

function strictFilter(state: HostState): Finding[] {
  const ways = defaultDevices(state, 4);
  const strict = devicesOf(state).filter(
    (device) => device !== 'lo' && !ways.includes(device) && effective(state, device, 'rp_filter') === 1,
  );
  if (strict.length === 0) return [];
  return [
    {
      code: 'rp-filter',
      level: 'warning',
      what: `rp_filter is strict on ${strict.join(', ')}, and the way back to anywhere is not by it`,
      why: 'What comes there from addresses that are not in its own network is dropped: clients that come that way are not heard.',
      mend: strict.map((device) => `echo 2 > /proc/sys/net/ipv4/conf/${device}/rp_filter`).join('; '),
    },
  ];
}

/** With marks, the first look at where a reply of 127.0.0.1 goes finds the default route, which refuses it. */
function routeLocalnet(state: HostState, facts: readonly FilterFact[], { sources }: Needs): Finding[] {
  const targets = sources.filter(({ server }) => server.address.family === 4 && isLoopback(server.address));
  const usesMarks = facts.some(
    ({ hook, does }) => hook === 'output' && (does === 'restore' || does === 'mark'),
  );
  const byRule = targets.filter(({ server }) => !isLedByAddress(state, server.address.text, server.port));
  if (byRule.length === 0 || !usesMarks) return [];
  const ways = defaultDevices(state, 4);
  const closed = ways.filter((device) => effective(state, device, 'route_localnet') === 0);
  if (closed.length === 0) return [];
  return [
    {
      code: 'route-localnet',
      level: 'error',
      what: `route_localnet is 0 on ${closed.join(', ')}, and the server ${byRule[0]?.server.address.text ?? ''} is on loopback`,
      why: 'Where a reply goes is looked up before it gets its mark, and a loopback address may not leave by that device.',
      mend: closed.map((device) => `echo 1 > /proc/sys/net/ipv4/conf/${device}/route_localnet`).join('; '),
    },
  ];
}

/** A policy rule for the server's address, such as ours, or `from 127.0.0.1/8 iif lo`. */
function isLedByAddress(state: HostState, address: string, port: number): boolean {
  return state.rules.some(({ from, table, sourcePort, mark }) => {
    const isIt = from === address || (address.startsWith('127.') && /^127\.0\.0\.[01]\/8$/.test(from ?? ''));
    return (
      isIt &&
      mark === undefined &&
      (sourcePort === undefined || sourcePort === port) &&
      table !== undefined &&
      hasLocalDefault(state, 4, table)
    );
  });
}

function overlaps(state: HostState, facts: readonly FilterFact[]): Finding[] {
  const findings: Finding[] = [];
  for (const family of FAMILIES) {
    for (const mark of leadingMarks(facts, family)) findings.push(...overlapsOf(state, family, mark));
  }
  return findings;
}

function overlapsOf(state: HostState, family: Family, mark: Mark): Finding[] {
  const rules = state.rules.filter(
    (rule) => rule.family === family && rule.mark !== undefined && !rule.isNot,
  );
  const own = rules.find(
    (rule) => leads(rule, mark) && rule.table !== undefined && hasLocalDefault(state, family, rule.table),
  );
  const others = rules.filter((rule) => rule !== own && rule.device !== 'lo' && rule.table !== own?.table);
  return others.flatMap((rule) => {
    const text = `priority ${rule.priority}, fwmark ${hex(rule.mark ?? 0)}/${hex(rule.mask ?? 0)}`;
    const program = KNOWN_MARKS.find(
      ({ bits }) => (bits & (rule.mask ?? 0)) !== 0 && rule.mask !== 0xffff_ffff,
    )?.program;
    const whose = program === undefined ? '' : ` (perhaps of ${program})`;
    if (leads(rule, mark) && (own === undefined || rule.priority < own.priority)) {
      return {
        code: 'mark-taken',
        level: 'error' as const,
        what: `A policy rule of others${whose} comes first for the mark ${hex(mark.value)}: ${text}`,
        why: 'Packets for our sockets are led where that rule leads.',
        mend: 'choose another mark; sallyport host plan finds a bit that nobody uses',
      };
    }
    const isShared = rule.mask !== 0xffff_ffff && (mark.value & (rule.mask ?? 0)) !== 0;
    if (!isShared) return [];
    return {
      code: 'mark-overlap',
      level: 'warning' as const,
      what: `The mark ${hex(mark.value)} has bits that a policy rule of others${whose} compares: ${text}`,
      why: 'A packet with both marks matches neither rule, or the wrong one.',
      mend: 'choose another mark; sallyport host plan finds a bit that nobody uses',
    };
  });
}

function formsMixed(facts: readonly FilterFact[]): Finding[] {
  const [nft, iptables] = (['nft', 'iptables'] as const).map((form) =>
    facts.find(
      (fact) => fact.form === form && (fact.does === 'take' || fact.asksSocket || fact.does === 'restore'),
    ),
  );
  if (nft === undefined || iptables === undefined) return [];
  return [
    {
      code: 'forms-mixed',
      level: 'warning',
      what: 'Rules for foreign addresses are there in nftables and in iptables',
      why: 'Packets go through both, in an order that is hard to see; most often one is left over.',
      mend: `remove one of them: ${iptables.text}`,
    },
  ];
}

function ipv6Missing(state: HostState, facts: readonly FilterFact[], needs: Needs): Finding[] {
  const wants = [
    ...needs.sources.map(({ server, by }) => ({ address: server.address, by })),
    ...needs.networks.map(({ network, by }) => ({ address: network.address, by })),
    ...needs.listeners.map(({ bind, by }) => ({ address: bind.address, by })),
  ].filter(({ address }) => address.family === 6);
  const first = wants[0];
  if (first === undefined || isFamilyOff(state, 6)) return [];
  const leadsSomewhere = (family: Family): boolean =>
    state.rules.some(
      (rule) =>
        rule.family === family && rule.table !== undefined && hasLocalDefault(state, family, rule.table),
    );
  const hasHalf =
    leadsSomewhere(4) || facts.some(({ families }) => families.includes(4) && families.length === 1);
  if (!hasHalf || leadsSomewhere(6)) return [];
  return [
    {
      code: 'ipv6-missing',
      level: 'error',
      what: `Rules are there for IPv4 alone, and ${first.by} is of IPv6`,
      why: 'Each family has its own policy rules and routes, and iptables and ip6tables their own rules.',
      mend: 'sallyport host apply, or the same with ip -6 and ip6tables',
    },
  ];
}
