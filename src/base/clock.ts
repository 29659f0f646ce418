/**
 * Clocks. Durations are measured on one that never goes back; the wall clock is only for telling people when.
 */

/** Milliseconds with fractions on a clock that never goes back; its zero is the start of the process. */
export const now: () => number = performance.now.bind(performance);

/** Milliseconds since 1970, UTC. */
export function wallNow(): number {
  return Date.now();
}
