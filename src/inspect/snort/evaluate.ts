/**
 * The exact answer: does this rule match this message, and where? Everything that comes before (literals, automata) may
 * only say for which rules it is worth asking.
 */
import type { CompiledGroup, CompiledRule } from './compile.ts';
import { applyEffect, conditionHolds } from './conditions.ts';
import type { FlowView } from './flow.ts';
import { isAboutProtocol } from './header.ts';
import { matchGroup } from './match-group.ts';
import type { Span } from './match-group.ts';
import type { MessageBuffers } from './message-buffers.ts';
import type { Dialect } from './rule.ts';

export interface SnortMatch {
  readonly rule: CompiledRule;
  /** Which buffers matched, and where in them. */
  readonly places: readonly MatchPlace[];
  /**
   * The budget of a group ran out before an answer: it counts as matched, so that nobody can hide behind the work that
   * a message makes. Blocking rules should take it as a hit; it is always to be logged.
   */
  readonly isExhausted: boolean;
}

export interface MatchPlace {
  /** The key of the buffer: `http_uri`, `snort_header:host`, `http_host|dotprefix`. */
  readonly buffer: string;
  /** The value that matched, as the options saw it. */
  readonly value: string;
  readonly spans: readonly Span[];
}

/** Evaluates header, conditions and buffers. Changes nothing: a match that counts is followed by `applyEffects`. */
export function evaluate(
  compiled: CompiledRule,
  buffers: MessageBuffers,
  flow: FlowView,
): SnortMatch | undefined {
  return isAboutProtocol(compiled.rule, flow.protocol) ? evaluateKnown(compiled, buffers, flow) : undefined;
}

/** As above, for a rule that is known to be about the protocol. */
export function evaluateKnown(
  compiled: CompiledRule,
  buffers: MessageBuffers,
  flow: FlowView,
): SnortMatch | undefined {
  buffers.failed = undefined;
  if (!isAboutFlow(compiled, flow)) return undefined;
  const variables = compiled.hasVariables ? new Map<string, number>() : NO_VARIABLES;
  const places: MatchPlace[] = [];
  let isExhausted = false;
  for (const group of compiled.groups) {
    const place = placeIn(group, buffers, compiled.rule.dialect, variables);
    if (place === undefined) {
      buffers.failed = group;
      return undefined;
    }
    if (place === 'exhausted') isExhausted = true;
    else if (place.spans.length > 0 || place.value !== '') places.push(place);
  }
  return { rule: compiled, places, isExhausted };
}

/** For the many rules that set none. */
const NO_VARIABLES = new Map<string, number>();

/** Whether the rule is about this connection and direction at all; cheap, and asked before any buffer is made. */
function isAboutFlow(compiled: CompiledRule, flow: FlowView): boolean {
  for (const condition of compiled.rule.conditions) if (!conditionHolds(condition, flow)) return false;
  return compiled.header === undefined || compiled.header(flow);
}

/** What a match leaves behind: bits and integers. */
export function applyEffects(compiled: CompiledRule, flow: FlowView): void {
  for (const effect of compiled.rule.effects) applyEffect(effect, flow);
}

function placeIn(
  group: CompiledGroup,
  buffers: MessageBuffers,
  dialect: Dialect,
  variables: Map<string, number>,
): MatchPlace | 'exhausted' | undefined {
  const texts = buffers.texts(group.buffer);
  const buffer = group.buffer.key;
  if (texts.length === 0) return group.whenAbsent === 'fails' ? undefined : { buffer, value: '', spans: [] };
  if (group.whenAbsent === 'only') return undefined;
  let isExhausted = false;
  for (const value of texts) {
    const { work } = value;
    const result = matchGroup(group.options, value, dialect, variables, !group.hasVariables);
    buffers.work += value.work - work;
    if (result.kind === 'match') return { buffer, value: value.text, spans: result.spans };
    if (result.kind === 'exhausted') isExhausted = true;
  }
  return isExhausted ? 'exhausted' : undefined;
}
