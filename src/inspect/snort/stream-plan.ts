/**
 * The rules of one direction of a plain TCP connection, of which nobody has said what is in it: those about bytes.
 */
import type { CompiledOption, CompiledRule } from './compile.ts';
import { Coverages } from './coverage.ts';
import { isAboutProtocol } from './header.ts';
import type { RuleList } from './message-plan.ts';
import { makeIndexTables, RuleIndex } from './rule-index.ts';
import type { RuleIndexTables } from './rule-index.ts';
import type { Direction } from './rule.ts';

export interface StreamPlan {
  /** In the order of evaluation. */
  readonly rules: RuleList;
  readonly index: RuleIndex;
  /** 1 for each rule that, once it matches, matches whatever bytes follow. */
  readonly isLasting: Uint8Array;
  /** 1 for each rule. */
  readonly all: Uint8Array;
  /** Bytes that are scanned again with the next ones, so that no literal is cut. */
  readonly overlap: number;
}

/** Both directions. */
export interface StreamPlans {
  readonly toServer: StreamPlan;
  readonly toClient: StreamPlan;
}

export function planStreams(rules: readonly CompiledRule[]): StreamPlans {
  return { toServer: planStream(rules, 'to_server'), toClient: planStream(rules, 'to_client') };
}

export function planStream(rules: readonly CompiledRule[], direction: Direction): StreamPlan {
  const coverages = new Coverages(direction, true);
  const asked = rules.filter((compiled) => isAsked(compiled, coverages));
  const isLasting = Uint8Array.from(asked, ({ groups }) =>
    groups.every(({ options, whenAbsent }) => whenAbsent === 'fails' && options.every(isLastingOption))
      ? 1
      : 0,
  );
  return streamPlanBy(asked, makeIndexTables(asked, coverages), isLasting);
}

export function streamPlanBy(rules: RuleList, tables: RuleIndexTables, isLasting: Uint8Array): StreamPlan {
  return {
    rules,
    index: new RuleIndex(tables),
    isLasting,
    all: new Uint8Array(rules.length).fill(1),
    overlap: Math.max(1, tables.literalBytesMax) - 1,
  };
}

function isAsked({ rule, groups }: CompiledRule, coverages: Coverages): boolean {
  const { direction } = coverages;
  return (
    isAboutProtocol(rule, undefined) &&
    rule.conditions.every(
      (condition) => condition.kind !== 'flow' || (condition.direction ?? direction) === direction,
    ) &&
    groups.every(({ buffer, whenAbsent }) => whenAbsent !== 'fails' || coverages.of(buffer) !== 'never')
  );
}

/** What asks for something that is not there, for the end or for a size may hold now and not when more has come. */
function isLastingOption(option: CompiledOption): boolean {
  switch (option.kind) {
    case 'content':
      return !option.option.isNegated && !option.option.isAtEnd;
    case 'pcre':
      return !option.option.isNegated && !/\$|\\[zZGbB]|\(\?<?!/.test(option.pattern.source);
    case 'isdataat':
      return !option.isNegated;
    case 'byte_jump':
      return option.from !== 'end';
    case 'byte_test':
    case 'byte_extract':
    case 'byte_math':
      return !option.form.isText;
    case 'size':
    case 'base64_decode':
      return false;
  }
}
