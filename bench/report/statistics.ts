/**
 * From rounds to one number: medians, since a single disturbed round must not count, and ratios pair by pair in the
 * same round, since what disturbs a round disturbs both.
 */
import type { Measured } from '../run.ts';

/** NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  // In range: the list is not empty, and for an even count the middle is at least 1.
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a quarter of the values are below, for what noise can only add to; NaN for no values. */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return sorted[sorted.length >> 2] ?? Number.NaN;
}

/** The largest distance of a value from the median, as a share of the median. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return values.reduce((most, value) => Math.max(most, Math.abs(value - middle) / middle), 0);
}

/** The values of `key` in the rounds that succeeded. */
export function valuesOf(measured: Measured, key: string): number[] {
  return measured.rounds.flatMap((figures) => figures?.[key] ?? []);
}

/** `pair` of the values of `key` in each round that both have. */
export function pairs(
  one: Measured,
  other: Measured,
  key: string,
  pair: (one: number, other: number) => number,
): number[] {
  return one.rounds.flatMap((figures, round) => {
    const left = figures?.[key];
    const right = other.rounds[round]?.[key];
    return left === undefined || right === undefined ? [] : [pair(left, right)];
  });
}

export function medianRatio(one: Measured, other: Measured, key: string): number {
  return median(pairs(one, other, key, (left, right) => left / right));
}

export function medianDifference(one: Measured, other: Measured, key: string): number {
  return median(pairs(one, other, key, (left, right) => left - right));
}
