/** The public SecLang vectors for transformations, byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transformationNamed, triggerBitsOf } from '../../../src/inspect/transforms/table.ts';
import { readVectors, SKIP, transformationInput, transformationOutput, vectorNames } from './vectors.ts';

/** How many cases there are; another number means that the data or the runner has changed. */
const CASES = 358;

test('transformations give the bytes of every vector', { skip: SKIP }, () => {
  let count = 0;
  for (const name of vectorNames('transformations')) {
    const transformation = transformationNamed(name);
    assert(transformation !== undefined, `transformation ${name} is not known`);
    for (const vector of readVectors('transformations', name)) {
      const input = transformationInput(name, vector);
      const output = transformation.run(input);
      const told = `${name} of ${JSON.stringify(vector.input)}`;
      assert.equal(JSON.stringify(output), JSON.stringify(transformationOutput(vector)), told);
      const isTriggered: boolean =
        transformation.triggerBit === 0 || (triggerBitsOf(input) & transformation.triggerBit) !== 0;
      assert(isTriggered || output === input, `${told} has no trigger`);
      count++;
    }
  }
  assert.equal(count, CASES);
});
