/**
 * `@pm`. Description: the value contains one of the phrases; case does not matter. Arguments: phrases separated by white
 * space; `|41 42|` writes bytes in hexadecimal. Example: `@pm sqlmap nikto |28 29|`.
 */
import { PhraseAutomaton } from '../match/phrase-automaton.ts';
import { ArgumentError } from './operator.ts';
import type { Extent, Operator } from './operator.ts';

export function makePm(argument: string): Operator {
  const phrases = splitPhrases(argument);
  if (phrases.length === 0) throw new ArgumentError('no phrase is given');
  return phraseOperator(phrases);
}

/** The operator for phrases that are already apart. */
export function phraseOperator(phrases: readonly string[]): Operator {
  const automaton = new PhraseAutomaton(phrases);
  return {
    literals: phrases,
    test(value) {
      let isFound = false;
      automaton.scan(value, () => (isFound = true));
      return isFound;
    },
    find(value) {
      let extent: Extent = { start: 0, end: 0 };
      automaton.scan(value, (phrase, end) => {
        extent = { start: end - (phrases[phrase]?.length ?? 0), end };
        return true;
      });
      return extent;
    },
  };
}

function splitPhrases(argument: string): readonly string[] {
  const phrases: string[] = [];
  // Hexadecimal runs are taken whole, because they may hold spaces between their digits.
  for (const [phrase] of argument.matchAll(/(?:\|[^|]*\||[^\s|])+|\|/g)) {
    phrases.push(phrase.replace(/\|([^|]*)\|?/g, (run, inside: string) => decodeHexRun(run, inside)));
  }
  return phrases;
}

function decodeHexRun(run: string, inside: string): string {
  const digits = inside.replace(/[ \t]+/g, '');
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(digits) || !run.endsWith('|') || run.length < 2) {
    throw new ArgumentError(`"${run}" is no run of hexadecimal bytes`);
  }
  return digits.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
}
