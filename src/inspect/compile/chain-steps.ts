/** The tests of a kind as a tree of transformations (match/kind.ts). */
import type { TransformTree } from '../interpret/transform-tree.ts';
import type { KeptWords } from '../match/kept-words.ts';
import { ANY_SIGNS } from '../match/kind.ts';
import { MarkedSearch } from '../match/marked-search.ts';
import type { ByteTest, ChainStep, ForcedStep, TestSet, ValueTest } from '../match/kind.ts';
import type { Transformation } from '../transforms/table.ts';
import type { NamedLink } from './naming.ts';
import { NEED_LITERAL, NEED_NOTHING } from './byte-groups.ts';
import { foldAscii } from '../match/phrase-automaton.ts';
import {
  bitsOf,
  literalsOfProse,
  NO_SIGN,
  PROSE_SIGNS,
  SIGNS_BY_RARITY,
  signsOf as signsIn,
} from './signs.ts';
import type { Operator } from '../operators/operator.ts';
import { isFolding } from './triggers.ts';

/** All tests by their id, and what a text needs for each to be worth running. */
export interface TestTables {
  readonly tests: readonly ValueTest[];
  readonly needOf: (link: NamedLink) => number;
  /** By the id of a test: literals.ts of those behind a step that takes out bytes, each with a sign; undefined for none. */
  readonly marked: readonly (readonly string[] | undefined)[];
  /** What was made of them, by the ids of tests: many kinds have the same. */
  readonly searches: Map<string, MarkedSearch>;
}

/** A step while it is built. */
interface Draft {
  readonly transformation: Transformation | undefined;
  readonly links: NamedLink[];
  readonly next: Map<string, Draft>;
}

export function chainSteps(
  links: readonly NamedLink[],
  tables: TestTables,
  chains: TransformTree,
): ChainStep {
  const root: Draft = { transformation: undefined, links: [], next: new Map() };
  for (const link of links) {
    for (const node of link.planned.nodes) draftAt(root, chains.pathTo(node)).links.push(link);
  }
  return finish(root, { ...tables, tests: withLoneAlone(links, tables.tests) });
}

/**
 * Of patterns that run together (match/together.ts), the only one of a kind that is run whatever signs a text has is
 * quicker alone: its automaton is smaller.
 */
function withLoneAlone(links: readonly NamedLink[], tests: readonly ValueTest[]): readonly ValueTest[] {
  const common = links
    .map(({ id }) => tests[id]!) // One test a link.
    .filter(({ place, signs }) => place >= 0 && signs === NO_SIGN);
  const [lone] = common;
  if (lone === undefined || common.length > 1) return tests;
  return tests.map((test) => (test === lone ? { ...lone, place: -1 } : test));
}

function draftAt(root: Draft, path: readonly Transformation[]): Draft {
  let draft = root;
  for (const transformation of path) {
    let next = draft.next.get(transformation.name);
    if (next === undefined) {
      next = { transformation, links: [], next: new Map() };
      draft.next.set(transformation.name, next);
    }
    draft = next;
  }
  return draft;
}

function finish(draft: Draft, tables: TestTables): ChainStep {
  const steps = [...draft.next.values()].map((child) => finish(child, tables));
  const { transformation } = draft;
  const below = linksBelow(draft, false);
  const linksThat = (isLowered: boolean): readonly NamedLink[] =>
    below.filter((placed) => placed.isLowered === isLowered).map(({ link }) => link);
  const next = steps.filter(({ trigger }) => trigger !== 0);
  const forced = steps.filter(({ trigger }) => trigger === 0);
  const forcedBelow: readonly ForcedStep[] = [
    ...forced.map((step) => ({ step, isLowered: false })),
    ...next.flatMap((step) =>
      step.forcedBelow.map((one) => ({ ...one, isLowered: one.isLowered || step.isFolding })),
    ),
  ];
  return {
    run: transformation?.run ?? ((text) => text),
    trigger: transformation?.triggerBit ?? 0,
    signs: signsOf(draft, tables),
    brings: signsBrought(transformation),
    bringsNothing: transformation?.brings === '',
    spacesUnless:
      transformation?.spacesUnless === undefined ? undefined : signsIn(transformation.spacesUnless),
    isIn: transformation?.isIn,
    bitsAfter: transformation?.bitsAfter,
    words: keptWords(draft, tables),
    marked: markedSearch(draft, below, tables),
    removes: transformation?.removes,
    readsPart:
      transformation?.removes !== undefined &&
      forcedBelow.every(
        ({ step, isLowered }) => !isLowered && step.endsAt !== undefined && step.forcedBelow.length === 0,
      ),
    endsAt: transformation?.endsAt,
    isFolding: isFoldingStep(draft),
    here: setOf(draft.links, tables),
    below: { plain: setOf(linksThat(false), tables), lowered: setOf(linksThat(true), tables) },
    triggersBelow: next.reduce((bits, step) => bits | step.trigger | step.triggersBelow, 0),
    next,
    forced,
    forcedBelow,
  };
}

/**
 * Signs of which a text after the step must have one for any test right after it or behind further steps to match, those
 * behind steps that must always be run left out; ANY_SIGNS when there are no such.
 *
 * Safety argument: a further step leaves a text as it is that has none of the bytes it looks for. If it changes one, the
 * result has no sign which the text did not have, but what the step brings in: so unless that is a sign that the tests
 * behind it need, a text without one of those stays without one.
 */
