/**
 * The first word of SecRule: `ARGS|!ARGS:comment|&REQUEST_COOKIES|REQUEST_HEADERS:User-Agent`.
 */
import { Buffer } from 'node:buffer';
import { foldAscii } from '../match/phrase-automaton.ts';
import type { Phase, Target } from '../rule/rule.ts';
import { variableNamed, VARIABLE_NAMES } from '../variables/table.ts';
import type { Variable } from '../variables/table.ts';
import { VARIABLES_NOT_RUN } from './not-run.ts';
import { quoted, splitOutsideQuotes, unquote } from './source.ts';
import type { Piece, Source } from './source.ts';
import { unknownName } from './unknown-name.ts';
import type { Word } from './words.ts';

interface NamedTarget {
  readonly variable: Variable;
  readonly selector: string | undefined;
  readonly mark: '' | '!' | '&';
}

/** Reports every mistake; the answer holds what could be read. */
export function readTargets(source: Source, word: Word, phase: Phase): readonly Target[] {
  const named = splitOutsideQuotes(word, '|').flatMap((piece) => readTarget(source, piece, phase) ?? []);
  const targets = named.filter(({ mark }) => mark !== '!').map((target) => withExclusions(target, named));
  const isOnlyExcluding = named.length > 0 && targets.length === 0;
  if (isOnlyExcluding) report(source, word, 'nothing is left to look at');
  return targets;
}

function withExclusions(target: NamedTarget, all: readonly NamedTarget[]): Target {
  const excluded = all
    .filter((other) => other.mark === '!' && other.variable === target.variable)
    .flatMap((other) => other.selector ?? []);
  return { variable: target.variable, selector: target.selector, excluded, isCount: target.mark === '&' };
}

function readTarget(source: Source, piece: Piece, phase: Phase): NamedTarget | undefined {
  const form = /^([!&]?)\s*([A-Za-z_]+)(?::(.*))?$/s.exec(piece.text);
  if (form === null) {
    source.report(
      piece.offset,
      'variable-unknown',
      `Cannot read variable ${quoted(piece.text)}: it has no name`,
    );
    return undefined;
  }
  const [, mark = '', name = '', selector] = form;
  const variable = variableNamed(name);
  if (variable === undefined) {
    source.report(piece.offset, ...unknownName('variable', name, name, VARIABLES_NOT_RUN, VARIABLE_NAMES));
    return undefined;
  }
  if (variable.phase > phase) {
    const because = `it is not known before phase ${variable.phase}, and the rule runs in phase ${phase}`;
    source.report(piece.offset, 'variable-phase', `Cannot read variable ${quoted(piece.text)}: ${because}`);
    return undefined;
  }
  const problem = findProblem(variable, mark, selector);
  if (problem !== undefined) {
    source.report(
      piece.offset,
      'variable-selector',
      `Cannot read variable ${quoted(piece.text)}: ${problem}`,
    );
    return undefined;
  }
  return {
    variable,
    selector: selector === undefined ? undefined : memberName(selector),
    mark: markOf(mark),
  };
}

function findProblem(variable: Variable, mark: string, selector: string | undefined): string | undefined {
  if (selector !== undefined && !variable.isCollection) return `${variable.name} has no members`;
  if (selector === '') return 'the name of the member is missing';
  if (selector?.startsWith('/') === true) return 'selecting members by a pattern is not supported';
  if (selector?.includes('%{') === true) return 'macros are not supported';
  if (mark === '!' && selector === undefined) return 'only a member can be left out';
  return undefined;
}

/** Members are compared as bytes and without regard to ASCII case. */
function memberName(selector: string): string {
  return foldAscii(Buffer.from(unquote(selector), 'utf8').toString('latin1'));
}

function markOf(mark: string): NamedTarget['mark'] {
  return mark === '!' || mark === '&' ? mark : '';
}

function report(source: Source, word: Word, because: string): void {
  const text = `Cannot read variables ${quoted(word.text)}: ${because}`;
  source.report(word.start, 'variable-selector', text);
}
