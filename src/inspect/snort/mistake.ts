/**
 * What can be wrong with a file of Snort rules. Readers collect all mistakes; the rules without any still load.
 */

/** Stable codes; docs/compat/snort.md has a row for each. */
export type SnortMistakeCode =
  | 'line-unknown'
  | 'rule-form'
  | 'rule-too-large'
  | 'header-form'
  | 'header-address'
  | 'header-port'
  | 'option-unknown'
  | 'option-argument'
  | 'option-place'
  | 'variable-unknown'
  | 'variable-form'
  | 'sid-missing'
  | 'sid-duplicate'
  | 'pattern-syntax'
  | 'config-form'
  | 'exclude-unknown';

export interface SnortMistake {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly code: SnortMistakeCode;
  /** One sentence, with the offending text quoted. */
  readonly text: string;
}

/** Thrown by the readers of one option, caught by the reader of its rule. Never while traffic is inspected. */
export class OptionError extends Error {
  readonly code: SnortMistakeCode;
  /** Offset behind the beginning of the option's value, from 0. */
  readonly index: number;

  constructor(message: string, code: SnortMistakeCode = 'option-argument', index = 0) {
    super(message);
    this.code = code;
    this.index = index;
  }
}

/** Thrown while a rule is compiled: the pattern of this option is wrong, or is right and cannot be run. */
export class RulePatternError extends Error {
  readonly isSyntax: boolean;
  readonly line: number;
  readonly column: number;

  constructor(message: string, isSyntax: boolean, place: { readonly line: number; readonly column: number }) {
    super(message);
    this.isSyntax = isSyntax;
    this.line = place.line;
    this.column = place.column;
  }
}

/** The text in quotes and on one line, cut to a length that fits a message. */
export function quotedText(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
