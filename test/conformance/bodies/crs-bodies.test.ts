/**
 * The bodies of the CRS regression tests, read by our readers and by straight ones: the same arguments, files and texts
 * wherever ours see nothing wrong, and nothing flagged but what the list below has a reason for.
 *
 * The tests themselves are run elsewhere; here it is only what rules get to see of a body.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { ParsedBody } from '../../../src/inspect/body/body.ts';
import { parseBody } from '../../../src/inspect/body/parse-body.ts';

const FOLDER = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'crs/tests/regression/tests',
);
const SKIP = existsSync(FOLDER) ? false : 'the data folder with crs is not there (SALLYPORT_DATA)';

/** How many bodies there are of each kind; another number means that the data or the runner has changed. */
const COUNTS = { URLENCODED: 1705, MULTIPART: 156, JSON: 350, XML: 477, '': 140 };

/** Tests whose body is flagged: what is wrong, and the tests by rule. */
const FLAGGED_BY_ERROR: readonly (readonly [
  error: RegExp,
  tests: Readonly<Record<number, readonly number[]>>,
])[] = [
  // Backslashes: Windows paths to one server, escapes to another.
  [/has a backslash/, { 920120: [40, 41], 920121: [3, 6, 7], 930110: [11] }],
  [/part has no name/, { 920120: [39] }],
  // The test writes `\\"` where it means a quote.
  [/attribute is malformed/, { 920240: [4] }],
  // These have no empty line behind the headers of the part.
  [/head of a part is cut/, { 920400: [1, 2], 922130: [8] }],
  // The body is `test`; these are about the type.
  [/value is missing/, { 920420: [9] }],
  [/outside of the root/, { 920420: [10] }],
  [/^the charset is not one/, { 920480: [7, 8, 11, 14, 15, 16, 17, 18, 21, 22, 23], 922100: [1, 3] }],
  // With space around the `=`, which RFC 9110 §5.6.6 does not have.
  [/charset of a part/, { 922110: [13, 28] }],
  // A second charset, in the value of another parameter.
  [/^the charset is not one/, { 920530: [3] }],
  [/charset is given twice/, { 920480: [19], 920530: [2, 4] }],
  [/charset of a part/, { 922110: [1, 2, 3, 4, 7, 8, 9, 11, 15, 20, 21, 23, 24, 25, 26, 29], 922120: [1] }],
  [/no Content-Disposition/, { 922130: [5] }],
  [/last boundary is missing/, { 932180: [3] }],
];

const FLAGGED: ReadonlyMap<string, RegExp> = new Map(
  FLAGGED_BY_ERROR.flatMap(([error, tests]) =>
    Object.entries(tests).flatMap(([rule, ids]) => ids.map((id) => [`${rule}-${id}`, error] as const)),
  ),
);

type Pair = readonly [name: string, value: string];

interface Sent {
  readonly name: string;
  readonly type: string;
  readonly encodings: readonly string[];
  readonly text: string;
}

test('bodies of the CRS tests are read as straight readers read them', { skip: SKIP }, () => {
  const counts: Record<string, number> = { URLENCODED: 0, MULTIPART: 0, JSON: 0, XML: 0, '': 0 };
  const flagged = new Map<string, string>();
  for (const sent of readBodies()) {
    const body = parseBody(sent.text, [sent.type], sent.encodings, {}, 1000);
    counts[body.processor]!++; // Every processor has its counter.
    if (body.error === undefined) compare(sent, body);
    else flagged.set(sent.name, body.error);
  }
  for (const [name, error] of flagged) assert.match(error, FLAGGED.get(name) ?? /^not listed$/, name);
  assert.deepEqual([...FLAGGED.keys()].sort(), [...flagged.keys()].sort());
  assert.deepEqual(counts, COUNTS);
});

