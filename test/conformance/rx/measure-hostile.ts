/**
 * CPU time of one pattern on the worst of the values made to hurt it, at several lengths.
 *
 * Each measurement is that of an automaton without any states, as an attack meets it that comes for the first time. The
 * least of several is taken where the first is long: what else the machine does adds time, and never takes some away.
 */
import { Buffer } from 'node:buffer';
import { parsePattern } from '../../../src/inspect/rx/parse.ts';
import { compileRegex, NO_MATCH } from '../../../src/inspect/rx/regex.ts';
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
/** Values of each pattern, the worst, that are measured at all lengths: time that grows too fast is long in the end. */
const LENGTHS_FOR = 3;

/** `take` picks among the makers of values. */
export function measureHostile(
  { source, options }: RulePattern,
  seed: number,
  take: (makers: readonly (() => string)[]) => readonly (() => string)[] = (makers) => makers,
): HostileFigure {
  const [, , longest] = LENGTHS;
  const makers = take(hostileInputs(parsePattern(source, options).root, longest, seededRandom(seed)));
  const measured = makers.map((make) => {
    const value = flat(make());
    return { value, ms: leastMs(source, options, value) };
  });
  const worst = measured.sort((left, right) => right.ms - left.ms).slice(0, LENGTHS_FOR);
  const ms = LENGTHS.map((length) =>
    worst.reduce((most, { value, ms: whole }) => {
      const part = length === longest ? whole : leastMs(source, options, flat(value.slice(0, length)));
      return Math.max(most, part);
    }, 0),
  );
  return { ms, values: makers.length };
}

/** Everything that a rule asks of its pattern: whether it matches and, if so, where, with groups. */
function leastMs(source: string, options: RulePattern['options'], value: string): number {
  let least = Infinity;
  for (let turn = 0; turn < REPETITIONS && least > QUICK_MS; turn++) {
    const regex = compileRegex(source, options);
    const startMs = threadMs();
    if (regex.test(value) !== NO_MATCH) regex.find(value);
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
