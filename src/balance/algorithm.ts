/**
 * What an algorithm of balancing is. Each has a file of its own; `algorithms.ts` is the table of all, and
 * `algorithms.test.ts` the suite that all of them pass.
 */
import type { RequestHead } from '../http/request-head.ts';
import type { Candidates } from './candidates.ts';

/** Answers that name no server. */
export const NOBODY = -1;

/** Who asks for a server. Read by those algorithms alone that want to know, and not before. */
export interface Seeker {
  /** Canonical text; empty for a client on a UNIX socket. */
  readonly clientAddress: string;
  /** Undefined for a connection that is relayed without being read. */
  readonly head: RequestHead | undefined;
}

export interface Algorithm {
  /**
   * The index of the server for a new session among those that are open, or NOBODY when none is. The candidates have
   * just been refreshed.
   *
   * `avoid`, or NOBODY, has just failed: another one is chosen when there is another. A server that has no room is only
   * chosen when none has, or when the algorithm binds the request to it (hash): then the request waits for it.
   */
  choose(seeker: Seeker, avoid: number): number;
}

/** What algorithms are made of. */
export interface AlgorithmParts {
  readonly candidates: Candidates;
  /** What each server is called where it must be the same in all threads and after a restart. */
  readonly keys: readonly string[];
  /** The weights of the configuration, in parts of WEIGHT_UNIT. */
  readonly configured: readonly number[];
  /** At least 0 and below 1. */
  readonly random: () => number;
}
