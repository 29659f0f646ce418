/**
 * Which literals a value must hold for a pattern to match: the base of the prefilter.
 *
 * Safety argument: each answer is a set of byte strings such that every value with a match holds at least one of them,
 * compared without regard to ASCII case. A set that is too wide, or none at all, only costs time; one that is too narrow
 * would lose attacks. So each step below may widen or give up, and never narrow: folding case widens, cutting a literal
 * short widens, replacing a part by "anything" widens.
 */
import { costOf } from './literal-cost.ts';
import type { LookNode, PatternNode, RepeatNode } from './syntax.ts';

/** Members of one set when parts are joined: beyond it, the parts stay apart. */
const JOINED_MAX = 64;
/** The same where only single bytes are joined. */
const EXTENDED_MAX = 128;
/** Members of the set of a large choice, such as a list of words. */
const CHOICE_MAX = 512;
/** Bytes of a literal: longer ones are cut, which is still true of every match. */
const LITERAL_BYTES_MAX = 24;
/** Bytes of a class that are written out one by one. */
const CLASS_BYTES_MAX = 16;
/** Copies of a repeated part that are looked at. */
const COPIES_MAX = 8;
/** Sets of a pattern that are told, and kept while it is read. */
const SETS_MAX = 4;

type Literals = readonly string[];

/**
 * What is known of a part. `exact`: it matches these strings (folded) and no others. Each match begins with one of
 * `prefix` and ends with one of `suffix`; the empty string among them says that nothing is known. Each match holds one
 * member of each of `needs`.
 */
interface Known {
  readonly exact: Literals | undefined;
  readonly prefix: Literals;
  readonly suffix: Literals;
  readonly needs: readonly Need[];
}

interface Need {
  readonly set: Literals;
  readonly cost: number;
}

const UNKNOWN_END: Literals = [''];
const NOTHING: Known = { exact: undefined, prefix: UNKNOWN_END, suffix: UNKNOWN_END, needs: [] };
const EMPTY: Known = { exact: UNKNOWN_END, prefix: UNKNOWN_END, suffix: UNKNOWN_END, needs: [] };

/** The best set, in lower case; undefined when the pattern must always be run. */
export function neededLiterals(root: PatternNode): Literals | undefined {
  return literalSetsOf(root)[0];
}

/** Sets in lower case of which each match needs one member each, the most telling set first. */
export function literalSetsOf(root: PatternNode): readonly Literals[] {
  const needs = bestOf(allNeeds(know(root)));
  const cut = needs.map(({ set }) => needFor(bestCut(set)));
  return bestOf(cut).map(({ set }) => withoutLonger(set));
}

function know(node: PatternNode): Known {
  switch (node.kind) {
    case 'empty':
    case 'edge':
    case 'byte-look':
    case 'keep':
      return EMPTY;
    case 'set':
      return node.letter === undefined ? knowSet(node.set) : exactly([node.letter]);
    case 'capture':
    case 'atomic':
      return know(node.part);
    case 'look':
      return knowLook(node);
    case 'backreference':
      return NOTHING;
    case 'condition':
      return knowChoice([know(node.yes), know(node.no)]);
    case 'sequence':
      return knowSequence(node.parts);
    case 'choice':
      return knowChoice(node.parts.map(know));
    case 'repeat':
      return knowRepeat(node);
  }
}

function knowSet(set: Uint8Array): Known {
  const folded: string[] = [];
  for (let byte = 0; byte < 256 && folded.length <= CLASS_BYTES_MAX; byte++) {
    const isCapital = byte >= 0x41 && byte <= 0x5a;
    // A capital counts as its small letter, unless that is in the set itself.
    if (set[byte] === 1 && !(isCapital && set[byte + 32] === 1))
      folded.push(String.fromCharCode(isCapital ? byte + 32 : byte));
  }
  return folded.length > CLASS_BYTES_MAX || folded.length === 0 ? NOTHING : exactly(folded);
}

