/**
 * Which values a rule looks at: one word between the bars of `ARGS|!ARGS:comment|&TX:/^score/|XML:/*`.
 */
import type { Variable } from '../variables/variable.ts';

/** Which members of a collection. Names are compared without regard to ASCII case. */
export type Selector =
  /** The member with this name, in lower case. */
  | { readonly kind: 'name'; readonly name: string }
  /** Members whose name matches an expression: `ARGS:/^a/`. `text` is the expression as it is written. */
  | { readonly kind: 'pattern'; readonly text: string; readonly test: (name: string) => boolean };

export interface Target {
  readonly variable: Variable;
  /** Undefined for all members, and for variables that have none. */
  readonly selector: Selector | undefined;
  /** Members that are left out. */
  readonly excluded: readonly Selector[];
  /** True for `&NAME`: the number of values is tested, not the values. */
  readonly isCount: boolean;
}

/** `member` is in lower case. */
export function selects(selector: Selector, member: string): boolean {
  return selector.kind === 'name' ? selector.name === member : selector.test(member);
}
