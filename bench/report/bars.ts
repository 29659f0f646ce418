/**
 * The limits of a workload held against what was measured.
 */
import type { Outcome } from '../run.ts';
import type { Bar } from '../workload.ts';
import { medianDifference, medianRatio } from './statistics.ts';

export interface BarResult {
  readonly text: string;
  readonly kind: Bar['kind'];
  readonly max: number;
  /** The median over the rounds. */
  readonly value: number;
  readonly isMet: boolean;
}

/** Of the bars whose subjects were both measured. */
export function toBars(outcome: Outcome): readonly BarResult[] {
  return (outcome.workload.bars ?? []).flatMap((bar) => {
    const one = outcome.measured.find(({ label }) => label === bar.label);
    const other = outcome.measured.find(({ label }) => label === bar.other);
    if (one === undefined || other === undefined) return [];
    const value = (bar.kind === 'ratio' ? medianRatio : medianDifference)(one, other, bar.key);
    if (Number.isNaN(value)) return [];
    return [{ text: bar.text, kind: bar.kind, max: bar.max, value, isMet: value <= bar.max }];
  });
}

/** A line for people. */
export function barText({ text, kind, max, value, isMet }: BarResult): string {
  const [is, limit] =
    kind === 'ratio' ? [value.toFixed(4), max.toFixed(4)] : [value.toFixed(1), max.toFixed(1)];
  return `${text}: ${is} of ${limit}, ${isMet ? 'met' : 'falls short'}`;
}
