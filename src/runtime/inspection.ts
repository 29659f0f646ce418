/** The inspectors of a configuration: rules are read and compiled once, whatever the number of modes they run in. */
import type { Config } from '../config/config.ts';
import { compileRules, makeInspector } from '../inspect/build.ts';
import type { Inspector } from '../inspect/inspector.ts';
import { loadRules } from '../inspect/load-rules.ts';
import { formatMistake } from '../inspect/mistake.ts';

/** Inspectors by mode. `undefined` where no route asks for that mode. */
export interface Inspectors {
  readonly on: Inspector | undefined;
  readonly detect: Inspector | undefined;
}

export type BuiltInspectors =
  | {
      readonly kind: 'ok';
      readonly inspectors: Inspectors;
      readonly ruleCount: number;
      /** Each ready to print. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

export function buildInspectors(config: Config): BuiltInspectors {
  const modes = inspectionModes(config);
  if (!modes.has('on') && !modes.has('detect')) {
    return { kind: 'ok', inspectors: { on: undefined, detect: undefined }, ruleCount: 0, warnings: [] };
  }
  const loaded = loadRules(config.inspection.rules, '');
  if (loaded.kind === 'bad') return { kind: 'bad', problems: loaded.mistakes.map(formatMistake) };
  const compiled = compileRules(loaded.files, { exclude: config.inspection.exclude });
  if (compiled.kind === 'bad') return { kind: 'bad', problems: compiled.mistakes.map(formatMistake) };
  const { plan, warnings } = compiled;
  const inspectorFor = (mode: 'on' | 'detect'): Inspector | undefined =>
    modes.has(mode) ? makeInspector(plan, { mode }) : undefined;
  return {
    kind: 'ok',
    inspectors: { on: inspectorFor('on'), detect: inspectorFor('detect') },
    ruleCount: plan.ruleCount,
    warnings: warnings.map(formatMistake),
  };
}

/** The modes that some listener or route asks for. */
function inspectionModes(config: Config): ReadonlySet<string> {
  const modes = new Set<string>();
  for (const listener of Object.values(config.listeners)) {
    if (listener.protocol === 'tcp') continue;
    modes.add(listener.inspection);
    for (const name of listener.routes) modes.add(config.routes[name]?.inspection ?? listener.inspection);
  }
  return modes;
}
