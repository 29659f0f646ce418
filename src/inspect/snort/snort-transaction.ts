/**
 * The inspection of one exchange by rules of Snort: names the rules that may match, evaluates them in order, judges what
 * matched, and gives the verdict.
 *
 * Most exchanges name no rule; then nothing is made of the message but the texts that are looked through.
 */
import { CONTINUE } from '../../base/verdict.ts';
import type { Hit, Verdict } from '../../base/verdict.ts';
import { DEFAULT_BODY_LIMITS } from '../body/limits.ts';
import type { BodyLimits } from '../body/limits.ts';
import type { InspectedBody, InspectedRequest, InspectedResponse, Transaction } from '../inspector.ts';
import { EvaluationBudget, firstTold, givenUp } from './evaluation-budget.ts';
import { evaluateKnown } from './evaluate.ts';
import type { SnortMatch } from './evaluate.ts';
import { ExchangeFlow } from './exchange-flow.ts';
import { FlowState } from './flow.ts';
import type { HostBits } from './flow.ts';
import { hitOf, verdictOf } from './hit.ts';
import type { AlertJudge } from './judge.ts';
import { RequestRun, ResponseRun } from './message-run.ts';
import type { MessageRun } from './message-run.ts';
import type { SnortSettings } from './snort-options.ts';
import type { SnortPlan } from './snort-plan.ts';

/** What all exchanges of one worker share. */
export interface SnortWorker {
  readonly plan: SnortPlan;
  readonly settings: SnortSettings;
  readonly judge: AlertJudge;
  readonly hostBits: HostBits;
  /** Bits of connections by what the proxy says they are. */
  readonly states: WeakMap<object, FlowState>;
  readonly nowMs: () => number;
}

/** Hits that are kept of one exchange: who makes a request for all rules fills no log. */
const HITS_MAX = 64;

const NO_HITS: readonly Hit[] = [];

export class SnortTransaction implements Transaction {
  readonly #worker: SnortWorker;
  readonly #request: InspectedRequest;
  readonly #connection: object | undefined;
  #hits: Hit[] | undefined;
  #state: FlowState | undefined;
  /** A rule that passes has matched. */
  #isPassed = false;
  #asked: RequestRun | undefined;
  #answered: ResponseRun | undefined;

  constructor(worker: SnortWorker, request: InspectedRequest, connection: object | undefined) {
    this.#worker = worker;
    this.#request = request;
    this.#connection = connection;
  }

  get hits(): readonly Hit[] {
    return this.#hits ?? NO_HITS;
  }

  get wantsRequestBody(): boolean {
    return this.#worker.plan.requests.hasBodyRules;
  }

  get wantsResponseBody(): boolean {
    return this.#worker.plan.responses.hasBodyRules && !this.#isPassed;
  }

  requestHead(): Verdict {
    const run = this.#requestRun();
    run.readHead();
    return this.#evaluate(run, run.plan.inHead);
  }

  requestBody(body: InspectedBody): Verdict {
    const run = this.#requestRun();
    run.readHead();
    run.readBody(body);
    return this.#evaluate(run, run.plan.inBody);
  }

  responseHead(response: InspectedResponse): Verdict {
    const { plan, settings } = this.#worker;
    if (plan.responses.rules.length === 0) return CONTINUE;
    const run = new ResponseRun(plan.responses, response, this.#request, limitsOf(settings));
    this.#answered = run;
    run.readHead();
    return this.#evaluate(run, run.plan.inHead);
  }

  responseBody(body: InspectedBody): Verdict {
    const run = this.#answered;
    if (run === undefined) return CONTINUE;
    run.readBody(body);
    return this.#evaluate(run, run.plan.inBody);
  }

  /** Rules of Snort have no such phase. */
  end(): void {}

  #requestRun(): RequestRun {
    const { plan, settings } = this.#worker;
    return (this.#asked ??= new RequestRun(plan.requests, this.#request, limitsOf(settings)));
  }

  #evaluate(run: MessageRun, isAsked: Uint8Array): Verdict {
    if (this.#isPassed) return CONTINUE;
    const rules = run.named(isAsked, this.#hasBits());
    return rules.length === 0 ? CONTINUE : this.#evaluateRules(run, rules);
  }

  /** All of them, whatever the first says: each that matches is a hit. */
  #evaluateRules(run: MessageRun, rules: readonly number[]): Verdict {
    const flow = this.#flow(run);
    const budget = new EvaluationBudget(run.bytes, run.plan.fast !== undefined);
    let verdict = CONTINUE;
    for (const [place, index] of rules.entries()) {
      const isUsedUp = !budget.takesRule();
      const { work } = run.texts;
      const given = isUsedUp ? this.#giveUp(run, rules.slice(place)) : this.#evaluateRule(run, index, flow);
      budget.takeWork(run.texts.work - work);
      if (verdict === CONTINUE) verdict = given;
      if (this.#isPassed || isUsedUp) break;
    }
    return verdict;
  }

  #evaluateRule(run: MessageRun, index: number, flow: ExchangeFlow): Verdict {
    const match = evaluateKnown(run.plan.rules.at(index)!, run.texts, flow); // Named by their place.
    if (match === undefined) {
      if (run.texts.failed !== undefined) run.noteFailure(index, run.texts.failed);
      return CONTINUE;
    }
    const { rule } = match.rule;
    const isPassing = rule.header.action === 'pass';
    // Nobody passes by making work.
    if (isPassing && match.isExhausted) return CONTINUE;
    const judgement = this.#worker.judge.judge(match, flow);
    if (isPassing && judgement.do !== 'nothing') this.#isPassed = true;
    if (judgement.do !== 'alert' || isPassing) return CONTINUE;
    this.#addHit(match, HITS_MAX);
    return verdictOf(rule, judgement.action, this.#worker.settings);
  }

  /** The work is used up. */
  #giveUp(run: MessageRun, rules: readonly number[]): Verdict {
    const index = firstTold(run.plan.rules, rules);
    if (index === undefined) return CONTINUE;
    const compiled = run.plan.rules.at(index)!; // As above.
    this.#addHit(givenUp(compiled), Infinity);
    return verdictOf(compiled.rule, compiled.rule.header.action, this.#worker.settings);
  }

  #addHit(match: SnortMatch, hitsMax: number): void {
    const hits = (this.#hits ??= []);
    if (hits.length < hitsMax) hits.push(hitOf(match));
  }

  #hasBits(): boolean {
    const known = this.#connection === undefined ? undefined : this.#worker.states.get(this.#connection);
    return (this.#state ?? known)?.isEmpty === false;
  }

  #flow(run: MessageRun): ExchangeFlow {
    const { states, hostBits, nowMs } = this.#worker;
    const state = (this.#state ??= stateOf(states, this.#connection));
    return new ExchangeFlow(
      run.plan.direction,
      { request: this.#request, state, hostBits, nowMs: nowMs() },
      run.bodyBytes,
    );
  }
}

function limitsOf(settings: SnortSettings): BodyLimits {
  return settings.bodyLimits ?? DEFAULT_BODY_LIMITS;
}

/** Bits that last as long as the connection does. */
function stateOf(states: WeakMap<object, FlowState>, connection: object | undefined): FlowState {
  const known = connection === undefined ? undefined : states.get(connection);
  if (known !== undefined) return known;
  const state = new FlowState();
  if (connection !== undefined) states.set(connection, state);
  return state;
}
