/** What inspection says of stored exchanges, each on the route that it would take. */
import type { Hit, Verdict } from '../../base/verdict.ts';
import type { Config } from '../../config/config.ts';
import { redactHit, redactTarget } from '../../inspect/redact.ts';
import type { RuleSetOptions } from '../../inspect/options.ts';
import { FileRules } from '../file-rules.ts';
import { ruleSetOf } from '../inspection.ts';
import { bounded } from '../told-bounded.ts';
import { RuleSets } from '../rule-sets.ts';
import type { MadeInspector } from '../rule-sets.ts';
import type { InspectionUse } from '../inspection-use.ts';
import { routeChooser } from './choose-route.ts';
import { inspectStored } from './inspect-stored.ts';
import type { Finding } from './inspect-stored.ts';
import { StoredExchangeError } from './stored-exchange.ts';
import type { StoredExchange } from './stored-exchange.ts';

/** What is said of each exchange. A promise to scripts that read `--json`, as views of the admin API are. */
export interface InspectedView {
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly version: string;
    readonly host: string;
    readonly bodyBytes: number;
  };
  /** The status of the stored response; null when there is none. */
  readonly responseStatus: number | null;
  readonly listener: string;
  readonly route: string;
  /** The rule set; empty for the one at the top, null where --rules named the rules. */
  readonly set: string | null;
  readonly mode: InspectionUse['mode'];
  readonly ruleCount: number;
  readonly verdict: Verdict['do'];
  /** What it would be if `mode` were `on`; the same where it is. */
  readonly verdictWhenOn: Verdict['do'];
  readonly decidedAt: Finding['decidedAt'];
  /** The status of a `reply`; 0 for others. */
  readonly status: number;
  readonly because: { readonly code: string; readonly text: string };
  readonly hits: readonly Hit[];
  readonly notes: readonly string[];
}

export interface InspectOptions {
  readonly config: Config;
  /** One that speaks HTTP. */
  readonly listener: string;
  /** Rule files instead of those of the configuration; absolute, or `default`, `crs`. */
  readonly rules: readonly string[];
  readonly clientAddress: string;
}

/** Throws StoredExchangeError when the rules cannot be loaded. */
export function inspectExchanges(
  exchanges: readonly StoredExchange[],
  { config, listener, rules, clientAddress }: InspectOptions,
): readonly InspectedView[] {
  const choose = routeChooser(config, listener);
  const inspectors = new InspectorCache(config, rules.length === 0 ? undefined : ownRules(rules));
  return exchanges.map((exchange) => {
    const { route, use } = choose(exchange.request);
    const run = (mode: 'on' | 'detect'): Run => {
      const { inspector, rules: seclang, snort } = inspectors.of(use, mode);
      const finding = inspectStored(exchange, { inspector, use: { ...use, mode }, clientAddress });
      return { finding, ruleCount: seclang.run + snort.run };
    };
    const on = run('on');
    const own = use.mode === 'detect' ? run('detect') : on;
    const where = { listener, route, set: rules.length > 0 ? null : use.set };
    return viewOf(exchange, use, where, own, on.finding.verdict.do);
  });
}

/** What leaves the machine in a report of a false positive should hold no password. */
export function withoutSecrets(view: InspectedView): InspectedView {
  const { request, hits } = view;
  return {
    ...view,
    request: { ...request, target: redactTarget(request.target) },
    hits: hits.map(redactHit),
  };
}

interface Run {
  readonly finding: Finding;
  readonly ruleCount: number;
}

function viewOf(
  { request, response }: StoredExchange,
  { mode }: InspectionUse,
  where: Pick<InspectedView, 'listener' | 'route' | 'set'>,
  { finding, ruleCount }: Run,
  verdictWhenOn: Verdict['do'],
): InspectedView {
  const { method, target, version, host, body } = request;
  // What cannot be read is refused whether it is inspected or not.
  const isSkipped = mode === 'off' && finding.decidedAt !== 'reading';
  const verdict: Verdict = isSkipped ? { do: 'continue' } : finding.verdict;
  return {
    request: { method, target, version, host, bodyBytes: body.length },
    responseStatus: response?.status ?? null,
    ...where,
    mode,
    ruleCount,
    verdict: verdict.do,
    verdictWhenOn,
    decidedAt: isSkipped ? '' : finding.decidedAt,
    status: verdict.do === 'reply' ? verdict.status : 0,
    because: verdict.do === 'continue' ? { code: '', text: '' } : verdict.because,
    hits: finding.hits,
    notes: finding.notes,
  };
}

function ownRules(patterns: readonly string[]): RuleSetOptions {
  const snort = { rules: [], variables: {}, onAlert: 'deceive', onBlock: 'deceive' } as const;
  return { rules: patterns, exclude: {}, lenient: false, snort };
}

/** Compiles what is asked for, and keeps it: a HAR has many exchanges and few routes. */
class InspectorCache {
  readonly #config: Config;
  readonly #set: RuleSetOptions | undefined;
  readonly #ruleSets: RuleSets;
  readonly #made = new Map<string, MadeInspector>();

  constructor(config: Config, set: RuleSetOptions | undefined) {
    this.#config = config;
    this.#set = set;
    this.#ruleSets = new RuleSets(new FileRules(), undefined, set === undefined);
  }

  of(use: InspectionUse, mode: 'on' | 'detect'): MadeInspector {
    // Rules of one's own have nothing to do with exclusions of the configuration.
    const exclude = this.#set === undefined ? use.exclude : [];
    const wanted: InspectionUse = { ...use, mode, sample: 100, exclude };
    const key = JSON.stringify(wanted);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#ruleSets.make(this.#set ?? ruleSetOf(this.#config, use), wanted);
    if (made === undefined)
      throw new StoredExchangeError(bounded(this.#ruleSets.problems, 'problems').join('\n'));
    this.#made.set(key, made);
    return made;
  }
}
