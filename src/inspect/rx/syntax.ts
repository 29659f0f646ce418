/**
 * The form of a parsed pattern, and how a pattern can be wrong.
 */
import type { ByteSet } from './byte-set.ts';

/**
 * What must hold between two bytes.
 *
 * `start` and `end` are the ends of the whole value; `line-start` and `line-end` are `^` and `$` under `(?m)`.
 */
export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge';

export type PatternNode =
  | { readonly kind: 'empty' }
  /** Exactly one byte of the set. */
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  /** Earlier parts are preferred. */
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  /** `max` is Infinity for `*` and `+`. */
  | {
      readonly kind: 'repeat';
      readonly part: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly isGreedy: boolean;
    }
  /** `index` counts capturing groups from 1, by their opening bracket. */
  | { readonly kind: 'capture'; readonly part: PatternNode; readonly index: number };

export interface Pattern {
  readonly root: PatternNode;
  readonly captureCount: number;
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
