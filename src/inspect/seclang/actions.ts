/**
 * The last word of SecRule: `id:10001,phase:2,deny,status:405,msg:'...',t:none,t:lowercase`.
 */
import type { MistakeCode } from '../mistake.ts';
import type { Phase, RuleOutcome } from '../rule/rule.ts';
import { transformationNamed, TRANSFORMATION_NAMES } from '../transforms/table.ts';
import type { Transformation } from '../transforms/table.ts';
import { ACTIONS_NOT_RUN } from './not-run.ts';
import { quoted, splitOutsideQuotes, unquote } from './source.ts';
import type { Piece, Source } from './source.ts';
import { unknownName } from './unknown-name.ts';
import type { Word } from './words.ts';

export interface Actions {
  id: string | undefined;
  phase: Phase;
  message: string;
  logData: string;
  severity: number;
  readonly tags: string[];
  transformations: Transformation[];
  disruption: 'pass' | 'deny' | 'drop' | undefined;
  status: number | undefined;
  isLogged: boolean;
  isChained: boolean;
  isMultiMatch: boolean;
  /** Names in the order given, to find doubles and what may not stand in a chain. */
  readonly given: { readonly name: string; readonly offset: number }[];
}

/** NOTICE, for rules that say nothing. */
const SEVERITY_DEFAULT = 5;

const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;
/** Phases by name, as in ModSecurity: `request` is the body of the request, `response` that of the response. */
const PHASES: ReadonlyMap<string, number> = new Map([
  ['request', 2],
  ['response', 4],
  ['logging', 5],
]);

/** Reads one action into `into`; answers what is wrong with its value. */
type ReadAction = (into: Actions, value: string) => string | undefined;

const ACTIONS: ReadonlyMap<string, ReadAction> = new Map<string, ReadAction>([
  [
    'id',
    (into, value) => (/^[1-9][0-9]{0,9}$/.test(value) ? set(into, 'id', value) : 'it is no whole number'),
  ],
  ['phase', readPhase],
  ['msg', (into, value) => (hasMacro(value) ? MACROS : set(into, 'message', value))],
  ['logdata', (into, value) => (hasMacro(value) ? MACROS : set(into, 'logData', value))],
  ['severity', readSeverity],
  ['tag', readTag],
  ['status', readStatus],
  ['deny', (into, value) => noValue(value) ?? disrupt(into, 'deny')],
  ['block', (into, value) => noValue(value) ?? disrupt(into, 'deny')],
  ['drop', (into, value) => noValue(value) ?? disrupt(into, 'drop')],
  ['pass', (into, value) => noValue(value) ?? disrupt(into, 'pass')],
  ['log', (into, value) => noValue(value) ?? set(into, 'isLogged', true)],
  ['nolog', (into, value) => noValue(value) ?? set(into, 'isLogged', false)],
  ['chain', (into, value) => noValue(value) ?? set(into, 'isChained', true)],
  ['multimatch', (into, value) => noValue(value) ?? set(into, 'isMultiMatch', true)],
]);

const ACTION_NAMES: readonly string[] = [...ACTIONS.keys(), 't'];

/** May be given more than once. */
const REPEATABLE: ReadonlySet<string> = new Set(['t', 'tag']);

/** Reports every mistake; the answer holds what could be read. */
export function readActions(source: Source, word: Word | undefined): Actions {
  const actions = emptyActions();
  if (word === undefined) return actions;
  for (const piece of splitOutsideQuotes(word, ',')) {
    if (piece.text === '' && word.text.trim() === '') continue;
    readAction(source, piece, actions);
  }
  return actions;
}

/** What the rule does when it matches. `deny` without a status sends the attacker to the decoy. */
export function outcomeOf(actions: Actions): RuleOutcome {
  if (actions.disruption === 'drop') return { do: 'drop' };
  if (actions.disruption !== 'deny') return { do: 'pass' };
  return actions.status === undefined ? { do: 'deceive' } : { do: 'reply', status: actions.status };
}

