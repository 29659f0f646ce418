/**
 * What a variable is: a name by which rules reach values of the exchange.
 */
import type { Facts } from './facts.ts';
import type { Value } from './value.ts';

export interface Variable {
  /** As SecLang's manual spells it; rules may use any case. */
  readonly name: string;
  /** True when it has named members, so that `NAME:member` makes sense. */
  readonly isCollection: boolean;
  /** The first phase in which it is known; before, it has no values. */
  readonly phase: 1 | 2 | 3 | 4 | 5;
  /** The body that it needs, at least in part. */
  readonly body: 'request' | 'response' | undefined;
  /** True when rules change it, or time does: its values are read anew each time. */
  readonly isVolatile: boolean;
  /** The values at this moment, in order. Every member of a collection is one Value. */
  readonly read: (facts: Facts) => readonly Value[];
  /** The text of the only value, for variables that are no collections. */
  readonly readText?: (facts: Facts) => string;
  /** One member by its name in lower case, where that is cheaper than reading all. */
  readonly readMember?: (facts: Facts, name: string) => string | undefined;
  /** Those of the values whose name, in lower case, is meant, where that is cheaper than reading all. */
  readonly readMeant?: (facts: Facts, isMeant: (name: string) => boolean) => readonly Value[];
}
