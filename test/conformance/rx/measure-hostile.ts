/**
 * CPU time of one pattern on the worst of the values made to hurt it, at several lengths.
 *
 * Each measurement is that of an automaton without any states, as an attack meets it that comes for the first time. The
 * least of several is taken where the first is long: what else the machine does adds time, and never takes some away.
 */
import { Buffer } from 'node:buffer';
import { parsePattern } from '../../../src/inspect/rx/parse.ts';
import { compileRegex } from '../../../src/inspect/rx/regex.ts';
import { seededRandom } from '../../support/random.ts';
import { hostileInputs } from './hostile-inputs.ts';
import type { RulePattern } from './patterns.ts';

export const LENGTHS = [32_768, 65_536, 131_072] as const;

export interface HostileFigure {
  /** Of the worst value, for each of LENGTHS. */
  readonly ms: readonly number[];
  readonly values: number;
}

/** Below it the first measurement will do. */
const QUICK_MS = 10;
const REPETITIONS = 6;

/** `take` picks among the makers of values. */
export function measureHostile(
  { source, options }: RulePattern,
  seed: number,
  take: (makers: readonly (() => string)[]) => readonly (() => string)[] = (makers) => makers,
): HostileFigure {
  const { root } = parsePattern(source, options);
  let values = 0;
  const ms = LENGTHS.map((length) => {
    const makers = take(hostileInputs(root, length, seededRandom(seed)));
    values = makers.length;
    return makers.reduce((worst, make) => Math.max(worst, leastMs(source, options, flat(make()))), 0);
  });
  return { ms, values };
}

function leastMs(source: string, options: RulePattern['options'], value: string): number {
  let least = Infinity;
  for (let turn = 0; turn < REPETITIONS && least > QUICK_MS; turn++) {
    const regex = compileRegex(source, options);
    const startMs = threadMs();
    regex.test(value);
    least = Math.min(least, threadMs() - startMs);
  }
  return least;
}

/** CPU of this thread, without those that collect garbage beside it. */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** A flat string of one byte a character, as values of requests are. */
export function flat(value: string): string {
  return Buffer.from(value, 'latin1').toString('latin1');
}
