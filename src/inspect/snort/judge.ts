/**
 * From a match to an alert: detection_filter, effects, noalert, rate_filter, suppress, and how often is told.
 */
import { applyEffects } from './evaluate.ts';
import type { SnortMatch } from './evaluate.ts';
import { destinationOf, sourceOf } from './flow.ts';
import type { FlowView } from './flow.ts';
import { compileAddresses } from './header.ts';
import { RateTable } from './rates.ts';
import type { SnortRule } from './rule.ts';
import type { AlertPolicy } from './suppress.ts';
import type { SnortVariables } from './variables.ts';

export type Judgement =
  /** The rule's `detection_filter` has not been reached: as if it had not matched. */
  | { readonly do: 'nothing' }
  /** Bits are set; nothing is told: `noalert`, suppressed, or told often enough. */
  | { readonly do: 'silent'; readonly because: 'noalert' | 'suppress' | 'threshold' }
  /** `action` is the rule's own, or what a rate_filter has made of it. */
  | { readonly do: 'alert'; readonly action: string };

/** Policies of the rules, and their counters. */
export class AlertJudge {
  readonly #policies: ReadonlyMap<string, readonly CompiledPolicy[]>;
  readonly #rates: RateTable;

  /** Throws OptionError for a variable that is not known. */
  constructor(
    policies: readonly AlertPolicy[],
    variables: SnortVariables,
    rates: RateTable = new RateTable(),
  ) {
    this.#policies = byRule(policies, variables);
    this.#rates = rates;
  }

  judge(match: SnortMatch, flow: FlowView): Judgement {
    const { rule } = match.rule;
    const id = `${rule.gid}:${rule.sid}`;
    if (rule.filter !== undefined && !this.#rates.passesFilter(id, rule.filter, flow))
      return { do: 'nothing' };
    applyEffects(match.rule, flow);
    if (rule.isSilent) return { do: 'silent', because: 'noalert' };
    const policies = this.#policiesOf(rule, id);
    const action = this.#actionOf(rule, id, policies, flow);
    if (policies.some((policy) => isSuppressed(policy, flow))) return { do: 'silent', because: 'suppress' };
    if (!this.#isTold(rule, id, policies, flow)) return { do: 'silent', because: 'threshold' };
    return { do: 'alert', action };
  }

  /** The policies of the rule itself, then those of its generator, then those of everything. */
  #policiesOf(rule: SnortRule, id: string): readonly CompiledPolicy[] {
    if (this.#policies.size === 0) return NO_POLICIES;
    return [id, `${rule.gid}:0`, '0:0'].flatMap((key) => this.#policies.get(key) ?? NO_POLICIES);
  }

  #actionOf(rule: SnortRule, id: string, policies: readonly CompiledPolicy[], flow: FlowView): string {
    let { action } = rule.header;
    for (const { policy } of policies) {
      if (policy.kind === 'rate_filter' && this.#rates.isAbove(id, policy, flow)) action = policy.newAction;
    }
    return action;
  }

  /** The nearest event_filter takes the place of the rule's own threshold, as in Snort. */
  #isTold(rule: SnortRule, id: string, policies: readonly CompiledPolicy[], flow: FlowView): boolean {
    const filter = policies.find(({ policy }) => policy.kind === 'event_filter')?.policy;
    const threshold = filter?.kind === 'event_filter' ? filter.threshold : rule.threshold;
    return threshold === undefined || this.#rates.alerts(id, threshold, flow);
  }
}

const NO_POLICIES: readonly CompiledPolicy[] = [];

interface CompiledPolicy {
  readonly policy: AlertPolicy;
  /** For suppress: whether the address is one of those; undefined for every address. */
  readonly hasAddress: ((address: string) => boolean) | undefined;
}

function byRule(
  policies: readonly AlertPolicy[],
  variables: SnortVariables,
): ReadonlyMap<string, readonly CompiledPolicy[]> {
  const found = new Map<string, CompiledPolicy[]>();
  for (const policy of policies) {
    const key = `${policy.gid}:${policy.sid}`;
    const addresses = policy.kind === 'suppress' ? policy.addresses : undefined;
    const hasAddress = addresses === undefined ? undefined : compileAddresses(addresses, variables);
    found.set(key, [...(found.get(key) ?? []), { policy, hasAddress }]);
  }
  return found;
}

function isSuppressed({ policy, hasAddress }: CompiledPolicy, flow: FlowView): boolean {
  if (policy.kind !== 'suppress') return false;
  if (hasAddress === undefined) return true;
  const isSource = policy.track !== 'by_dst' && hasAddress(sourceOf(flow).address);
  return isSource || (policy.track !== 'by_src' && hasAddress(destinationOf(flow).address));
}
