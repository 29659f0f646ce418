/**
 * Random numbers that a seed fixes, so that a failure can be run again.
 */

/** A function that gives whole numbers from 0 to below `bound`. The generator is mulberry32. */
export function seededRandom(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * bound);
  };
}

/**
 * The seed of every fuzz target: FUZZ_SEED, or always the same, so that the suite of one commit does the same each time.
 * New inputs are looked for with FUZZ_RUNS and FUZZ_SEED by hand.
 */
export const fuzzSeed: number = Number(process.env['FUZZ_SEED'] ?? 1);
