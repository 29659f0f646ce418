/**
 * Whatever rules there are and whatever is sent: the fast way through the rules leaves the same hits, in the same order,
 * with the same verdicts, as the straight interpreter that runs every rule on every value.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRules, makeInspector } from '../../src/inspect/build.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { attachRules, shareRules } from '../../src/inspect/shared/shared-rules.ts';
import { TRANSFORMATION_NAMES } from '../../src/inspect/transforms/table.ts';
import { fuzzSeed } from '../support/random.ts';
import { listedFields } from '../../src/inspect/listed-fields.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

/** Words of which rules and requests are made, so that they meet. */
const WORDS = [
  'a',
  'B',
  'ab',
  'Ab1',
  'select',
  'x=1',
  '%41b',
  '+a',
  "'or 1",
  '<b>',
  '&lt;a',
  '\\u0061',
  'YWI=',
  '/../a',
  '\u00e9',
];
const word = fc.constantFrom(...WORDS);
const text = fc.array(word, { maxLength: 3 }).map((words) => words.join(''));
const MEMBERS = ['a', 'b', 'score', 'mode'];
const member = fc.constantFrom(...MEMBERS);
const digit = fc.integer({ min: 0, max: 3 }).map(String);

const target = fc.oneof(
  fc.constantFrom(
    'ARGS', 'ARGS:a', 'ARGS|!ARGS:a', 'ARGS:/^a/', 'ARGS_NAMES', 'ARGS_GET', 'ARGS_POST', '&ARGS', '&ARGS:a',
    'REQUEST_HEADERS', 'REQUEST_HEADERS:A', '&REQUEST_HEADERS:A', 'REQUEST_HEADERS_NAMES', 'REQUEST_COOKIES',
    'REQUEST_URI', 'REQUEST_FILENAME', 'REQUEST_BODY', 'REQUEST_METHOD', 'REQBODY_PROCESSOR', 'QUERY_STRING',
    'RESPONSE_STATUS', 'ARGS|REQUEST_HEADERS|REQUEST_COOKIES',
  ),
  member.map((name) => `TX:${name}`),
  member.map((name) => `&TX:${name}`),
  fc.constantFrom('TX:1', 'TX:/^s/', 'MATCHED_VAR', 'MATCHED_VARS'),
); // prettier-ignore

const operator = fc.oneof(
  fc
    .tuple(fc.constantFrom('@contains', '@streq', '@beginsWith', '@pm', '!@contains', '!@within'), word)
    .map(([name, argument]) => `${name} ${argument}`),
  fc.constantFrom(
    '@rx (?i)a(b)?',
    '@rx ^(a|B)',
    '@rx .',
    '!@rx ^a',
    '@rx (\\w+)=',
    '@rx [^a-z]',
    '@unconditionalMatch',
    '@detectSQLi',
    '@detectXSS',
    '@validateByteRange 32-126',
    '!@validateByteRange 32-90',
  ),
  fc
    .tuple(fc.constantFrom('@eq', '@ge', '@lt', '!@eq'), digit)
    .map(([name, argument]) => `${name} ${argument}`),
  member.map((name) => `@within x%{tx.${name}}x`),
  fc.constant('@contains %{tx.1}'),
);

const chainOf = fc.array(fc.constantFrom(...TRANSFORMATION_NAMES), { maxLength: 3 });

const setting = fc.oneof(
  fc.tuple(member, digit).map(([name, value]) => `setvar:tx.${name}=${value}`),
  fc.tuple(member, digit).map(([name, value]) => `setvar:tx.${name}=+${value}`),
  member.map((name) => `setvar:!tx.${name}`),
  fc.tuple(member, member).map(([name, other]) => `setvar:'tx.${name}=%{tx.${other}}'`),
  fc.constantFrom(
    "setvar:'tx.s_%{tx.1}=%{MATCHED_VAR}'",
    "setvar:'tx.b=%{MATCHED_VAR}'",
    'capture',
    'ctl:ruleRemoveTargetById=1-40;ARGS:a',
    'ctl:ruleRemoveById=7',
    'ctl:ruleEngine=DetectionOnly',
    'ctl:forceRequestBodyVariable=On',
    'multiMatch',
  ),
);

const link = fc.record({ target, operator, chain: chainOf, settings: fc.array(setting, { maxLength: 2 }) });
const rule = fc.record({
  phase: fc.constantFrom(1, 2, 2, 2, 2, 3, 4, 5),
  links: fc.array(link, { minLength: 1, maxLength: 3 }),
  end: fc.constantFrom(
    'pass',
    'pass',
    'pass',
    'pass,nolog',
    'pass,nolog',
    'deny',
    'allow:phase',
    'pass,skip:1',
    'pass,skipAfter:M',
  ),
  isAction: fc.boolean(),
  /** Rules that are run without preparations, put off, or left out (compile/plain-effect.ts). */
  plain: fc.option(
    fc.tuple(
      fc.constantFrom(
        'REQUEST_FILENAME',
        'REQUEST_METHOD',
        'REQUEST_HEADERS:A',
        'REQBODY_PROCESSOR',
        'REQUEST_BODY',
        'RESPONSE_BODY',
      ),
      fc.constantFrom('@pm a b', '!@pm a POST', '!@validateByteRange 47-97', '@streq URLENCODED', '@rx a'),
      fc.constantFrom(
        'ctl:ruleRemoveById=1-3',
        'ctl:ruleRemoveById=99',
        'ctl:ruleRemoveTargetById=1-99;ARGS',
        'ctl:ruleRemoveTargetById=1-99;REQUEST_FILENAME',
        'skipAfter:M',
        'skip:1',
      ),
    ),
    { freq: 3 },
  ),
});
type RuleShape = typeof rule extends fc.Arbitrary<infer Shape> ? Shape : never;

