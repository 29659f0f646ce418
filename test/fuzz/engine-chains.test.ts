/**
 * Chains whose links read what links before them have captured, matched and set, on exchanges in which several values satisfy a
 * part of one each: the fast way and the straight interpreter tell the same. The words are so few that what is set by one
 * value is often what another link or rule asks for.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRules, makeInspector } from '../../src/inspect/build.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { listedFields } from '../../src/inspect/listed-fields.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 800);

const value = fc.constantFrom('a', 'b', 'a=1', 'b=1', 'a=2', 'b=2', 'a=b', 'c=1', '1', 'ab', 'xa=1', 'a.b');
const FIRST_TARGETS = [
  'ARGS',
  'ARGS',
  'ARGS',
  'ARGS_NAMES',
  'REQUEST_HEADERS',
  'ARGS:/^[ab]/',
  'REQUEST_URI',
];
const FIRST_TESTS = [
  '@rx ^(\\w)=?(\\w?)',
  '@rx ^(\\w+)=(\\w+)$',
  '@rx (a|b)',
  '@rx .',
  '!@rx ^a',
  '@contains a',
];
const LATER_TARGETS = [
  'TX:1', 'TX:1', 'TX:2', 'TX:/^r_/', 'TX:r_a', 'TX:r_b', 'TX:r_a', 'TX:r_b', '&TX:r_a', 'TX:1|TX:r_n', 'MATCHED_VAR',
  'MATCHED_VARS', 'MATCHED_VAR_NAME', 'REQUEST_METHOD', 'ARGS', 'TX:cfg',
]; // prettier-ignore
const LATER_TESTS = [
  '@streq a', '@streq b', '@streq 1', '@streq 2', '!@streq a', '@eq 1', '@rx ^(a|b)$', '@rx (1)', '@rx .', '!@rx .',
  '@streq %{tx.r_a}', '!@within %{tx.r_b}', '@streq %{tx.1}', '@contains %{tx.2}', '@within %{MATCHED_VAR}',
  '@within %{tx.cfg}',
]; // prettier-ignore
const SETTINGS = [
  "setvar:'tx.r_%{tx.1}=%{tx.2}'", "setvar:'tx.r_%{tx.1}=1'", "setvar:'tx.r_a=%{tx.1}'", "setvar:'tx.r_n=%{tx.1}'",
  "setvar:'tx.r_n=%{MATCHED_VAR}'", "setvar:'tx.r_a=%{tx.r_a}%{tx.1}'", "setvar:'tx.r_b=+1'", 'setvar:!tx.r_a',
  "setvar:'tx.r_%{MATCHED_VAR_NAME}=%{tx.1}'", 'setvar:tx.cfg=2', 'capture', 'multiMatch',
]; // prettier-ignore
const ENDS = ['pass', 'pass', 'deny', 'pass,nolog', 'allow:phase', 'pass,skip:1'];

const settings = fc.uniqueArray(fc.constantFrom(...SETTINGS), { maxLength: 2 });
const first = fc.record({
  target: fc.constantFrom(...FIRST_TARGETS),
  operator: fc.constantFrom(...FIRST_TESTS),
  isCapturing: fc.constantFrom(true, true, true, false),
  settings,
});
const later = fc.record({
  target: fc.constantFrom(...LATER_TARGETS),
  operator: fc.constantFrom(...LATER_TESTS),
  isCapturing: fc.constantFrom(true, false, false),
  settings: fc.oneof(fc.constant<string[]>([]), settings),
});
type LinkShape = typeof later extends fc.Arbitrary<infer Shape> ? Shape : never;

const chain = fc.record({
  links: fc
    .tuple(first, fc.array(later, { minLength: 1, maxLength: 3 }))
    .map(([one, others]): readonly LinkShape[] => [one, ...others]),
  end: fc.constantFrom(...ENDS),
  /** Each rule has members of its own, or all share theirs. */
  isApart: fc.boolean(),
});
type ChainShape = typeof chain extends fc.Arbitrary<infer Shape> ? Shape : never;

function ruleText({ links, end, isApart }: ChainShape, index: number): string {
  const lines = links.map((link, place) => {
    const actions = new Set([
      ...(place === 0 ? [`id:${index + 1}`, 'phase:2', ...end.split(',')] : []),
      ...(link.isCapturing ? ['capture'] : []),
      ...link.settings,
      ...(place < links.length - 1 ? ['chain'] : []),
    ]);
    return `SecRule ${link.target} "${link.operator}" "${[...actions].join(',')}"`;
  });
  const text = lines.join('\n');
  return isApart ? text.replaceAll('r_', `r${index}_`) : text;
}

