/**
 * Marks of packets and connections: which bits of the 32 somebody on the host uses, and one that nobody does.
 *
 * Programs share the one mark of a packet by keeping to bits of their own. Who sets or compares bits that another one uses
 * breaks it silently, so ours is one single bit, set and compared alone. What is found on the host may be less than what
 * will be there tomorrow: bits that well-known programs use are left alone too.
 */
import type { HostState, NftObject } from './host-state.ts';
import { FAMILIES } from './needs.ts';

export interface KnownMark {
  readonly program: string;
  /** The bits that it sets or compares. */
  readonly bits: number;
}

/** As their documents have it, by default. */
export const KNOWN_MARKS: readonly KnownMark[] = [
  { program: 'kube-proxy', bits: 0x0000_c000 },
  { program: 'Tailscale', bits: 0x00ff_0000 },
  { program: 'Calico', bits: 0xffff_0000 },
  { program: 'Cilium', bits: 0xffff_0f00 },
  { program: 'the VPC network plug-in of Amazon', bits: 0x0000_0080 },
  { program: 'Weave Net', bits: 0x0006_0000 },
];

/** The usual one first; then the bits with the fewest who use them. */
const CANDIDATES: readonly number[] = [13, 12, 2, 6, 5, 4, 3, 1, 0, 7, ...range(8, 12), ...range(14, 32)];

/** A bit that nobody uses, as a number with only this bit, or undefined when all are in use. `apart` is left alone too. */
export function chooseMark(state: HostState, apart: number): number | undefined {
  const used = (usedMarkBits(state) | apart) >>> 0;
  const free = CANDIDATES.map((bit) => (1 << bit) >>> 0).filter((bit) => (used & bit) === 0);
  const known = KNOWN_MARKS.reduce((all, { bits }) => all | bits, 0);
  return free.find((bit) => (known & bit) === 0) ?? free[0];
}

/** Every bit that a rule of the host sets, compares or copies. */
export function usedMarkBits(state: HostState): number {
  let bits = 0;
  for (const { mark, mask } of state.rules) if (mark !== undefined) bits |= bitsOf(mark, mask ?? 0xffff_ffff);
  for (const object of state.nft ?? []) bits |= nftMarkBits(object);
  for (const family of FAMILIES) bits |= iptablesMarkBits(state.iptables[family] ?? '');
  return bits >>> 0;
}

/** A value that is compared as a whole uses the bits that it has: another bit beside them changes little for us or it. */
function bitsOf(value: number, mask: number): number {
  return mask === 0xffff_ffff ? value : mask;
}

/** `--mark 0x1/0xf`, `--set-xmark`, `--or-mark` and the like of iptables-save. */
export function iptablesMarkBits(text: string): number {
  let bits = 0;
  const pattern =
    /--(?:mark|set-x?mark|set-mark|or-mark|xor-mark|tproxy-mark|nfmask|ctmask|mask) (0x[0-9a-f]+|[0-9]+)(?:\/(0x[0-9a-f]+|[0-9]+))?/g;
  for (const [whole, value = '0', mask] of text.matchAll(pattern)) {
    const isMask = /^--(?:nf|ct)?mask /.test(whole);
    // A mask of all bits says nothing of which of them somebody uses.
    if (isMask) bits |= Number(value) === 0xffff_ffff ? 0 : Number(value);
    else bits |= bitsOf(Number(value), mask === undefined ? 0xffff_ffff : Number(mask));
  }
  return bits >>> 0;
}

/** The numbers that stand beside `meta mark` or `ct mark` in a rule or a set element of nft's JSON. */
export function nftMarkBits(object: NftObject): number {
  let bits = 0;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return;
    for (const [key, inner] of Object.entries(value)) {
      if (OPERATIONS.has(key) && namesMark(inner, 0)) bits |= numbersIn(inner, 0);
      visit(inner, depth + 1);
    }
  };
  visit(object['rule'], 0);
  return bits >>> 0;
}

/** No expression that nft prints is nested so deeply. */
const DEPTH_MAX = 32;
const OPERATIONS: ReadonlySet<string> = new Set(['match', 'mangle']);

function namesMark(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return false;
  return Object.entries(value).some(
    ([key, inner]) =>
      ((key === 'meta' || key === 'ct') && (inner as { readonly key?: unknown } | null)?.key === 'mark') ||
      namesMark(inner, depth + 1),
  );
}

/** A mask that keeps most bits is there to clear the others. */
function numbersIn(value: unknown, depth: number): number {
  if (typeof value === 'number') {
    const bits = value >>> 0;
    return countBits(bits) > 16 ? ~bits : bits;
  }
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return 0;
  return Object.values(value).reduce<number>((bits, inner) => bits | numbersIn(inner, depth + 1), 0);
}

function countBits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

export function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
