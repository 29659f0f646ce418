/** Whatever a client sends: taking it apart ends, loses no byte to inspection, and gives bytes. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBody } from '../../src/inspect/body/parse-body.ts';
import { buildInspector } from '../../src/inspect/build.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { DEFAULT_LIMITS } from '../../src/inspect/limits.ts';
import { loadRules } from '../../src/inspect/load-rules.ts';
import { transformationNamed, TRANSFORMATION_NAMES } from '../../src/inspect/transforms/table.ts';
import { ExchangeState } from '../../src/inspect/variables/exchange-state.ts';
import { Facts } from '../../src/inspect/variables/facts.ts';
import { valuesOf, variableNamed, VARIABLE_NAMES } from '../../src/inspect/variables/catalog.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

const TOKENS = [
  ...[
    '&',
    '=',
    '%',
    '%41',
    '%u0041',
    '%00',
    '+',
    ';',
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u0041',
    '\\ud800',
    'null',
  ],
  ...[
    '1',
    '-',
    'a',
    'b',
    '\r\n',
    '\n',
    '--B',
    '--',
    'Content-Disposition: form-data; name="a"',
    '; filename="f"',
    '\0',
  ],
  ...[
    "' or 1=1",
    '<script>',
    '../',
    '/*',
    '*/',
    '&#60;',
    '&lt',
    '\xc3\xa9',
    '\xff',
    ' ',
    'select',
    'union ',
    '${jndi:',
  ],
];
const bytes = fc.oneof(
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((parts) => parts.join('')),
  fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1')),
);
const types = fc.constantFrom(
  ...[
    'application/x-www-form-urlencoded',
    'application/json',
    'multipart/form-data; boundary=B',
    'text/plain',
    '',
    'x; y',
  ],
);

function isBytes(text: string): boolean {
  return !/[^\x00-\xff]/.test(text);
}

test('parseBody always answers, and keeps to its bounds', () => {
  fc.assert(
    fc.property(bytes, types, fc.integer({ min: 0, max: 5 }), (text, type, max) => {
      const body = parseBody(text, [type], [], DEFAULT_LIMITS, max);
      // Each reader leaves at most one value besides, the rest; a form that looks like JSON has two readers.
      const isReadTwice = body.processor === 'URLENCODED' && /^(?:\xef\xbb\xbf)?[ \t\r\n]*[[{]/.test(text);
      const hasRest = body.isExceeded || body.error !== undefined;
      assert(body.values.length <= max + (hasRest ? 1 : 0) + (isReadTwice ? 1 : 0));
      // Each file has a head.
      assert(body.files.length <= text.split('\n').length);
      for (const value of [...body.values, ...body.files]) assert(isBytes(value.key) && isBytes(value.text));
    }),
    { numRuns: numRuns * 4, seed: fuzzSeed },
  );
});

test('every variable of any request is bytes', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, types, (target, cookie, text, type) => {
      const fields = [
        ['Cookie', cookie],
        ['Content-Type', type],
      ];
      const request = {
        method: 'POST',
        target,
        version: 'HTTP/1.1',
        headers: {
          count: 2,
          name: (index: number) => fields[index]?.[0] ?? '',
          value: (index: number) => fields[index]?.[1] ?? '',
        },
        clientAddress: '',
      };
      const facts = new Facts(
        request,
        DEFAULT_LIMITS,
        new ExchangeState(ExchangeState.empty(undefined)),
        () => 0,
      );
      facts.setBody({ bytes: Buffer.from(text, 'latin1'), isPrefix: false });
      for (const name of VARIABLE_NAMES) {
        const variable = variableNamed(name);
        assert(variable !== undefined);
        for (const value of valuesOf(facts, variable))
          assert(isBytes(value.key) && isBytes(value.text), name);
      }
    }),
    { numRuns, seed: fuzzSeed },
  );
});

test('every transformation of any value is bytes, and the same again', () => {
  fc.assert(
    fc.property(bytes, fc.constantFrom(...TRANSFORMATION_NAMES), (value, name) => {
      const transformation = transformationNamed(name);
      assert(transformation !== undefined);
      const once = transformation.run(value);
      assert(isBytes(once), name);
      assert.equal(transformation.run(value), once, `${name} keeps nothing between calls`);
    }),
    { numRuns: numRuns * 4, seed: fuzzSeed },
  );
});

test('the prefilter never loses a hit of the shipped rules', () => {
  const quick = load(true);
  const slow = load(false);
  let hits = 0;
  fc.assert(
    fc.property(bytes, bytes, types, (query, text, type) => {
      const found = hitsOf(quick, query, text, type);
      hits += found.length;
      assert.deepEqual(found, hitsOf(slow, query, text, type));
    }),
    { numRuns, seed: fuzzSeed },
  );
  assert(hits > numRuns / 20, `only ${hits} hits: the comparison proves little`);
});

function load(isFast: boolean): Inspector {
  const loaded = loadRules(['default'], '/');
  assert(loaded.kind === 'ok');
  const built = buildInspector(loaded.files, { mode: 'detect', exclude: [], isFast });
  assert(built.kind === 'ok');
  return built.inspector;
}

function hitsOf(inspector: Inspector, query: string, text: string, type: string): readonly object[] {
  const transaction = inspector.begin({
    method: 'POST',
    target: `/?${query}`,
    version: 'HTTP/1.1',
    headers: { count: 1, name: () => 'Content-Type', value: () => type },
    clientAddress: '',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: Buffer.from(text, 'latin1'), isPrefix: false });
  return transaction.hits;
}
