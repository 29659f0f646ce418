/**
 * Random patterns on random values: every engine against every other, and against the engine of the JavaScript runtime
 * where the two syntaxes mean the same.
 *
 * Where they do not, the generator or the comparison leaves it out: without `s` JavaScript's `.` also stops at a carriage
 * return; `\s` has a no-break space; letters above 127 have case; `^` with `m` holds behind a last line feed; an empty
 * turn of a loop is undone, groups in a loop are cleared each turn, and a reference to a group without part is empty.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { setOf } from '../../src/inspect/rx/byte-set.ts';
import type { ByteSet } from '../../src/inspect/rx/byte-set.ts';
import { Backtracker, EXHAUSTED } from '../../src/inspect/rx/backtrack.ts';
import { compileBacktrack } from '../../src/inspect/rx/backtrack-program.ts';
import { LazyDfa } from '../../src/inspect/rx/lazy-dfa.ts';
import { parsePattern } from '../../src/inspect/rx/parse.ts';
import { partOfUnion } from '../../src/inspect/rx/part-of-union.ts';
import { findMatch, Pike } from '../../src/inspect/rx/pike.ts';
import { compileBackward, compileProgram, compileUnion } from '../../src/inspect/rx/program.ts';
import { compileRegex, NO_MATCH } from '../../src/inspect/rx/regex.ts';
import { compileRegexSet } from '../../src/inspect/rx/regex-set.ts';
import type { Regex, RegexOptions } from '../../src/inspect/rx/regex.ts';
import { NOWHERE, StartFinder } from '../../src/inspect/rx/start-finder.ts';
import { keepsBeginning, widerPattern, yesOrNo } from '../../src/inspect/rx/yes-or-no.ts';
import { pick } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { findPlainly } from '../support/plain-pike.ts';
import { seededRandom } from '../support/random.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 600);

/** Bytes of which literals are asked that hold one. */
const MARKS = setOf([0x2d, 0x2d], [0x31, 0x31], [0x62, 0x62]);

const ATOMS = [
  'a',
  'b',
  'C',
  'ab',
  'abc',
  '1',
  '-',
  ' ',
  '.',
  '[ab]',
  '[^a]',
  '[^\\n]',
  '[a-c1]',
  '\\d',
  '\\w',
  '\\W',
  '\\s',
  '\\S',
  '\\xe9',
  '\\n',
];
const EDGES = ['\\b', '\\B', '^', '$'];
const BYTE_LOOKS = ['(?=a)', '(?![ab])', '(?<=b)', '(?<!\\w)', '(?!\\n)', '(?=[^b])'];
const COUNTS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}?', '{2,}', '{2,4}', '{3,}?'];
const BYTES = ['a', 'b', 'c', 'C', 'A', '1', '-', ' ', '\n', '\xe9', 'ab', 'abc'];

interface Shape {
  readonly source: string;
  /** Whether a group that can be empty, or that captures, is in a loop. */
  readonly hasOddLoops: boolean;
}

/** One pattern of the common syntax. `kinds` says what beside the plain may occur. */
class Maker {
  readonly #random: Random;
  readonly #withLooks: boolean;
  #captures = 0;
  #hasOddLoops = false;

  constructor(random: Random, withLooks: boolean) {
    this.#random = random;
    this.#withLooks = withLooks;
  }

