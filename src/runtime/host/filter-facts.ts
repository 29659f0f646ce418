/**
 * What the packet filter of a host does for foreign addresses, whoever set it up, with nftables or iptables: rules that mark
 * packets, hand them to a socket, or copy marks between packets and connections. Chains that a rule jumps to count as a
 * part of it, with its conditions.
 */
import type { HostState, NftObject } from './host-state.ts';
import { FAMILIES } from './needs.ts';
import type { Family } from './needs.ts';

export interface FilterFact {
  readonly form: 'nft' | 'iptables';
  readonly families: readonly Family[];
  readonly hook: 'prerouting' | 'output';
  /** Whether only packets of one of our own sockets are meant. */
  readonly asksSocket: boolean;
  /** The mark of the packet that is asked for. */
  readonly asksMark: Mark | undefined;
  readonly asksConnectionMark: Mark | undefined;
  readonly does: 'mark' | 'take' | 'save' | 'restore';
  /** The mark that packets get. */
  readonly mark: Mark | undefined;
  /** The rule as its program prints it, shortened. */
  readonly text: string;
}

export interface Mark {
  readonly value: number;
  readonly mask: number;
}

/** Chains in chains; a ring is not possible, and nobody nests more. */
const DEPTH_MAX = 8;
/** Of all rules of a host, how many may be looked at on the way. */
const VISITS_MAX = 200_000;
const TEXT_CHARS_MAX = 300;
const ALL = 0xffff_ffff;

export function filterFacts(state: HostState): FilterFact[] {
  return [
    ...FAMILIES.flatMap((family) => iptablesFacts(family, state.iptables[family] ?? '')),
    ...nftFacts(state.nft ?? []),
  ];
}

type Tests = Pick<FilterFact, 'asksSocket' | 'asksMark' | 'asksConnectionMark'>;
const NO_TESTS: Tests = { asksSocket: false, asksMark: undefined, asksConnectionMark: undefined };

function joined(one: Tests, other: Tests): Tests {
  return {
    asksSocket: one.asksSocket || other.asksSocket,
    asksMark: other.asksMark ?? one.asksMark,
    asksConnectionMark: other.asksConnectionMark ?? one.asksConnectionMark,
  };
}

function iptablesFacts(family: Family, text: string): FilterFact[] {
  const chains = new Map<string, string[]>();
  let isMangle = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) isMangle = line === '*mangle';
    const [, chain = '', rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (isMangle && rule !== undefined) chains.set(chain, [...(chains.get(chain) ?? []), rule]);
  }
  const facts: FilterFact[] = [];
  let visits = 0;
  const visit = (hook: FilterFact['hook'], chain: string, tests: Tests, depth: number): void => {
    for (const rule of chains.get(chain) ?? []) {
      if (++visits > VISITS_MAX) return;
      const all = joined(tests, iptablesTests(rule));
      const target = / -[jg] (\S+)/.exec(` ${rule}`)?.[1] ?? '';
      if (chains.has(target) && depth < DEPTH_MAX) visit(hook, target, all, depth + 1);
      const done = iptablesDoes(target, rule);
      if (done === undefined) continue;
      const shown = `-A ${chain} ${rule}`.slice(0, TEXT_CHARS_MAX);
      facts.push({ form: 'iptables', families: [family], hook, ...all, ...done, text: shown });
    }
  };
  visit('prerouting', 'PREROUTING', NO_TESTS, 0);
  visit('output', 'OUTPUT', NO_TESTS, 0);
  return facts;
}

function iptablesTests(rule: string): Tests {
  // The word before `--mark` says whose mark it is.
  const modules = [...rule.matchAll(/-m (connmark|mark|socket)(?: --transparent)?(?: (! )?--mark (\S+))?/g)];
  const markOf = (name: string): Mark | undefined => {
    const value = modules.find((found) => found[1] === name && found[2] === undefined)?.[3];
    return value === undefined ? undefined : readMark(value);
  };
  return {
    asksSocket: modules.some((found) => found[1] === 'socket'),
    asksMark: markOf('mark'),
    asksConnectionMark: markOf('connmark'),
  };
}

function iptablesDoes(target: string, rule: string): Pick<FilterFact, 'does' | 'mark'> | undefined {
  const option = (name: string): Mark | undefined => {
    const value = new RegExp(`--${name} (\\S+)`).exec(rule)?.[1];
    return value === undefined ? undefined : readMark(value);
  };
  if (target === 'TPROXY') return { does: 'take', mark: option('tproxy-mark') };
  if (target === 'MARK') return { does: 'mark', mark: option('set-xmark') ?? option('set-mark') };
  if (target !== 'CONNMARK') return undefined;
  if (rule.includes('--restore-mark')) return { does: 'restore', mark: undefined };
  return rule.includes('--save-mark') ? { does: 'save', mark: undefined } : undefined;
}

function readMark(text: string): Mark | undefined {
  const [value, mask] = text.split('/');
  if (value === undefined || !/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(value)) return undefined;
  return { value: Number(value), mask: mask === undefined ? ALL : Number(mask) };
}

interface NftRule {
  readonly expressions: readonly NftObject[];
  readonly text: string;
}

