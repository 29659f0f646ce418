/** Rules to a plan. Compiling knows nothing of requests; it is done once, when rules are loaded. */
import type { CollectionStore } from '../collections.ts';
import { TransformTree } from '../interpret/transform-tree.ts';
import { Chooser } from '../interpret/choose.ts';
import type { RunContext } from '../interpret/evaluate-rule.ts';
import { planPhases } from '../interpret/phase.ts';
import { plainRule } from '../interpret/plain-rule.ts';
import type { PhaseProgram } from '../interpret/phase.ts';
import { isShown, Namer } from '../match/namer.ts';
import { leadingBit, namingBit } from '../plan/plan.ts';
import type { FastPath, Plan } from '../plan/plan.ts';
import type { Rule, RuleSet } from '../rule/sec-rule.ts';
import type { RegexMemory } from '../rx/memory.ts';
import { PlanNotes } from '../shared/notes.ts';
import { ExchangeState } from '../variables/exchange-state.ts';
import type { BaseState, Loud } from '../variables/exchange-state.ts';
import { findLoud } from './find-loud.ts';
import { foldPhases } from './fold.ts';
import { isImpossible, looksAtSetOnly } from './impossible.ts';
import { compileNaming } from './naming.ts';
import type { NamingContext } from './naming.ts';
import { plainEffect } from './plain-effect.ts';
import { isStatic } from './static-rules.ts';
import { tellingNeed } from './telling-need.ts';
import { txUseOf } from './tx-use.ts';

/** Seconds that a collection lives without a write when no rule file says so; ModSecurity's default. */
const COLLECTION_TIMEOUT_SECONDS = 3600;

export interface CompileOptions {
  readonly store: CollectionStore;
  /** False for the slow reference. */
  readonly isFast: boolean;
  /** What bounds the automata of patterns. */
  readonly patterns?: RegexMemory;
  /** What was found out before of the same rules; it is added to. */
  readonly notes?: PlanNotes;
}

export function compilePlan(
  ruleSet: RuleSet,
  { store, isFast, patterns, notes = new PlanNotes() }: CompileOptions,
): Plan {
  const chains = new TransformTree();
  const programs = planPhases(ruleSet.items, chains);
  const collectionTimeoutSeconds = ruleSet.settings.collectionTimeoutSeconds ?? COLLECTION_TIMEOUT_SECONDS;
  const context: RunContext = { chains, chooser: new Chooser(), store, collectionTimeoutSeconds };
  const initial = ExchangeState.empty(undefined);
  const loud = findLoud(ruleSet.items);
  const rules = ruleSet.items.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []));
  return {
    ruleCount: rules.length,
    programs,
    context,
    initial,
    loud,
    needsRequestBody: looksAtBody(programs, 'request'),
    needsResponseBody: looksAtBody(programs, 'response'),
    isResponseBodyRead: ruleSet.settings.isResponseBodyRead ?? true,
    needsResponse: programs.some((program) => program.phase >= 3 && rulesOf(program).length > 0),
    fast: isFast
      ? fastPath(programs, initial, loud, context, ruleSet.items.length, { patterns, notes })
      : undefined,
  };
}

function fastPath(
  programs: readonly PhaseProgram[],
  initial: BaseState,
  loud: Loud,
  run: RunContext,
  itemCount: number,
  memory: Pick<NamingContext, 'patterns' | 'notes'>,
): FastPath {
  // Every rule counts, for rules that are switched off on the clean path may run once an exchange has left it.
  const use = txUseOf(programs.flatMap((program) => rulesOf(program).filter((rule) => !isStatic(rule))));
  const phases = foldPhases(programs, initial, run).map((phase) => ({
    ...phase,
    steps: phase.steps
      .filter((step) => !isImpossible(step, use, run))
      .map((step) => {
        const plain = plainRule(step.planned);
        return { ...step, needsSet: looksAtSetOnly(step), plain, effect: plainEffect(step, plain, loud) };
      }),
  }));
  const steps = phases.flatMap((phase) => phase.steps);
  const naming = compileNaming(steps, { run, use, loud, isShown, ...memory });
  const namedOf = new Int32Array(itemCount).fill(-1);
  for (const [place, { step, needs }] of naming.rules.entries()) {
    if (needs.length > 0) namedOf[step.planned.index] = place;
  }
  const always = phases.map((phase) => phase.steps.filter(({ planned }) => namedOf[planned.index] === -1));
  const phaseOf = new Uint8Array(naming.links.length);
  const bitsOf = new Uint16Array(naming.links.length);
  for (const { step, needs } of naming.rules) {
    const telling = tellingNeed(needs, naming.links);
    if (telling === undefined) continue;
    const { phase } = step.planned.rule;
    phaseOf[telling] = phase;
    bitsOf[telling] = step.effect === 'leads' ? leadingBit(phase) : namingBit(phase);
  }
  const linkTests: (readonly number[] | undefined)[] = new Array<undefined>(itemCount).fill(undefined);
  for (const rule of naming.rules) linkTests[rule.step.planned.index] = rule.linkTests;
  const hasLogging = programs.some((program) => program.phase === 5 && rulesOf(program).length > 0);
  const namer = new Namer(naming);
  return { phases, naming, namer, always, namedOf, phaseOf, bitsOf, linkTests, hasLogging };
}

function rulesOf({ steps }: PhaseProgram): readonly Rule[] {
  return steps.flatMap((step) => (typeof step === 'string' ? [] : [step.rule]));
}

function looksAtBody(programs: readonly PhaseProgram[], body: 'request' | 'response'): boolean {
  return programs.some(({ steps }) =>
    steps.some(
      (step) =>
        typeof step !== 'string' &&
        step.rule.links.some(({ targets }) => targets.some(({ variable }) => variable.body === body)),
    ),
  );
}
