/**
 * The first word of SecRule: `ARGS|!ARGS:comment|&REQUEST_COOKIES|REQUEST_HEADERS:User-Agent|TX:/^score/|XML:/*`.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import { PatternError } from '../rx/syntax.ts';
import type { Selector, Target } from '../rule/target.ts';
import { variableNamed, VARIABLE_NAMES } from '../variables/catalog.ts';
import type { Variable } from '../variables/variable.ts';
import { reportName } from './names.ts';
import { offsetOf, quoted, splitOutsideQuotes, unquote } from './pieces.ts';
import type { Piece } from './pieces.ts';
import type { Reading } from './reading.ts';
import type { RuleText } from './rule-text.ts';
import { compileTextPattern } from './text-pattern.ts';

/** One target as it is written. */
export interface NamedTarget {
  readonly variable: Variable;
  readonly selector: Selector | undefined;
  /** `!` leaves out, `&` counts. */
  readonly mark: '' | '!' | '&';
  readonly piece: Piece;
}

/** XML is reached by the two paths that rule sets use: the text of all elements, and the values of all attributes. */
const XML_PATHS: ReadonlySet<string> = new Set(['/*', '//@*']);

/** Reports every mistake; the answer holds what could be read. */
export function readTargets(reading: Reading, text: RuleText, piece: Piece): readonly Target[] {
  const known = reading.targets.get(piece.text);
  if (known !== undefined) return known;
  const findingCount = countFindings(reading);
  const named = readTargetList(reading, text, piece, '|');
  const targets = combine(named);
  if (named.length > 0 && targets.length === 0) {
    const because = 'nothing is left to look at';
    text.report(
      offsetOf(piece),
      'variable-selector',
      `Cannot read variables ${quoted(piece.text)}: ${because}`,
    );
  }
  warnOfIdleExclusions(text, named);
  if (countFindings(reading) === findingCount) reading.targets.set(piece.text, targets);
  return targets;
}

/** Targets as they are written, separated by any of these characters. */
export function readTargetList(
  reading: Reading,
  text: RuleText,
  piece: Piece,
  separators: string,
): readonly NamedTarget[] {
  return splitOutsideQuotes(piece, separators).flatMap((part) => readTarget(reading, text, part) ?? []);
}

/** What is looked at, without what is left out: `!ARGS:a` takes a member from every ARGS, `!ARGS` all of ARGS. */
function combine(named: readonly NamedTarget[]): readonly Target[] {
  const excluding = named.filter(({ mark }) => mark === '!');
  return named
    .filter(({ mark }) => mark !== '!')
    .map(({ variable, selector, mark }) => ({ variable, selector, excluded: [], isCount: mark === '&' }))
    .flatMap((target: Target) => excludeFrom(target, excluding) ?? []);
}

/** Undefined when nothing is left of the target. */
export function excludeFrom(target: Target, excluding: readonly NamedTarget[]): Target | undefined {
  const concerned = excluding.filter(({ variable }) => variable === target.variable);
  if (concerned.length === 0) return target;
  if (concerned.some(({ selector }) => selector === undefined || isSame(selector, target.selector)))
    return undefined;
  return {
    ...target,
    excluded: [...target.excluded, ...concerned.flatMap(({ selector }) => selector ?? [])],
  };
}

export function isSame(left: Selector | undefined, right: Selector | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.kind === 'name') return right.kind === 'name' && left.name === right.name;
  return right.kind === 'pattern' && left.text === right.text;
}

function warnOfIdleExclusions(text: RuleText, named: readonly NamedTarget[]): void {
  for (const { variable, mark, piece } of named) {
    if (mark !== '!' || named.some((other) => other.mark !== '!' && other.variable === variable)) continue;
    const because = `the rule does not look at ${variable.name}`;
    text.warn(
      offsetOf(piece),
      'variable-selector',
      `Nothing is left out by ${quoted(piece.text)}: ${because}`,
    );
  }
}

const FORM = /^([!&]?)\s*([A-Za-z_]+)(?::([^]*))?$/;

function readTarget(reading: Reading, text: RuleText, piece: Piece): NamedTarget | undefined {
  // The whole word may be quoted, as in `'ARGS:a b'`; the member alone as well.
  const form = FORM.exec(unquote(piece.text));
  if (form === null) {
    const because = /^[!&]?\s*$/.test(piece.text)
      ? 'it has no name'
      : 'it has not the form NAME or NAME:member';
    text.report(
      offsetOf(piece),
      'variable-unknown',
      `Cannot read variable ${quoted(piece.text)}: ${because}`,
    );
    return undefined;
  }
  const [, mark = '', name = '', member] = form;
  const variable = variableNamed(name);
  if (variable === undefined) {
    reportName(text, offsetOf(piece), 'variable', name, VARIABLE_NAMES);
    return undefined;
  }
  // The expression allows no other mark.
  const marked = mark as NamedTarget['mark'];
  if (member === undefined) return { variable, selector: undefined, mark: marked, piece };
  const selector = readSelector(reading, text, piece, variable, member);
  return selector === undefined ? undefined : { variable, selector, mark: marked, piece };
}

function readSelector(
  reading: Reading,
  text: RuleText,
  piece: Piece,
  variable: Variable,
  member: string,
): Selector | undefined {
  const name = unquote(member.trim());
  const problem = findProblem(variable, name);
  if (problem !== undefined) {
    text.report(
      offsetOf(piece),
      'variable-selector',
      `Cannot read variable ${quoted(piece.text)}: ${problem}`,
    );
    return undefined;
  }
  const isPattern = variable.name !== 'XML' && name.length > 1 && name.startsWith('/') && name.endsWith('/');
  const key = `${isPattern ? '~' : '='}${name}`;
  const known = reading.selectors.get(key);
  if (known !== undefined) return known;
  const selector = isPattern ? patternSelector(text, piece, name.slice(1, -1)) : nameSelector(name);
  if (selector !== undefined) reading.selectors.set(key, selector);
  return selector;
}

function nameSelector(name: string): Selector {
  return { kind: 'name', name: foldAscii(name) };
}

function findProblem(variable: Variable, name: string): string | undefined {
  if (!variable.isCollection) return `${variable.name} has no members`;
  if (name === '') return 'the name of the member is missing';
  if (name.includes('%{')) return 'macros cannot stand in the name of a member';
  if (variable.name === 'XML' && !XML_PATHS.has(name)) return 'XML is read as XML:/* and XML://@* only';
  return undefined;
}

/** Names arrive in lower case, so that the expression must not tell case. */
function patternSelector(text: RuleText, piece: Piece, pattern: string): Selector | undefined {
  try {
    return { kind: 'pattern', text: pattern, test: compileTextPattern(pattern, true) };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    text.report(offsetOf(piece), error.code, `Cannot read pattern ${quoted(pattern)}: ${error.message}`);
    return undefined;
  }
}

function countFindings({ findings }: Reading): number {
  return findings.mistakes.length + findings.warnings.length;
}