function signsOf(draft: Draft, tables: TestTables): number {
  let signs = signsBehind(draft, tables);
  for (const { id } of draft.links) {
    const needed = tables.tests[id]!.signs; // One test a link, here and below.
    if (needed === NO_SIGN) return ANY_SIGNS;
    signs |= needed;
  }
  return signs;
}

/** The same without the tests right after it. */
function signsBehind({ next }: Draft, tables: TestTables): number {
  let signs = NO_SIGN;
  for (const child of next.values()) {
    if (child.transformation?.triggerBit === 0) continue;
    const below = signsOf(child, tables);
    const looked = (signsBrought(child.transformation) & below) === 0 ? NO_SIGN : signsLookedFor(child);
    if (below === ANY_SIGNS || looked === ANY_SIGNS) return ANY_SIGNS;
    signs |= below | looked;
  }
  return signs;
}

/** For steps that leave words as they are, behind which nothing must always be run. */
function keptWords(draft: Draft, tables: TestTables): KeptWords | undefined {
  const kept = draft.transformation?.keepsWords;
  if (kept === undefined || hasForced(draft)) return undefined;
  return {
    unless: Array.from(kept.unless, (byte) => byte.charCodeAt(0)),
    tests: draft.links.map((link) => ({
      id: link.id,
      signs: tables.tests[link.id]!.signs,
      needsLiteral: tables.needOf(link) === NEED_LITERAL,
      newBytes: newBytesOf(scannedFor(link.operator), kept.apart),
    })),
    signsBehind: signsBehind(draft, tables),
  };
}

/** For steps that take out bytes, if every test behind one needs a literal with a sign. */
function markedSearch(
  { transformation }: Draft,
  below: readonly PlacedLink[],
  { marked, searches }: TestTables,
): MarkedSearch | undefined {
  const removes = transformation?.removes;
  if (removes === undefined || below.length === 0) return undefined;
  const ids = [...new Set(below.map(({ link }) => link.id))].sort((left, right) => left - right);
  const literals = ids.map((id) => marked[id]);
  if (!literals.every((list) => list !== undefined)) return undefined;
  const key = ids.join();
  const search =
    searches.get(key) ?? new MarkedSearch([...new Set(literals.flat())], SIGNS_BY_RARITY, removes);
  searches.set(key, search);
  return search;
}

function hasForced({ next }: Draft): boolean {
  return [...next.values()].some((child) => child.transformation?.triggerBit === 0 || hasForced(child));
}

/** The literals that some scan looks for. */
function scannedFor(operator: Operator): readonly string[] {
  const ofProse = PROSE_SIGNS.flatMap((signs) => literalsOfProse(operator, signs));
  return [...new Set([...(operator.literals ?? []), ...ofProse])];
}

/** Of the literals with a byte of `apart`: their bytes without the space, which may come of others. */
function newBytesOf(literals: readonly string[], apart: string): readonly (readonly number[])[] {
  return literals
    .map((literal) => Array.from(foldAscii(literal)))
    .filter((bytes) => bytes.some((byte) => apart.includes(byte)))
    .map((bytes) => [...new Set(bytes)].filter((byte) => byte !== ' ').map((byte) => byte.charCodeAt(0)));
}

/** A space is no sign: where spaces take the place of other bytes, none is brought in. */
function signsLookedFor({ transformation }: Draft): number {
  if (transformation?.spacesUnless !== undefined) return signsIn(transformation.spacesUnless);
  const bits = transformation?.mayChange === undefined ? NO_SIGN : bitsOf(transformation.mayChange);
  return bits === NO_SIGN ? ANY_SIGNS : bits;
}

/** The signs that a transformation may bring in. */
function signsBrought(transformation: Transformation | undefined): number {
  const brings = transformation?.brings;
  return brings === undefined ? ANY_SIGNS : signsIn(brings);
}

function isFoldingStep({ transformation }: Draft): boolean {
  return transformation !== undefined && isFolding(transformation);
}

/** A test, and whether a step before it folds case. */
interface PlacedLink {
  readonly link: NamedLink;
  readonly isLowered: boolean;
}

function linksBelow(draft: Draft, isLowered: boolean): readonly PlacedLink[] {
  return [
    ...draft.links.map((link) => ({ link, isLowered })),
    ...[...draft.next.values()]
      .filter(({ transformation }) => transformation?.triggerBit !== 0)
      .flatMap((next) => linksBelow(next, isLowered || isFoldingStep(next))),
  ];
}

/** Undefined where there are no tests: most steps of chains have none of their own. */
function setOf(links: readonly NamedLink[], { tests, needOf }: TestTables): TestSet | undefined {
  if (links.length === 0) return undefined;
  const mask = new Uint32Array((tests.length + 31) >>> 5);
  const always = new Set<ValueTest>();
  let hasSpaces = false;
  const byByte = new Map<ValueTest, ByteTest>();
  for (const link of links) {
    const test = tests[link.id]!; // One test a link.
    const need = needOf(link);
    if (need === NEED_NOTHING) always.add(test);
    else if (need !== NEED_LITERAL) byByte.set(test, { need, test });
    else {
      mask[link.id >>> 5]! |= 1 << (link.id & 31); // Words for all tests.
      hasSpaces ||= scannedFor(link.operator).some((literal) => literal.includes(' '));
    }
  }
  const firstWord = Math.max(
    0,
    mask.findIndex((word) => word !== 0),
  );
  const endWord = mask.findLastIndex((word) => word !== 0) + 1;
  return { mask, firstWord, endWord, byByte: [...byByte.values()], always: [...always], hasSpaces };
}
