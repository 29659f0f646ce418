/**
 * The public SecLang vectors for transformations and operators, byte for byte.
 *
 * The vectors are JSON made from test tables of another language, so that bytes are written in several ways: text is
 * UTF-8; `\u0000` written out stands for NUL everywhere; `\xHH` written out stands for a byte in outputs, in the inputs
 * of the files named below, and in those of operators, where `\0` stands for NUL too.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ArgumentError, NO_FILES } from '../../src/inspect/operators/operator.ts';
import { phraseOperator } from '../../src/inspect/operators/pm.ts';
import { operatorNamed } from '../../src/inspect/operators/table.ts';
import { parsePattern } from '../../src/inspect/rx/parse.ts';
import { findMatch } from '../../src/inspect/rx/pike.ts';
import { compileProgram } from '../../src/inspect/rx/program.ts';
import { transformationNamed } from '../../src/inspect/transforms/table.ts';

interface Vector {
  readonly name: string;
  readonly input: string;
  readonly output?: string;
  readonly param?: string;
  readonly ret: number;
  readonly re_groups?: readonly string[];
}

const FOLDER = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'secrules-vectors',
);
const SKIP = existsSync(FOLDER)
  ? false
  : 'the data folder with secrules-vectors is not there (SALLYPORT_DATA)';

/** Files whose inputs hold bytes as `\xHH`; in the others that is text which the transformation itself decodes. */
const HEX_INPUTS: ReadonlySet<string> = new Set(['md5', 'sha1', 'removeNulls', 'base64Encode', 'hexEncode']);

/** Operators that are not run yet; docs/compat/seclang.md says the same. */
const OPERATORS_NOT_RUN: ReadonlySet<string> = new Set([
  'detectSQLi',
  'detectXSS',
  'nids',
  'validateSchema',
  'verifyCC',
  'verifycpf',
  'verifyssn',
  'verifysvnr',
]);

/** How many cases there are; another number means that the data or the runner has changed. */
const TRANSFORMATION_CASES = 358;
const OPERATOR_CASES = 3_839;

test('transformations give the bytes of every vector', { skip: SKIP }, () => {
  let count = 0;
  for (const file of readdirSync(join(FOLDER, 'transformations')).sort()) {
    const name = file.replace('.json', '');
    const transformation = transformationNamed(name);
    assert(transformation !== undefined, `transformation ${name} is not known`);
    for (const vector of readVectors('transformations', file)) {
      const input = bytesOf(vector.input, HEX_INPUTS.has(name));
      const expected = bytesOf(vector.output ?? '', true);
      assert.equal(
        escaped(transformation.run(input)),
        escaped(expected),
        `${name} of ${JSON.stringify(vector.input)}`,
      );
      count++;
    }
  }
  assert.equal(count, TRANSFORMATION_CASES);
});

test('operators answer as every vector says', { skip: SKIP }, () => {
  let count = 0;
  for (const file of readdirSync(join(FOLDER, 'operators')).sort()) {
    const name = file.replace('.json', '');
    if (!file.endsWith('.json') || OPERATORS_NOT_RUN.has(name)) continue;
    for (const vector of readVectors('operators', file)) {
      const input = bytesOf(vector.input, true).replaceAll('\\0', '\0');
      const answer = runOperator(name, vector.param ?? '', input);
      assert.equal(answer, vector.ret === 1, `${name} ${JSON.stringify([vector.param, vector.input])}`);
      count++;
    }
  }
  assert.equal(count, OPERATOR_CASES);
});

test('@rx captures the groups of every vector', { skip: SKIP }, () => {
  let count = 0;
  for (const vector of readVectors('operators', 'rx.json')) {
    if (vector.re_groups === undefined) continue;
    const slots = findMatch(compileProgram(parsePattern(vector.param ?? ''), 'all'), vector.input);
    assert(slots !== undefined, vector.param ?? '');
    const groups = vector.re_groups.map((_, index) =>
      vector.input.slice(slots[2 * index], slots[2 * index + 1]),
    );
    assert.deepEqual(groups, vector.re_groups);
    assert.equal(slots.length, 2 * groups.length);
    count++;
  }
  assert.equal(count, 11);
});

function runOperator(name: string, argument: string, input: string): boolean {
  if (name === 'pmFromFile') return phraseOperator(readPhrases(argument)).test(input);
  const kind = operatorNamed(name);
  assert(kind !== undefined, `operator ${name} is not known`);
  try {
    const operator = kind.make(argument, NO_FILES);
    const answer = operator.test(input);
    if (answer) {
      const extent = operator.find(input);
      assert(extent.start >= 0 && extent.start <= extent.end && extent.end <= input.length, name);
    }
    return answer;
  } catch (error) {
    // The vectors ignore networks that are none; here they are refused when the rules are loaded.
    if (error instanceof ArgumentError && name === 'ipMatch') return false;
    throw error;
  }
}

function readPhrases(file: string): readonly string[] {
  const lines = readFileSync(join(FOLDER, 'operators/op', file), 'latin1').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

function readVectors(kind: string, file: string): readonly Vector[] {
  // The shape of the vectors is theirs; what is used of it is checked by the comparisons.
  return JSON.parse(readFileSync(join(FOLDER, kind, file), 'utf8')) as readonly Vector[];
}

/** The bytes that a text of the vectors stands for, as latin1. */
function bytesOf(text: string, withHex: boolean): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1').replaceAll('\\u0000', '\0');
  return withHex
    ? bytes.replace(/\\x[0-9a-fA-F]{2}/g, (escape) => String.fromCharCode(Number(`0${escape.slice(1)}`)))
    : bytes;
}

function escaped(value: string): string {
  return JSON.stringify(value);
}
