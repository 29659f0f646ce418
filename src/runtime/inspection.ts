/** The inspectors of a configuration: one for each way in which listeners and routes use inspection. */
import type { Config } from '../config/config.ts';
import type { Inspector } from '../inspect/inspector.ts';
import type { StreamInspector } from '../inspect/snort/inspect-stream.ts';
import type { RuleSetOptions } from '../inspect/options.ts';
import { inspectionUse } from './inspection-use.ts';
import type { InspectionUse } from './inspection-use.ts';
import { FileRules } from './file-rules.ts';
import { RuleSets, seclangWish, snortWish } from './rule-sets.ts';
import type { MadeInspector } from './rule-sets.ts';
import type { Counts, RuleSource, SeclangWish, SnortWish } from './rule-source.ts';
import type { RuleState } from './rule-state.ts';
import { bounded } from './told-bounded.ts';

export interface Inspections {
  /** The inspector for a use that the configuration makes; undefined where nothing is inspected. */
  readonly inspectorFor: (use: InspectionUse) => Inspector | undefined;
  /** The same for the bytes of a `tcp` listener; undefined where no rule is about them. */
  readonly streamsFor: (use: InspectionUse) => StreamInspector | undefined;
  /** All that `inspectorFor` gives. */
  readonly inspectors: readonly Inspector[];
  /** The rule sets in use. */
  readonly sets: readonly RuleSetCounts[];
}

export interface RuleSetCounts {
  /** Empty for the rules at the top of the configuration. */
  readonly name: string;
  /** Of SecLang. */
  readonly rules: Counts;
  /** Of Snort and Suricata. */
  readonly snort: Counts;
}

export type BuiltInspections =
  | {
      readonly kind: 'ok';
      readonly inspections: Inspections;
      /** Each ready to print. */
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'bad';
      readonly problems: readonly string[];
      /** How many there are, told or not. */
      readonly count: number;
    };

/** Rules come from files when no other source is given. What they remember is in `state`, if it is to be shared. */
export function buildInspections(
  config: Config,
  source: RuleSource = new FileRules(),
  state?: RuleState,
): BuiltInspections {
  const ruleSets = new RuleSets(source, state);
  const inspectors = new Map<string, Inspector>();
  const sets = new Map<string, RuleSetCounts>();
  for (const use of usesOf(config)) {
    const made = ruleSets.make(ruleSetOf(config, use), use);
    if (made === undefined) continue;
    inspectors.set(JSON.stringify(use), made.inspector);
    // Exclusions of routes are no matter of the set: the widest use tells what it holds.
    const known = sets.get(use.set);
    if (known === undefined || runOf(known) < runOf(made)) {
      sets.set(use.set, { name: use.set, rules: made.rules, snort: made.snort });
    }
  }
  const streams = new Map<string, StreamInspector>();
  for (const use of streamUsesOf(config)) {
    const made = ruleSets.makeStreams(ruleSetOf(config, use), use);
    if (made === undefined) continue;
    streams.set(JSON.stringify(use), made.streams);
    if (!sets.has(use.set)) sets.set(use.set, { name: use.set, rules: NO_RULES, snort: made.snort });
  }
  const tell = source.tellsAll === true ? (texts: Iterable<string>) => [...texts] : bounded;
  if (ruleSets.problems.size > 0)
    return {
      kind: 'bad',
      problems: tell(ruleSets.problems, 'problems'),
      count: ruleSets.problems.size,
    };
  const inspections: Inspections = {
    inspectorFor: (use) => inspectors.get(JSON.stringify(use)),
    streamsFor: (use) => streams.get(JSON.stringify(use)),
    inspectors: [...inspectors.values()],
    sets: [...sets.values()],
  };
  return { kind: 'ok', inspections, warnings: tell(ruleSets.warnings, 'warnings') };
}

/** The rule set that a use names. */
export function ruleSetOf({ inspection }: Config, { set }: InspectionUse): RuleSetOptions {
  const found = set === '' ? inspection : inspection.sets[set];
  if (found === undefined) throw new Error(`Rule set "${set}" passed the checks but is not there`);
  return found;
}

/** All rules that a configuration asks for, as a source is asked for them. */
export function rulesOf(config: Config): {
  readonly seclang: readonly SeclangWish[];
  readonly snort: readonly SnortWish[];
} {
  const uses = usesOf(config);
  const streamUses = streamUsesOf(config).filter((use) => ruleSetOf(config, use).snort.rules.length > 0);
  return {
    seclang: uses.map((use) => seclangWish(ruleSetOf(config, use), use)),
    snort: [...uses, ...streamUses].map((use) => snortWish(ruleSetOf(config, use), use)),
  };
}

/** What listeners and their routes ask for. */
function usesOf(config: Config): readonly InspectionUse[] {
  return Object.values(config.listeners)
    .filter(({ protocol }) => protocol === 'http')
    .flatMap((listener) => [
      inspectionUse(config, listener),
      ...listener.routes.map((name) => inspectionUse(config, listener, config.routes[name])),
    ])
    .filter(({ mode, sample }) => mode !== 'off' && sample > 0);
}

/** What `tcp` listeners ask for: rules about bytes are those of Snort. */
function streamUsesOf(config: Config): readonly InspectionUse[] {
  return Object.values(config.listeners)
    .filter(({ protocol }) => protocol === 'tcp')
    .map((listener) => inspectionUse(config, listener))
    .filter(({ mode }) => mode !== 'off');
}

const NO_RULES: Counts = { read: 0, run: 0 };

function runOf({ rules, snort }: Pick<MadeInspector, 'rules' | 'snort'>): number {
  return rules.run + snort.run;
}
