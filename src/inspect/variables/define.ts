/** Short forms of what most variables are. */
import type { Facts } from './facts.ts';
import { Value } from './value.ts';
import type { Variable } from './variable.ts';

type Traits = Partial<Pick<Variable, 'phase' | 'body' | 'isVolatile' | 'readMember' | 'readMeant'>>;

export function collection(name: string, read: Variable['read'], traits: Traits = {}): Variable {
  return { name, isCollection: true, phase: 1, body: undefined, isVolatile: false, ...traits, read };
}

/** A variable with one value that has no name of its own. */
export function single(name: string, read: (facts: Facts) => string, traits: Traits = {}): Variable {
  const readValue = (facts: Facts): readonly Value[] => [new Value('', read(facts))];
  return {
    name,
    isCollection: false,
    phase: 1,
    body: undefined,
    isVolatile: false,
    ...traits,
    read: readValue,
    readText: read,
  };
}