  make(): Shape {
    const source = this.#choice(2, false);
    return { source, hasOddLoops: this.#hasOddLoops };
  }

  #choice(depth: number, isInLoop: boolean): string {
    const branches = 1 + (this.#random(4) === 0 ? 1 + this.#random(2) : 0);
    return Array.from({ length: branches }, () => this.#sequence(depth, isInLoop)).join('|');
  }

  #sequence(depth: number, isInLoop: boolean): string {
    let text = '';
    for (let count = this.#random(5); count > 0; count--) text += this.#part(depth, isInLoop);
    return text;
  }

  #part(depth: number, isInLoop: boolean): string {
    const kind = this.#random(depth > 0 ? 12 : 8);
    if (kind < 5) return this.#atom();
    if (kind < 6) return pick(this.#random, EDGES);
    if (kind < 7) return pick(this.#random, BYTE_LOOKS);
    if (kind < 8) return pick(this.#random, ATOMS);
    if (kind === 8 && this.#withLooks) return this.#look(depth);
    return this.#group(depth, isInLoop);
  }

  #atom(): string {
    const atom = pick(this.#random, ATOMS);
    const isOne = atom.length === 1 || /^(?:\[.*\]|\\.|\\x..)$/.test(atom);
    return isOne && this.#random(2) === 0 ? atom + pick(this.#random, COUNTS) : atom;
  }

  #look(depth: number): string {
    const head = pick(this.#random, ['(?=', '(?!', '(?<=', '(?<!']);
    if (head.startsWith('(?<')) return `${head}${pick(this.#random, ['ab', 'a|bc', '[ab]c', '^a', '\\bb'])})`;
    const inner = new Maker(this.#random, false).#choice(depth - 1, false).replace(/\((?!\?)/g, '(?:');
    return `${head}${inner})`;
  }

  #group(depth: number, isInLoop: boolean): string {
    const isLoop = this.#random(2) === 0;
    const captures = this.#random(2) === 0;
    if (captures) this.#captures++;
    const inner = this.#choice(depth - 1, isInLoop || isLoop);
    if ((captures && (isLoop || isInLoop)) || (isLoop && canBeEmpty(inner))) this.#hasOddLoops = true;
    const group = `${captures ? '(' : '(?:'}${inner})`;
    if (isLoop) return group + pick(this.#random, COUNTS);
    // A reference to what was captured just before.
    if (
      this.#withLooks &&
      captures &&
      !isInLoop &&
      depth === 2 &&
      this.#captures < 10 &&
      this.#random(2) === 0
    ) {
      if (!inner.includes('(')) return `${group}\\${this.#captures}`;
    }
    return group;
  }
}

function canBeEmpty(source: string): boolean {
  return new RegExp(
    `^(?:${source.replace(/\\[bB]|\^|\$|\(\?<?[=!][^()]*\)/g, '').replace(/\\\d/g, '')})$`,
    's',
  ).test('');
}

function randomValue(random: Random): string {
  let value = '';
  for (let count = random(9); count > 0; count--) value += pick(random, BYTES);
  return value;
}

function spans(regex: Regex, value: string): readonly (string | undefined)[] | undefined {
  const match = regex.find(value);
  if (match === undefined) return undefined;
  return Array.from({ length: regex.captureCount + 1 }, (_, index) => {
    const span = match.captures(index);
    return span === undefined ? undefined : `${span.start}-${span.end}`;
  });
}

test('patterns mean what they mean to the runtime, looks and references included', () => {
  let matched = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed);
    const isLinearOnly = random(3) > 0;
    const { source, hasOddLoops } = new Maker(random, !isLinearOnly).make();
    if (hasOddLoops && !isLinearOnly) continue;
    const flags = pick(random, ['', 'i', 's', 'm', 'is', 'im']);
    const options: RegexOptions = {
      ignoreCase: flags.includes('i'),
      dotAll: flags.includes('s'),
      multiLine: flags.includes('m'),
      dollarEndOnly: true,
    };
    const theirs = new RegExp(source, `${flags}d`);
    const regex = compileRegex(source, options);
    for (let turn = 0; turn < 8; turn++) {
      const value = randomValue(random);
      if (options.multiLine === true && value.endsWith('\n')) continue;
      const label = `seed ${seed}: /${source}/${flags} on ${JSON.stringify(value)}`;
      const expected = theirs.exec(value);
      const outcome = regex.test(value);
      // Nested loops within a look go back without end; that is what the budget is for.
      if (outcome === EXHAUSTED) continue;
      assert.equal(outcome !== NO_MATCH, expected !== null, label);
      const found = spans(regex, value);
      assert.equal(found !== undefined, expected !== null, `find, ${label}`);
      if (found === undefined || expected?.indices === undefined) continue;
      matched++;
      const wanted = expected.indices.map((pair) => pair?.join('-')); // Typed without gaps.
      if (hasOddLoops) assert.equal(found[0]?.split('-')[0], wanted[0]?.split('-')[0], `start, ${label}`);
      else assert.deepEqual(found, wanted, label);
      const folded = value.toLowerCase();
      for (const set of regex.literalSets)
        assert(
          set.some((literal) => folded.includes(literal)),
          `literals ${JSON.stringify(set)}, ${label}`,
        );
      const bytes = regex.neededBytes();
      const hasByte = bytes === undefined || Buffer.from(value, 'latin1').some((byte) => bytes[byte] === 1);
      assert(hasByte, `needed bytes, ${label}`);
      const marked = regex.markedLiterals(MARKS, absentFrom(value));
      const hasMarked = marked === undefined || marked.some((literal) => folded.includes(literal));
      assert(hasMarked, `literals with marks ${JSON.stringify(marked)}, ${label}`);
    }
  }
  assert(matched > runs, `only ${matched} matches: the comparison proves little`);
});

test('all engines agree on pure patterns, from any start', () => {
  let matched = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed * 7919);
    const { source, hasOddLoops } = new Maker(random, false).make();
    const isAnchored = random(4) === 0;
    const options = {
      multiLine: random(2) === 0,
      dollarEndOnly: random(2) === 0,
      dotAll: random(2) === 0,
      anchored: isAnchored,
    };
    const pattern = parsePattern(source, options);
    const program = compileProgram(pattern, 'all');
    const dfa = new LazyDfa(compileProgram(pattern, 'none'), isAnchored);
    const backtracker = new Backtracker(compileBacktrack(pattern));
    const regex = compileRegex(source, options);
    for (let turn = 0; turn < 8; turn++) {
      const value = randomValue(random);
      const start = random(3) === 0 ? random(value.length + 1) : 0;
      const label = `seed ${seed}: /${source}/ ${JSON.stringify(options)} on ${JSON.stringify(value)} from ${start}`;
      const slots = findMatch(program, value, start, isAnchored);
      assert.equal(dfa.matches(value, start), slots !== undefined, `automaton, ${label}`);
      assert.equal(regex.test(value, start) !== NO_MATCH, slots !== undefined, `regex, ${label}`);
      const outcome = backtracker.search(value, start, isAnchored, undefined, 100_000);
      if (outcome === EXHAUSTED) continue;
      assert.equal(outcome !== NO_MATCH, slots !== undefined, `backtracker, ${label}`);
      if (slots === undefined) continue;
      matched++;
      // See pike.ts: behind loops of parts that can be empty the end may differ.
      const told = hasOddLoops ? 1 : 2;
      assert.deepEqual([...backtracker.slots.slice(0, told)], [...slots.slice(0, told)], `extent, ${label}`);
    }
  }
  assert(matched > runs, `only ${matched} matches: the comparison proves little`);
});

test('lists of threads find what threads find that are followed anew, also when lists are thrown away', () => {
  let found = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed * 32_452_843);
    const { source } = new Maker(random, false).make();
    const isAnchored = random(4) === 0;
    const pattern = parsePattern(source, {
      multiLine: random(2) === 0,
      dollarEndOnly: random(2) === 0,
      dotAll: random(2) === 0,
      ignoreCase: random(2) === 0,
    });
    const program = compileProgram(pattern, 'all');
    const kept = new Pike(program);
    const forgetful = new Pike(program, 1 + random(200));
    for (let turn = 0; turn < 6; turn++) {
      const value = randomValue(random);
      const start = random(4) === 0 ? random(value.length + 1) : 0;
      const label = `seed ${seed}: /${source}/ from ${start} on ${JSON.stringify(value)}`;
      const expected = findPlainly(program, value, start, isAnchored);
      if (expected !== undefined) found++;
      assert.deepEqual(kept.find(value, start, isAnchored), expected, label);
      assert.deepEqual(forgetful.find(value, start, isAnchored), expected, `thrown away, ${label}`);
    }
  }
  assert(found > runs / 2, `only ${found} matches`);
});

