/**
 * `@containsWord`. Description: the value contains the argument with no letter, digit or underscore on either side.
 * Example: `@containsWord or` matches `1 or 2`, not `door`.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import { isWordByte } from '../rx/byte-set.ts';
import type { Extent, Operator } from './operator.ts';

export function makeContainsWord(argument: string): Operator {
  return {
    literals: argument === '' ? undefined : [foldAscii(argument)],
    test: (value) => findWord(value, argument) >= 0,
    find: (value) => extentOf(findWord(value, argument), argument),
  };
}

function findWord(value: string, word: string): number {
  if (word === '') return 0;
  for (let at = value.indexOf(word); at >= 0; at = value.indexOf(word, at + 1)) {
    // charCodeAt answers NaN past either end, which is no word byte.
    const isEdge = !isWordByte(value.charCodeAt(at - 1)) && !isWordByte(value.charCodeAt(at + word.length));
    if (isEdge) return at;
  }
  return -1;
}

function extentOf(start: number, word: string): Extent {
  return { start, end: start + word.length };
}
