/**
 * The rules of one direction of HTTP, and what of them is asked when.
 */
import type { CompiledRule } from './compile.ts';
import { Coverages, isKnownFromHead } from './coverage.ts';
import { FieldNeeds } from './field-needs.ts';
import { isAboutProtocol } from './header.ts';
import { usedBuffers } from './message-texts.ts';
import type { UsedBuffers } from './message-texts.ts';
import type { NeedIds } from './need-scan.ts';
import { sizeMaxOf } from './needs.ts';
import { makeIndexTables, RuleIndex } from './rule-index.ts';
import type { RuleIndexTables } from './rule-index.ts';
import type { Condition, Direction, Effect } from './rule.ts';

/** How the application protocol is called. */
export const HTTP = 'http';

/** Rules by their place, in the order of evaluation: a list, or some that are compiled when they are asked for. */
export interface RuleList {
  readonly length: number;
  at(place: number): CompiledRule | undefined;
}

export interface MessagePlan {
  readonly direction: Direction;
  readonly rules: RuleList;
  /** 1 for each rule that is asked when the head is known, and 1 for each that has to wait for the body. */
  readonly inHead: Uint8Array;
  readonly inBody: Uint8Array;
  readonly hasHeadRules: boolean;
  readonly hasBodyRules: boolean;
  readonly used: UsedBuffers;
  /** Undefined for the slow reference, which evaluates every rule. */
  readonly fast: FastMessagePlan | undefined;
}

export interface FastMessagePlan {
  readonly index: RuleIndex;
  readonly fields: FieldNeeds | undefined;
  /** What the lines of responses have met. */
  readonly byStatus: Map<number, NeedIds>;
}

export function planMessages(
  rules: readonly CompiledRule[],
  direction: Direction,
  isFast: boolean,
): MessagePlan {
  const coverages = new Coverages(direction);
  const asked = rules.filter((compiled) => isAsked(compiled, coverages));
  const inBody = waitingForBody(asked);
  return {
    direction,
    rules: asked,
    inHead: inBody.map((isWaiting) => 1 - isWaiting),
    inBody,
    hasHeadRules: inBody.includes(0),
    hasBodyRules: inBody.includes(1),
    used: usedBuffers(asked, direction),
    fast: isFast ? planFast(asked, coverages) : undefined,
  };
}

function planFast(rules: readonly CompiledRule[], coverages: Coverages): FastMessagePlan {
  return fastBy(makeIndexTables(rules, coverages));
}

export function fastBy(tables: RuleIndexTables): FastMessagePlan {
  const index = new RuleIndex(tables);
  return {
    index,
    fields: index.fields === undefined ? undefined : new FieldNeeds(index.fields, tables),
    byStatus: new Map(),
  };
}

/** Whether the rule can be about a message of HTTP in this direction. */
function isAsked(compiled: CompiledRule, coverages: Coverages): boolean {
  const { rule } = compiled;
  return (
    isAboutProtocol(rule, HTTP) &&
    rule.conditions.every((condition) => mayHold(condition, coverages.direction)) &&
    !isTooSmall(compiled) &&
    compiled.groups.every(
      ({ buffer, whenAbsent }) => whenAbsent !== 'fails' || coverages.of(buffer) !== 'never',
    )
  );
}

/** The smallest message: a method, a target, and two line ends. */
const MESSAGE_BYTES_MIN = 7;

/** Old rules look for packets of one byte; a message as a whole is never as small. */
function isTooSmall({ groups }: CompiledRule): boolean {
  return groups.some((group) => group.buffer.key === 'payload' && sizeMaxOf(group) < MESSAGE_BYTES_MIN);
}

function mayHold(condition: Condition, direction: Direction): boolean {
  if (condition.kind !== 'flow') return true;
  return (
    (condition.direction === undefined || condition.direction === direction) &&
    condition.state !== 'not_established'
  );
}

/** 1 for a rule that looks at the body, or that tests what such a rule sets: it must not be asked before that one. */
function waitingForBody(rules: readonly CompiledRule[]): Uint8Array {
  const waiting = Uint8Array.from(rules, ({ groups }) =>
    groups.every(({ buffer }) => isKnownFromHead(buffer.kind)) ? 0 : 1,
  );
  const setters = settersOf(rules);
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [index, { rule }] of rules.entries()) {
      if (waiting[index] === 1) continue;
      const isBehind = rule.conditions
        .flatMap(namesTested)
        .some((name) => setters.get(name)?.some((index) => waiting[index] === 1) === true);
      if (!isBehind) continue;
      waiting[index] = 1;
      isChanged = true;
    }
  }
  return waiting;
}

/** By the name of a bit, the rules that set it. */
function settersOf(rules: readonly CompiledRule[]): ReadonlyMap<string, readonly number[]> {
  const setters = new Map<string, number[]>();
  for (const [index, { rule }] of rules.entries()) {
    for (const name of rule.effects.flatMap(namesSet)) {
      const known = setters.get(name);
      if (known === undefined) setters.set(name, [index]);
      else known.push(index);
    }
  }
  return setters;
}

function namesSet(effect: Effect): readonly string[] {
  return effect.kind === 'flowbits' ? effect.names : [effect.name];
}

function namesTested(condition: Condition): readonly string[] {
  if (condition.kind === 'flowbits') return condition.bits.names;
  return condition.kind === 'xbits' || condition.kind === 'flowint' ? [condition.name] : [];
}
