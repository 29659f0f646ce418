import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePattern } from '../rx/parse.ts';
import type { PatternOptions } from '../rx/syntax.ts';
import type { CompiledRule } from './compile.ts';
import { Coverages } from './coverage.ts';
import { Expected } from './expected.ts';
import { loadSnortRules } from './load.ts';
import { makeNeedScanTables, NeedScan, NO_NEEDS } from './need-scan.ts';
import { needsOf } from './needs.ts';
import { mayFollow, SEQUEL_BYTES_MAX, sequelOfPattern } from './sequel.ts';

type Row = readonly [pattern: string, holds: readonly string[], fails: readonly string[]];

/** Each begins with "ab". What is not over when the text or the line ends holds. */
const PATTERNS: readonly Row[] = [
  ['^ab\\s*-\\d', ['-1', '  -1', ' -', ' ', '', '\n', '\nx', ' \n1'], ['1', ' 1', '--', ' \t5', '\0']],
  ['ab[^-]', ['y', '\n', ''], ['-', '--']],
  ['ab[^x]', ['y', 'x', 'X'], []],
  ['abc*x', ['cx', 'cccx', 'x', 'CX', 'ccc'], ['y', 'ccy', '\n']],
  ['ab(?:c|de?)x', ['cx', 'dx', 'dex', 'de'], ['x', 'cdx', 'deex', 'ex']],
  ['ab[0-9]{3}', ['123', '12', '123a'], ['12a', 'a', '1\n2']],
  ['ab[0-9]{2,4}x', ['12x', '1234x', '123456x'], ['1x', 'x']],
  ['ab[0-9]{40}x', ['12345678x', '1234567'], ['1234567x', 'x']],
  ['ab(c|)x', ['x', 'cx'], ['ccx', 'd']],
  ['ab(?!c)d', ['d'], ['c', 'e']],
  ['ab\\bc$d', ['cd', 'c'], ['x', 'ce']],
  ['ab(?>c+)d', ['ccd'], ['d', 'cce']],
  ['ab[^A]x', ['bx', '\r', 'ax', 'AX'], ['b\r', 'bb']],
  ['ab[ac]', ['a', 'A', 'c', 'C'], ['b', '[', '\xe1']],
  ['ab(x)\\1y', ['x', 'xz'], ['y']],
  ['ab(c*d?)+e', ['e', 'cde', 'ddcce'], ['x', 'cdx']],
];

for (const [pattern, holds, fails] of PATTERNS) {
  test(`behind the "ab" of /${pattern}/ may stand what can be a match, and nothing else`, () => {
    const found = sequelOfPattern(parsePattern(pattern, {}));
    assert(found !== undefined);
    assert.equal(found.literal, 'ab');
    for (const text of holds) assert(mayFollow(found.sequel, `xab${text}`, 3), `${text} holds`);
    for (const text of fails) assert(!mayFollow(found.sequel, `xab${text}`, 3), `${text} fails`);
  });
}

const UNKNOWN: readonly (readonly [pattern: string, why: string, options?: PatternOptions])[] = [
  ['abcd', 'nothing comes behind it'],
  ['ab$', 'an assertion takes no byte'],
  ['ab.*', 'anything or nothing may come'],
  ['ab(c|d?)', 'it may be left out'],
  ['ab(?=c)', 'a look takes no byte'],
  ['(a|b)c', 'it begins with no literal'],
  ['[0-9]ab\\d', 'it begins with no literal'],
  ['ab|cd', 'it is two'],
  ['ab((((\\d{8}){8})))', 'it would have more steps than there are bits'],
];

for (const [pattern, why, options = {}] of UNKNOWN) {
  test(`nothing is known of what stands behind /${pattern}/: ${why}`, () => {
    assert.equal(sequelOfPattern(parsePattern(pattern, options)), undefined);
  });
}

test('what is longer than a sequel is looked at holds', () => {
  const found = sequelOfPattern(parsePattern('ab[^x]*x', {}));
  assert(found !== undefined);
  const fill = 'y'.repeat(SEQUEL_BYTES_MAX);
  assert(mayFollow(found.sequel, `ab${fill}`, 2));
  assert(mayFollow(found.sequel, `ab${fill}\n`, 2));
});

