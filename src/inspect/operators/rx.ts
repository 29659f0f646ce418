/**
 * `@rx`. Description: the value matches the regular expression somewhere. Arguments: a pattern in PCRE's syntax (see
 * rx/parse.ts); as in ModSecurity 3, `.` matches a line feed, and `^` and `$` hold at each line. Returns: the match and
 * its first nine groups. Example: `@rx (?i)union\s+select`.
 *
 * `@rxGlobal`. Description: the same for every match in the value, not only the first. Arguments: as above. Returns: the
 * groups of all matches, where a later match replaces what an earlier one left. Example: `@rxGlobal [?&]id=(\d+)`.
 */
import type { ByteSet } from '../rx/byte-set.ts';
import { compileRegex, EXHAUSTED, findAll, NO_MATCH, SECLANG_OPTIONS } from '../rx/regex.ts';
import type { Match, Outcome, Regex } from '../rx/regex.ts';
import { NO_FILES } from './operator.ts';
import type { Extent, Operator, OperatorContext } from './operator.ts';

/** TX.0 to TX.9. */
const CAPTURES_MAX = 10;
/** Matches of `@rxGlobal` in one value. */
const MATCHES_MAX = 500;

export function makeRx(argument: string, { patterns }: OperatorContext = NO_FILES): Operator {
  const regex = compileRegex(argument, SECLANG_OPTIONS, patterns);
  return new RxOperator(regex, (value) => captured(value, regex.find(value)));
}

export function makeRxGlobal(argument: string, { patterns }: OperatorContext = NO_FILES): Operator {
  const regex = compileRegex(argument, SECLANG_OPTIONS, patterns);
  return new RxOperator(regex, (value) => {
    const texts: string[] = [];
    for (const match of findAll(regex, value, MATCHES_MAX)) {
      for (const [index, text] of captured(value, match).entries()) texts[index] = text;
    }
    return texts;
  });
}

class RxOperator implements Operator {
  readonly captures: (value: string) => readonly string[];
  readonly regex: Regex;
  #outcome: Outcome = NO_MATCH;

  constructor(regex: Regex, captures: (value: string) => readonly string[]) {
    this.captures = captures;
    this.regex = regex;
  }

  get literals(): readonly string[] | undefined {
    return this.regex.literals;
  }

  neededBytes(allowed: ByteSet): ByteSet | undefined {
    return this.regex.neededBytes(allowed);
  }

  markedLiterals(marks: ByteSet, absent: ByteSet): readonly string[] | undefined {
    return this.regex.markedLiterals(marks, absent);
  }

  longest(): number | undefined {
    return this.regex.longest;
  }

  test(value: string): boolean {
    this.#outcome = this.regex.test(value);
    return this.#outcome !== NO_MATCH;
  }

  find(value: string): Extent {
    const match = this.regex.find(value);
    return { start: match?.start ?? 0, end: match?.end ?? 0 };
  }

  wasExhausted(): boolean {
    return this.#outcome === EXHAUSTED;
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
