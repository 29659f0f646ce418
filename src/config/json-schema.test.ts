import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { jsonSchema } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

const GOLDENS = new URL('goldens/', import.meta.url);
const EXAMPLES = new URL('../../examples/', import.meta.url);
const schema = jsonSchema();

test('the JSON Schema accepts every configuration that the reader accepts', () => {
  const files = globSync('ok-*.yaml', { cwd: GOLDENS });
  assert.equal(files.length, 15);
  for (const file of files) assert.deepEqual(validateFile(new URL(file, GOLDENS)), [], file);
});

test('the JSON Schema refuses every mistake of shape that the reader refuses', () => {
  const files = globSync('shape-*.yaml', { cwd: GOLDENS });
  assert.equal(files.length, 23);
  for (const file of files) assert.notDeepEqual(validateFile(new URL(file, GOLDENS)), [], file);
});

test('the JSON Schema refuses each mistake alone', () => {
  const good = (): Record<string, unknown> => ({
    listeners: { web: { bind: ':80', pool: 'app' } },
    pools: { app: { servers: ['127.0.0.1:9001'] } },
  });
  assert.deepEqual(validate(schema, good(), ''), []);
  const mistakes: readonly (readonly [string, unknown])[] = [
    ['listeners', {}],
    ['listeners', null],
    ['listeners', []],
    ['listeners', { 'a b': { bind: ':80' } }],
    ['listeners', { web: { pool: 'app' } }],
    ['listeners', { web: { bind: [] } }],
    ['listeners', { web: { bind: 80 } }],
    ['listeners', { web: { bind: ':80', inspection: true } }],
    ['listeners', { web: { bind: ':80', timeouts: { head: 5 } } }],
    ['listeners', { web: { bind: ':80', timeouts: { exchange: 'of' } } }],
    ['listeners', { web: { bind: ':80', limits: { headBytes: -1 } } }],
    ['listeners', { web: { bind: ':80', limits: { headBytes: '1kib' } } }],
    ['listeners', { web: { bind: ':80', limits: { connections: 0 } } }],
    ['listeners', { web: { bind: ':80', limits: { connections: '5' } } }],
    ['listeners', { web: { bind: ':80', identity: { trust: ['office'] } } }],
    ['listeners', { web: { bind: ':80', routes: ['a', 'a'] } }],
    ['routes', { api: {} }],
    ['routes', { api: { pool: 'app', hosts: ['a b'] } }],
    ['routes', { api: { pool: 'app', paths: ['v1'] } }],
    ['routes', { api: { pool: 'app', methods: ['get'] } }],
    ['routes', { api: { pool: 'app', allowConnect: 'on' } }],
    ['pools', { app: { servers: { a: { weight: 1 } } } }],
    ['pools', { app: { servers: 'a' } }],
    ['pools', { app: { servers: ['a'] } }],
    ['pools', { app: { colour: 'red' } }],
    ['log', 'stdout'],
    ['log', { to: '' }],
    ['workers', 4],
  ];
  for (const [key, value] of mistakes) {
    assert.notDeepEqual(
      validate(schema, { ...good(), [key]: value }, ''),
      [],
      JSON.stringify({ [key]: value }),
    );
  }
});

test('the JSON Schema says what every key does', () => {
  const count = countDescriptions(schema);
  assert.ok(count.described > 80, `only ${count.described} keys`);
  assert.deepEqual(count.bare, []);
});

test('the JSON Schema accepts the examples', (context) => {
  const files = globSync('*.yaml', { cwd: EXAMPLES });
  if (files.length === 0) context.skip('there are no examples');
  for (const file of files) assert.deepEqual(validateFile(new URL(file, EXAMPLES)), [], file);
});

/** As an editor reads it: with the core types of YAML. */
function validateFile(file: URL): string[] {
  return validate(schema, parse(readFileSync(file, 'utf8')), '');
}

