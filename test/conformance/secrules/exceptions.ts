/**
 * Vectors whose answer we do not give, each with the reason.
 */
import type { Vector } from './vectors.ts';

export interface Exception {
  readonly operator: string;
  /** The vectors it is about; all of the operator when left out. */
  readonly param?: string;
  readonly reason: string;
  /** How many vectors it excuses. */
  readonly count: number;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    operator: 'validateSchema',
    reason: 'is not run, and the schema that the vectors name is not among them',
    count: 5,
  },
  {
    operator: 'ipMatch',
    param: '10.0.0.0/100',
    reason: 'is no network: the rule is refused when it is loaded, where the vector wants it never to match',
    count: 1,
  },
];

export function exceptionFor(operator: string, vector: Vector): Exception | undefined {
  return EXCEPTIONS.find(
    (exception) =>
      exception.operator === operator && (exception.param === undefined || exception.param === vector.param),
  );
}