/** Rules of native nftables. Those that iptables made are opaque there, and were read from it. */
function nftFacts(objects: readonly NftObject[]): FilterFact[] {
  const rules = new Map<string, NftRule[]>();
  const hooks: {
    readonly key: string;
    readonly family: string;
    readonly table: string;
    readonly hook: string;
  }[] = [];
  for (const object of objects) {
    const chain = object['chain'] as NftObject | undefined;
    const rule = object['rule'] as NftObject | undefined;
    if (chain !== undefined && typeof chain['hook'] === 'string') {
      const [family, table] = [String(chain['family']), String(chain['table'])];
      hooks.push({ key: keyOf(family, table, String(chain['name'])), family, table, hook: chain['hook'] });
    }
    if (rule === undefined || !Array.isArray(rule['expr'])) continue;
    const key = keyOf(String(rule['family']), String(rule['table']), String(rule['chain']));
    const expressions = rule['expr'] as readonly NftObject[];
    const place = `${String(rule['family'])} ${String(rule['table'])} ${String(rule['chain'])}`;
    const text = `${place} ${JSON.stringify(expressions)}`.slice(0, TEXT_CHARS_MAX);
    rules.set(key, [...(rules.get(key) ?? []), { expressions, text }]);
  }
  return hooks.flatMap((hook) => nftHookFacts(hook, rules));
}

function keyOf(family: string, table: string, chain: string): string {
  return `${family} ${table} ${chain}`;
}

const NFT_FAMILIES: Readonly<Record<string, readonly Family[]>> = { ip: [4], ip6: [6], inet: [4, 6] };

function nftHookFacts(
  {
    key,
    family,
    table,
    hook,
  }: { readonly key: string; readonly family: string; readonly table: string; readonly hook: string },
  rules: ReadonlyMap<string, readonly NftRule[]>,
): FilterFact[] {
  const families = NFT_FAMILIES[family];
  if (families === undefined || (hook !== 'prerouting' && hook !== 'output')) return [];
  const facts: FilterFact[] = [];
  let visits = 0;
  const visit = (chain: string, tests: Tests, depth: number): void => {
    for (const { expressions, text } of rules.get(chain) ?? []) {
      if (++visits > VISITS_MAX) return;
      const all = joined(tests, nftTests(expressions));
      const target = jumpOf(expressions);
      if (target !== undefined && depth < DEPTH_MAX) visit(keyOf(family, table, target), all, depth + 1);
      const of = nftFamilies(expressions) ?? families;
      for (const done of nftDoes(expressions))
        facts.push({ form: 'nft', families: of, hook, ...all, ...done, text });
    }
  };
  visit(key, NO_TESTS, 0);
  return facts;
}

/** A rule that looks at an address of a family is of that family. */
function nftFamilies(expressions: readonly NftObject[]): readonly Family[] | undefined {
  const text = JSON.stringify(expressions);
  if (text.includes('"protocol":"ip6"') || text.includes('"right":"ipv6"')) return [6];
  return text.includes('"protocol":"ip"') || text.includes('"right":"ipv4"') ? [4] : undefined;
}

function nftTests(expressions: readonly NftObject[]): Tests {
  let tests = NO_TESTS;
  for (const { match } of expressions) {
    const { op, left, right } = (match ?? {}) as { op?: unknown; left?: unknown; right?: unknown };
    if (typeof left !== 'object' || left === null) continue;
    if ('socket' in left) tests = { ...tests, asksSocket: true };
    const masked = (left as { '&'?: unknown })['&'];
    const [subject, mask] = Array.isArray(masked) ? (masked as readonly unknown[]) : [left, ALL];
    if (op !== '==' || typeof right !== 'number' || typeof mask !== 'number') continue;
    if (isKey(subject, 'meta')) tests = { ...tests, asksMark: { value: right, mask } };
    if (isKey(subject, 'ct')) tests = { ...tests, asksConnectionMark: { value: right, mask } };
  }
  return tests;
}

function nftDoes(expressions: readonly NftObject[]): Pick<FilterFact, 'does' | 'mark'>[] {
  const sets = expressions.flatMap(({ mangle }) => {
    const { key, value } = (mangle ?? {}) as { key?: unknown; value?: unknown };
    return key === undefined ? [] : [{ key, value }];
  });
  const marking = sets.find(({ key }) => isKey(key, 'meta'));
  const mark = markSet(marking?.value);
  if (expressions.some((expression) => 'tproxy' in expression)) return [{ does: 'take', mark }];
  return sets.flatMap(({ key, value }) => doneBy(key, value, mark));
}

function doneBy(key: unknown, value: unknown, mark: Mark | undefined): Pick<FilterFact, 'does' | 'mark'>[] {
  if (isKey(key, 'meta'))
    return isCopyOf(value, 'ct') ? [{ does: 'restore', mark: undefined }] : [{ does: 'mark', mark }];
  return isKey(key, 'ct') && isCopyOf(value, 'meta') ? [{ does: 'save', mark: undefined }] : [];
}

function isKey(value: unknown, kind: 'meta' | 'ct'): boolean {
  const found = (value as Partial<Record<string, { readonly key?: unknown }>> | null)?.[kind];
  return found?.key === 'mark';
}

function isCopyOf(value: unknown, kind: 'meta' | 'ct'): boolean {
  if (isKey(value, kind)) return true;
  const masked = (value as { '&'?: unknown } | null)?.['&'];
  return Array.isArray(masked) && isKey(masked[0], kind);
}

/** `mark | 0x2000` sets bits; a number alone sets all. */
function markSet(value: unknown): Mark | undefined {
  if (typeof value === 'number') return { value, mask: ALL };
  const bits = (value as { '|'?: unknown } | undefined)?.['|'];
  const bit = Array.isArray(bits)
    ? (bits as readonly unknown[]).find((one) => typeof one === 'number')
    : undefined;
  return typeof bit === 'number' ? { value: bit, mask: bit } : undefined;
}

function jumpOf(expressions: readonly NftObject[]): string | undefined {
  for (const { jump, goto } of expressions) {
    const target = ((jump ?? goto) as { target?: unknown } | undefined)?.target;
    if (typeof target === 'string') return target;
  }
  return undefined;
}
