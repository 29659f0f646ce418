/**
 * Which of many patterns match a value, in one pass: for patterns without literals that would name them.
 *
 * All patterns of a group run as one automaton, whose states say which of them have matched, and whose states are made as
 * values need them. Values made to hurt need new ones at every byte, many times as many as their patterns do alone. So a group
 * has a credit (credit.ts): where it is used up, the set leaves the patterns of the group unsaid, and the caller asks those
 * that it wants to know of, one by one. Their states add up, where those of a group multiply.
 *
 * What is large or takes long is plain data (SetTables): made once, where the rules are compiled.
 */
import { RegexMemory } from './memory.ts';
import { parsePattern } from './parse.ts';
import { partOfUnion } from './part-of-union.ts';
import { compileUnion } from './program.ts';
import type { Program } from './program.ts';
import { NO_MATCH } from './regex.ts';
import type { Regex } from './regex.ts';
import { sizeOf } from './size.ts';
import type { PatternNode } from './syntax.ts';
import { begunTableOf } from './thread-sets.ts';
import type { BegunTable } from './thread-sets.ts';
import { UnionDfa } from './union-dfa.ts';
import { widerPattern } from './yes-or-no.ts';

export interface RegexSet {
  /** How many patterns run together in each automaton; for figures. */
  readonly groups: readonly number[];
  /** Threads looked at so far: for tests, which count work and not time. */
  readonly work: number;
  /**
   * Sets the bit of each pattern that matches (pattern n is bit n & 31 of word n >>> 5) in `found`, and the bit of each of
   * which it does not say whether it does in `unsaid`; leaves the others as they are. Whether any bit was set.
   */
  matches(value: string, found: Uint32Array, unsaid: Uint32Array): boolean;
}

/** The groups of a set. Patterns are numbered by their place. */
export interface SetTables {
  readonly groups: readonly {
    readonly places: Int32Array;
    readonly program: Program;
    readonly begun: BegunTable;
  }[];
}

/** Instructions of one group. Large alternations are quicker alone: their states hardly ever repeat together. */
const GROUP_SIZE_MAX = 40_000;

export function setTablesFor(regexes: readonly Regex[], memory: RegexMemory): SetTables {
  const members = regexes.map((regex, place) => ({ root: rootOf(regex, memory), place }));
  return {
    groups: grouped(members).map((group) => {
      const program = compileUnion(group.map(({ root }) => root));
      return {
        places: Int32Array.from(group, ({ place }) => place),
        program,
        begun: begunTableOf(program),
      };
    }),
  };
}

/**
 * Patterns are numbered by their place. Their automata are bounded together with all others that share the memory. `tables`
 * are those of the same patterns.
 */
export function compileRegexSet(
  regexes: readonly Regex[],
  memory: RegexMemory = new RegexMemory(),
  tables: SetTables = setTablesFor(regexes, memory),
): RegexSet {
  return new GroupedSet(regexes, memory, tables);
}

class GroupedSet implements RegexSet {
  readonly #memory: RegexMemory;
  readonly #groups: readonly Group[];
  #epoch: number;

  constructor(regexes: readonly Regex[], memory: RegexMemory, tables: SetTables) {
    this.#groups = tables.groups.map((group) => {
      const members = Array.from(group.places, (place) => regexes[place]!); // A table of these patterns.
      for (const [index, regex] of members.entries()) {
        memory.keepProgram(regex, () => partOfUnion(group.program, index));
      }
      return new Group(group, members);
    });
    this.#memory = memory;
    this.#epoch = memory.epoch;
  }

  get groups(): readonly number[] {
    return this.#groups.map((group) => group.count);
  }

  get work(): number {
    return this.#groups.reduce((sum, group) => sum + group.work, 0);
  }

  matches(value: string, found: Uint32Array, unsaid: Uint32Array): boolean {
    if (this.#epoch !== this.#memory.epoch) {
      this.#epoch = this.#memory.epoch;
      for (const group of this.#groups) group.forget();
    }
    let isAny = false;
    for (const group of this.#groups) {
      if (group.matches(value, found, unsaid)) isAny = true;
      const growth = group.growth();
      if (growth > 0) this.#memory.take(growth);
    }
    return isAny;
  }
}

interface Sized {
  readonly root: PatternNode;
  readonly place: number;
}

/** The smallest patterns together, up to the bound. */
function grouped(members: readonly Sized[]): readonly (readonly Sized[])[] {
  const groups: Sized[][] = [];
  let size = Infinity;
  const sized = members.map((member) => ({ ...member, size: sizeOf(member.root) }));
  for (const member of sized.sort((left, right) => left.size - right.size)) {
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
  readonly #tables: SetTables['groups'][number];
  readonly #members: readonly Regex[];
  #union: UnionDfa | undefined;
  /** What of the union was told to the memory. */
  #told = 0;
  /** Of the union, before it is confirmed and told under the numbers of the set; empty between values. */
  readonly #found: Uint32Array;

  constructor(tables: SetTables['groups'][number], members: readonly Regex[]) {
    this.#tables = tables;
    this.#members = members;
    this.#found = new Uint32Array((members.length + 31) >>> 5);
  }

  get count(): number {
    return this.#members.length;
  }

  get work(): number {
    return this.#union?.work ?? 0;
  }

  /** All states. What they have cost is not forgotten: whoever fills the memory gets no credit by it. */
  forget(): void {
    this.#union?.forget();
    this.#told = 0;
  }

  matches(value: string, found: Uint32Array, unsaid: Uint32Array): boolean {
    const { program, begun } = this.#tables;
    const union = (this.#union ??= new UnionDfa(program, this.#members.length, begun));
    const isWhole = union.matches(value, this.#found);
    if (isWhole && !union.isAny) return false;
    const isAny = isWhole && this.#confirm(value, found);
    this.#found.fill(0);
    if (isWhole) return isAny;
    for (const place of this.#tables.places) mark(unsaid, place);
    return true;
  }

  #confirm(value: string, found: Uint32Array): boolean {
    let isAny = false;
    for (const [word, bits] of this.#found.entries()) {
      for (let rest = bits; rest !== 0; rest &= rest - 1) {
        const index = 32 * word + 31 - Math.clz32(rest & -rest);
        const regex = this.#members[index]!; // A bit for each member.
        if (regex.isLinear || regex.test(value) !== NO_MATCH) {
          mark(found, this.#tables.places[index]!); // One for each member.
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
}

function mark(into: Uint32Array, place: number): void {
  into[place >>> 5]! |= 1 << (place & 31); // The caller has a bit for each pattern.
}

/** What the automaton runs for a pattern; one that is anchored says so itself, because others are not. */
function rootOf(regex: Regex, memory: RegexMemory): PatternNode {
  const isAnchored = regex.options.anchored === true;
  const pattern = memory.treeOf(regex) ?? parsePattern(regex.source, regex.options);
  const { root } = widerPattern(pattern, isAnchored);
  return isAnchored ? { kind: 'sequence', parts: [{ kind: 'edge', edge: 'start' }, root] } : root;
}
