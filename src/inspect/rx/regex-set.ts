/**
 * Which of many patterns match a value, in one pass: for patterns without literals that would name them.
 *
 * All patterns of a group run as one automaton whose states say which of them have matched. A group whose automaton makes
 * more states than a value is worth runs its patterns one by one instead; when that happens again, the group is cut in
 * two. So patterns that do not go together are apart after a while, and no value costs more than a small multiple of
 * what its patterns cost alone. Values made to tear groups do so for a while: then all begins again.
 */
import { RegexMemory } from './memory.ts';
import { parsePattern } from './parse.ts';
import { compileUnion } from './program.ts';
import { NO_MATCH } from './regex.ts';
import type { Regex } from './regex.ts';
import { sizeOf } from './size.ts';
import type { PatternNode } from './syntax.ts';
import { UnionDfa } from './union-dfa.ts';
import { widerPattern } from './yes-or-no.ts';

export interface RegexSet {
  /** How many patterns run together in each automaton; for figures. */
  readonly groups: readonly number[];
  /**
   * Sets the bit of each pattern that matches (pattern n is bit n & 31 of word n >>> 5) and leaves the others as they
   * are. Whether any matched. A pattern that gave up counts as one that matched.
   */
  matches(value: string, into: Uint32Array): boolean;
}

/** Instructions of one group. Large alternations are quicker alone: their states hardly ever repeat together. */
const GROUP_SIZE_MAX = 40_000;
/** Times that a group may give up before it is cut. */
const GIVE_UPS_MAX = 2;
/** Values after which groups that were cut are whole again. */
const TORN_VALUES_MAX = 65_536;

/** Patterns are numbered by their place. Their automata are bounded together with all others that share the memory. */
export function compileRegexSet(
  regexes: readonly Regex[],
  memory: RegexMemory = new RegexMemory(),
): RegexSet {
  return new GroupedSet(regexes, memory);
}

interface Member {
  readonly regex: Regex;
  readonly index: number;
  readonly size: number;
}

class GroupedSet implements RegexSet {
  readonly #whole: readonly (readonly Member[])[];
  readonly #memory: RegexMemory;
  #groups: Group[] = [];
  #epoch: number;
  /** Values that are still run in groups that were cut. */
  #tornValues = 0;

  constructor(regexes: readonly Regex[], memory: RegexMemory) {
    const members = regexes.map((regex, index) => ({ regex, index, size: sizeOf(rootOf(regex)) }));
    this.#whole = grouped(members);
    this.#memory = memory;
    this.#epoch = memory.epoch;
    this.#begin();
  }

  #begin(): void {
    this.#epoch = this.#memory.epoch;
    this.#tornValues = 0;
    this.#groups = this.#whole.map((members) => new Group(members));
  }

  get groups(): readonly number[] {
    return this.#groups.map((group) => group.count);
  }

  matches(value: string, into: Uint32Array): boolean {
    if (this.#epoch !== this.#memory.epoch || this.#tornValues === 1) this.#begin();
    if (this.#tornValues > 1) this.#tornValues--;
    let isAny = false;
    let isTorn = false;
    for (const group of this.#groups) {
      if (group.matches(value, into)) isAny = true;
      if (group.giveUps > GIVE_UPS_MAX) isTorn = true;
      const growth = group.growth();
      if (growth > 0) this.#memory.take(growth);
    }
    if (isTorn) this.#tear();
    return isAny;
  }

  #tear(): void {
    this.#groups = this.#groups.flatMap((group) => group.halves());
    this.#tornValues = TORN_VALUES_MAX;
  }
}

/** The smallest patterns together, up to the bound. */
function grouped(members: readonly Member[]): readonly (readonly Member[])[] {
  const groups: Member[][] = [];
  let size = Infinity;
  for (const member of [...members].sort((left, right) => left.size - right.size)) {
    if (size + member.size > GROUP_SIZE_MAX) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(member);
    size += member.size;
  }
  return groups;
}

class Group {
  giveUps = 0;
  readonly #members: readonly Member[];
  #union: UnionDfa | undefined;
  /** What of the union was told to the memory. */
  #told = 0;
  /** Of the union, before it is confirmed and told under the numbers of the set; empty between values. */
  readonly #found: Uint32Array;

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.#found = new Uint32Array((members.length + 31) >>> 5);
  }

  get count(): number {
    return this.#members.length;
  }

  matches(value: string, into: Uint32Array): boolean {
    if (this.#members.length === 1) return this.#oneByOne(value, into);
    this.#union ??= new UnionDfa(
      compileUnion(this.#members.map(({ regex }) => rootOf(regex))),
      this.#members.length,
    );
    const isWhole = this.#union.matches(value, this.#found);
    if (isWhole && !this.#union.isAny) return false;
    const isAny = isWhole && this.#confirm(value, into);
    this.#found.fill(0);
    if (isWhole) return isAny;
    this.giveUps++;
    return this.#oneByOne(value, into);
  }

  #confirm(value: string, into: Uint32Array): boolean {
    let isAny = false;
    for (const [word, bits] of this.#found.entries()) {
      for (let rest = bits; rest !== 0; rest &= rest - 1) {
        const member = this.#members[32 * word + 31 - Math.clz32(rest & -rest)]!; // A bit for each member.
        if (member.regex.isLinear || member.regex.test(value) !== NO_MATCH) {
          mark(into, member.index);
          isAny = true;
        }
      }
    }
    return isAny;
  }

  /** Bytes that it has grown by since it was asked last. */
  growth(): number {
    if (this.#union?.isGrown !== true) return 0;
    const more = this.#union.bytes - this.#told;
    this.#told += more;
    return more;
  }

  #oneByOne(value: string, into: Uint32Array): boolean {
    let isAny = false;
    for (const { regex, index } of this.#members) {
      if (regex.test(value) === NO_MATCH) continue;
      mark(into, index);
      isAny = true;
    }
    return isAny;
  }

  /** Itself, as long as it works. */
  halves(): readonly Group[] {
    if (this.giveUps <= GIVE_UPS_MAX || this.#members.length === 1) return [this];
    const middle = this.#members.length >>> 1;
    return [new Group(this.#members.slice(0, middle)), new Group(this.#members.slice(middle))];
  }
}

function mark(into: Uint32Array, index: number): void {
  into[index >>> 5]! |= 1 << (index & 31); // The caller has a bit for each pattern.
}

/** What the automaton runs for a pattern; one that is anchored says so itself, because others are not. */
function rootOf(regex: Regex): PatternNode {
  const isAnchored = regex.options.anchored === true;
  const { root } = widerPattern(parsePattern(regex.source, regex.options), isAnchored);
  return isAnchored ? { kind: 'sequence', parts: [{ kind: 'edge', edge: 'start' }, root] } : root;
}
