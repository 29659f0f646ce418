/**
 * One pass over a text that says which tests may match it.
 *
 * Safety argument: a test is left out only if its operator promises that every match contains one of its literals
 * (operators/operator.ts) and none of them is in the text, compared without regard to ASCII case. So the answer can be
 * "maybe" where the truth is no, and never "no" where it is yes.
 */
import type { Operator } from '../operators/operator.ts';
import { makeLiteralTables } from './literal-scanner.ts';
import type { LiteralTables } from './literal-scanner.ts';
import { foldAscii } from './phrase-automaton.ts';

/** A test is known by its place in `operators`. */
export function literalTablesFor(operators: readonly Pick<Operator, 'literals'>[]): LiteralTables {
  const tests = new Map<string, number[]>();
  for (const [test, { literals }] of operators.entries()) {
    for (const literal of literals ?? []) {
      const key = foldAscii(literal);
      const list = tests.get(key);
      if (list === undefined) tests.set(key, [test]);
      else list.push(test);
    }
  }
  return makeLiteralTables([...tests.keys()], [...tests.values()]);
}
