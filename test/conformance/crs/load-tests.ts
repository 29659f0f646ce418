/**
 * The regression tests of the OWASP CRS, from their YAML files (the format of go-ftw).
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  /** The whole request, when the test gives it so. */
  readonly encoded: string | undefined;
  readonly expected: Expected;
}

export interface Expected {
  readonly ids: readonly number[];
  readonly noIds: readonly number[];
  readonly pattern: string | undefined;
  readonly noPattern: string | undefined;
  readonly status: number | undefined;
  readonly isError: boolean;
}

export interface RegressionTest {
  /** `942100-1`. */
  readonly name: string;
  readonly rule: number;
  readonly stages: readonly Stage[];
}

type Fields = Readonly<Record<string, unknown>>;

export function loadRegressionTests(folder: string): readonly RegressionTest[] {
  const files = globSync(join(folder, '**/*.{yaml,yml}')).sort();
  return files.flatMap((file) => readFile(readFileSync(file, 'utf8')));
}

function readFile(text: string): readonly RegressionTest[] {
  // YAML 1.1, as Python and Go read it, has no other meaning for what these files hold.
  const document: unknown = parse(text, { maxAliasCount: 0 });
  const file = fieldsOf(document);
  const rule = Number(file['rule_id']);
  return listOf(file['tests']).map((test) => {
    const fields = fieldsOf(test);
    return {
      name: `${rule}-${String(fields['test_id'])}`,
      rule,
      stages: listOf(fields['stages']).map((stage) => readStage(fieldsOf(fieldsOf(stage)['stage'] ?? stage))),
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
    isRaw: input['autocomplete_headers'] === false,
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
    status: typeof output['status'] === 'number' ? output['status'] : undefined,
    isError: output['expect_error'] === true,
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown, missing: string): string {
  if (value === undefined || value === null) return missing;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
