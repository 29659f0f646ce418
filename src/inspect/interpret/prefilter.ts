/**
 * One pass over a text that says which tests may match it.
 *
 * Safety argument: a test is left out only if its operator promises that every match contains one of its literals
 * (operators/operator.ts) and none of them is in the text, compared without regard to ASCII case. So the answer can be
 * "maybe" where the truth is no, and never "no" where it is yes. Tests without such literals are always maybe.
 * test/fuzz and test/conformance compare the hits with and without this.
 */
import { foldAscii, PhraseAutomaton } from '../match/phrase-automaton.ts';
import type { Operator } from '../operators/operator.ts';

export class Prefilter {
  readonly #automaton: PhraseAutomaton;
  /** For each literal the tests that need it. */
  readonly #testsOf: readonly (readonly number[])[];
  readonly #words: number;
  /** Nearly every text contains no literal at all, and they all share this answer. */
  readonly #none: Uint32Array;

  /** A test is known by its place in `operators`. */
  constructor(operators: readonly Operator[]) {
    const tests = new Map<string, number[]>();
    for (const [test, operator] of operators.entries()) {
      for (const literal of operator.literals ?? []) {
        const key = foldAscii(literal);
        const list = tests.get(key) ?? [];
        list.push(test);
        tests.set(key, list);
      }
    }
    this.#automaton = new PhraseAutomaton([...tests.keys()]);
    this.#testsOf = [...tests.values()];
    this.#words = (operators.length + 31) >>> 5;
    this.#none = new Uint32Array(this.#words);
  }

  /** One bit for each test with literals: set if one of them is in the text. Not to be changed by the caller. */
  candidates(text: string): Uint32Array {
    let found = this.#none;
    this.#automaton.scan(text, (literal) => {
      if (found === this.#none) found = new Uint32Array(this.#words);
      for (const test of this.#testsOf[literal] ?? []) found[test >>> 5]! |= 1 << (test & 31); // Words for all tests.
      return false;
    });
    return found;
  }
}

export function hasCandidate(candidates: Uint32Array, test: number): boolean {
  return ((candidates[test >>> 5] ?? 0) & (1 << (test & 31))) !== 0;
}
