/**
 * The inspection of one exchange: runs the rules of each phase in order, collects hits, and gives the verdict.
 *
 * Most exchanges take the clean path: the values name no rule, and nothing is run. A rule that is named is run by the
 * interpreter. Once a rule has changed what other rules depend on, the rest of the exchange is interpreted, in which
 * rules that no value named are still left out.
 */
import { CONTINUE } from '../base/verdict.ts';
import type { Hit, Reason, Verdict } from '../base/verdict.ts';
import type { CollectionStore } from './collections.ts';
import type { CleanPhase, CleanStep } from './compile/fold.ts';
import type { InspectedBody, InspectedRequest, InspectedResponse, Transaction } from './inspector.ts';
import { evaluateRule, removedTargets, UNLOGGED } from './interpret/evaluate-rule.ts';
import { DONE, endOf, isRemoved, next, runPhase } from './interpret/phase.ts';
import type { PhaseEnd } from './interpret/phase.ts';
import { runPlain } from './interpret/plain-rule.ts';
import type { PlannedRule } from './interpret/planned-rule.ts';
import type { InspectionLimits } from './limits.ts';
import { HeldTexts } from './match/held-texts.ts';
import { Marks } from './match/marks.ts';
import { leadingBit, namingBit } from './plan/plan.ts';
import type { FastPath, Plan } from './plan/plan.ts';
import type { Phase, Rule } from './rule/sec-rule.ts';
import { expandNumbers } from './interpret/expand.ts';
import { Facts } from './variables/facts.ts';
import { ExchangeState } from './variables/exchange-state.ts';

export interface TransactionSettings {
  /** `on`: verdicts are carried out. `detect`: hits are recorded, every verdict is `continue`. */
  readonly mode: 'on' | 'detect';
  readonly limits: InspectionLimits;
  readonly nowMs: () => number;
  /** Where collections are kept; where the plan says when left out. */
  readonly store?: CollectionStore | undefined;
}

const NO_BODY: InspectedBody = { bytes: new Uint8Array(0), isPrefix: false };

export class RuleTransaction implements Transaction {
  readonly wantsRequestBody: boolean;
  readonly #hits: Hit[] = [];
  readonly #plan: Plan;
  readonly #facts: Facts;
  readonly #marks: Marks;
  /** The last phase whose values are named. */
  #namedPhase = 0;
  #held: HeldTexts | undefined;
  #isHeldKnown = false;
  /** Rules that only take something away from others, put off until one of those is run. */
  #removers: CleanStep[] | undefined;
  /** From `allow`: phases up to this one are left out. */
  #allowedPhase = 0;

  constructor(plan: Plan, settings: TransactionSettings, request: InspectedRequest) {
    this.#plan = plan;
    const state = new ExchangeState(plan.initial, plan.loud, settings.mode, settings.store);
    this.#facts = new Facts(request, settings.limits, state, settings.nowMs, plan.fast?.namer.jsonNames);
    this.#marks = new Marks(plan.fast?.naming.links.length ?? 0);
    this.wantsRequestBody = plan.needsRequestBody;
  }

  get hits(): readonly Hit[] {
    return this.#hits;
  }

  get wantsResponse(): boolean {
    return this.#plan.needsResponse;
  }

  get wantsResponseBody(): boolean {
    const isRead = this.#facts.state.isResponseBodyRead ?? this.#plan.isResponseBodyRead;
    return this.#plan.needsResponseBody && isRead;
  }

  requestHead(): Verdict {
    this.#nameUpTo(1);
    return this.#run(1);
  }

  requestBody(body: InspectedBody): Verdict {
    this.#facts.setBody(body);
    this.#nameUpTo(2);
    return this.#run(2);
  }

  responseHead(response: InspectedResponse): Verdict {
    this.#facts.setResponse(response);
    this.#nameUpTo(3);
    return this.#run(3);
  }

  /**
   * A body that was held because rules of another language want it, while these rule files switch it off, is not theirs: what
   * they find does not depend on which rules stand beside them.
   */
  responseBody(body: InspectedBody): Verdict {
    this.#facts.setResponseBody(this.wantsResponseBody ? body : NO_BODY);
    this.#nameUpTo(4);
    return this.#run(4);
  }