function compare({ name, text, type }: Sent, body: ParsedBody): void {
  const values = pairsOf(body.values);
  switch (body.processor) {
    case 'URLENCODED':
      // What looks like JSON is read as that besides.
      assert.deepEqual(
        values.filter(([key]) => !text.startsWith('{') || !key.startsWith('json.')),
        splitForm(text),
        name,
      );
      break;
    case 'JSON':
      assert.deepEqual(
        values,
        flatten('json', JSON.parse(Buffer.from(text, 'latin1').toString('utf8'))),
        name,
      );
      break;
    case 'MULTIPART': {
      const contents = [...body.values, ...body.fileContents].map((value) => value.text);
      assert.deepEqual(contents.sort(), splitMultipart(text, type).sort(), name);
      break;
    }
    case 'XML':
      assert.deepEqual(xmlTextOf(text), body.xml.find(({ key }) => key === '/*')?.text, name);
      break;
    case '':
      assert.deepEqual(values, [], name);
  }
}

/** Every body with the type and coding that it is sent with, as go-ftw sends it. */
function readBodies(): readonly Sent[] {
  return globSync(`${FOLDER}/**/*.yaml`)
    .sort()
    .flatMap((file) => {
      // The shape of the tests is theirs; what is used of it is checked by the counts.
      const document = parse(readFileSync(file, 'utf8')) as TestFile | null;
      return (document?.tests ?? []).flatMap(({ test_id, stages }) =>
        stages.flatMap(({ input }) => readInput(`${document?.rule_id}-${test_id}`, input)),
      );
    });
}

interface TestFile {
  readonly rule_id: number;
  readonly tests: readonly {
    readonly test_id: number;
    readonly stages: readonly { readonly input: Input }[];
  }[];
}

interface Input {
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: string;
}

function readInput(name: string, input: Input): readonly Sent[] {
  if (input.data === undefined || input.data === '') return [];
  const headers = Object.entries(input.headers ?? {});
  const valuesOf = (header: string): readonly string[] =>
    headers.filter(([key]) => key.toLowerCase() === header).map(([, value]) => value);
  const type = valuesOf('content-type')[0] ?? 'application/x-www-form-urlencoded';
  const text = Buffer.from(input.data, 'utf8').toString('latin1');
  const isMultipart = type.startsWith('multipart/form-data');
  return [
    {
      name,
      type,
      encodings: valuesOf('content-encoding'),
      text: isMultipart ? text.replace(/\r?\n/g, '\r\n') : text,
    },
  ];
}

function splitForm(text: string): readonly Pair[] {
  const pieces = text.split('&').filter((piece) => piece !== '');
  return pieces.map((piece) => {
    const [name = '', ...rest] = piece.split('=');
    return [unescape(name), unescape(rest.join('='))];
  });
}

function unescape(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  return spaced.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function flatten(name: string, value: unknown): readonly Pair[] {
  if (typeof value === 'string') return [[name, Buffer.from(value, 'utf8').toString('latin1')]];
  if (value === null) return [[name, '']];
  if (typeof value !== 'object') return [[name, JSON.stringify(value)]];
  const members = Array.isArray(value)
    ? value.map((each, index) => flatten(`${name}.array_${index}`, each))
    : Object.entries(value).map(([key, each]) => flatten(`${name}.${key}`, each));
  return members.length === 0 ? [[name, '']] : members.flat();
}

/** The contents of the parts. */
function splitMultipart(text: string, type: string): string[] {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1] ?? '';
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`).slice(1, -1);
  return parts.map((part) => part.slice(part.indexOf('\r\n\r\n') + 4));
}

/** Text of the root element; for documents without comments and CDATA, as these are. */
function xmlTextOf(text: string): string {
  const inner = text.slice(text.search(/<[^?!]/), text.lastIndexOf('>') + 1);
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return inner
    .replace(/<[^>]*>/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(/&#(x?)([0-9A-Fa-f]+);/g, (_, hex: string, digits: string) =>
      Buffer.from(String.fromCodePoint(parseInt(digits, hex === '' ? 10 : 16))).toString('latin1'),
    )
    .replace(/&([a-z]+);/g, (all, name: string) => names[name] ?? all);
}

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}
