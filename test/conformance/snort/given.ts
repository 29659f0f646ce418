/**
 * For tests of this folder: buffers from a plain record, a connection, rules from text.
 */
import type { BufferKind, HttpBuffers } from '../../../src/inspect/snort/buffers.ts';
import { evaluate } from '../../../src/inspect/snort/evaluate.ts';
import type { SnortMatch } from '../../../src/inspect/snort/evaluate.ts';
import { FlowState } from '../../../src/inspect/snort/flow.ts';
import type { FlowView } from '../../../src/inspect/snort/flow.ts';
import { loadSnortRules } from '../../../src/inspect/snort/load.ts';
import type { LoadedSnortRules } from '../../../src/inspect/snort/load.ts';
import { MessageBuffers } from '../../../src/inspect/snort/message-buffers.ts';
import type { Dialect } from '../../../src/inspect/snort/rule.ts';

export type GivenBuffers = Readonly<Partial<Record<BufferKind, string | readonly string[]>>>;

/** `kind:name` for the kinds that take one: `{ 'snort_header:host': 'a' }` is given as `named`. */
export function givenBuffers(given: GivenBuffers, named: Readonly<Record<string, string>> = {}): HttpBuffers {
  return {
    buffer(kind, name) {
      const value = name === undefined ? given[kind] : named[`${kind}:${name}`];
      return typeof value === 'string' ? value : value?.[0];
    },
    each(kind) {
      const value = given[kind];
      return value === undefined ? [] : typeof value === 'string' ? [value] : value;
    },
  };
}

export function givenFlow(changes: Partial<FlowView> = {}): FlowView {
  return {
    direction: 'to_server',
    client: { address: '192.0.2.1', port: 40_000 },
    server: { address: '198.51.100.1', port: 80 },
    protocol: 'http',
    clientBytes: 100,
    serverBytes: 0,
    state: new FlowState(),
    hostBits: undefined,
    nowMs: 1_000_000,
    ...changes,
  };
}

/** One rule of these options, as the dialect's header has it. */
export function ruleText(options: string, header = 'alert tcp any any -> any any'): string {
  return `${header} (msg:"a test"; ${options} sid:1; rev:1;)`;
}

export function loadText(text: string, dialect: Dialect): LoadedSnortRules {
  return loadSnortRules([{ name: 'test.rules', text, dialect }]);
}

/** Evaluates the one rule of these options. Throws when it does not load. */
export function matchOptions(
  dialect: Dialect,
  options: string,
  given: GivenBuffers,
  flow: FlowView = givenFlow(),
): SnortMatch | undefined {
  const { rules, mistakes, notRun } = loadText(ruleText(options), dialect);
  const [rule] = rules;
  if (rule === undefined) throw new Error(JSON.stringify([...mistakes, ...notRun]));
  return evaluate(rule, new MessageBuffers(givenBuffers(given)), flow);
}
