/**
 * Runs the vectors of one operator.
 */
import assert from 'node:assert/strict';
import { ArgumentError } from '../../../src/inspect/operators/operator.ts';
import type { Operator, OperatorContext } from '../../../src/inspect/operators/operator.ts';
import { operatorNamed } from '../../../src/inspect/operators/table.ts';
import { exceptionFor } from './exceptions.ts';
import type { Exception } from './exceptions.ts';
import { operatorInput, readDataFile, readVectors } from './vectors.ts';
import type { Vector } from './vectors.ts';

const CONTEXT: OperatorContext = { readFile: readDataFile, shared: new Map<string, Operator>() };

/** Files are named like operators, but for this one. */
const OPERATOR_OF: Readonly<Record<string, string>> = { nids: 'validateNid' };

export interface OperatorRun {
  readonly count: number;
  readonly excused: readonly Exception[];
}

export function runOperatorVectors(name: string): OperatorRun {
  const operator = OPERATOR_OF[name] ?? name;
  const excused: Exception[] = [];
  let count = 0;
  for (const vector of readVectors('operators', name)) {
    const exception = exceptionFor(operator, vector);
    if (exception === undefined) {
      runVector(operator, vector);
      count++;
    } else {
      assert(isNotMade(operator, vector), `${name} needs its exception no more`);
      excused.push(exception);
    }
  }
  return { count, excused };
}

function runVector(name: string, vector: Vector): void {
  const input = operatorInput(vector);
  const operator = makeOperator(name, vector);
  const answer = operator.test(input);
  assert.equal(answer, vector.ret === 1, `${name} ${JSON.stringify([vector.param, vector.input])}`);
  if (!answer) return;
  const extent = operator.find(input);
  assert(extent.start >= 0 && extent.start <= extent.end && extent.end <= input.length, name);
}

export function makeOperator(name: string, vector: Vector): Operator {
  const kind = operatorNamed(name);
  assert(kind !== undefined, `operator ${name} is not known`);
  return kind.make(vector.param ?? '', CONTEXT);
}

function isNotMade(name: string, vector: Vector): boolean {
  try {
    return operatorNamed(name)?.make(vector.param ?? '', CONTEXT) === undefined;
  } catch (error) {
    if (error instanceof ArgumentError) return true;
    throw error;
  }
}
