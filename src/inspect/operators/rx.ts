/**
 * `@rx`. Description: the value matches the regular expression somewhere. Arguments: a pattern in PCRE's syntax (see
 * rx/parse.ts); as in ModSecurity 3, `.` matches a line feed, and `^` and `$` hold at each line. Returns: the match and
 * its first nine groups. Example: `@rx (?i)union\s+select`.
 *
 * `@rxGlobal`. Description: the same for every match in the value, not only the first. Arguments: as above. Returns: the
 * groups of all matches, where a later match replaces what an earlier one left, so those of the last. Example:
 * `@rxGlobal [?&]id=(\d+)`.
 */
import type { ByteSet } from '../rx/byte-set.ts';
import { compileRegex, EXHAUSTED, findLast, NO_MATCH, SECLANG_OPTIONS } from '../rx/regex.ts';
import type { Match, Outcome, Regex } from '../rx/regex.ts';
import { NO_FILES } from './operator.ts';
import type { Extent, Operator, OperatorContext } from './operator.ts';

/** TX.0 to TX.9. */
const CAPTURES_MAX = 10;

export function makeRx(argument: string, { patterns }: OperatorContext = NO_FILES): Operator {
  return new RxOperator(compileRegex(argument, SECLANG_OPTIONS, patterns));
}

export function makeRxGlobal(argument: string, { patterns }: OperatorContext = NO_FILES): Operator {
  return new RxGlobalOperator(compileRegex(argument, SECLANG_OPTIONS, patterns));
}

/** What both are asked that is only about the pattern. */
abstract class PatternOperator implements Operator {
  protected readonly pattern: Regex;

  constructor(pattern: Regex) {
    this.pattern = pattern;
  }

  abstract test(value: string): boolean;
  abstract captures(value: string): readonly string[];
  abstract wasExhausted(): boolean;

  get literals(): readonly string[] | undefined {
    return this.pattern.literals;
  }

  neededBytes(allowed: ByteSet): ByteSet | undefined {
    return this.pattern.neededBytes(allowed);
  }

  markedLiterals(marks: ByteSet, absent: ByteSet): readonly string[] | undefined {
    return this.pattern.markedLiterals(marks, absent);
  }

  longest(): number | undefined {
    return this.pattern.longest;
  }

  find(value: string): Extent {
    const match = this.pattern.find(value);
    return { start: match?.start ?? 0, end: match?.end ?? 0 };
  }
}

class RxOperator extends PatternOperator {
  #outcome: Outcome = NO_MATCH;

  get regex(): Regex {
    return this.pattern;
  }

  test(value: string): boolean {
    this.#outcome = this.pattern.test(value);
    return this.#outcome !== NO_MATCH;
  }

  captures(value: string): readonly string[] {
    return captured(value, this.pattern.find(value));
  }

  wasExhausted(): boolean {
    return this.#outcome === EXHAUSTED;
  }
}

class RxGlobalOperator extends PatternOperator {
  /** The last value that was tested and matched: what it captures is asked right behind. */
  #tested: { readonly value: string; readonly last: Match | undefined } | undefined;
  #isExhausted = false;

  test(value: string): boolean {
    this.#isExhausted = false;
    if (this.pattern.test(value) === NO_MATCH) return false;
    const { match, isExhausted } = findLast(this.pattern, value);
    this.#tested = { value, last: match };
    this.#isExhausted = isExhausted;
    return true;
  }

  captures(value: string): readonly string[] {
    const last = this.#tested?.value === value ? this.#tested.last : findLast(this.pattern, value).match;
    return captured(value, last);
  }

  wasExhausted(): boolean {
    return this.#isExhausted;
  }
}

/** The match and its groups as text; a group that took no part is empty. */
function captured(value: string, match: Match | undefined): readonly string[] {
  if (match === undefined) return [];
  const texts: string[] = [];
  for (let index = 0; index < Math.min(CAPTURES_MAX, match.captureCount + 1); index++) {
    const span = match.captures(index);
    texts.push(span === undefined ? '' : value.slice(span.start, span.end));
  }
  return texts;
}
