/**
 * Every pattern of the public rule sets on values made to hurt it, of 32, 64 and 128 KiB: the work grows with the length
 * and is bounded for each byte, and what cannot be bounded so ends as exhausted within its budget.
 *
 * Work is counted, not timed: transitions that had to be made, by the threads they looked at. Each pattern gets some of
 * its values by default (of Snort's, every fifth pattern) and all with FUZZ_RUNS of 1000 or more. The worst times are printed.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { LazyDfa } from '../../../src/inspect/rx/lazy-dfa.ts';
import { parsePattern } from '../../../src/inspect/rx/parse.ts';
import { Pike } from '../../../src/inspect/rx/pike.ts';
import { compileProgram } from '../../../src/inspect/rx/program.ts';
import { compileRegex, EXHAUSTED, NO_MATCH } from '../../../src/inspect/rx/regex.ts';
import { compileRegexSet } from '../../../src/inspect/rx/regex-set.ts';
import { widerPattern } from '../../../src/inspect/rx/yes-or-no.ts';
import { seededRandom } from '../../support/random.ts';
import { hostileInputs } from './hostile-inputs.ts';
import { crsPatterns, missing, snortPatterns } from './patterns.ts';
import type { RulePattern } from './patterns.ts';

const LENGTHS = [32_768, 65_536, 131_072] as const;
const takesAll = Number(process.env['FUZZ_RUNS'] ?? 0) >= 1000;

/** Threads looked at, for each byte. The worst pattern of these sets needs half of it, nearly all others none. */
const WORK_PER_BYTE_MAX = 20;
/** Threads of Pike's machine, which finds groups, for each byte. The worst pattern of the CRS has 23, nearly all others less than 6. */
const THREADS_PER_BYTE_MAX = 40;
/** Threads looked at while the states of a pattern are made for the first time. */
const WORK_BASE = 200_000;

interface Worst {
  readonly ms: number;
  readonly source: string;
}

test('CRS: work is linear in the length', { skip: missing('crs') }, (context) => {
  const patterns = crsPatterns();
  assert.equal(patterns.length, 294);
  report(context, check(patterns, takesAll ? Infinity : 1));
});

test('CRS: where groups are is work in proportion to the bytes', { skip: missing('crs') }, (context) => {
  let most = { perByte: 0, source: '' };
  for (const [index, { source, options }] of crsPatterns().entries()) {
    const tree = parsePattern(source, options);
    if (!tree.isPure) continue;
    const program = compileProgram(tree, 'all');
    const inputs = hostileInputs(tree.root, LENGTHS[0], seededRandom(index + 1));
    for (const value of chosen(inputs, index, takesAll ? Infinity : 2)) {
      const pike = new Pike(program);
      pike.find(value, 0, options.anchored === true);
      const perByte = pike.work / value.length;
      if (perByte > most.perByte) most = { perByte, source };
      assert(perByte <= THREADS_PER_BYTE_MAX, `${perByte} threads for each byte: ${source}`);
    }
  }
  context.diagnostic(`at most ${most.perByte.toFixed(1)} threads for each byte`);
  assert(most.perByte > 1);
});

test(
  'Snort and Suricata: work is linear in the length',
  { skip: missing('snort', 'suricata-verify') },
  (context) => {
    const patterns = snortPatterns();
    assert.equal(patterns.length, 1453);
    const some = patterns.filter((_, index) => takesAll || index % 5 === 0);
    report(context, check(some, takesAll ? Infinity : 2));
  },
);

test('CRS patterns without literals as one set: every value ends', { skip: missing('crs') }, (context) => {
  const patterns = crsPatterns();
  const regexes = patterns.map(({ source, options }) => compileRegex(source, options));
  const alone = regexes.filter(({ literals }) => literals === undefined);
  const set = compileRegexSet(alone);
  const worst: Worst[] = [];
  let said = 0;
  for (const [index, regex] of alone.entries()) {
    const inputs = hostileInputs(
      parsePattern(regex.source, regex.options).root,
      LENGTHS[2],
      seededRandom(index),
    );
    for (const value of chosen(inputs, index, takesAll ? Infinity : 1)) {
      const into = new Uint32Array(4);
      const unsaid = new Uint32Array(4);
      const before = process.cpuUsage();
      set.matches(value, into, unsaid);
      worst.push({ ms: process.cpuUsage(before).user / 1000, source: regex.source });
      for (const [bit, other] of alone.entries()) {
        if (((unsaid[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) continue;
        said++;
        assert.equal(
          (into[bit >>> 5]! & (1 << (bit & 31))) !== 0,
          other.test(value) !== NO_MATCH,
          other.source,
        );
      }
    }
  }
  assert(said > 0);
  report(context, worst);
});

function check(patterns: readonly RulePattern[], countMax: number): Worst[] {
  const worst: Worst[] = [];
  for (const [index, pattern] of patterns.entries()) {
    const { source, options } = pattern;
    const tree = parsePattern(source, options);
    const inputs = LENGTHS.map((length) =>
      chosen(hostileInputs(tree.root, length, seededRandom(index + 1)), index, countMax),
    );
    const regex = compileRegex(source, options);
    let ms = 0;
    for (const value of inputs[2] ?? []) {
      const before = process.cpuUsage();
      const outcome = regex.test(value);
      ms = Math.max(ms, process.cpuUsage(before).user / 1000);
      assert(outcome !== EXHAUSTED || !regex.isLinear, source);
    }
    worst.push({ ms, source });
    for (const values of inputs) for (const value of values) checkWork(pattern, value);
  }
  return worst;
}

/** A fresh automaton, so that states made for another value are no help. */
function checkWork({ source, options }: RulePattern, value: string): void {
  const isAnchored = options.anchored === true;
  const program = compileProgram(widerPattern(parsePattern(source, options), isAnchored), 'none');
  const automaton = new LazyDfa(program, isAnchored);
  automaton.matches(value);
  const bound = WORK_BASE + WORK_PER_BYTE_MAX * value.length;
  assert(automaton.work <= bound, `${automaton.work} threads for ${value.length} bytes: ${source}`);
}

/** Flat strings of one byte a character, as values of requests are. */
function chosen(inputs: readonly (() => string)[], first: number, countMax: number): readonly string[] {
  const count = Math.min(countMax, inputs.length);
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(inputs[(first + index * 5) % inputs.length]?.() ?? '', 'latin1').toString('latin1'),
  );
}

function report(context: { diagnostic: (text: string) => void }, worst: Worst[]): void {
  worst.sort((left, right) => right.ms - left.ms);
  for (const { ms, source } of worst.slice(0, 5)) {
    context.diagnostic(`${ms.toFixed(1)} ms for 128 KiB: ${source.slice(0, 100).replace(/[^ -~]/g, '?')}`);
  }
}
