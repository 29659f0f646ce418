/**
 * The inspection of one exchange: runs the rules of each phase in order, collects hits, and gives the verdict.
 *
 * The first rule whose outcome is not `pass` ends its phase. In detect mode none does, and every verdict is continue.
 */
import { CONTINUE } from '../base/verdict.ts';
import type { Hit, Reason, Verdict } from '../base/verdict.ts';
import type { InspectedBody, InspectedRequest, InspectedResponse, Transaction } from './inspector.ts';
import { evaluateRule } from './interpret/evaluate.ts';
import type { Plan } from './interpret/plan.ts';
import type { InspectionLimits } from './limits.ts';
import type { Phase, Rule } from './rule/rule.ts';
import { Facts } from './variables/facts.ts';

export interface TransactionSettings {
  readonly mode: 'on' | 'detect';
  readonly limits: InspectionLimits;
}

export class RuleTransaction implements Transaction {
  readonly wantsRequestBody: boolean;
  /** No rule of this form looks at the body of a response. */
  readonly wantsResponseBody: boolean = false;
  readonly #hits: Hit[] = [];
  readonly #plan: Plan;
  readonly #mode: 'on' | 'detect';
  readonly #facts: Facts;

  constructor(plan: Plan, settings: TransactionSettings, request: InspectedRequest) {
    this.#plan = plan;
    this.#mode = settings.mode;
    this.#facts = new Facts(request, settings.limits);
    this.wantsRequestBody = plan.needsBody;
  }

  get hits(): readonly Hit[] {
    return this.#hits;
  }

  requestHead(): Verdict {
    return this.#run(1);
  }

  requestBody(body: InspectedBody): Verdict {
    this.#facts.setBody(body);
    return this.#run(2);
  }

  responseHead(response: InspectedResponse): Verdict {
    this.#facts.setResponse(response);
    return this.#run(3);
  }

  responseBody(): Verdict {
    return CONTINUE;
  }

  #run(phase: Phase): Verdict {
    for (const planned of this.#plan.phases[phase]) {
      const hit = evaluateRule(this.#plan, planned, this.#facts);
      if (hit === undefined) continue;
      if (planned.rule.isLogged) this.#hits.push(hit);
      if (planned.rule.outcome.do !== 'pass' && this.#mode === 'on') return verdictOf(planned.rule);
    }
    return CONTINUE;
  }
}

function verdictOf(rule: Rule): Verdict {
  const because = reasonOf(rule);
  switch (rule.outcome.do) {
    case 'pass':
      return CONTINUE;
    case 'reply':
      return { do: 'reply', status: rule.outcome.status, because };
    case 'deceive':
    case 'drop':
      return { do: rule.outcome.do, because };
  }
}

/** Says nothing that came from the client: what matched is in the hit, for those who escape it. */
function reasonOf(rule: Rule): Reason {
  const message = rule.message === '' ? '' : `: ${rule.message}`;
  return { code: `rule-${rule.id}`, text: `Rule ${rule.id} (${rule.source}) matched${message}` };
}