test('where a match begins is the same from the end as from the beginning', () => {
  let found = 0;
  let backward = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed * 32_452_843);
    const { source } = new Maker(random, false).make();
    const pattern = parsePattern(source, {
      multiLine: random(2) === 0,
      dollarEndOnly: random(2) === 0,
      dotAll: random(2) === 0,
      ignoreCase: random(2) === 0,
    });
    const program = compileBackward(yesOrNo(pattern.root, true));
    if (program === undefined) continue;
    backward++;
    const finder = new StartFinder(program);
    const exact = compileProgram(pattern, 'all');
    for (let turn = 0; turn < 6; turn++) {
      const value = randomValue(random);
      const start = random(4) === 0 ? random(value.length + 1) : 0;
      const expected = findMatch(exact, value, start)?.[0] ?? NOWHERE;
      if (expected !== NOWHERE) found++;
      assert.equal(
        finder.find(value, start),
        expected,
        `seed ${seed}: /${source}/ from ${start} on ${JSON.stringify(value)}`,
      );
    }
  }
  assert(backward > runs / 2 && found > runs / 2, `only ${backward} patterns and ${found} matches`);
});

test('no match begins before the place that the automaton names', () => {
  let far = 0;
  let kept = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed * 49_979_687);
    const { source } = new Maker(random, false).make();
    const pattern = parsePattern(source, {
      multiLine: random(2) === 0,
      dollarEndOnly: random(2) === 0,
      dotAll: random(2) === 0,
      ignoreCase: random(2) === 0,
    });
    if (!keepsBeginning(pattern.root)) continue;
    kept++;
    const exact = new Pike(compileProgram(pattern, 'all'));
    const automaton = new LazyDfa(compileProgram(widerPattern(pattern, false), 'none'));
    for (let turn = 0; turn < 6; turn++) {
      const value = randomValue(random) + randomValue(random);
      const start = random(4) === 0 ? random(value.length + 1) : 0;
      const found = exact.find(value, start, false);
      if (found === undefined) continue;
      const label = `seed ${seed}: /${source}/ from ${start} on ${JSON.stringify(value)}`;
      const first = automaton.noneBefore(value, start);
      assert(first >= start && first <= (found[0] ?? 0), `${first}, ${label}`);
      assert.deepEqual(exact.find(value, first, false), found, label);
      if (first > start) far++;
    }
  }
  assert(kept > runs / 8 && far > runs / 8, `only ${kept} patterns and ${far} places`);
});

