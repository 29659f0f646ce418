/**
 * What the rules that are named for one text may cost together. Attack: a text with the literals of thousands of rules, or one
 * for rules whose patterns have to backtrack.
 *
 * The rule at which it is used up counts as matched, which its hit says, and those behind it are not evaluated.
 */
import type { CompiledRule } from './compile.ts';
import type { SnortMatch } from './evaluate.ts';
import { dearerThan } from './match-group.ts';
import type { RuleList } from './message-plan.ts';

/**
 * Bytes that rules are evaluated on, each rule counted: 120 rules on 128 KiB, which take some 50 ms; of longer texts 64 rules.
 * A rule that cost more than its bytes should counts as more of them.
 */
export const EVALUATED_BYTES_MAX: number = 16 * 1024 * 1024;
const EVALUATED_RULES_MIN = 64;
/** What a rule counts besides the bytes. */
const RULE_BYTES = 8192;

export class EvaluationBudget {
  readonly #ruleBytes: number;
  #bytesLeft: number;

  /** `bytes` is the length of the text. Without a bound the slow reference evaluates every rule, whatever it costs. */
  constructor(bytes: number, isBounded = true) {
    this.#ruleBytes = RULE_BYTES + bytes;
    this.#bytesLeft = isBounded
      ? Math.max(EVALUATED_BYTES_MAX, EVALUATED_RULES_MIN * this.#ruleBytes)
      : Infinity;
  }

  /** Takes what one more rule costs at least. False when that is not left. */
  takesRule(): boolean {
    this.#bytesLeft -= this.#ruleBytes;
    return this.#bytesLeft >= 0;
  }

  /** Takes what the rule has cost beyond that, when its work is known (`MessageBuffers.work`). */
  takeWork(work: number): void {
    this.#bytesLeft -= dearerThan(this.#ruleBytes, work);
  }
}

/**
 * Which of the named rules counts as matched when the work is used up: the first that tells anything. It leaves nothing
 * behind. Undefined when none does.
 */
export function firstTold(rules: RuleList, named: readonly number[]): number | undefined {
  return named.find((index) => {
    const { header, isSilent } = rules.at(index)!.rule; // Named by their place.
    return !isSilent && header.action !== 'pass';
  });
}

/** As what the rule counts. */
export function givenUp(rule: CompiledRule): SnortMatch {
  return { rule, places: [], isExhausted: true };
}
