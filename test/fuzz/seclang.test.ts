/** Whatever stands in a rule file, reading it ends with rules or with mistakes at places inside the file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatMistake } from '../../src/inspect/mistake.ts';
import { LazyDfa } from '../../src/inspect/rx/lazy-dfa.ts';
import { neededLiterals } from '../../src/inspect/rx/literals.ts';
import { parsePattern } from '../../src/inspect/rx/parse.ts';
import { findMatch } from '../../src/inspect/rx/pike.ts';
import { compileProgram } from '../../src/inspect/rx/program.ts';
import { PatternError } from '../../src/inspect/rx/syntax.ts';
import { readRules } from '../../src/inspect/seclang/read-rules.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1000);

const PIECES = [
  ...[
    'SecRule',
    'SecAction',
    'SecMarker',
    'ARGS',
    'ARGS:a',
    '!ARGS:a',
    '&ARGS',
    'REQUEST_URI',
    'TX:a',
    '|',
    '"',
    "'",
    '\\',
  ],
  ...[
    '@rx ',
    '@pm ',
    '!@streq ',
    '@ipMatch ',
    '@',
    'id:1',
    'id:2',
    ',',
    'phase:1',
    'phase:',
    'chain',
    't:none',
    't:lowercase',
  ],
  ...[
    "msg:'x'",
    'deny',
    'status:403',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\\\n',
    '\\\r\n',
    '\r',
    '#',
    'é',
    '\u{1f600}',
    '\0',
    '%{a}',
  ],
  ...['a*', '(', ')', '[', ']', '{2}', '(?:', '(?=', '\\d', '^', '$', '.', '+', '?'],
];

const ruleText = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string(),
);

test('readRules ends with rules or mistakes, whatever it reads', () => {
  fc.assert(
    fc.property(ruleText, (text) => {
      const { ruleSet, mistakes, warnings } = readRules([{ name: 'f.conf', text }]);
      const lines = text.split('\n');
      for (const mistake of [...mistakes, ...warnings]) {
        assert(mistake.line >= 1 && mistake.line <= lines.length, formatMistake(mistake));
        assert(
          mistake.column >= 1 && mistake.column <= (lines[mistake.line - 1] ?? '').length + 1,
          formatMistake(mistake),
        );
        assert(!/[\n\r]/.test(mistake.text), 'a message stays on its line');
      }
      for (const item of ruleSet.items) {
        if (item.kind === 'rule') assert(item.rule.links.length > 0 || mistakes.length > 0);
      }
    }),
    { numRuns },
  );
});

const patternText = fc.oneof(
  fc.array(
    fc.constantFrom(
      ...Array.from('ab.*+?|()[]{}^$\\dwsbDWSB-12,:i<>=!x0'),
      '(?:',
      '(?i)',
      '[^',
      '{1,3}',
      '\\x41',
    ),
    { maxLength: 14 },
  ),
  fc.array(fc.constantFrom('a', 'b', '(', ')', '|', '*', '+?', '.', '\\b', '^', '$', '[ab]', '{2,}'), {
    maxLength: 14,
  }),
);
const valueText = fc.array(fc.constantFrom('a', 'b', 'B', '1', ' ', '\n', '-', '\xe9', '\0'), {
  maxLength: 12,
});

test('every pattern is refused by name or run alike by both engines', () => {
  let ran = 0;
  fc.assert(
    fc.property(patternText, valueText, (parts, characters) => {
      const value = characters.join('');
      try {
        const pattern = parsePattern(parts.join(''));
        const program = compileProgram(pattern, 'all');
        const slots = findMatch(program, value);
        assert.equal(new LazyDfa(program).matches(value), slots !== undefined);
        if (slots === undefined) return;
        ran++;
        const [start = -1, end = -1] = slots;
        assert(start >= 0 && start <= end && end <= value.length);
        const literals = neededLiterals(pattern.root);
        const matched = value.slice(start, end).toLowerCase();
        assert(literals === undefined || literals.some((literal) => matched.includes(literal)));
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        assert(error.index >= 0 && error.index <= parts.join('').length);
      }
    }),
    { numRuns: numRuns * 2 },
  );
  assert(ran > numRuns / 10, `only ${ran} patterns matched: the comparison proves little`);
});
