/**
 * Whatever stands in a file of Snort rules, reading it ends with rules or with mistakes at places inside of it; and the
 * evaluator, which remembers what it has tried, finds what one finds that tries everything.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldAscii } from '../../src/inspect/match/phrase-automaton.ts';
import { loadSnortRules } from '../../src/inspect/snort/load.ts';
import { RegexMemory } from '../../src/inspect/rx/memory.ts';
import { RuleCompiler } from '../../src/inspect/snort/compile.ts';
import { matchGroup } from '../../src/inspect/snort/match-group.ts';
import { BufferText } from '../../src/inspect/snort/message-buffers.ts';
import type { ContentOption, Dialect, MatchOption, SnortRule } from '../../src/inspect/snort/rule.ts';
import { makeVariables } from '../../src/inspect/snort/variables.ts';
import { loadText, ruleText } from '../conformance/snort/given.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1000);

const PIECES = [
  ...[
    'alert ',
    'drop ',
    'tcp ',
    'http ',
    'any ',
    '$HOME_NET ',
    '[80,!81] ',
    '10.0.0.0/8 ',
    '-> ',
    '<> ',
    '(',
    ')',
    ';',
    ';',
  ],
  ...[
    'msg:"a"',
    'sid:1',
    'sid:2',
    'content:"ab"',
    'content:!"|00|"',
    'content:"a",nocase',
    'nocase',
    'depth:3',
    'within:2',
  ],
  ...[
    'http_uri',
    'http.uri',
    'pcre:"/a+/Ri"',
    'pcre:"/(/"',
    'byte_test:1,>,2,0',
    'byte_jump:1,0,relative',
    'flow:established',
  ],
  ...[
    'byte_extract:1,0,n',
    'offset:n',
    'isdataat:!1,relative',
    'flowbits:set,a',
    'threshold:type limit',
    'xor:"01"',
    'to_md5',
  ],
  ...[
    'base64_decode',
    'base64_data',
    'service:http',
    'flags:S',
    'absent',
    'ipvar A any',
    'suppress gen_id 1, sig_id 2',
  ],
  ...[
    'config classification: a,b,1',
    '\\',
    '\\\n',
    '\n',
    '\r\n',
    ' ',
    '#',
    '"',
    '|',
    ',',
    ':',
    '!',
    '[',
    ']',
    '\0',
    '\xff',
    '$',
  ],
];

const ruleFile = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom(...PIECES), { maxLength: 12 })
    .map((parts) => `alert tcp any any -> any any (${parts.join(';')}; sid:9;)`),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const dialect = fc.constantFrom<Dialect>('snort2', 'snort3', 'suricata');

test('loadSnortRules ends with rules or mistakes, whatever it reads', () => {
  let loaded = 0;
  fc.assert(
    fc.property(ruleFile, dialect, (text, language) => {
      const found = loadSnortRules([{ name: 'f', text, dialect: language }], { withDisabled: true });
      const lines = text.split('\n');
      for (const mistake of found.mistakes) {
        assert(!/[\n\r]/.test(mistake.text), 'a message stays on its line');
        if (mistake.file === 'variables') continue;
        assert(mistake.line >= 1 && mistake.line <= lines.length, JSON.stringify(mistake));
      }
      assert(found.rules.length + found.notRun.length <= found.ruleCount);
      loaded += found.rules.length;
    }),
    { numRuns, seed: fuzzSeed },
  );
  assert(loaded > numRuns / 50, `only ${loaded} rules were read: the pieces make too few`);
});

const bytes = fc
  .array(fc.constantFrom('a', 'b', 'A', '\0'), { minLength: 1, maxLength: 2 })
  .map((parts) => parts.join(''));
const small = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined });
const content: fc.Arbitrary<ContentOption> = fc.record({
  kind: fc.constant('content' as const),
  line: fc.constant(1),
  column: fc.constant(1),
  bytes,
  isNegated: fc.boolean(),
  isNocase: fc.boolean(),
  offset: fc.constant(undefined),
  depth: fc.constant(undefined),
  distance: fc.option(fc.integer({ min: -2, max: 3 }), { nil: undefined }),
  within: small,
  isAtEnd: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
  fastPattern: fc.constant(undefined),
});
const isDataAt: fc.Arbitrary<MatchOption> = fc.record({
  kind: fc.constant('isdataat' as const),
  line: fc.constant(1),
  column: fc.constant(1),
  offset: fc.integer({ min: 0, max: 3 }),
  isRelative: fc.boolean(),
  isNegated: fc.boolean(),
});
const pcre: fc.Arbitrary<MatchOption> = fc.record({
  kind: fc.constant('pcre' as const),
  line: fc.constant(1),
  column: fc.constant(1),
  pattern: fc.constantFrom('a', 'ab', '^b', 'a|b', 'b$', '[^a]', 'b[^b]'),
  isNegated: fc.boolean(),
  isRelative: fc.boolean(),
  flags: fc.constant(''),
});
const value = fc
  .array(fc.constantFrom('a', 'b', 'A', '\0', 'x'), { maxLength: 14 })
  .map((parts) => parts.join(''));

test('matchGroup finds what trying every place finds', () => {
  const plain = loadText(ruleText(''), 'suricata').rules[0]?.rule;
  assert(plain !== undefined);
  let matched = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof(content, content, isDataAt, pcre), { minLength: 1, maxLength: 5 }),
      value,
      dialect,
      (options, text, language) => {
        const rule = withOptions(plain, options, language);
        const [group] = new RuleCompiler(makeVariables(), new RegexMemory()).compile(rule).groups;
        assert(group !== undefined);
        const found = matchGroup(group.options, new BufferText(text), language, new Map(), true);
        const expected = triesAll(options, 0, 0, text, language);
        assert.equal(found.kind, expected ? 'match' : 'none');
        const forgetful = matchGroup(group.options, new BufferText(text), language, new Map(), false);
        assert.equal(forgetful.kind, found.kind, 'remembering changes nothing');
        if (expected) matched++;
      },
    ),
    { numRuns: 3 * numRuns, seed: fuzzSeed },
  );
  assert(matched > numRuns / 5, `only ${matched} values matched: the comparison proves little`);
});

function withOptions(rule: SnortRule, options: readonly MatchOption[], language: Dialect): SnortRule {
  const buffer = { kind: 'payload', name: undefined, transforms: [], key: 'payload' } as const;
  return { ...rule, dialect: language, groups: [{ buffer, options, whenAbsent: 'fails' }] };
}

/** The meaning of the options, written as plainly as possible. */
function triesAll(
  options: readonly MatchOption[],
  index: number,
  cursor: number,
  text: string,
  language: Dialect,
): boolean {
  const option = options[index];
  if (option === undefined) return true;
  const goOn = (next: number): boolean => triesAll(options, index + 1, next, text, language);
  if (option.kind === 'isdataat') {
    const at = (option.isRelative ? cursor : 0) + Number(option.offset);
    const isThere = option.isRelative && language === 'suricata' ? at <= text.length : at < text.length;
    return isThere !== option.isNegated && goOn(cursor);
  }
  if (option.kind === 'pcre') {
    const base = option.isRelative ? cursor : 0;
    const ends = patternEnds(option.pattern, text.slice(base));
    if (option.isNegated) return ends.length === 0 && goOn(cursor);
    return ends.some((end) => goOn(base + end));
  }
  assert(option.kind === 'content');
  const places = contentPlaces(option, cursor, text, language);
  if (places === 'empty') return option.isNegated && language !== 'snort2' && goOn(cursor);
  if (option.isNegated) return places.length === 0 && goOn(cursor);
  return places.some((at) => goOn(at + option.bytes.length));
}

