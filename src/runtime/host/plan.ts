/**
 * From what is needed and what the host has to what the host shall have. Pure.
 *
 * Three ways lead a server's reply to the socket that has the client's address, by where the server is:
 *
 *     on loopback       a policy rule for its address and port finds the local table   (no mark, no connection tracking)
 *     elsewhere         packets that belong to one of our sockets get a mark, and the mark finds the local table
 *     on an address     our connections are remembered as they begin (a bit of the connection's mark), and their replies
 *     of this host      get the mark: others may reach the same address and port from outside, and must not be touched
 *
 * "The local table" is one of our own with a single route: everything is for this host.
 */
import type { Address } from '../../net/address.ts';
import { formatEndpoint } from '../../net/address.ts';
import { isAnyAddress, isLoopback } from '../../net/address-kind.ts';
import { hasAddress, MAIN_TABLE, SYSTEM_TABLES } from './host-state.ts';
import type { HostState } from './host-state.ts';
import { chooseMark, hex, usedMarkBits } from './marks.ts';
import { FAMILIES } from './needs.ts';
import type { Family, ListenNeed, Needs, NetworkNeed, SourceNeed } from './needs.ts';
import { chainOf, familyOf } from './pieces.ts';
import type { Destination, Filter, Piece, PolicyRule } from './pieces.ts';
import { gatewayPieces, isFamilyOff, loosePieces } from './sysctls.ts';

export type Form = 'nft' | 'iptables';

export interface PlanOptions {
  /** Names our table, our chains and our state: several Sallyports on one host have several names. */
  readonly name: string;
  readonly form: Form;
  /** Devices on which clients of transparent listeners come; every one, where it is empty. */
  readonly devices: readonly string[];
  /** Whether the traffic of others goes through this host too. */
  readonly isGateway: boolean;
  /** What was chosen before, if anything was applied. */
  readonly chosen: Chosen | undefined;
}

/** What has to be one thing for all pieces, and collide with nothing on the host. */
export interface Chosen {
  /** One bit. 0 where no mark is needed. */
  readonly mark: number;
  readonly table: number;
  /** The first of the priorities of our policy rules. */
  readonly priority: number;
}

export interface Plan extends Chosen {
  readonly name: string;
  readonly form: Form;
  readonly pieces: readonly Piece[];
  /** What nobody but the operator can do or know. */
  readonly notes: readonly string[];
}

/** Why there is no plan. The message is for people. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Below every rule that other programs make, above the one of the system that finds addresses of the host (0). */
const PRIORITY_USUAL = 1000;
const TABLES_FIRST = 230;
const TABLES_LAST = 250;

/** Of one plan. Whoever needs more has servers that should stand behind a gateway. */
const PIECES_MAX = 4096;

export function makePlan(needs: Needs, state: HostState, options: PlanOptions): Plan {
  const notes: string[] = [];
  const filters: FilterNeed[] = [];
  const ruleNeeds: RuleNeed[] = [];
  for (const need of needs.sources) {
    if (isFamilyOff(state, need.server.address.family)) notes.push(familyNote(need.by, need.server.address));
    else planSource(need, state, { filters, ruleNeeds, notes });
  }
  for (const need of needs.networks) planNetwork(need, state, { filters, notes });
  for (const need of needs.listeners) {
    if (isFamilyOff(state, need.bind.address.family)) notes.push(familyNote(need.by, need.bind.address));
    else planListener(need, state, options.devices, { filters, notes });
  }
  const rules = [...mergedRules(ruleNeeds), ...markRules(filters)];
  const chosen = choose(state, options.chosen, socketMarks(needs), rules, filters.length > 0);
  const families = FAMILIES.filter((family) => rules.some((rule) => rule.family === family));
  const pieces: Piece[] = [
    ...(options.isGateway ? gatewayPieces(state) : []),
    ...loosePieces(state, needs, options.devices),
    ...families.map((family) => routePiece(family, chosen.table, rules)),
    ...merged(filters),
    ...rules.map((need, index) => rulePiece(need, chosen, index)),
  ];
  if (pieces.length > PIECES_MAX)
    throw new PlanError(`Cannot plan: more than ${PIECES_MAX} rules are needed`);
  return { ...chosen, name: options.name, form: options.form, pieces, notes };
}

interface FilterNeed {
  readonly filter: Filter;
  readonly why: string;
  readonly by: string;
}