function ruleText({ phase, links, end, isAction, plain }: RuleShape, index: number): string {
  const id = index + 1;
  if (plain !== null) {
    const [looks, test, action] = plain;
    return `SecRule ${looks} "${test}" "id:${id},phase:${phase},pass,nolog,t:none,${action}"`;
  }
  if (isAction) {
    const settings = (links[0]?.settings ?? []).filter((one) => !/capture|multiMatch/.test(one));
    return `SecAction "id:${id},phase:${phase},nolog,pass${settings.map((one) => `,${one}`).join('')}"`;
  }
  return links
    .map(({ target: looks, operator: test, chain, settings }, place) => {
      const actions = [
        ...(place === 0 ? [`id:${id}`, `phase:${phase}`, ...end.split(',')] : []),
        't:none',
        ...chain.map((name) => `t:${name}`),
        ...new Set(settings),
        ...(place < links.length - 1 ? ['chain'] : []),
      ];
      return `SecRule ${looks} "${test}" "${actions.join(',')}"`;
    })
    .join('\n');
}

const rules = fc
  .array(rule, { minLength: 1, maxLength: 8 })
  .map(
    (shapes) =>
      `${shapes.map(ruleText).join('\n')}\nSecMarker M\nSecRule ARGS "@contains a" "id:99,phase:2,pass"`,
  );

const request = fc.record({
  path: text,
  query: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'ab', 'A'), text), { maxLength: 3 }),
  headers: fc.array(fc.tuple(fc.constantFrom('A', 'B', 'Cookie'), text), { maxLength: 3 }),
  body: fc.option(fc.array(fc.tuple(fc.constantFrom('a', 'c'), text), { maxLength: 3 }), { nil: undefined }),
  /** The text of all fields: at hand, not at hand, or the caller knows of no such thing. */
  section: fc.constantFrom('whole', 'empty', 'none'),
});
type RequestShape = typeof request extends fc.Arbitrary<infer Shape> ? Shape : never;

function pairs(list: readonly (readonly [string, string])[]): string {
  return list.map(([name, value]) => `${name}=${value}`).join('&');
}

function run(inspector: Inspector, shape: RequestShape): unknown {
  const form: readonly (readonly [string, string])[] =
    shape.body === undefined ? [] : [['Content-Type', 'application/x-www-form-urlencoded']];
  const headers: readonly (readonly [string, string])[] = [...shape.headers, ...form];
  const whole = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const section = { whole, empty: '', none: undefined }[shape.section];
  const transaction = inspector.begin({
    method: shape.body === undefined ? 'GET' : 'POST',
    target: `/${shape.path}?${pairs(shape.query)}`,
    version: 'HTTP/1.1',
    headers: listedFields(headers, section),
    clientAddress: '192.0.2.1',
  });
  const verdicts = [
    transaction.requestHead(),
    transaction.requestBody({ bytes: Buffer.from(pairs(shape.body ?? []), 'latin1'), isPrefix: false }),
    transaction.responseHead({ status: 200, headers: { count: 0, name: () => '', value: () => '' } }),
    transaction.responseBody({ bytes: Buffer.from(shape.path, 'latin1'), isPrefix: false }),
  ];
  transaction.end();
  return { verdicts, hits: transaction.hits };
}

test('the fast way, attached by another thread too, and the straight interpreter find the same, whatever the rules and the requests', () => {
  let hitCount = 0;
  let ruleSets = 0;
  fc.assert(
    fc.property(rules, fc.array(request, { minLength: 1, maxLength: 4 }), (ruleFile, requests) => {
      const files = [{ name: 'r.conf', text: ruleFile }];
      const fast = compileRules(files, { exclude: [] });
      const slow = compileRules(files, { exclude: [], isFast: false });
      if (fast.kind === 'bad' || slow.kind === 'bad') {
        assert.equal(fast.kind, slow.kind);
        return;
      }
      const shared = shareRules(files, { exclude: [] });
      assert(shared.kind === 'ok');
      ruleSets++;
      const [quick, attached, straight] = [
        makeInspector(fast.plan, { mode: 'on' }),
        makeInspector(attachRules(shared.memory).plan, { mode: 'on' }),
        makeInspector(slow.plan, { mode: 'on' }),
      ];
      // Twice, because the second time everything is remembered.
      for (const shape of [...requests, ...requests]) {
        const expected = run(straight, shape) as { readonly hits: readonly unknown[] };
        hitCount += expected.hits.length;
        assert.deepEqual(run(quick, shape), expected);
        assert.deepEqual(run(attached, shape), expected);
      }
    }),
    { numRuns, seed: fuzzSeed },
  );
  assert(ruleSets > numRuns / 2, `only ${ruleSets} rule sets could be run`);
  assert(hitCount > numRuns, `only ${hitCount} hits: the comparison proves little`);
});
