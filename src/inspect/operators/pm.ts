/**
 * `@pm`, and `@pmFromFile` (`@pmf`). Case does not matter. With `capture`, TX.0 is the phrase as it stands in the value.
 *
 * pm. Description: the value contains one of the phrases. Arguments: phrases separated by white space, in quotes or not;
 * `|41 42|` writes bytes in hexadecimal, `\\`, `\"`, `\:` and `\;` the second character. An argument with another
 * escape, or with bars around what is not hexadecimal, is taken as it is. Example: `@pm sqlmap nikto |28 29|`.
 *
 * pmFromFile. Description: as pm, the phrases are the lines of files. Arguments: names of files separated by white space.
 * Lines keep their spaces; empty lines and those that begin with `#` are left out. Example: `@pmFromFile agents.data`.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import { ArgumentError, NO_FILES } from './operator.ts';
import { dataLines } from './data-file.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { PlanNotes } from '../shared/notes.ts';
import { digestOf } from '../files-read.ts';
import { makePhraseTables, PhraseSet } from './phrase-set.ts';

export function makePm(argument: string, { notes }: OperatorContext = NO_FILES): Operator {
  const phrases = splitPhrases(argument);
  if (phrases.length === 0) throw new ArgumentError('no phrase is given');
  return phraseOperator(phrases, notes);
}

export function makePmFromFile(argument: string, context: OperatorContext): Operator {
  const lines = dataLines(argument, context);
  if (lines.length === 0) throw new ArgumentError(`no phrase is in "${argument.trim()}"`);
  const key = `pm\n${lines.join('\n')}`;
  const known = context.shared?.get(key);
  if (known !== undefined) return known;
  const operator = phraseOperator(lines, context.notes);
  context.shared?.set(key, operator);
  return operator;
}

/** The operator for phrases that are already apart. */
export function phraseOperator(phrases: readonly string[], notes: PlanNotes = new PlanNotes()): Operator {
  const name = `phrases ${digestOf(phrases.join('\n'))}`;
  const set = new PhraseSet(notes.of(name, () => makePhraseTables(phrases)));
  const startOf = (value: string, end: number): number => end - set.lengthAt(value, end);
  return {
    get literals() {
      return phrases.map(foldAscii);
    },
    test: (value) => set.endOf(value) >= 0,
    find(value) {
      const end = set.endOf(value);
      return end < 0 ? { start: 0, end: 0 } : { start: startOf(value, end), end };
    },
    captures(value) {
      const end = set.endOf(value);
      return end < 0 ? [] : [value.slice(startOf(value, end), end)];
    },
  };
}

function splitPhrases(argument: string): readonly string[] {
  const text = argument.trim();
  const inside = /^"[^]+"$/.test(text) ? text.slice(1, -1) : text;
  return decodePhrases(inside) ?? inside.split(/\s+/);
}

/** Stands between phrases; it is no byte. */
const SEPARATOR = '\uffff';

/** The phrases of a text with notation; undefined when its bars or backslashes are ordinary text. */
function decodePhrases(text: string): readonly string[] | undefined {
  // One part is a run between bars, an escape, white space, or any other byte.
  const parts = Array.from(text.matchAll(/\|[^|]*\|?|\\[^]?|\s+|[^]/g), ([part]) => decodePart(part));
  if (parts.includes(undefined)) return undefined;
  return parts
    .join('')
    .split(SEPARATOR)
    .filter((phrase) => phrase !== '');
}

/** The bytes that a part stands for; undefined when the part is no notation after all. */
function decodePart(part: string): string | undefined {
  if (/^\s/.test(part)) return SEPARATOR;
  if (part.startsWith('\\')) return /^\\[\\":;]$/.test(part) ? part.slice(1) : undefined;
  return part.startsWith('|') ? decodeHexRun(part) : part;
}

function decodeHexRun(run: string): string | undefined {
  const inside = run.replaceAll('|', '').trim();
  const isSpelt = /^[0-9a-fA-F]*$|^[0-9a-fA-F]{2}(?:[ \t]+[0-9a-fA-F]{2})*$/.test(inside);
  if (!isSpelt) return undefined;
  const digits = inside.replace(/[ \t]+/g, '');
  if (digits === '' || digits.length % 2 === 1 || run.length < 2 || !run.endsWith('|')) {
    throw new ArgumentError(`"${run}" is no run of hexadecimal bytes`);
  }
  return digits.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
}