interface RuleNeed extends Omit<PolicyRule, 'priority' | 'table' | 'mark'> {
  readonly usesMark: boolean;
  /** `local` is our own table; `main` keeps a look-up away from it. */
  readonly looksInto: 'local' | 'main';
  readonly why: string;
  readonly by: readonly string[];
}

interface Found {
  readonly filters: FilterNeed[];
  readonly ruleNeeds: RuleNeed[];
  readonly notes: string[];
}

function planSource(need: SourceNeed, state: HostState, { filters, ruleNeeds, notes }: Found): void {
  const { server, transport, by } = need;
  const { address, port } = server;
  const shown = formatEndpoint(server);
  const from = { family: address.family, from: address, device: 'lo', transport, sourcePort: port };
  if (isLoopback(address)) {
    const why = `What ${shown} sends stays on this host, whoever it is addressed to.`;
    ruleNeeds.push({ ...from, usesMark: false, looksInto: 'local', why, by: [by] });
    return;
  }
  if (!hasAddress(state, address.text)) {
    const why = `What ${shown} sends to a client's address goes to our socket that has the address.`;
    filters.push({ filter: { do: 'divert-reply', server, transport }, why, by });
    notes.push(
      `${by}: ${shown} must send what it sends to clients to this host, as its default gateway or by a route`,
    );
    return;
  }
  const remembered = `A connection to ${shown} from an address that this host does not have is ours.`;
  filters.push({ filter: { do: 'remember', server, transport }, why: remembered, by });
  const recalled = `What ${shown} sends back on it gets the mark; connections of others are not touched.`;
  filters.push({ filter: { do: 'recall', server, transport }, why: recalled, by });
  // Where a packet goes is looked up anew once it has the mark, and that look knows no ports (ip_route_me_harder).
  const marked = { family: address.family, from: address, device: 'lo', usesMark: true };
  const why = `With the mark, what ${address.text} sends stays on this host.`;
  ruleNeeds.push({ ...marked, looksInto: 'local', why, by: [by] });
}

function planNetwork(
  { network, port, transport, by }: NetworkNeed,
  state: HostState,
  { filters, notes }: Pick<Found, 'filters' | 'notes'>,
): void {
  if (isFamilyOff(state, network.address.family)) {
    notes.push(familyNote(by, network.address));
    return;
  }
  if (isLoopback(network.address)) {
    notes.push(
      `${by}: nothing is planned for ${network.text}: list servers on loopback in a pool of their own`,
    );
    return;
  }
  const isAnybody = network.prefix === 0 && port !== 0;
  const who = isAnybody ? `port ${port} of any address sends` : `addresses of ${network.text} send`;
  const why = `What ${who} to a client's address goes to our socket that has the address.`;
  filters.push({ filter: { do: 'divert-network', network, port, transport }, why, by });
  const note = isAnybody
    ? `${by}: whatever addresses the name has, what they send to clients must come by this host; a server on this host must be given by its address`
    : `${by}: what ${network.text} sends to clients must come by this host, by routes`;
  if (!notes.includes(note)) notes.push(note);
}

function planListener(
  { bind, by }: ListenNeed,
  state: HostState,
  devices: readonly string[],
  { filters, notes }: Pick<Found, 'filters' | 'notes'>,
): void {
  const { address, port } = bind;
  const isAny = isAnyAddress(address);
  if (!isAny && hasAddress(state, address.text)) {
    notes.push(`${by}: this host has the address ${address.text}, so nothing is needed for it`);
    return;
  }
  const what = isAny ? `port ${port} of addresses that this host does not have` : formatEndpoint(bind);
  if (!isAny) notes.push(`${by}: the network must send ${address.text} to this host, by a route`);
  for (const device of devices.length === 0 ? [undefined] : devices) {
    const to: Destination = { family: address.family, address: isAny ? undefined : address, port, device };
    const accepted = `Packets of connections to ${what} that the listener has accepted go to them.`;
    filters.push({ filter: { do: 'divert-client', to }, why: accepted, by });
    const why = `New connections to ${what} go to the listener; while nobody listens they are left alone.`;
    filters.push({ filter: { do: 'take', to }, why, by });
  }
}

