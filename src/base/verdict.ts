/**
 * What a step of the journey decided about an exchange, and why. Plain data, no policy.
 */

/** Why a verdict was given. `code` is stable and machine-readable, `text` is one sentence for people. */
export interface Reason {
  readonly code: string;
  readonly text: string;
}

/**
 * - `continue`: nothing to say; the next step goes on. Always the shared constant CONTINUE.
 * - `reply`: answer with an own page of this status, go on with the connection where framing allows it. `location` is
 *   where a redirect leads, as latin1 and unchecked: a rule may have made it from what the client sent.
 * - `deceive`: the decoy of the route answers, on the same connection; the client is marked as an attacker.
 * - `drop`: close without an answer.
 */
export type Verdict =
  | { readonly do: 'continue' }
  | { readonly do: 'reply'; readonly status: number; readonly because: Reason; readonly location?: string }
  | { readonly do: 'deceive'; readonly because: Reason }
  | { readonly do: 'drop'; readonly because: Reason };

/** The shared verdict of the common path: it allocates nothing, and can be compared by identity. */
export const CONTINUE: Verdict = Object.freeze({ do: 'continue' });

/** What the hit of a rule tells that counts as matched because the work for it was used up. */
export const USED_UP = 'the work for this rule was used up before an answer';

/** A rule that matched: which, where it is written, and what it matched where. */
export interface Hit {
  /** The rule's id, as the rule file spells it. */
  readonly rule: string;
  /** Where the rule is written: `file:line`. */
  readonly source: string;
  readonly message: string;
  /** SecLang severity 0 (EMERGENCY) to 7 (DEBUG). */
  readonly severity: number;
  readonly tags: readonly string[];
  /** The value that matched, e.g. `ARGS:id` or `REQUEST_HEADERS:User-Agent`. */
  readonly target: string;
  /** The matched bytes as latin1, at most 128 of them, unescaped: escape before it is written anywhere. */
  readonly matched: string;
  /** The transformations that led to the matched value, in order. */
  readonly transformations: readonly string[];
  /**
   * What the rule wants to be told beside it (`logdata`), as latin1, at most 512 bytes, behind USED_UP if that is so; left out
   * when there is neither.
   */
  readonly data?: string;
  /** What the rule added to the anomaly scores of its rule set; left out when it added nothing. */
  readonly score?: number;
}
