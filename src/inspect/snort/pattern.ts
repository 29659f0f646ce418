/**
 * The letters behind a `pcre` as options of the engine in rx/.
 */
import { compileRegex } from '../rx/regex.ts';
import type { RegexMemory } from '../rx/memory.ts';
import type { Regex } from '../rx/regex.ts';

/** `flags` are letters of `ismxAEG`. Throws PatternError when the pattern cannot be read or run. */
export function compilePattern(text: string, flags: string, memory?: RegexMemory): Regex {
  const options = {
    ignoreCase: flags.includes('i'),
    dotAll: flags.includes('s'),
    multiLine: flags.includes('m'),
    extended: flags.includes('x'),
    anchored: flags.includes('A'),
    dollarEndOnly: flags.includes('E'),
    ungreedy: flags.includes('G'),
  };
  return compileRegex(text, options, memory);
}
