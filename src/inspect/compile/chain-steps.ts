/** The tests of a kind as a tree of transformations (match/kind.ts). */
import type { TransformTree } from '../interpret/transform-tree.ts';
import type { ByteTest, ChainStep, TestSet, ValueTest } from '../match/kind.ts';
import type { Transformation } from '../transforms/table.ts';
import type { NamedLink } from './naming.ts';
import { NEED_LITERAL, NEED_NOTHING } from './byte-groups.ts';
import { isFolding } from './triggers.ts';

/** All tests by their id, and what a text needs for each to be worth running. */
export interface TestTables {
  readonly tests: readonly ValueTest[];
  readonly needOf: (link: NamedLink) => number;
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
  return finish(root, tables);
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
  return {
    run: transformation?.run ?? ((text) => text),
    trigger: transformation?.triggerBit ?? 0,
    isFolding: isFoldingStep(draft),
    here: setOf(draft.links, tables),
    below: { plain: setOf(linksThat(false), tables), lowered: setOf(linksThat(true), tables) },
    triggersBelow: next.reduce((bits, step) => bits | step.trigger | step.triggersBelow, 0),
    next,
    forced,
    forcedBelow: [
      ...forced.map((step) => ({ step, isLowered: false })),
      ...next.flatMap((step) =>
        step.forcedBelow.map((one) => ({ ...one, isLowered: one.isLowered || step.isFolding })),
      ),
    ],
  };
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

function setOf(links: readonly NamedLink[], { tests, needOf }: TestTables): TestSet {
  const mask = new Uint32Array((tests.length + 31) >>> 5);
  const always = new Set<ValueTest>();
  const byByte = new Map<ValueTest, ByteTest>();
  let hasMask = false;
  for (const link of links) {
    const test = tests[link.id]!; // One test a link.
    const need = needOf(link);
    if (need === NEED_NOTHING) always.add(test);
    else if (need !== NEED_LITERAL) byByte.set(test, { need, test });
    else {
      mask[link.id >>> 5]! |= 1 << (link.id & 31); // Words for all tests.
      hasMask = true;
    }
  }
  return { mask, hasMask, byByte: [...byByte.values()], always: [...always] };
}
