/**
 * What the fuzz targets of the HTTP readers share: hostile inputs made from valid ones, and a look at the memory.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type Random = (bound: number) => number;

/** Growth that is no leak: what the compiler and the runner keep, in bytes. */
const GROWTH_MAX = 6_000_000;
const INPUT_BYTES_MAX = 1500;

/** One of the items. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)]!; // random() is below the length.
}

/**
 * A text of bytes: now and then one of the seeds or nothing but noise, mostly a seed with one to five changes. The
 * fragments are put in anywhere; among them should be all that can begin, end or frame something.
 */
export function mutate(random: Random, seeds: readonly string[], fragments: readonly string[]): string {
  const kind = random(20);
  if (kind === 0) return pick(random, seeds);
  if (kind === 1) return noise(random, random(60));
  let text = pick(random, seeds);
  for (let changes = 1 + random(5); changes > 0; changes--) text = change(random, text, seeds, fragments);
  return text.slice(0, INPUT_BYTES_MAX);
}

/** Some cuts of a text of this length, ascending; sometimes at every boundary. */
export function randomCuts(random: Random, length: number): number[] {
  if (length < 2) return [];
  if (random(16) === 0) return Array.from({ length: length - 1 }, (_, index) => index + 1);
  return Array.from({ length: 1 + random(4) }, () => 1 + random(length - 1)).sort((a, b) => a - b);
}

/** Runs `once` so often, and asserts that the memory is the same at the end as after the first fifth. */
export function runFlat(runs: number, once: () => void): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // There is one since the flag is set.
  const used = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const warmUp = Math.ceil(runs / 5);
  for (let run = 0; run < warmUp; run++) once();
  const before = used();
  for (let run = warmUp; run < runs; run++) once();
  const growth = used() - before;
  assert.ok(growth < GROWTH_MAX, `memory grew by ${growth} bytes over ${runs} runs`);
}

function noise(random: Random, length: number): string {
  return Buffer.from(Array.from({ length }, () => random(256))).toString('latin1');
}

function change(
  random: Random,
  text: string,
  seeds: readonly string[],
  fragments: readonly string[],
): string {
  const at = random(text.length + 1);
  const end = Math.min(text.length, at + random(12));
  switch (random(10)) {
    case 0: // Another byte.
      return text.slice(0, at) + noise(random, 1) + text.slice(at + 1);
    case 1: // One byte off by one bit.
      return at === text.length
        ? text
        : text.slice(0, at) +
            String.fromCharCode(text.charCodeAt(at) ^ (1 << random(8))) +
            text.slice(at + 1);
    case 2: // A piece less.
      return text.slice(0, at) + text.slice(end);
    case 3: // A piece twice.
      return text.slice(0, end) + text.slice(at);
    case 4: {
      // The end of another.
      const other = pick(random, seeds);
      return text.slice(0, at) + other.slice(random(other.length));
    }
    case 5: // A fragment, instead of a piece or not.
      return text.slice(0, at) + pick(random, fragments) + text.slice(random(2) === 0 ? at : end);
    default: {
      // A fragment where a line begins: the rest of the message stays what it is.
      const line = text.indexOf('\r\n', at);
      const start = line === -1 ? at : line + 2;
      return text.slice(0, start) + pick(random, fragments) + text.slice(start);
    }
  }
}
