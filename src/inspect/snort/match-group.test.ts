import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match, Outcome, Regex } from '../rx/regex.ts';
import type { CompiledOption } from './compile.ts';
import { loadSnortRules } from './load.ts';
import { matchGroup } from './match-group.ts';
import { BufferText } from './message-buffers.ts';

const VALUE = 'x'.repeat(64 * 1024);

/** Options of one group, of which each place that the pattern finds is tried in vain. What is looked at behind a place decides. */
const FAR = ['pcre:"/x.*?y|x/s"', 'pcre:"/x(.*y)?/s"', 'pcre:"/x([^\\n]*z)?/"'];
const NEAR = ['pcre:"/x/"', 'pcre:"/[^a]/"'];

for (const [patterns, findsMin, findsMax] of [
  [FAR, 1, 60],
  [NEAR, 100, 20_000],
] as const) {
  for (const pattern of patterns) {
    test(`${pattern} is tried at no more places than its work allows`, () => {
      const { options, count } = counted(`${pattern}; content:"q"; within:1`);
      const { kind } = matchGroup(options, new BufferText(VALUE), 'snort2', new Map(), true);
      assert.equal(kind, 'exhausted');
      const finds = count();
      assert(finds >= findsMin && finds <= findsMax, `${finds} searches`);
    });
  }
}

test('a pattern that is asked of what stands behind each place pays for looking at all of it', () => {
  for (const pattern of ['pcre:"/^y/R"', 'pcre:!"/^x/R"', 'pcre:"/^(?=y)y/R"']) {
    const { options, count } = counted(`content:"x"; ${pattern}`);
    assert.equal(matchGroup(options, new BufferText(VALUE), 'snort2', new Map(), true).kind, 'exhausted');
    assert(count() > 100 && count() < 1000, `${count()} questions`);
  }
});

test('a pattern that is found at many places ends at the one behind which the rest holds', () => {
  for (const pattern of NEAR) {
    const { options } = counted(`${pattern}; content:"q"; within:1`);
    const value = `${VALUE.slice(0, 1000)}q`;
    assert.equal(matchGroup(options, new BufferText(value), 'snort2', new Map(), true).kind, 'match');
  }
});

/** The options of a rule, and how often its pattern was asked. */
function counted(text: string): {
  readonly options: readonly CompiledOption[];
  readonly count: () => number;
} {
  const rule = `alert tcp any any -> any any (msg:"m"; ${text}; sid:1; rev:1;)\n`;
  const { rules, mistakes } = loadSnortRules([{ name: 'r.rules', text: rule }], {
    withDisabled: false,
    variables: new Map(),
  });
  assert.deepEqual(mistakes, []);
  let questions = 0;
  const options = (rules[0]?.groups[0]?.options ?? []).map((option) =>
    option.kind === 'pcre' ? { ...option, pattern: counting(option.pattern, () => questions++) } : option,
  );
  assert.equal(options.length, 2);
  return { options, count: () => questions };
}

function counting(pattern: Regex, note: () => void): Regex {
  return new Proxy(pattern, {
    get(target, name) {
      if (name !== 'find' && name !== 'test') return Reflect.get(target, name, target) as unknown;
      return (value: string, start?: number): Match | Outcome | undefined => {
        note();
        return target[name](value, start);
      };
    },
  });
}