/** What the marks of the filter lead to. */
function markRules(filters: readonly FilterNeed[]): RuleNeed[] {
  const inward = filters.filter(({ filter }) => chainOf(filter) === 'prerouting');
  return FAMILIES.flatMap((family) => {
    const needed = inward.filter(({ filter }) => familyOf(filter) === family);
    if (needed.length === 0) return [];
    const by = [...new Set(needed.map((need) => need.by))];
    const common = { family, usesMark: true, by };
    const guard: RuleNeed = {
      ...common,
      device: 'lo',
      looksInto: 'main',
      why: 'The look back at where a packet came from does not find our table, even where src_valid_mark is 1 (WireGuard sets it).',
    };
    const rule: RuleNeed = { ...common, looksInto: 'local', why: 'Packets with the mark are for this host.' };
    return family === 4 ? [guard, rule] : [rule];
  });
}

/** What was chosen before stays, so that what is applied stays too. */
function choose(
  state: HostState,
  chosen: Chosen | undefined,
  marks: number,
  rules: readonly RuleNeed[],
  needsMark: boolean,
): Chosen {
  const known = chosen?.mark ?? 0;
  return {
    mark: needsMark && known === 0 ? chooseFreeMark(state, marks) : known,
    table: chosen?.table ?? chooseTable(state),
    priority: chosen?.priority ?? choosePriority(state, rules.length),
  };
}

/** The marks of our own sockets, all in one: that of packets for them is another. */
function socketMarks({ sources, networks }: Needs): number {
  return [...sources, ...networks].reduce((bits, { mark }) => bits | mark, 0) >>> 0;
}

function chooseFreeMark(state: HostState, apart: number): number {
  const mark = chooseMark(state, apart);
  if (mark !== undefined) return mark;
  throw new PlanError(`Cannot plan: all bits of marks are in use on this host (${hex(usedMarkBits(state))})`);
}

function chooseTable(state: HostState): number {
  const used = new Set([
    ...SYSTEM_TABLES,
    ...state.namedTables,
    ...state.rules.flatMap(({ table }) => table ?? []),
    ...state.routes.map(({ table }) => table),
  ]);
  for (let table = TABLES_FIRST; table <= TABLES_LAST; table++) if (!used.has(table)) return table;
  throw new PlanError(
    `Cannot plan: the routing tables ${TABLES_FIRST} to ${TABLES_LAST} are all in use on this host`,
  );
}

function choosePriority(state: HostState, count: number): number {
  const others = state.rules.map(({ priority }) => priority).filter((priority) => priority > 0);
  return Math.max(1, Math.min(PRIORITY_USUAL, ...others.map((priority) => priority - count)));
}

function routePiece(family: Family, table: number, rules: readonly RuleNeed[]): Piece {
  const users = rules.filter((rule) => rule.family === family);
  const by = [...new Set(users.flatMap((rule) => rule.by))];
  return { kind: 'route', family, table, why: `What is looked up in table ${table} is for this host.`, by };
}

function rulePiece(need: RuleNeed, { mark, table, priority }: Chosen, index: number): Piece {
  const { why, by, usesMark, looksInto, ...match } = need;
  const rule: PolicyRule = {
    ...match,
    ...(usesMark ? { mark } : {}),
    priority: priority + index,
    table: looksInto === 'local' ? table : MAIN_TABLE,
  };
  return { kind: 'rule', rule, why, by };
}

function mergedRules(needs: readonly RuleNeed[]): RuleNeed[] {
  const byText = new Map<string, RuleNeed>();
  for (const need of needs) {
    const key = `${need.from?.text ?? ''} ${need.transport ?? ''} ${need.sourcePort ?? 0}`;
    const known = byText.get(key);
    byText.set(key, { ...need, by: [...new Set([...(known?.by ?? []), ...need.by])] });
  }
  return [...byText.values()];
}

/** Two pools with the same server need one rule. */
function merged(filters: readonly FilterNeed[]): Piece[] {
  const byText = new Map<string, { readonly need: FilterNeed; readonly by: string[] }>();
  for (const need of filters) {
    const key = JSON.stringify(need.filter);
    const known = byText.get(key);
    if (known === undefined) byText.set(key, { need, by: [need.by] });
    else if (!known.by.includes(need.by)) known.by.push(need.by);
  }
  return [...byText.values()].map(({ need: { filter, why }, by }) => ({ kind: 'filter', filter, why, by }));
}

function familyNote(by: string, { text, family }: Address): string {
  return `${by}: IPv${family} is off on this host, so nothing is planned for ${text}`;
}
