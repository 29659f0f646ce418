/**
 * `@rx`. Description: the value matches the regular expression somewhere. Arguments: a pattern in the part of PCRE's
 * syntax that runs in linear time (see rx/parse.ts); `.` matches a line feed, `$` only the very end.
 * Example: `@rx (?i)union\s+select`.
 */
import { LazyDfa } from '../rx/lazy-dfa.ts';
import { neededLiterals } from '../rx/literals.ts';
import { parsePattern } from '../rx/parse.ts';
import { findMatch } from '../rx/pike.ts';
import { compileProgram } from '../rx/program.ts';
import type { Operator } from './operator.ts';

export function makeRx(argument: string): Operator {
  const pattern = parsePattern(argument);
  const program = compileProgram(pattern, 'none');
  const automaton = new LazyDfa(program);
  return {
    literals: neededLiterals(pattern.root),
    test: (value) => automaton.matches(value),
    find(value) {
      const slots = findMatch(program, value);
      return { start: slots?.[0] ?? 0, end: slots?.[1] ?? 0 };
    },
  };
}
