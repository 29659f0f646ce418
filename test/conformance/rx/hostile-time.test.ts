/**
 * CPU time of patterns on 128 KiB made to hurt them, a sample; all of them, and whole rule sets, by
 * `node test/conformance/hostile.ts`.
 *
 * The bar is 50 ms for each. Times are those of the thread, the least of several, so that a busy machine does not fail it;
 * what cannot be left to a clock, that work is linear, is counted by hostile.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LENGTHS, measureHostile } from './measure-hostile.ts';
import { crsPatterns, missing, snortPatterns } from './patterns.ts';
import type { RulePattern } from './patterns.ts';

const BAR_MS = 50;
const takesAll = Number(process.env['FUZZ_RUNS'] ?? 0) >= 1000;

const SETS: readonly (readonly [
  name: string,
  folders: readonly string[],
  all: () => readonly RulePattern[],
  count: number,
  stride: number,
])[] = [
  ['CRS', ['crs'], crsPatterns, 294, 12],
  ['Snort and Suricata', ['snort', 'suricata-verify'], snortPatterns, 1453, 60],
];

for (const [name, folders, all, count, stride] of SETS) {
  test(
    `${name}: no pattern costs more than ${BAR_MS} ms for 128 KiB`,
    { skip: missing(...folders) },
    (context) => {
      const patterns = all();
      assert.equal(patterns.length, count);
      let measured = 0;
      let worst = { ms: 0, source: '' };
      for (const [index, pattern] of patterns.entries()) {
        if (!takesAll && index % stride !== 0) continue;
        const take = takesAll ? undefined : (makers: readonly (() => string)[]) => makers.slice(-4);
        const { ms } = measureHostile(pattern, index + 1, take);
        const full = ms[LENGTHS.length - 1] ?? Infinity;
        measured++;
        if (full > worst.ms) worst = { ms: full, source: pattern.source };
      }
      context.diagnostic(`${measured} patterns; the worst took ${worst.ms.toFixed(1)} ms`);
      assert(measured >= count / (takesAll ? 1 : stride));
      assert(worst.ms <= BAR_MS, `${worst.ms} ms: ${worst.source}`);
    },
  );
}