  end(): void {
    this.#facts.phase = 5;
    if (this.#plan.fast?.hasLogging === true) this.#nameUpTo(4);
    this.#run(5);
  }

  /**
   * Rules of later phases look at what was known before, whoever has left that out. What never came is named as it is told to
   * the interpreter: without a response its status is 0.
   */
  #nameUpTo(phase: number): void {
    const namer = this.#plan.fast?.namer;
    while (namer !== undefined && this.#namedPhase < phase)
      namer.name(++this.#namedPhase, this.#facts, this.#marks);
  }

  #run(phase: Phase): Verdict {
    if (phase <= this.#allowedPhase) return CONTINUE;
    this.#held = undefined;
    // Later phases may come without all that is shown before: whoever has left out the body, or has ended the exchange.
    this.#isHeldKnown = phase <= 2;
    const end =
      this.#plan.fast === undefined ? this.#interpret(phase, 0) : this.#runFast(this.#plan.fast, phase);
    if (end.kind === 'disrupted')
      return phase === 5 ? CONTINUE : verdictOf(end.rule, end.location, this.#facts);
    if (end.kind === 'allowed')
      this.#allowedPhase = end.scope === 'all' ? 4 : end.scope === 'request' ? 2 : phase;
    return CONTINUE;
  }

  #runFast(fast: FastPath, phase: Phase): PhaseEnd {
    if (this.#facts.state.hasLeft()) return this.#interpret(phase, 0);
    const clean = fast.phases[phase - 1]!; // There are five.
    const steps = this.#candidates(fast, phase);
    let end = steps.length;
    // Nothing is run behind these.
    while (end > 0 && steps[end - 1]!.effect === 'leads') end--; // Above 0.
    const ended = end === 0 ? undefined : this.#runSteps(steps, end, clean, phase);
    return ended ?? this.#leave(clean, phase);
  }

  /** The first `end` of the steps; undefined when the phase goes on to its end on the clean path. */
  #runSteps(steps: readonly CleanStep[], end: number, clean: CleanPhase, phase: Phase): PhaseEnd | undefined {
    const { state } = this.#facts;
    let landing = 0;
    for (let place = 0; place < end; place++) {
      const step = steps[place]!; // Below their number.
      if (step.position < landing || (step.needsSet && !state.hasSet())) continue;
      if (step.effect === 'removes') {
        (this.#removers ??= []).push(step);
        continue;
      }
      this.#runRemovers();
      state.moveTo(step.state);
      if (state.mode === 'off') return undefined;
      const { rule } = step.planned;
      if (isRemoved(rule, this.#facts, this.#plan.context.chooser)) continue;
      const hit = this.#evaluate(step);
      if (hit !== undefined) {
        if (hit !== UNLOGGED) this.#hits.push(hit);
        const ended = endOf(rule, this.#facts);
        if (ended !== undefined) {
          // The static rules behind this one are not run, so that later phases do not begin where they would have left.
          state.leave();
          return ended;
        }
      }
      const isMoved = hit !== undefined && rule.flow.kind !== 'next';
      if (!state.hasLeft()) {
        if (!isMoved) continue;
        if (step.landing !== undefined) {
          landing = step.landing;
          continue;
        }
      }
      state.leave();
      const all = clean.program.steps;
      return this.#interpret(phase, isMoved ? next(all, step.position + 1, rule) : step.position + 1);
    }
    return undefined;
  }

  /** Runs what was put off until a rule is run that it may take something away from (compile/plain-effect.ts). */
  #runRemovers(): void {
    const removers = this.#removers;
    if (removers === undefined) return;
    this.#removers = undefined;
    const { state } = this.#facts;
    for (const step of removers) {
      state.moveTo(step.state);
      if (!isRemoved(step.planned.rule, this.#facts, this.#plan.context.chooser)) this.#evaluate(step);
    }
  }

  #evaluate({ planned, plain }: CleanStep): Hit | undefined {
    const { context } = this.#plan;
    const { removals } = this.#facts.state;
    if (plain === undefined || removedTargets(planned.rule, removals, context.chooser).length > 0)
      return evaluateRule(planned, this.#facts, context, this.#heldTexts());
    return runPlain(plain, this.#facts, context) ? UNLOGGED : undefined;
  }

  #leave(clean: CleanPhase, phase: Phase): PhaseEnd {
    const { state } = this.#facts;
    if (clean.barrier !== undefined) this.#runRemovers();
    state.moveTo(clean.after);
    if (clean.barrier === undefined) return DONE;
    state.leave();
    return this.#interpret(phase, clean.barrier);
  }

  /**
   * The rules of the phase that may match, in order. Without those that only lead around others (compile/plain-effect.ts)
   * where there are no others.
   */
  #candidates(fast: FastPath, phase: Phase): readonly CleanStep[] {
    const { phaseOf, bitsOf } = fast;
    const always = fast.always[phase - 1]!; // There are five.
    const bits = this.#marks.bits(bitsOf);
    const isLed = always.length > 0 && (bits & leadingBit(phase)) !== 0;
    if ((bits & namingBit(phase)) === 0 && !isLed) return always;
    const ofPhase = namingBit(phase) | leadingBit(phase);
    let found: CleanStep[] | undefined;
    for (const part of this.#marks.parts) {
      if ((part.bits(bitsOf) & ofPhase) === 0) continue;
      for (const id of part.tests) {
        if (phaseOf[id] !== phase) continue;
        const named = fast.naming.rules[fast.naming.links[id]!.rule]!; // Ids and rules of the same naming.
        if (named.needs.length > 1 && !this.#areMarked(named.needs)) continue;
        insert((found ??= always.slice()), named.step);
      }
    }
    return found ?? always;
  }

  /** What naming has found out of the values that the rules of this phase look at. */
  #heldTexts(): HeldTexts | undefined {
    const { fast } = this.#plan;
    if (fast === undefined || !this.#isHeldKnown) return undefined;
    return (this.#held ??= new HeldTexts(this.#marks, fast.linkTests));
  }

  #areMarked(needs: readonly number[]): boolean {
    for (const id of needs) if (!this.#marks.has(id)) return false;
    return true;
  }

  #interpret(phase: Phase, start: number): PhaseEnd {
    const program = this.#plan.programs[phase - 1]!; // There are five.
    const known = {
      mayMatch: (planned: PlannedRule) => this.#mayMatch(planned),
      held: this.#heldTexts(),
      isQuick: this.#plan.fast !== undefined,
    };
    return runPhase(program, start, this.#facts, this.#plan.context, this.#hits, known);
  }

  #mayMatch(planned: PlannedRule): boolean {
    const { fast } = this.#plan;
    const place = fast?.namedOf[planned.index] ?? -1;
    if (fast === undefined || place < 0) return true;
    const named = fast.naming.rules[place]!; // Places in it.
    return !named.isNamedInAnyState || this.#areMarked(named.needs);
  }
}

/** Puts a step where it belongs among those of its phase, unless it is there: there are a few, and most come last. */
function insert(steps: CleanStep[], step: CleanStep): void {
  let place = steps.length;
  while (place > 0 && steps[place - 1]!.position > step.position) place--; // Above 0.
  if (place > 0 && steps[place - 1] === step) return;
  steps.push(step);
  for (let last = steps.length - 1; last > place; last--) steps[last] = steps[last - 1]!; // Above 0.
  steps[place] = step;
}

function verdictOf(rule: Rule, location: string, facts: Facts): Verdict {
  const because = reasonOf(rule, facts);
  switch (rule.disruption.do) {
    case 'deny':
      return rule.disruption.status === undefined
        ? { do: 'deceive', because }
        : { do: 'reply', status: rule.disruption.status, because };
    case 'redirect':
      return { do: 'reply', status: rule.disruption.status, because, location };
    case 'drop':
      return { do: 'drop', because };
    case 'pass':
    case 'allow':
      return CONTINUE;
  }
}

/** Says nothing that came from the client: what matched is in the hit, for those who escape it. */
function reasonOf(rule: Rule, facts: Facts): Reason {
  const text = expandNumbers(facts, rule.message);
  const message = text === '' ? '' : `: ${text}`;
  return { code: `rule-${rule.id}`, text: `Rule ${rule.id} (${rule.source}) matched${message}` };
}
