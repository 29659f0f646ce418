/**
 * The regression tests of the OWASP CRS, from their YAML files (the format of go-ftw).
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';

/** One request and what is expected of it. */
export interface Stage {
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly data: string;
  /** True when the runner must leave the request as it is written. */
  readonly isRaw: boolean;
  /** The whole request in base64, when the test gives it so. */
  readonly encoded: string | undefined;
  readonly expected: Expected;
}

export interface Expected {
  readonly ids: readonly number[];
  readonly noIds: readonly number[];
  readonly pattern: string | undefined;
  readonly noPattern: string | undefined;
  readonly status: number | undefined;
  /** The connection ends without a response that can be read. */
  readonly isError: boolean;
}

export interface RegressionTest {
  /** `942100-1`. */
  readonly name: string;
  readonly rule: number;
  /** The folder it is in: `RESPONSE-951-DATA-LEAKAGES-SQL`. */
  readonly group: string;
  readonly stages: readonly Stage[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Every test below `folder`, in the order of the files. Files without a test are among them: comments alone. */
export function loadRegressionTests(folder: string): readonly RegressionTest[] {
  return testFiles(folder).flatMap((file) => readFile(readFileSync(file, 'utf8'), basename(dirname(file))));
}

/** One of the files is called `.yml`, which the pattern that go-ftw is started with does not name. */
export function testFiles(folder: string): readonly string[] {
  return globSync(join(folder, '**/*.{yaml,yml}')).sort();
}

function readFile(text: string, group: string): readonly RegressionTest[] {
  // Every scalar stays the text that is written: `version: 1.0` is not the number 1.
  const document: unknown = parse(text, { maxAliasCount: 0, schema: 'failsafe' });
  const file = fieldsOf(document);
  const rule = Number(file['rule_id']);
  return listOf(file['tests']).map((test) => {
    const fields = fieldsOf(test);
    return {
      name: `${rule}-${textOf(fields['test_id'], '')}`,
      rule,
      group,
      stages: listOf(fields['stages']).map((stage) => readStage(fieldsOf(stage))),
    };
  });
}

function readStage(stage: Fields): Stage {
  const input = fieldsOf(stage['input']);
  const encoded = input['encoded_request'];
  return {
    method: textOf(input['method'], 'GET'),
    uri: textOf(input['uri'], '/'),
    version: textOf(input['version'], 'HTTP/1.1'),
    headers: Object.entries(fieldsOf(input['headers'])).map(
      ([name, value]) => [name, textOf(value, '')] as const,
    ),
    data: textOf(input['data'], ''),
    isRaw: input['autocomplete_headers'] === 'false',
    encoded: typeof encoded === 'string' ? encoded : undefined,
    expected: readExpected(fieldsOf(stage['output'])),
  };
}

function readExpected(output: Fields): Expected {
  const log = fieldsOf(output['log']);
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    ids: listOf(log['expect_ids']).map(Number),
    noIds: listOf(log['no_expect_ids']).map(Number),
    pattern: text(log['match_regex']),
    noPattern: text(log['no_match_regex']),
    status: output['status'] === undefined ? undefined : Number(output['status']),
    isError: output['expect_error'] === 'true',
  };
}

function fieldsOf(value: unknown): Fields {
  // A map of YAML; what its values are is looked at where they are used.
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown, missing: string): string {
  return typeof value === 'string' ? value : missing;
}