/** Every place, or `empty` when the window has no byte. */
function contentPlaces(
  option: ContentOption,
  cursor: number,
  text: string,
  language: Dialect,
): readonly number[] | 'empty' {
  const isRelative = option.distance !== undefined || option.within !== undefined;
  const begin = isRelative ? cursor + Number(option.distance ?? 0) : 0;
  const start = Math.max(0, begin);
  const room = option.within === undefined ? Infinity : Number(option.within);
  const end = Math.min(text.length, (language === 'snort2' ? start : begin) + room);
  if (start >= end) return 'empty';
  const fold = (given: string): string => (option.isNocase ? foldAscii(given) : given);
  const places: number[] = [];
  for (let at = start; at + option.bytes.length <= end; at++) {
    const isHere = fold(text.slice(at, at + option.bytes.length)) === fold(option.bytes);
    if (isHere && (!option.isAtEnd || at + option.bytes.length === text.length)) places.push(at);
  }
  return places;
}

/** Where the pattern ends for each place where it can begin: these few mean the same to V8 as to PCRE. */
function patternEnds(pattern: string, text: string): readonly number[] {
  const ends: number[] = [];
  const expression = new RegExp(pattern, 'g');
  for (let from = 0; from <= text.length; from++) {
    expression.lastIndex = from;
    const found = expression.exec(text);
    if (found !== null) ends.push(found.index + found[0].length);
  }
  return ends;
}
