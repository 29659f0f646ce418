/**
 * The requests of one workload, made before it is measured: visits of one kind of requests, or of a typical mix.
 *
 * A visit is what one browser sends on one connection, one request after the other: its name, language and cookies are
 * the same in each, and so are all header fields of two requests of a kind.
 */
import { makeSessions, makeVisit } from './browser.ts';
import { KINDS, type Kind } from './kinds.ts';
import { Choices } from './random.ts';
import type { Sample } from './sample.ts';

/** The requests of each visit. */
export type Visits = readonly (readonly Sample[])[];

const SEED = 20_261_121;
const MIX_VISITS = 400;
const MIX_REQUESTS_PER_VISIT = 10;
/** `inMix` counts requests of so many. */
const MIX_WHOLE = 1_000;

export function visitsOf(kind: Kind): Visits {
  const choices = new Choices(SEED);
  const sessions = makeSessions(choices);
  return Array.from({ length: kind.visits }, () => {
    const visit = makeVisit(choices, sessions);
    return Array.from({ length: kind.requestsPerVisit }, () => kind.make(choices, visit));
  });
}

/** Of each kind exactly its share, in a random order. */
export function mixedVisits(): Visits {
  const choices = new Choices(SEED);
  const sessions = makeSessions(choices);
  const factor = (MIX_VISITS * MIX_REQUESTS_PER_VISIT) / MIX_WHOLE;
  const kinds = choices.shuffled(KINDS.flatMap((kind) => new Array<Kind>(kind.inMix * factor).fill(kind)));
  return Array.from({ length: MIX_VISITS }, (_, index) => {
    const visit = makeVisit(choices, sessions);
    const start = index * MIX_REQUESTS_PER_VISIT;
    return kinds.slice(start, start + MIX_REQUESTS_PER_VISIT).map((kind) => kind.make(choices, visit));
  });
}
