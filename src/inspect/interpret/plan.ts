/**
 * Rules made ready for the interpreter: sorted by phase, each test with its number and its chains.
 */
import type { Link, Phase, Rule } from '../rule/rule.ts';
import { Chains } from './chains.ts';
import { Prefilter } from './prefilter.ts';

export interface PlannedLink {
  readonly link: Link;
  /** The number of this test for the prefilter; -1 when it must always be run. */
  readonly test: number;
  /** The nodes whose results are tested: the last transformation, or all of them and the bare value for multiMatch. */
  readonly nodes: readonly number[];
}

export interface PlannedRule {
  readonly rule: Rule;
  readonly links: readonly PlannedLink[];
}

export interface Plan {
  readonly ruleCount: number;
  readonly chains: Chains;
  readonly prefilter: Prefilter;
  readonly needsBody: boolean;
  /** The rules of phases 1, 2 and 3, in the order of the files. */
  readonly phases: Readonly<Record<Phase, readonly PlannedRule[]>>;
}

/** Without `isPrefiltered` every test is run on every value: slower, and the reference for what is quicker. */
export function makePlan(rules: readonly Rule[], isPrefiltered: boolean): Plan {
  const chains = new Chains();
  const links: Link[] = [];
  const planned = rules.map((rule) => ({
    rule,
    links: rule.links.map((link) => {
      const test = links.push(link) - 1;
      return {
        link,
        test: isPrefiltered && link.operator.literals !== undefined ? test : -1,
        nodes: nodesOf(chains, link),
      };
    }),
  }));
  const inPhase = (phase: Phase): readonly PlannedRule[] =>
    planned.filter(({ rule }) => rule.phase === phase);
  return {
    ruleCount: rules.length,
    chains,
    prefilter: new Prefilter(links.map((link) => link.operator)),
    needsBody: links.some((link) => link.targets.some((target) => target.variable.needsBody)),
    phases: { 1: inPhase(1), 2: inPhase(2), 3: inPhase(3) },
  };
}

function nodesOf(chains: Chains, link: Link): readonly number[] {
  const path = chains.nodesFor(link.transformations);
  return link.isMultiMatch ? [0, ...path] : [path.at(-1) ?? 0];
}
