/** Rules of a plan as nftables has them: one table of our own for both families, made and replaced in one transaction. */
import type { Endpoint } from '../../net/address.ts';
import type { Family, Transport } from './needs.ts';
import { chainOf } from './pieces.ts';
import type { Destination, Filter, FilterPiece, Piece } from './pieces.ts';
import type { Plan } from './plan.ts';

/** Longest comment that nft takes is 128 bytes. */
const COMMENT_CHARS_MAX = 100;

export function nftTable(name: string): string {
  return name;
}

const CHAINS = {
  prerouting: 'type filter hook prerouting priority mangle; policy accept;',
  output: 'type route hook output priority mangle; policy accept;',
} as const;

/** Input for `nft -f -`: takes the place of a table of ours that is there, all or nothing. Empty without rules. */
export function nftScript(plan: Plan): string {
  const filters = filtersOf(plan.pieces);
  if (filters.length === 0) return '';
  const table = `inet ${nftTable(plan.name)}`;
  const chains = (['prerouting', 'output'] as const).flatMap((chain) => {
    const rules = filters.filter(({ filter }) => chainOf(filter) === chain);
    if (rules.length === 0) return [];
    return [
      `  chain ${chain} {`,
      `    ${CHAINS[chain]}`,
      ...rules.map((piece) => `    ${nftRule(piece.filter, plan.mark)} comment "${comment(piece)}"`),
      '  }',
    ];
  });
  // Deleting needs a table that is there; adding one that is there does nothing.
  return [`add table ${table}`, `delete table ${table}`, `table ${table} {`, ...chains, '}', ''].join('\n');
}

export function nftRemoval(name: string): string {
  const table = `inet ${nftTable(name)}`;
  return `add table ${table}\ndelete table ${table}\n`;
}

/** The commands that make one rule, for people. */
export function nftCommand(piece: FilterPiece, plan: Plan): string {
  return `nft add rule inet ${nftTable(plan.name)} ${chainOf(piece.filter)} ${nftRule(piece.filter, plan.mark)}`;
}

/** What has to be there before the rules, for people. */
export function nftPreparation(plan: Plan): string[] {
  const filters = filtersOf(plan.pieces);
  if (filters.length === 0) return [];
  const table = `inet ${nftTable(plan.name)}`;
  const chains = (['prerouting', 'output'] as const).filter((chain) =>
    filters.some(({ filter }) => chainOf(filter) === chain),
  );
  return [
    `nft add table ${table}`,
    ...chains.map((chain) => `nft add chain ${table} ${chain} '{ ${CHAINS[chain]} }'`),
  ];
}

export function filtersOf(pieces: readonly Piece[]): FilterPiece[] {
  return pieces.filter((piece) => piece.kind === 'filter');
}

export function nftRule(filter: Filter, mark: number): string {
  const bit = `0x${mark.toString(16)}`;
  const setMark = `meta mark set meta mark or ${bit}`;
  switch (filter.do) {
    case 'divert-reply':
      return `${fromServer(filter)} socket transparent 1 socket wildcard 0 ${setMark} accept`;
    case 'divert-network': {
      const { network, port, transport } = filter;
      const { family } = network.address;
      const from = network.prefix === 0 ? `meta nfproto ipv${family}` : `${ip(family)} saddr ${network.text}`;
      const ofPort = port === 0 ? `meta l4proto ${transport}` : `${transport} sport ${port}`;
      return `${from} ${ofPort} socket transparent 1 socket wildcard 0 ${setMark} accept`;
    }
    case 'divert-client':
      return `${toDestination(filter.to)} socket transparent 1 socket wildcard 0 ${setMark} accept`;
    case 'take':
      return `${toDestination(filter.to)} tproxy ${tproxyTarget(filter.to)} ${setMark} accept`;
    case 'remember': {
      const { address, port } = filter.server;
      const to = `${ip(address.family)} daddr ${address.text} ${filter.transport} dport ${port}`;
      return `oifname "lo" fib saddr type != local ${to} ct mark set ct mark or ${bit}`;
    }
    case 'recall':
      return `${fromServer(filter)} ct direction reply ct mark and ${bit} == ${bit} ${setMark}`;
  }
}

function fromServer({
  server,
  transport,
}: {
  readonly server: Endpoint;
  readonly transport: Transport;
}): string {
  const { address, port } = server;
  return `${ip(address.family)} saddr ${address.text} ${transport} sport ${port}`;
}

function toDestination({ family, address, port, device }: Destination): string {
  const on = device === undefined ? '' : `iifname "${device}" `;
  const to =
    address === undefined
      ? `meta nfproto ipv${family} fib daddr type != local`
      : `${ip(family)} daddr ${address.text}`;
  return `${on}${to} tcp dport ${port}`;
}

function tproxyTarget({ family, address, port }: Destination): string {
  if (address === undefined) return `${ip(family)} to :${port}`;
  return `${ip(family)} to ${family === 4 ? address.text : `[${address.text}]`}:${port}`;
}

function ip(family: Family): string {
  return family === 4 ? 'ip' : 'ip6';
}

/** Names of the configuration have nothing in them that ends a comment. */
function comment({ by }: FilterPiece): string {
  return by
    .join(', ')
    .replaceAll(/[^ -!#-[\]-~]/g, '?')
    .slice(0, COMMENT_CHARS_MAX);
}
