/** The public SecLang vectors for operators. Those of the detectors and of @rx are in tests of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorNamed } from '../../../src/inspect/operators/table.ts';
import { EXCEPTIONS } from './exceptions.ts';
import type { Exception } from './exceptions.ts';
import { makeOperator, runOperatorVectors } from './run-operator.ts';
import { readVectors, SKIP, vectorNames } from './vectors.ts';

/** The vectors of these, and how many there are. */
const APART: ReadonlyMap<string, number> = new Map([
  ['detectSQLi', 5],
  ['detectXSS', 3],
  ['rx', 18],
]);

/** How many others there are, without the exceptions; another number means that the data or the runner has changed. */
const CASES = 3_902;

test('operators answer as every vector says', { skip: SKIP }, () => {
  let count = 0;
  const excused: Exception[] = [];
  for (const name of vectorNames('operators')) {
    if (APART.has(name)) continue;
    const run = runOperatorVectors(name);
    count += run.count;
    excused.push(...run.excused);
  }
  assert.equal(count, CASES);
  for (const exception of EXCEPTIONS) {
    assert.equal(excused.filter((other) => other === exception).length, exception.count, exception.operator);
  }
});

for (const [name, cases] of APART) {
  test(`@${name} answers as every vector says`, { skip: SKIP }, (context) => {
    if (operatorNamed(name) === undefined) {
      context.skip(`@${name} is not registered yet`);
      return;
    }
    assert.deepEqual(runOperatorVectors(name), { count: cases, excused: [] });
  });
}

test('@rx captures the groups of every vector', { skip: SKIP }, (context) => {
  const vectors = readVectors('operators', 'rx').filter((vector) => vector.re_groups !== undefined);
  assert.equal(vectors.length, 11);
  for (const vector of vectors) {
    const operator = makeOperator('rx', vector);
    if (operator.captures === undefined) {
      context.skip('@rx captures nothing yet');
      return;
    }
    assert.deepEqual(operator.captures(vector.input), vector.re_groups, vector.param ?? '');
  }
});
