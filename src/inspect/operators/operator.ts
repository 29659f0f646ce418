/**
 * What an operator is: the test that a rule makes of a value.
 *
 * Operators see latin1 strings, one character a byte, and take time linear in the value, whatever it holds.
 */

/** Where in the value the match is; half-open. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface Operator {
  /**
   * Literals in lower case of which every match contains at least one, compared without regard to ASCII case;
   * undefined when there is no such set. A prefilter may skip values without any of them.
   */
  readonly literals: readonly string[] | undefined;
  /** Whether the value matches: a cheaper question than where. */
  test(value: string): boolean;
  /** Where a value that matches does so. Asked once for each hit. */
  find(value: string): Extent;
}

export interface OperatorKind {
  /** The name as SecLang's manual spells it; rules may use any case. */
  readonly name: string;
  /** Makes the operator ready. Throws an ArgumentError or a PatternError when the argument cannot be used. */
  readonly make: (argument: string) => Operator;
}

/** Thrown at load time, never while a request is inspected. */
export class ArgumentError extends Error {}

/** An operator whose match is the whole value. */
export function wholeValueOperator(test: (value: string) => boolean): Operator {
  return { literals: undefined, test, find: (value) => ({ start: 0, end: value.length }) };
}
