/**
 * Which rules are meant: `942100`, `1-99 200 "300-400"`, or an expression for a tag or a message.
 */
import type { IdRange, RuleChoice } from '../rule/action.ts';
import { PatternError } from '../rx/syntax.ts';
import { quoted } from './pieces.ts';
import { compileTextPattern } from './text-pattern.ts';

/** A choice, or why there is none. */
export type ReadChoice = { readonly choice: RuleChoice } | { readonly problem: string };

/** Ranges separated by white space or commas. */
export function readIdChoice(value: string): ReadChoice {
  const words = value.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return { problem: 'the id is missing' };
  const ranges: IdRange[] = [];
  for (const word of words) {
    const form = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(word);
    const first = Number(form?.[1]);
    const last = Number(form?.[2] ?? form?.[1]);
    if (form === null || first > last)
      return { problem: `${quoted(word)} is neither an id nor a range of ids` };
    ranges.push({ first, last });
  }
  return { choice: { by: 'id', ranges } };
}

/** The expression may match anywhere in the tag or the message. */
export function readPatternChoice(by: 'tag' | 'message', value: string): ReadChoice {
  if (value === '') return { problem: `the ${by} is missing` };
  try {
    return { choice: { by, text: value, test: compileTextPattern(value) } };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { problem: `pattern ${quoted(value)} cannot be read: ${error.message}` };
  }
}
