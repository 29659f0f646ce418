/**
 * The form of a parsed pattern, and how a pattern can be wrong.
 */
import type { ByteSet } from './byte-set.ts';

/**
 * What must hold between two bytes.
 *
 * `start` and `end` are the ends of the whole value; `final-end` is `$` and `\Z`, which hold also before a line feed
 * that ends the value; `line-start` and `line-end` are `^` and `$` under `(?m)`; `search-start` is `\G`.
 */
export type EdgeName =
  'start' | 'end' | 'final-end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge' | 'search-start';

/** How often a part is taken: as often as possible first, as seldom as possible first, or without going back. */
export type Greed = 'greedy' | 'lazy';

/** Exactly one byte of the set. */
export interface SetNode {
  readonly kind: 'set';
  readonly set: ByteSet;
  /** The byte in lower case, when the set is that byte, or that letter in both cases. */
  readonly letter?: string;
}

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly part: PatternNode;
  readonly min: number;
  /** Infinity for `*` and `+`. */
  readonly max: number;
  readonly greed: Greed;
}

/** `(?=...)`, `(?!...)`, `(?<=...)`, `(?<!...)`: the part must or must not match behind or before this place. */
export interface LookNode {
  readonly kind: 'look';
  readonly part: PatternNode;
  readonly isAhead: boolean;
  readonly isNegated: boolean;
}

/** What a group captured before, again. `groups` has several members only for a name that several groups share. */
export interface BackreferenceNode {
  readonly kind: 'backreference';
  readonly groups: readonly number[];
  readonly ignoresCase: boolean;
}

/** `(?(1)yes|no)`: the choice depends on a group having taken part, or on a look. */
export interface ConditionNode {
  readonly kind: 'condition';
  readonly condition: readonly number[] | LookNode;
  readonly yes: PatternNode;
  readonly no: PatternNode;
}

export type PatternNode =
  | { readonly kind: 'empty' }
  | SetNode
  | { readonly kind: 'edge'; readonly edge: EdgeName }
  /**
   * A look at one byte: the byte behind this place, or before it, is in the set; `atEdge` says whether it also holds
   * where there is no byte. Patterns with nothing more than this still run in linear time.
   */
  | {
      readonly kind: 'byte-look';
      readonly set: ByteSet;
      readonly isAhead: boolean;
      readonly atEdge: boolean;
    }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  /** Earlier parts are preferred. */
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  | RepeatNode
  /** `index` counts capturing groups from 1, by their opening bracket. */
  | { readonly kind: 'capture'; readonly part: PatternNode; readonly index: number }
  /** `\K`: what is reported as the match begins here. */
  | { readonly kind: 'keep' }
  | LookNode
  /** Once the part has matched, no other way of matching it is tried. Possessive quantifiers are this, too. */
  | { readonly kind: 'atomic'; readonly part: PatternNode }
  | BackreferenceNode
  | ConditionNode;

export interface Pattern {
  readonly root: PatternNode;
  readonly captureCount: number;
  /** Whether the pattern has none of `look`, `atomic`, `backreference`, `condition` and `\G`. */
  readonly isPure: boolean;
}

/** What a caller says beside the pattern; letters are those of `pcre:` options. */
export interface PatternOptions {
  /** `i` */
  readonly ignoreCase?: boolean;
  /** `s`: `.` matches a line feed, too. */
  readonly dotAll?: boolean;
  /** `m`: `^` and `$` hold at each line. */
  readonly multiLine?: boolean;
  /** `x`: white space and `#` comments in the pattern mean nothing. */
  readonly extended?: boolean;
  /** `A`: the match begins where the search does. */
  readonly anchored?: boolean;
  /** `E`: `$` holds at the very end only, not also before a last line feed. */
  readonly dollarEndOnly?: boolean;
  /** `G` (`U` in Perl's letters): quantifiers are lazy, and `?` makes them greedy. */
  readonly ungreedy?: boolean;
}

export type PatternErrorCode = 'pattern-syntax' | 'pattern-unsupported' | 'pattern-too-large';

/** Thrown while a pattern is read at load time, never while a request is inspected. */
export class PatternError extends Error {
  readonly code: PatternErrorCode;
  /** Offset in the pattern, from 0. */
  readonly index: number;

  constructor(code: PatternErrorCode, index: number, message: string) {
    super(message);
    this.code = code;
    this.index = index;
  }
}

export function syntaxError(index: number, because: string): PatternError {
  return new PatternError('pattern-syntax', index, because);
}

export function unsupportedError(index: number, what: string): PatternError {
  return new PatternError('pattern-unsupported', index, `${what} is not supported`);
}