/** Rules about what every message holds, texts that name them, and texts that do not. */
const RULES: readonly (readonly [options: string, names: readonly string[], leaves: readonly string[]])[] = [
  [
    'content:"HTTP/"; nocase; isdataat:6,relative; content:!"|0A|"; within:5;',
    ['GET / HTTP/1.12345\r\n', 'HTTP/1.1', 'http/1.1\r\n HTTP/12345'],
    ['GET / HTTP/1.1\r\n', 'GET / http/1.0\n'],
  ],
  [
    'content:"HTTP/"; content:!"|0A|"; distance:2; within:2;',
    ['HTTP/1\nab\r\n', 'HTTP/1.1\r\n'],
    ['HTTP/1.\n\r\n', 'HTTP/1.1\n'],
  ],
  ['content:"HTTP/"; content:!"a"; within:5;', ['HTTP/a'], []],
  ['content:"HTTP/"; content:!"|0A 0A|"; within:5;', ['HTTP/\n\n'], []],
  ['content:"HTTP/"; content:"x"; distance:0; content:!"|0A|"; within:5;', ['HTTP/\n\n'], []],
  ['content:"HTTP/"; content:!"|0A|"; within:5; http_header;', ['HTTP/\n\n'], []],
  [
    'content:"Content-Length|3A|"; nocase; pcre:"/^Content-Length\\x3a\\s*-\\d+/smi";',
    ['\r\nContent-Length: -1\r\n', '\r\ncontent-length:\r\n'],
    ['\r\nContent-Length: 12\r\n'],
  ],
  [
    'content:"Accept-Encoding:"; http_header; pcre:"/^Accept-Encoding:[^\\r\\n]*,[ \\t]*,/imH";',
    ['\r\nAccept-Encoding: gzip, ,br\r\n', '\r\naccept-encoding:,,'],
    ['\r\nAccept-Encoding: gzip, deflate\r\n'],
  ],
  // A pair is told by its sequel in long texts only.
  [
    'content:"<%"; http_client_body; pcre:"/<%[\\x00-\\x7f]{20}/P";',
    ['<%', `<%\xff${'x'.repeat(600)}<% ${'y'.repeat(20)}`, `${'x'.repeat(600)}<%\n`],
    [`<%\xff${'x'.repeat(600)}<%  \xff<`],
  ],
  // It is looked at farther than that of a literal, and holds where it is still going on.
  [
    'content:"${"; http_client_body; pcre:"/\\x24\\x7b[^\\n]*\\x7d/P";',
    ['${' + '.'.repeat(900) + '}', '${' + '.'.repeat(1_100) + '\n', '${\n'.repeat(200) + '${}'],
    ['${' + '.'.repeat(900) + '\n}'],
  ],
  // What stands behind a name there stands nowhere in a field.
  ['http.header_names; pcre:"/accept[\\x0d\\x0a]+host/i";', ['\r\nAccept: */*\r\n'], []],
];

for (const [options, names, leaves] of RULES) {
  test(`a rule with ${options} is named by what may be a match`, () => {
    const needs = needsOf(compiledOf(options), new Coverages('to_server'), new Expected());
    const scan = new NeedScan(makeNeedScanTables(needs, [...needs.keys()]));
    const isNamed = (text: string): boolean => new Set(scan.scan(text, NO_NEEDS)).size === needs.length;
    for (const text of names) assert(isNamed(text), text);
    for (const text of leaves) assert(!isNamed(text), text);
    // Beyond the budget of comparisons an automaton looks, and asks for no sequel.
    const many = leaves.map((text) => text.repeat(10_000)).join('');
    if (many !== '') assert(isNamed(many));
  });
}

function compiledOf(options: string): CompiledRule {
  const text = `alert tcp any any -> any any (flow:to_server; ${options} sid:1;)`;
  const loaded = loadSnortRules([{ name: 'f', text }], { withDisabled: false, variables: new Map() });
  const [rule] = loaded.rules;
  assert(rule !== undefined, JSON.stringify(loaded.mistakes));
  return rule;
}
