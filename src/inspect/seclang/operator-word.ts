/**
 * The second word of SecRule: `@rx pattern`, `!@within GET POST`, or a bare pattern, which is `@rx`.
 */
import { Buffer } from 'node:buffer';
import { ArgumentError, NO_FILES } from '../operators/operator.ts';
import type { Operator, OperatorContext } from '../operators/operator.ts';
import { operatorNamed, OPERATOR_NAMES } from '../operators/table.ts';
import { PatternError } from '../rx/syntax.ts';
import { OPERATORS_NOT_RUN } from './not-run.ts';
import { quoted } from './source.ts';
import type { Source } from './source.ts';
import { unknownName } from './unknown-name.ts';
import { offsetIn } from './words.ts';
import type { Word } from './words.ts';

export interface ReadOperator {
  readonly operator: Operator;
  readonly isNegated: boolean;
}

/** Reports what is wrong and answers undefined. */
export function readOperator(source: Source, word: Word): ReadOperator | undefined {
  const form = /^\s*(!?)\s*(?:@(\S*)\s*)?/.exec(word.text);
  const name = form?.[2] ?? 'rx';
  const start = form?.[0].length ?? 0;
  const kind = operatorNamed(name);
  if (kind === undefined) {
    const mistake = unknownName('operator', name, `@${name}`, OPERATORS_NOT_RUN, OPERATOR_NAMES);
    source.report(word.start, ...mistake);
    return undefined;
  }
  const argument = word.text.slice(start);
  const macro = /%\{[A-Za-z_.:-]+\}/.exec(argument);
  if (macro !== null) {
    const text = `Cannot run operator "@${kind.name}": macro ${quoted(macro[0])} is not supported`;
    source.report(offsetIn(word, start + macro.index), 'macro-unsupported', text);
    return undefined;
  }
  const operator = makeOperator(source, word, start, kind.name, kind.make);
  return operator === undefined ? undefined : { operator, isNegated: form?.[1] === '!' };
}

function makeOperator(
  source: Source,
  word: Word,
  start: number,
  name: string,
  make: (argument: string, context: OperatorContext) => Operator,
): Operator | undefined {
  const bytes = Buffer.from(word.text.slice(start), 'utf8');
  try {
    return make(bytes.toString('latin1'), NO_FILES);
  } catch (error) {
    if (error instanceof ArgumentError) {
      source.report(
        offsetIn(word, start),
        'operator-argument',
        `Cannot read argument of "@${name}": ${error.message}`,
      );
      return undefined;
    }
    if (!(error instanceof PatternError)) throw error;
    // The pattern counts bytes, the file characters.
    const characters = bytes.subarray(0, error.index).toString('utf8').length;
    source.report(offsetIn(word, start + characters), error.code, `Cannot read pattern: ${error.message}`);
    return undefined;
  }
}
