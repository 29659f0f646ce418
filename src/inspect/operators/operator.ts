/**
 * What an operator is: the test that a rule makes of a value.
 *
 * Operators see latin1 strings, one character a byte, and take time linear in the value, whatever it holds.
 */
import type { ByteSet } from '../rx/byte-set.ts';
import type { RegexMemory } from '../rx/memory.ts';
import type { Regex } from '../rx/regex.ts';
import type { PlanNotes } from '../shared/notes.ts';

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
  /** A set of bytes, all of `allowed`, of which every match holds one; left out, or undefined, when none is known. */
  neededBytes?(allowed: ByteSet): ByteSet | undefined;
  /**
   * Literals as above, each with a byte of `marks`, of which every match holds one in a value without bytes of `absent`; left
   * out, or undefined, when there are no such.
   */
  markedLiterals?(marks: ByteSet, absent: ByteSet): readonly string[] | undefined;
  /** The length of the longest value without a line feed that matches; left out, or undefined, when that is not known. */
  longest?(): number | undefined;
  /** The pattern whose outcome is that of `test`, if it is nothing but a pattern: several can be run in one pass. */
  readonly regex?: Regex | undefined;
  /** Whether the value matches: a cheaper question than where. Answers true when it cannot be found out in bounds. */
  test(value: string): boolean;
  /** Where a value that matches does so. Asked once for each hit. */
  find(value: string): Extent;
  /**
   * What a value that matches leaves in TX.0 to TX.9 when its rule has `capture`: at most ten, the match first. Left
   * out by operators that capture nothing but what they find: see `capturesOf`.
   */
  captures?(value: string): readonly string[];
  /** Whether the last `test` gave up at its bound and answered true for that. Left out by those that never do. */
  wasExhausted?(): boolean;
}

/**
 * TX.0 to TX.9 for a value that matches. An operator without groups captures what it finds: left as they were, they would
 * be told as if they were of this match, and are of a rule before it.
 */
export function capturesOf(operator: Operator, value: string): readonly string[] {
  if (operator.captures !== undefined) return operator.captures(value);
  const { start, end } = operator.find(value);
  return [value.slice(start, end)];
}

/** What operators need from outside when they are made, and share while one set of rules is read. */
export interface OperatorContext {
  /**
   * The text of a data file, latin1, named relative to the file of the rule. Throws an ArgumentError when it cannot be
   * read.
   */
  readonly readFile: (name: string) => string;
  /**
   * Operators made of files, by kind and text: rules that name the same file share one automaton. One map for all files
   * of a rule set; without it nothing is shared.
   */
  readonly shared?: Map<string, Operator>;
  /** What the regular expressions of a rule set share; without it each is alone. */
  readonly patterns?: RegexMemory | undefined;
  /** What was found out before, of the same rules; without it everything is found out here. */
  readonly notes?: PlanNotes | undefined;
}

export interface OperatorKind {
  /** The name as SecLang's manual spells it; rules may use any case. */
  readonly name: string;
  /**
   * Whether the argument may hold macros (`%{tx.limit}`). Such an argument is expanded when the rule runs and the
   * operator is made of the result; for all other operators `%{` is text.
   */
  readonly takesMacros: boolean;
  /** Whether what it makes may give up (`Operator.wasExhausted`); left out by those that never do. */
  readonly mayGiveUp?: true;
  /** Makes the operator ready. Throws an ArgumentError or a PatternError when the argument cannot be used. */
  readonly make: (argument: string, context: OperatorContext) => Operator;
}

/** Thrown when an operator is made: at load time, or for an argument with macros when they are expanded. */
export class ArgumentError extends Error {}

/** A context without files: for arguments whose macros are expanded at run time, and for tests. */
export const NO_FILES: OperatorContext = {
  readFile: (name) => {
    throw new ArgumentError(`file "${name}" cannot be read here`);
  },
};

/** Whether the operator may give up on some value. Expressions that run in linear time do not. */
export function mayGiveUp(operator: Operator): boolean {
  return 'wasExhausted' in operator && operator.regex?.isLinear !== true;
}

/** An operator whose match is the whole value. */
export function wholeValueOperator(test: (value: string) => boolean): Operator {
  return { literals: undefined, test, find: (value) => ({ start: 0, end: value.length }) };
}