/** Letters side by side are put together first: most of what a pattern says exactly is words. */
function knowSequence(parts: readonly PatternNode[]): Known {
  let known = EMPTY;
  let word = '';
  for (const part of parts) {
    if (part.kind === 'set' && part.letter !== undefined && word.length < LITERAL_BYTES_MAX) {
      word += part.letter;
      continue;
    }
    if (word !== '') known = join(known, exactly([word]));
    word = '';
    known = join(known, know(part));
  }
  return word === '' ? known : join(known, exactly([word]));
}

function exactly(texts: Literals): Known {
  return { exact: texts, prefix: texts, suffix: texts, needs: [] };
}

/** What a look needs is somewhere in the value, not necessarily where the match is. */
function knowLook(node: LookNode): Known {
  return node.isNegated ? EMPTY : { ...EMPTY, needs: bestOf(allNeeds(know(node.part))) };
}

/** The parts one behind the other. What is known of their ends is joined where they meet. */
function join(left: Known, right: Known): Known {
  if (left === EMPTY) return right;
  if (right === EMPTY) return left;
  const exact = product(left.exact, right.exact);
  const needs = [...left.needs, ...right.needs];
  if (exact !== undefined) return { exact, prefix: exact, suffix: exact, needs };
  const joined = product(left.suffix, right.prefix) ?? extended(left.suffix, right.prefix);
  for (const set of [left.suffix, right.prefix, joined]) {
    if (set !== undefined && isTelling(set)) needs.push(needFor(set));
  }
  return {
    exact: undefined,
    prefix: left.exact === undefined ? left.prefix : (product(left.exact, right.prefix) ?? left.prefix),
    suffix: right.exact === undefined ? right.suffix : (product(left.suffix, right.exact) ?? right.suffix),
    needs: bestOf(needs),
  };
}

function knowChoice(parts: readonly Known[]): Known {
  const exact = union(parts.map((part) => part.exact));
  const sorted = parts.map((part) => bestOf(allNeeds(part)));
  const needs: Need[] = [];
  for (let rank = 0; rank < 2; rank++) {
    const all = union(sorted.map((sets) => sets[Math.min(rank, sets.length - 1)]?.set));
    if (all !== undefined) needs.push(needFor(all));
  }
  return {
    exact,
    prefix: union(parts.map((part) => part.prefix)) ?? UNKNOWN_END,
    suffix: union(parts.map((part) => part.suffix)) ?? UNKNOWN_END,
    needs,
  };
}

function knowRepeat(node: RepeatNode): Known {
  const part = know(node.part);
  if (node.max === 0) return EMPTY;
  if (node.min === 0) {
    if (node.max > 1 || part.exact === undefined) return NOTHING;
    const optional = union([part.exact, UNKNOWN_END]);
    return optional === undefined ? NOTHING : exactly(optional);
  }
  // The part occurs at least `min` times: its copies one behind the other, as many as are worth it.
  const copies = Math.min(node.min, COPIES_MAX);
  let known = part;
  for (let count = 1; count < copies; count++) known = join(known, part);
  if (copies === node.max) return known;
  return { exact: undefined, prefix: known.prefix, suffix: known.suffix, needs: bestOf(allNeeds(known)) };
}

/** All that a match needs by what is known. */
function allNeeds(known: Known): readonly Need[] {
  const ends = known.exact === undefined ? [known.prefix, known.suffix] : [known.exact];
  return [...known.needs, ...ends.filter(isTelling).map(needFor)];
}

/** The empty string is in every value: a set with it says nothing. So does a set of nothing, which never matches. */
function isTelling(set: Literals): boolean {
  return set.length > 0 && !set.includes('');
}

function needFor(set: Literals): Need {
  return { set, cost: costOf(set) };
}