function emptyActions(): Actions {
  return {
    id: undefined,
    phase: 2,
    message: '',
    logData: '',
    severity: SEVERITY_DEFAULT,
    tags: [],
    transformations: [],
    disruption: undefined,
    status: undefined,
    isLogged: true,
    isChained: false,
    isMultiMatch: false,
    given: [],
  };
}

function readAction(source: Source, piece: Piece, actions: Actions): void {
  const colon = piece.text.indexOf(':');
  const name = (colon < 0 ? piece.text : piece.text.slice(0, colon)).trim().toLowerCase();
  const value = colon < 0 ? '' : unquote(piece.text.slice(colon + 1).trim());
  const isRepeated = actions.given.some((other) => other.name === name);
  actions.given.push({ name, offset: piece.offset });
  if (isRepeated && !REPEATABLE.has(name)) {
    source.report(
      piece.offset,
      'action-conflict',
      `Cannot read action ${quoted(piece.text)}: it is given twice`,
    );
    return;
  }
  if (name === 't') {
    readTransformation(source, piece, value, actions);
    return;
  }
  const read = ACTIONS.get(name);
  if (read === undefined) {
    source.report(piece.offset, ...unknownName('action', name, name, ACTIONS_NOT_RUN, ACTION_NAMES));
    return;
  }
  const problem = read(actions, value);
  if (problem === undefined) return;
  source.report(
    piece.offset,
    CODES.get(problem) ?? 'action-argument',
    `Cannot read action ${quoted(piece.text)}: ${problem}`,
  );
}

function readTransformation(source: Source, piece: Piece, value: string, actions: Actions): void {
  if (value.toLowerCase() === 'none') {
    actions.transformations = [];
    return;
  }
  const transformation = transformationNamed(value);
  if (transformation !== undefined) actions.transformations.push(transformation);
  else
    source.report(
      piece.offset,
      ...unknownName('transformation', value, value, new Set(), TRANSFORMATION_NAMES),
    );
}

function readPhase(into: Actions, value: string): string | undefined {
  const number = PHASES.get(value.toLowerCase()) ?? (/^[1-5]$/.test(value) ? Number(value) : 0);
  if (number === 0) return 'it is no phase';
  if (number === 4 || number === 5) return `phase ${number} is not supported`;
  // 1, 2 and 3 are left.
  return set(into, 'phase', number as Phase);
}

function readSeverity(into: Actions, value: string): string | undefined {
  const number = /^[0-7]$/.test(value)
    ? Number(value)
    : SEVERITIES.findIndex((name) => name === value.toLowerCase());
  return number < 0 ? 'it is no severity' : set(into, 'severity', number);
}

function readTag(into: Actions, value: string): string | undefined {
  if (value === '') return 'its value is missing';
  if (hasMacro(value)) return MACROS;
  into.tags.push(value);
  return undefined;
}

/** Statuses that end an exchange: 1xx do not. */
function readStatus(into: Actions, value: string): string | undefined {
  return /^[2-5][0-9]{2}$/.test(value) ? set(into, 'status', Number(value)) : 'it is no final status';
}

const OTHER_DISRUPTION = 'another disruptive action is given';
const MACROS = 'macros are not supported';
/** Problems with a code of their own. */
const CODES: ReadonlyMap<string, MistakeCode> = new Map([
  [OTHER_DISRUPTION, 'action-conflict'],
  [MACROS, 'macro-unsupported'],
]);

function disrupt(into: Actions, disruption: 'pass' | 'deny' | 'drop'): string | undefined {
  if (into.disruption !== undefined) return OTHER_DISRUPTION;
  return set(into, 'disruption', disruption);
}

function set<Name extends keyof Actions>(
  into: Actions,
  name: Name,
  value: Actions[Name],
): string | undefined {
  into[name] = value;
  return undefined;
}

function noValue(value: string): string | undefined {
  return value === '' ? undefined : 'it takes no value';
}

function hasMacro(value: string): boolean {
  return value.includes('%{');
}
