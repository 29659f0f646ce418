/**
 * The second word of SecRule: `@rx pattern`, `!@within GET POST`, or a bare pattern, which is `@rx`.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemReason } from '../../base/system-reason.ts';
import { ArgumentError } from '../operators/operator.ts';
import type { Operator, OperatorContext, OperatorKind } from '../operators/operator.ts';
import { operatorNamed, OPERATOR_NAMES } from '../operators/table.ts';
import type { Test } from '../rule/sec-rule.ts';
import { PatternError } from '../rx/syntax.ts';
import { reportName } from './names.ts';
import { countBad } from './reading.ts';
import type { Reading } from './reading.ts';
import { hasMacro, readTemplate } from './read-template.ts';
import type { RuleText } from './rule-text.ts';
import { offsetIn } from './words.ts';
import type { Word } from './words.ts';

export interface ReadOperator {
  readonly test: Test;
  /** As it is written, with its name. */
  readonly testText: string;
  readonly isNegated: boolean;
}

/** Bytes of one data file. The largest of the CRS has 30 kB; lists of addresses can be long. */
const DATA_FILE_BYTES_MAX = 16 * 1024 * 1024;

const FORM = /^\s*(!?)\s*(?:@(\S*)\s*)?/;

/** Reports what is wrong and answers undefined. */
export function readOperator(reading: Reading, text: RuleText, word: Word): ReadOperator | undefined {
  const form = FORM.exec(word.text);
  const name = form?.[2] ?? 'rx';
  const start = form?.[0].length ?? 0;
  const kind = operatorNamed(name);
  if (kind === undefined) {
    reportName(text, word.start, 'operator', name, OPERATOR_NAMES);
    return undefined;
  }
  const isNegated = form?.[1] === '!';
  const argument = word.text.slice(start);
  const test = readTest(reading, text, word, start, kind, argument);
  if (test === undefined) return undefined;
  const testText = `${isNegated ? '!' : ''}@${kind.name}${argument === '' ? '' : ` ${argument}`}`;
  return { test, testText, isNegated };
}

function readTest(
  reading: Reading,
  text: RuleText,
  word: Word,
  start: number,
  kind: OperatorKind,
  argument: string,
): Test | undefined {
  if (kind.takesMacros && hasMacro(argument)) {
    const before = countBad(reading);
    const template = readTemplate(reading, text, offsetIn(word, start), argument);
    return countBad(reading) > before ? undefined : { kind: 'macro', operatorKind: kind, argument: template };
  }
  if (hasMacro(argument)) {
    const message = `The argument of "@${kind.name}" is taken as it is written: macros are not expanded in it`;
    text.warn(offsetIn(word, start), 'macro-unsupported', message);
  }
  const operator = makeOperator(reading, text, word, start, kind, argument);
  return operator === undefined ? undefined : { kind: 'ready', operator };
}

/** Rules of one set that ask the same share one operator. Names of files mean something else in another folder. */
function makeOperator(
  reading: Reading,
  text: RuleText,
  word: Word,
  start: number,
  kind: OperatorKind,
  argument: string,
): Operator | undefined {
  const folder = text.path === undefined ? '' : dirname(text.path);
  const key = `${kind.name}\0${folder}\0${argument}`;
  const known = reading.operators.get(key);
  if (known !== undefined) return known;
  try {
    const operator = kind.make(argument, contextOf(reading, text));
    reading.operators.set(key, operator);
    return operator;
  } catch (error) {
    reportArgument(text, word, start, kind, error);
    return undefined;
  }
}

function reportArgument(text: RuleText, word: Word, start: number, kind: OperatorKind, error: unknown): void {
  if (error instanceof ArgumentError) {
    const message = `Cannot read argument of "@${kind.name}": ${error.message}`;
    text.report(offsetIn(word, start), 'operator-argument', message);
  } else if (error instanceof PatternError) {
    const message = `Cannot read pattern: ${error.message}`;
    text.report(offsetIn(word, start + error.index), error.code, message);
  } else throw error;
}

function contextOf(reading: Reading, text: RuleText): OperatorContext {
  const { sharedOperators: shared, patterns, notes } = reading;
  return {
    readFile: (name) => {
      if (text.path === undefined) throw new ArgumentError(`file "${name}" cannot be named here`);
      const path = resolve(dirname(text.path), name);
      return reading.filesRead.ask({ kind: 'data', path }, () => readDataFile(path, name));
    },
    notes,
    shared,
    patterns,
  };
}

/** Data files are named relative to the file of the rule, as in ModSecurity. */
function readDataFile(path: string, name: string): string {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new ArgumentError(`"${name}" is no file`);
    if (found.size > DATA_FILE_BYTES_MAX) {
      throw new ArgumentError(
        `file "${name}" has ${found.size} bytes, at most ${DATA_FILE_BYTES_MAX} are read`,
      );
    }
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    throw new ArgumentError(`file "${name}" cannot be read: ${systemReason(error)}`);
  }
}