/** The most telling sets first; those that another implies are left out. */
function bestOf(needs: readonly Need[]): readonly Need[] {
  if (needs.length < 2) return needs;
  const ranked = [...needs].sort((left, right) => left.cost - right.cost);
  const kept: Need[] = [];
  for (const need of ranked) {
    if (kept.length === SETS_MAX) break;
    if (!kept.some((other) => implies(other.set, need.set))) kept.push(need);
  }
  return kept;
}

/** Whether whoever holds a member of `stronger` holds one of `weaker`. Large sets are not compared. */
function implies(stronger: Literals, weaker: Literals): boolean {
  if (stronger === weaker) return true;
  if (stronger.length * weaker.length > 4096) return false;
  return stronger.every((text) => weaker.some((part) => text.includes(part)));
}

/**
 * A set with some bytes less at its ends, where that makes many literals one: of "0foo" to "9foo" it is "foo" that tells.
 */
const CUTS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [2, 0],
  [0, 2],
  [3, 0],
  [0, 3],
] as const;

function bestCut(set: Literals): Literals {
  let best = set;
  if (set.some((text) => text.length > LITERAL_BYTES_MAX)) {
    best = [...new Set(set.map((text) => text.slice(0, LITERAL_BYTES_MAX)))];
  }
  if (set.length === 1) return best;
  let bestCost = costOf(best);
  const shortest = best.reduce((least, text) => Math.min(least, text.length), LITERAL_BYTES_MAX);
  const whole = best;
  for (const [head, tail] of CUTS) {
    if (head + tail >= shortest) continue;
    const cut = [...new Set(whole.map((text) => text.slice(head, text.length - tail)))];
    const cost = cut.length < best.length ? costOf(cut) : Infinity;
    if (cost >= bestCost) continue;
    best = cut;
    bestCost = cost;
  }
  return best;
}

/** Who holds "select" holds "elec": a literal with another one in it says nothing more. */
function withoutLonger(set: Literals): Literals {
  if (set.length > 128) return set;
  const sorted = [...set].sort((left, right) => left.length - right.length);
  const kept: string[] = [];
  for (const text of sorted) if (!kept.some((shorter) => text.includes(shorter))) kept.push(text);
  return kept;
}

/** Undefined when one side is not known, or there would be too many or too long ones. */
function product(left: Literals | undefined, right: Literals | undefined): Literals | undefined {
  if (left === undefined || right === undefined) return undefined;
  const count = left.length * right.length;
  if (count > (left.length === 1 || right.length === 1 ? CHOICE_MAX : JOINED_MAX)) return undefined;
  if (longest(left) + longest(right) > 2 * LITERAL_BYTES_MAX) return undefined;
  if (left === UNKNOWN_END) return right;
  if (right === UNKNOWN_END) return left;
  if (left.length === 1) return right.map((tail) => `${left[0]!}${tail}`); // As many as there are.
  if (right.length === 1) return left.map((head) => `${head}${right[0]!}`);
  const joined = new Set<string>();
  for (const head of left) for (const tail of right) joined.add(head + tail);
  return [...joined];
}

/**
 * The same where there would be too many: only single bytes on the left are joined, for they tell nothing alone (a slash, of
 * which every path has one). Each match holds what stands on the left with what stands on the right behind it, and so the
 * former alone, too.
 */
function extended(left: Literals, right: Literals): Literals | undefined {
  const single = left.filter((text) => text.length <= 1);
  if (single.length === 0 || !isTelling(right) || longest(right) > LITERAL_BYTES_MAX) return undefined;
  const count = single.length * right.length + left.length - single.length;
  if (count > EXTENDED_MAX) return undefined;
  const all = new Set(left.filter((text) => text.length > 1));
  for (const head of single) for (const tail of right) all.add(head + tail);
  return [...all];
}

function union(sets: readonly (Literals | undefined)[]): Literals | undefined {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const text of set) all.add(text);
    if (all.size > CHOICE_MAX) return undefined;
  }
  return [...all];
}

function longest(texts: Literals): number {
  let most = 0;
  for (const text of texts) most = Math.max(most, text.length);
  return most;
}
