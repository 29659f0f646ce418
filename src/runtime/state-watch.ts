/** Tells the log when something that rules remember has been lost for want of room: once for all of a while. */
import type { ProgramLog } from '../record/program-log.ts';
import type { StateCounts } from './rule-state.ts';

const EVERY_MS = 60_000;

const WHAT: Readonly<Record<StateCounts['kind'], string>> = {
  collections: 'collections of rules',
  counters: 'counters of rules of Snort',
  bits: 'bits of rules of Snort',
};

/** Looks at `counts` from time to time; the answer ends it. */
export function watchState(counts: () => readonly StateCounts[], log: Pick<ProgramLog, 'warn'>): () => void {
  let before = counts();
  const timer = setInterval(() => {
    const now = counts();
    for (const text of lossesBetween(before, now)) log.warn(text);
    before = now;
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** A sentence for each kind of loss. */
export function lossesBetween(
  before: readonly StateCounts[],
  now: readonly StateCounts[],
): readonly string[] {
  return now.flatMap(({ kind, dropped, refused }) => {
    const known = before.find((one) => one.kind === kind);
    const droppedNow = dropped - (known?.dropped ?? 0);
    const refusedNow = refused - (known?.refused ?? 0);
    return [
      ...(droppedNow === 0
        ? []
        : [
            `Forgot ${droppedNow} ${WHAT[kind]} before their end, to make room for others: rules count anew there`,
          ]),
      ...(refusedNow === 0
        ? []
        : [
            `Could not keep ${refusedNow} changes of ${WHAT[kind]}: there was no room, or a worker died at it`,
          ]),
    ];
  });
}
