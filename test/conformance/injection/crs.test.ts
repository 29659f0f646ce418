/**
 * The regression tests of the four rules of the Core Rule Set that use the detectors: each value that a rule looks at,
 * after the rule's transformations. The whole rule set on whole requests is run elsewhere; here a failure says that it
 * is the detector's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { operatorNamed } from '../../../src/inspect/operators/table.ts';
import { NO_FILES } from '../../../src/inspect/operators/operator.ts';
import { transformationNamed } from '../../../src/inspect/transforms/table.ts';
import { readRuleTests, skipWithout, unescapeOnce } from './data.ts';

interface Stage {
  readonly input: {
    readonly uri?: string;
    readonly data?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly output: { readonly log: { readonly expect_ids?: number[]; readonly no_expect_ids?: number[] } };
}

interface RuleTests {
  readonly tests: readonly { readonly test_id: number; readonly stages: readonly Stage[] }[];
}

const SQL_STEPS = ['utf8toUnicode', 'urlDecodeUni', 'removeNulls'];
const SCRIPT_STEPS = [
  ...['utf8toUnicode', 'urlDecodeUni', 'htmlEntityDecode', 'jsDecode', 'cssDecode', 'removeNulls'],
];

/** Each rule: what it looks at, how, and how many tests of its file expect it and do not. */
const RULES: readonly {
  readonly rule: string;
  readonly operator: string;
  readonly steps: readonly string[];
  readonly values: (stage: Stage) => readonly string[];
  readonly positive: number;
  readonly negative: number;
}[] = [
  { rule: '942100', operator: 'detectSQLi', steps: SQL_STEPS, values: sent, positive: 15, negative: 0 },
  { rule: '942101', operator: 'detectSQLi', steps: SQL_STEPS, values: pathOf, positive: 9, negative: 2 },
  { rule: '941100', operator: 'detectXSS', steps: SCRIPT_STEPS, values: sent, positive: 5, negative: 2 },
  { rule: '941101', operator: 'detectXSS', steps: SCRIPT_STEPS, values: named, positive: 3, negative: 0 },
];

for (const { rule, operator, steps, values, positive, negative } of RULES) {
  test(`the tests of rule ${rule} hold for what it looks at`, { skip: skipWithout('rules') }, () => {
    const detect = operatorNamed(operator)!.make('', NO_FILES);
    const counts = { positive: 0, negative: 0 };
    // The shape of the files is theirs; what is used of it is checked by the counts.
    for (const { test_id, stages } of (parse(readRuleTests(rule)) as RuleTests).tests) {
      for (const stage of stages) {
        const isExpected = stage.output.log.expect_ids?.includes(Number(rule)) ?? false;
        const hits = values(stage).filter((value) => detect.test(transform(value, steps)));
        assert.equal(hits.length > 0, isExpected, `${rule}-${test_id}: ${JSON.stringify(values(stage))}`);
        if (isExpected) assert.notEqual(detect.captures?.(transform(hits[0]!, steps))[0] ?? '', '');
        counts[isExpected ? 'positive' : 'negative']++;
      }
    }
    assert.deepEqual(counts, { positive, negative });
  });
}

function transform(value: string, steps: readonly string[]): string {
  return steps.reduce((text, name) => transformationNamed(name)!.run(text), value);
}

/** Names and values of arguments, attributes of XML, and the user agent. */
function sent({ input }: Stage): readonly string[] {
  const query = (input.uri ?? '').split('?').slice(1).join('?');
  const data = input.data ?? '';
  const values = data.startsWith('<?xml')
    ? [...argumentsOf(query), ...attributesOf(data)]
    : [...argumentsOf(query), ...argumentsOf(data)];
  return [...values, input.headers?.['User-Agent'] ?? ''];
}

/** The name of the file and its last part. */
function pathOf({ input }: Stage): readonly string[] {
  const path = (input.uri ?? '').split('?')[0]!;
  return [path, path.slice(path.lastIndexOf('/') + 1)];
}

function named(stage: Stage): readonly string[] {
  return [pathOf(stage)[0]!, stage.input.headers?.['Referer'] ?? ''];
}

function argumentsOf(text: string): readonly string[] {
  return text.split('&').flatMap((pair) => {
    const [name = '', ...rest] = pair.split('=');
    return [unescapeOnce(name), unescapeOnce(rest.join('='))];
  });
}

function attributesOf(xml: string): readonly string[] {
  const unescape = transformationNamed('htmlEntityDecode')!;
  return [...xml.matchAll(/ probe="([^"]*)"/g)].map((match) => unescape.run(match[1]!));
}
