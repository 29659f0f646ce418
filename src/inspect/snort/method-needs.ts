/** Which needs a method meets. There are few methods, so that they are remembered. */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { Need } from './needs.ts';
import { NO_NEEDS } from './need-scan.ts';
import type { NeedIds } from './need-scan.ts';

/** Methods that are remembered; those that clients make up find no room. */
const METHODS_MAX = 64;
const METHOD_BYTES_MAX = 32;

/** A need of the method: its number, and the literals of which one meets it. */
export type MethodNeed = readonly [id: number, literals: readonly string[]];

export function methodNeedsOf(needs: readonly Need[]): readonly MethodNeed[] {
  return [...needs.entries()]
    .filter(([, { coverage }]) => coverage.isMethod)
    .map(([id, { literals }]) => [id, literals]);
}

export class MethodNeeds {
  readonly #needs: readonly MethodNeed[];
  readonly #known = new Map<string, NeedIds>();

  constructor(needs: readonly MethodNeed[]) {
    this.#needs = needs;
  }

  of(method: string): NeedIds {
    if (this.#needs.length === 0) return NO_NEEDS;
    const known = this.#known.get(method);
    if (known !== undefined) return known;
    const folded = foldAscii(method);
    const found = this.#needs
      .filter(([, literals]) => literals.some((literal) => folded.includes(literal)))
      .map(([id]) => id);
    const ids = found.length === 0 ? NO_NEEDS : found;
    if (this.#known.size < METHODS_MAX && method.length <= METHOD_BYTES_MAX) this.#known.set(method, ids);
    return ids;
  }
}
