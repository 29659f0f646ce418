/** Every pattern of the public rule sets is read and compiled, and what is known of it by its literals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRegex } from '../../../src/inspect/rx/regex.ts';
import type { Regex } from '../../../src/inspect/rx/regex.ts';
import { crsPatterns, missing, snortPatterns } from './patterns.ts';
import type { RulePattern } from './patterns.ts';

test('CRS: every pattern is read, linear, and most have literals', { skip: missing('crs') }, (context) => {
  const regexes = compileAll(crsPatterns());
  assert.equal(regexes.length, 294);
  assert(regexes.every(({ isLinear }) => isLinear));
  const counts = countsByLength(regexes);
  context.diagnostic(`literals of at least 1, 2, 3 bytes: ${counts.join(', ')} of ${regexes.length}`);
  for (const { literals, source } of regexes) {
    if (literals === undefined) context.diagnostic(`none: ${source.slice(0, 120).replace(/[^ -~]/g, '?')}`);
  }
  // Another number is no mistake, but fewer literals make every request slower.
  assert(counts[0]! >= 268 && counts[1]! >= 180 && counts[2]! >= 135, counts.join());
});

test(
  'Snort and Suricata: every pattern is read',
  { skip: missing('snort', 'suricata-verify') },
  (context) => {
    const regexes = compileAll(snortPatterns());
    assert.equal(regexes.length, 1453);
    const counts = countsByLength(regexes);
    const linear = regexes.filter(({ isLinear }) => isLinear).length;
    context.diagnostic(`${linear} of ${regexes.length} are linear`);
    context.diagnostic(`literals of at least 1, 2, 3 bytes: ${counts.join(', ')}`);
    assert(linear >= 1200 && counts[2]! >= 900, counts.join());
  },
);

function compileAll(patterns: readonly RulePattern[]): readonly Regex[] {
  return patterns.map(({ source, options }) => {
    const regex = compileRegex(source, options);
    // Whatever is put off until the first value must not fail then.
    regex.test('');
    regex.find('a');
    return regex;
  });
}

/** How many have literals of which all are at least 1, 2, 3 bytes long. */
function countsByLength(regexes: readonly Regex[]): readonly number[] {
  return [1, 2, 3].map(
    (length) =>
      regexes.filter(({ literals }) => literals?.every((literal) => literal.length >= length) === true)
        .length,
  );
}
