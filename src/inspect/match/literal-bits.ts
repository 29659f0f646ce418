/**
 * One pass over a text that says which tests may match it.
 *
 * Safety argument: a test is left out only if its operator promises that every match contains one of its literals
 * (operators/operator.ts) and none of them is in the text, compared without regard to ASCII case. So the answer can be
 * "maybe" where the truth is no, and never "no" where it is yes.
 */
import type { Operator } from '../operators/operator.ts';
import type { LiteralScan } from './kind.ts';
import { foldAscii, PhraseAutomaton } from './phrase-automaton.ts';

export class LiteralBits implements LiteralScan {
  readonly #automaton: PhraseAutomaton;
  /** For each literal the tests that need it. */
  readonly #testsOf: readonly (readonly number[])[];

  /** A test is known by its place in `operators`. */
  constructor(operators: readonly Operator[]) {
    const tests = new Map<string, number[]>();
    for (const [test, { literals }] of operators.entries()) {
      for (const literal of literals ?? []) {
        const key = foldAscii(literal);
        const list = tests.get(key) ?? [];
        list.push(test);
        tests.set(key, list);
      }
    }
    this.#automaton = new PhraseAutomaton([...tests.keys()]);
    this.#testsOf = [...tests.values()];
  }

  scanInto(text: string, into: Uint32Array): boolean {
    let isFound = false;
    this.#automaton.scan(text, (literal) => {
      isFound = true;
      for (const test of this.#testsOf[literal] ?? []) into[test >>> 5]! |= 1 << (test & 31); // Words for all tests.
      return false;
    });
    return isFound;
  }
}
