/** Rules compiled: everything that running them needs, shared by all exchanges. */
import type { CleanPhase, CleanStep } from '../compile/fold.ts';
import type { Naming } from '../compile/naming.ts';
import type { RunContext } from '../interpret/evaluate-rule.ts';
import type { PhaseProgram } from '../interpret/phase.ts';
import type { LinkTests } from '../match/held-texts.ts';
import type { Namer } from '../match/namer.ts';
import type { BaseState, Loud } from '../variables/exchange-state.ts';

/** The fast way through the rules; see compile/fold.ts and match/namer.ts. */
export interface FastPath {
  /** Phases 1 to 5. */
  readonly phases: readonly CleanPhase[];
  readonly naming: Naming;
  readonly namer: Namer;
  /** For each phase, from 1, the rules that are run for every exchange. */
  readonly always: readonly (readonly CleanStep[])[];
  /** For each rule by its index the place in naming.rules; -1 for rules that no test names. */
  readonly namedOf: Int32Array;
  /** For each test the phase of the rule of which it is the need that tells most; 0 for the others. */
  readonly phaseOf: Uint8Array;
  /** For each test one bit of the phase in phaseOf: namingBit, or leadingBit where its rule only leads around others. */
  readonly bitsOf: Uint16Array;
  readonly linkTests: LinkTests;
  /** Some rule is run in phase 5. */
  readonly hasLogging: boolean;
}

/** Phases are 1 to 5; 0 is none. */
export function namingBit(phase: number): number {
  return 1 << phase;
}

export function leadingBit(phase: number): number {
  return 1 << (phase + 8);
}

export interface Plan {
  readonly ruleCount: number;
  /** Phases 1 to 5. */
  readonly programs: readonly PhaseProgram[];
  readonly context: RunContext;
  readonly initial: BaseState;
  readonly loud: Loud;
  readonly needsRequestBody: boolean;
  readonly needsResponseBody: boolean;
  /** False when the rule files switch it off (SecResponseBodyAccess), until a `ctl` switches it on. */
  readonly isResponseBodyRead: boolean;
  /** Some rule is run from phase 3 on. */
  readonly needsResponse: boolean;
  /** Undefined for the slow reference, which runs every rule on every value. */
  readonly fast: FastPath | undefined;
}