function countDescriptions(root: JsonSchema): { described: number; bare: string[] } {
  const result = { described: 0, bare: [] as string[] };
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { properties } = value as { properties?: Record<string, JsonSchema> };
    for (const [key, property] of Object.entries(properties ?? {})) {
      if (typeof property['description'] === 'string') result.described++;
      else result.bare.push(key);
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(root);
  return result;
}

/**
 * As much of JSON Schema as our schema uses. A keyword that is not here fails the test, so that nothing goes unchecked.
 */
type Rule = (argument: never, value: unknown, path: string, owner: JsonSchema) => string[];

const RULES: Readonly<Record<string, Rule>> = {
  $schema: () => [],
  title: () => [],
  description: () => [],
  default: () => [],
  $defs: () => [],
  $ref: (reference: string, value, path) => {
    assert.equal(reference, '#/$defs/environment');
    return validate((schema['$defs'] as { environment: JsonSchema }).environment, value, path);
  },
  type: (types: string | string[], value, path) =>
    [types].flat().some((type) => isType(type, value))
      ? []
      : [`${path}: is not ${[types].flat().join(' or ')}`],
  enum: (values: unknown[], value, path) => (values.includes(value) ? [] : [`${path}: is not in the enum`]),
  const: (constant: unknown, value, path) => (value === constant ? [] : [`${path}: is not the constant`]),
  anyOf: (schemas: JsonSchema[], value, path) => {
    const failures = schemas.map((inner) => validate(inner, value, path));
    return failures.some((failure) => failure.length === 0) ? [] : failures.flat();
  },
  pattern: (pattern: string, value, path) =>
    typeof value === 'string' && !new RegExp(pattern, 'u').test(value) ? [`${path}: does not match`] : [],
  minLength: (min: number, value, path) =>
    typeof value === 'string' && value.length < min ? [`${path}: is short`] : [],
  maxLength: (max: number, value, path) =>
    typeof value === 'string' && value.length > max ? [`${path}: is long`] : [],
  minimum: (min: number, value, path) =>
    typeof value === 'number' && value < min ? [`${path}: is below`] : [],
  maximum: (max: number, value, path) =>
    typeof value === 'number' && value > max ? [`${path}: is above`] : [],
  minItems: (min: number, value, path) =>
    Array.isArray(value) && value.length < min ? [`${path}: has few items`] : [],
  maxItems: (max: number, value, path) =>
    Array.isArray(value) && value.length > max ? [`${path}: has many items`] : [],
  uniqueItems: (_: true, value, path) =>
    Array.isArray(value) && new Set(value).size < value.length ? [`${path}: has an item twice`] : [],
  items: (inner: JsonSchema, value, path) =>
    Array.isArray(value) ? value.flatMap((item, index) => validate(inner, item, `${path}[${index}]`)) : [],
  minProperties: (min: number, value, path) => (keysOf(value).length < min ? [`${path}: has few keys`] : []),
  maxProperties: (max: number, value, path) => (keysOf(value).length > max ? [`${path}: has many keys`] : []),
  required: (keys: string[], value, path) =>
    isType('object', value)
      ? keys.filter((key) => !keysOf(value).includes(key)).map((key) => `${path}: lacks ${key}`)
      : [],
  propertyNames: (inner: JsonSchema, value, path) =>
    keysOf(value).flatMap((key) => validate(inner, key, `${path}.${key}`)),
  properties: (properties: Record<string, JsonSchema>, value, path) =>
    keysOf(value).flatMap((key) =>
      Object.hasOwn(properties, key) ? validate(properties[key]!, valueAt(value, key), `${path}.${key}`) : [],
    ),
  additionalProperties: (inner: JsonSchema | false, value, path, owner) =>
    keysOf(value)
      .filter((key) => !Object.hasOwn(owner['properties'] ?? {}, key))
      .flatMap((key) =>
        inner === false
          ? [`${path}: does not know ${key}`]
          : validate(inner, valueAt(value, key), `${path}.${key}`),
      ),
};

function validate(owner: JsonSchema, value: unknown, path: string): string[] {
  return Object.entries(owner).flatMap(([keyword, argument]) => {
    const rule = RULES[keyword];
    assert.ok(rule, `the keyword ${keyword} is not known to this test`);
    // Each rule knows the argument of its own keyword.
    return rule(argument as never, value, path, owner);
  });
}

function isType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function keysOf(value: unknown): string[] {
  return isType('object', value) ? Object.keys(value as object) : [];
}

function valueAt(value: unknown, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}
