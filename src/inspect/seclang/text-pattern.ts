/**
 * Regular expressions over names, tags and messages: selectors such as `ARGS:/^a/`, and SecRuleRemoveByTag.
 *
 * Clients choose the names of their arguments, so that only expressions are taken that run in linear time: one that can
 * give up at a bound would have to say something, and both answers can be wrong (a selector looks, an exclusion looks
 * away).
 */
import { compileRegex } from '../rx/regex.ts';
import { PatternError } from '../rx/syntax.ts';

/** Throws a PatternError. */
export function compileTextPattern(pattern: string, ignoreCase = false): (text: string) => boolean {
  const regex = compileRegex(pattern, { ignoreCase, dotAll: true, dollarEndOnly: true });
  if (!regex.isLinear) {
    const because = 'look-around, references and atomic groups cannot stand in an expression for names';
    throw new PatternError('pattern-unsupported', 0, because);
  }
  return (text) => regex.test(text) !== 0;
}