/** Chains that may put together what several values have set. */
const together = fc
  .record({
    target: fc.constantFrom('ARGS', 'ARGS_NAMES'),
    operator: fc.constantFrom('@rx ^(\\w)=?(\\w?)', '@rx ^(\\w)=(\\w)$', '@rx ^(a|b)'),
    setting: fc.constantFrom(...SETTINGS.slice(0, 6)),
    later: fc.array(
      fc.record({
        target: fc.constantFrom('TX:r_a', 'TX:r_b', 'TX:/^r_/', 'TX:1', 'TX:2'),
        operator: fc.constantFrom('@streq a', '@streq b', '@streq 1', '@streq 2', '@rx .', '@contains ab'),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ target, operator, setting, later: others }): ChainShape => ({
    links: [
      { target, operator, isCapturing: true, settings: [setting] },
      ...others.map((other) => ({ ...other, isCapturing: false, settings: [] })),
    ],
    end: 'pass',
    isApart: true,
  }));

/** One chain that captures and mostly does not match, and another that takes what it has captured. */
const taking = fc
  .record({
    leaving: fc.constantFrom('@rx ^(a|b)', '@rx (1|2)$'),
    second: fc.constantFrom('REQUEST_METHOD', 'TX:1', 'TX:2'),
    setting: fc.constantFrom("setvar:'tx.r_a=%{tx.1}'", "setvar:'tx.r_%{tx.1}=1'", 'multiMatch'),
    taken: fc.constantFrom('TX:r_a', 'TX:/^r_/'),
    wanted: fc.constantFrom('@rx ^(a|b|1)$', '@streq a', '@rx .'),
    isCapturing: fc.boolean(),
  })
  .map(({ leaving, second, setting, taken, wanted, isCapturing }): readonly ChainShape[] => [
    {
      links: [
        { target: 'ARGS', operator: leaving, isCapturing: true, settings: [] },
        { target: second, operator: '@streq 2', isCapturing: false, settings: [] },
      ],
      end: 'pass,nolog',
      isApart: true,
    },
    {
      links: [
        { target: 'REQUEST_URI', operator: '@rx .', isCapturing: false, settings: [setting] },
        { target: taken, operator: wanted, isCapturing, settings: [] },
      ],
      end: 'pass',
      isApart: true,
    },
  ]);

const ruleFile = fc
  .oneof(
    { weight: 2, arbitrary: fc.array(chain, { minLength: 1, maxLength: 3 }) },
    { weight: 2, arbitrary: fc.tuple(together) },
    { weight: 1, arbitrary: taking },
  )
  .map((chains) =>
    ['SecAction "id:50,phase:1,pass,nolog,setvar:tx.cfg=1"', ...chains.map(ruleText)].join('\n'),
  );

const pair = fc.tuple(fc.constantFrom('a', 'b', 'c'), value);
const request = fc.record({
  query: fc.array(pair, { maxLength: 4 }),
  fields: fc.array(pair, { maxLength: 2 }),
});
type RequestShape = typeof request extends fc.Arbitrary<infer Shape> ? Shape : never;

function run(inspector: Inspector, { query, fields }: RequestShape): unknown {
  const transaction = inspector.begin({
    method: 'GET',
    target: `/?${query.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&')}`,
    version: 'HTTP/1.1',
    headers: listedFields(fields),
    clientAddress: '192.0.2.1',
  });
  const verdicts = [
    transaction.requestHead(),
    transaction.requestBody({ bytes: Buffer.alloc(0), isPrefix: false }),
  ];
  transaction.end();
  return { verdicts, hits: transaction.hits };
}

test('chains on their own members and captures are told the same by the fast way and by the interpreter', () => {
  let hitCount = 0;
  fc.assert(
    fc.property(ruleFile, fc.array(request, { minLength: 6, maxLength: 10 }), (text, requests) => {
      const [fast, slow] = [true, false].map((isFast) => {
        const compiled = compileRules([{ name: 'r.conf', text }], { isFast });
        assert(compiled.kind === 'ok');
        return makeInspector(compiled.plan, { mode: 'on' });
      });
      assert(fast !== undefined && slow !== undefined);
      for (const shape of requests) {
        const expected = run(slow, shape) as { readonly hits: readonly unknown[] };
        hitCount += expected.hits.length;
        assert.deepEqual(run(fast, shape), expected);
      }
    }),
    { numRuns, seed: fuzzSeed },
  );
  assert(hitCount > numRuns, `only ${hitCount} hits: the comparison proves little`);
});
