/** The same rules as iptables has them: two chains of our own in the table `mangle`, made and replaced by iptables-restore. */
import { hex } from './marks.ts';
import { FAMILIES } from './needs.ts';
import type { Family } from './needs.ts';
import { filtersOf } from './nft-form.ts';
import { chainOf, familyOf } from './pieces.ts';
import type { Destination, Filter, FilterPiece } from './pieces.ts';
import type { Plan } from './plan.ts';

const HOOKS = { prerouting: 'PREROUTING', output: 'OUTPUT' } as const;
type Chain = keyof typeof HOOKS;
const CHAINS: readonly Chain[] = ['prerouting', 'output'];

/** At most 28 characters: a name has up to 12. */
export function iptablesChain(name: string, chain: Chain): string {
  return `${name.toUpperCase()}-${chain === 'prerouting' ? 'PRE' : 'OUT'}`;
}

export function familiesIn(plan: Plan): Family[] {
  return FAMILIES.filter((family) =>
    filtersOf(plan.pieces).some(({ filter }) => familyOf(filter) === family),
  );
}

/**
 * Input for `iptables-restore --noflush`: takes the place of chains of ours that are there. `present` is what
 * iptables-save says now. Undefined when there is nothing to do or to take away.
 */
export function iptablesScript(plan: Plan, family: Family, present: string): string | undefined {
  const lines: string[] = [];
  const removals: string[] = [];
  for (const chain of CHAINS) {
    const own = iptablesChain(plan.name, chain);
    const rules = rulesOf(plan, family, chain);
    if (rules.length > 0) lines.push(`:${own} - [0:0]`);
    removals.push(...removalOf(plan.name, chain, present, rules.length > 0));
  }
  for (const chain of CHAINS) {
    const rules = rulesOf(plan, family, chain);
    const own = iptablesChain(plan.name, chain);
    for (const { filter } of rules) lines.push(`-A ${own} ${iptablesRule(filter, plan.mark)}`);
    if (rules.length > 0 && !hasJump(present, own, chain)) lines.push(`-I ${HOOKS[chain]} 1 -j ${own}`);
  }
  return wrap([...lines, ...removals]);
}

/** Input for `iptables-restore --noflush` that takes our chains away; undefined when they are not there. */
export function iptablesRemoval(name: string, present: string): string | undefined {
  return wrap(CHAINS.flatMap((chain) => removalOf(name, chain, present, false)));
}

function removalOf(name: string, chain: Chain, present: string, isKept: boolean): string[] {
  const own = iptablesChain(name, chain);
  if (isKept || !present.includes(`\n:${own} `)) return [];
  return [
    ...(hasJump(present, own, chain) ? [`-D ${HOOKS[chain]} -j ${own}`] : []),
    `-F ${own}`,
    `-X ${own}`,
  ];
}

function hasJump(present: string, own: string, chain: Chain): boolean {
  return present.split('\n').includes(`-A ${HOOKS[chain]} -j ${own}`);
}

function wrap(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : ['*mangle', ...lines, 'COMMIT', ''].join('\n');
}

function rulesOf(plan: Plan, family: Family, chain: Chain): FilterPiece[] {
  return filtersOf(plan.pieces).filter(
    ({ filter }) => familyOf(filter) === family && chainOf(filter) === chain,
  );
}

/** For people. */
export function iptablesCommand({ filter }: FilterPiece, plan: Plan): string {
  const own = iptablesChain(plan.name, chainOf(filter));
  return `${program(familyOf(filter))} -t mangle -A ${own} ${iptablesRule(filter, plan.mark)}`;
}

/** What has to be there before the rules, for people. */
export function iptablesPreparation(plan: Plan): string[] {
  return familiesIn(plan).flatMap((family) =>
    CHAINS.filter((chain) => rulesOf(plan, family, chain).length > 0).flatMap((chain) => {
      const own = iptablesChain(plan.name, chain);
      return [
        `${program(family)} -t mangle -N ${own}`,
        `${program(family)} -t mangle -I ${HOOKS[chain]} 1 -j ${own}`,
      ];
    }),
  );
}

function program(family: Family): string {
  return family === 4 ? 'iptables' : 'ip6tables';
}

/** Our lines of iptables-save, to compare them: counters and everything of others left out. */
export function ownIptables(name: string, present: string): string[] {
  const chains = CHAINS.map((chain) => iptablesChain(name, chain));
  const lines: string[] = [];
  let isMangle = false;
  for (const line of present.split('\n')) {
    if (line.startsWith('*')) isMangle = line === '*mangle';
    if (isMangle && line.startsWith('-A ') && chains.some((own) => line.includes(` ${own}`)))
      lines.push(line);
  }
  return lines;
}

export function iptablesRule(filter: Filter, mark: number): string {
  const bit = `${hex(mark)}/${hex(mark)}`;
  const setMark = `-j MARK --set-xmark ${bit}`;
  switch (filter.do) {
    case 'divert-reply': {
      const { server, transport } = filter;
      return `-s ${server.address.text} -p ${transport} --sport ${server.port} -m socket --transparent ${setMark}`;
    }
    case 'divert-network': {
      const { network, port, transport } = filter;
      const from = network.prefix === 0 ? '' : `-s ${network.text} `;
      const ofPort = port === 0 ? '' : ` --sport ${port}`;
      return `${from}-p ${transport}${ofPort} -m socket --transparent ${setMark}`;
    }
    case 'divert-client':
      return `${toDestination(filter.to)} -m socket --transparent ${setMark}`;
    case 'take': {
      const { address, port } = filter.to;
      const on = address === undefined ? '' : ` --on-ip ${address.text}`;
      return `${toDestination(filter.to)} -j TPROXY --on-port ${port}${on} --tproxy-mark ${bit}`;
    }
    case 'remember': {
      const { server, transport } = filter;
      const to = `-d ${server.address.text} -p ${transport} --dport ${server.port}`;
      return `-o lo ${to} -m addrtype ! --src-type LOCAL -j CONNMARK --set-xmark ${bit}`;
    }
    case 'recall': {
      const { server, transport } = filter;
      const from = `-s ${server.address.text} -p ${transport} --sport ${server.port}`;
      return `${from} -m conntrack --ctdir REPLY -m connmark --mark ${bit} ${setMark}`;
    }
  }
}

function toDestination({ address, port, device }: Destination): string {
  const on = device === undefined ? '' : `-i ${device} `;
  const to = address === undefined ? '' : `-d ${address.text} `;
  const foreign = address === undefined ? ' -m addrtype ! --dst-type LOCAL' : '';
  return `${on}${to}-p tcp --dport ${port}${foreign}`;
}
