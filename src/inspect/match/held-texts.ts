/**
 * Which values of an exchange may satisfy a link of a rule, for the interpreter: what naming has found out of them is not
 * found out again, so that it does not transform and test twenty header fields to find the one argument that matches.
 *
 * Safety argument: a test is numbered for a link whose outcome for a value depends on nothing but the value, and naming made
 * it on every value that the link can look at (namer.ts), or a rule would be left out wrongly, too. A value whose text is
 * not among those for which it held does not satisfy the link. Texts are compared, not places, so that it may say too
 * much, never too little.
 */
import type { PlannedRule } from '../interpret/planned-rule.ts';
import type { Marks, Texts } from './marks.ts';

/** For each rule by its index the test of each link, -1 for none. */
export type LinkTests = readonly (readonly number[] | undefined)[];

export class HeldTexts {
  readonly #marks: Marks;
  readonly #tests: LinkTests;
  /** By test: rules of chains ask once for each match. */
  readonly #known = new Map<number, Texts>();

  /** `marks` are those of all values that are known by now. */
  constructor(marks: Marks, tests: LinkTests) {
    this.#marks = marks;
    this.#tests = tests;
  }

  /** The texts of all values that satisfy the link; undefined where that is not known. Counts are not among them. */
  of({ index }: PlannedRule, link: number): Texts | undefined {
    const test = this.#tests[index]?.[link] ?? -1;
    if (test < 0) return undefined;
    let texts = this.#known.get(test);
    if (texts === undefined) {
      texts = this.#marks.textsOf(test);
      this.#known.set(test, texts);
    }
    return texts;
  }
}