test('a pattern out of a union says what the pattern says itself', () => {
  for (let seed = 1; seed <= runs / 4; seed++) {
    const random = seededRandom(seed * 15_485_863);
    const patterns = Array.from({ length: 1 + random(12) }, () =>
      parsePattern(new Maker(random, false).make().source, {
        multiLine: random(2) === 0,
        dotAll: random(2) === 0,
        ignoreCase: random(2) === 0,
      }),
    );
    const wider = patterns.map((pattern) => widerPattern(pattern, false));
    const union = compileUnion(wider.map(({ root }) => root));
    for (const [index, pattern] of wider.entries()) {
      const part = new LazyDfa(partOfUnion(union, index));
      const whole = new LazyDfa(compileProgram(pattern, 'none'));
      for (let turn = 0; turn < 4; turn++) {
        const value = randomValue(random);
        const start = random(3);
        assert.equal(
          part.matches(value, start),
          whole.matches(value, start),
          `seed ${seed}, ${index}: ${JSON.stringify(value)}`,
        );
      }
    }
  }
});

test('a set says of each pattern what the pattern says itself', () => {
  for (let seed = 1; seed <= runs / 4; seed++) {
    const random = seededRandom(seed * 104_729);
    const patterns = Array.from({ length: 1 + random(40) }, () => ({
      source: new Maker(random, random(5) === 0).make().source,
      options: { multiLine: random(2) === 0, dotAll: random(2) === 0, ignoreCase: random(2) === 0 },
    }));
    const regexes = patterns.map(({ source, options }) => compileRegex(source, options));
    const set = compileRegexSet(regexes);
    const into = new Uint32Array((patterns.length + 31) >>> 5);
    const unsaid = new Uint32Array(into.length);
    for (let turn = 0; turn < 8; turn++) {
      const value = randomValue(random);
      into.fill(0);
      const isAny = set.matches(value, into, unsaid);
      assert(
        unsaid.every((bits) => bits === 0),
        'these values are too short to use the credit up',
      );
      let any = false;
      for (const [index, regex] of regexes.entries()) {
        const expected = regex.test(value) !== NO_MATCH;
        any ||= expected;
        const label = `seed ${seed}: /${regex.source}/ on ${JSON.stringify(value)}`;
        assert.equal(((into[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0, expected, label);
      }
      assert.equal(isAny, any);
    }
  }
});

/** Bytes that the value does not hold. */
function absentFrom(value: string): ByteSet {
  const absent = setOf([0, 255]);
  for (const byte of Buffer.from(value, 'latin1')) absent[byte] = 0;
  return absent;
}
