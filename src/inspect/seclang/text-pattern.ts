/**
 * Regular expressions over names, tags and messages: selectors such as `ARGS:/^a/`, and SecRuleRemoveByTag. They run on
 * the linear engine, as all that can see a client's bytes.
 */
import { LazyDfa } from '../rx/lazy-dfa.ts';
import { parsePattern } from '../rx/parse.ts';
import { compileProgram } from '../rx/program.ts';

/** Throws a PatternError. */
export function compileTextPattern(pattern: string): (text: string) => boolean {
  const automaton = new LazyDfa(compileProgram(parsePattern(pattern), 'none'));
  return (text) => automaton.matches(text);
}
