/**
 * Something wrong in a rule file. Readers of rules collect all of them; nobody stops at the first.
 */

/** Stable codes, one per kind of mistake; docs/compat/seclang.md has a row for each. */
export type MistakeCode =
  | 'rules-missing'
  | 'rules-unreadable'
  | 'rules-encoding'
  | 'rules-too-large'
  | 'rules-kind'
  | 'directive-unknown'
  | 'directive-unsupported'
  | 'directive-arguments'
  | 'directive-ignored'
  | 'include-loop'
  | 'include-limit'
  | 'quote-open'
  | 'variable-unknown'
  | 'variable-unsupported'
  | 'variable-selector'
  | 'variable-phase'
  | 'operator-unknown'
  | 'operator-unsupported'
  | 'operator-argument'
  | 'pattern-syntax'
  | 'pattern-unsupported'
  | 'pattern-too-large'
  | 'macro-unknown'
  | 'macro-unsupported'
  | 'action-unknown'
  | 'action-unsupported'
  | 'action-argument'
  | 'action-conflict'
  | 'action-ignored'
  | 'transformation-unknown'
  | 'id-missing'
  | 'id-duplicate'
  | 'chain-open'
  | 'marker-unknown'
  | 'rule-unknown'
  | 'exclude-unknown';

export interface RuleMistake {
  /** The name of the rule file, or `exclude` for a mistake in the list of excluded rules. */
  readonly file: string;
  /** Counted from 1; 0 when the mistake belongs to the file as a whole. */
  readonly line: number;
  readonly column: number;
  readonly code: MistakeCode;
  /** One sentence, with the offending text quoted. */
  readonly text: string;
}

/** `rules/a.conf:3:9: text [code]`, the form that editors can jump to. */
export function formatMistake(mistake: RuleMistake): string {
  const place = mistake.line === 0 ? mistake.file : `${mistake.file}:${mistake.line}:${mistake.column}`;
  return `${place}: ${mistake.text} [${mistake.code}]`;
}
