/**
 * Every action but `t`, and how its value is read: the one place where they are registered.
 */
import type { Control } from '../rule/action.ts';
import type { Phase } from '../rule/sec-rule.ts';
import type { Target } from '../rule/target.ts';
import type { Template } from '../rule/template.ts';
import {
  readDeprecateVar,
  readExpireVar,
  readInitCol,
  readKey,
  readSetEnv,
  readSetVar,
} from './collection-actions.ts';
import type { ReadEffect } from './collection-actions.ts';
import { readControl } from './control-action.ts';
import { offsetOf, quoted } from './pieces.ts';
import type { Reading } from './reading.ts';
import { readTargetList } from './read-targets.ts';
import { readTemplate } from './read-template.ts';
import type { DisruptiveWord, RuleActions } from './rule-actions.ts';
import type { RuleText } from './rule-text.ts';
import type { ActionPiece } from './split-actions.ts';

export interface ActionContext {
  readonly reading: Reading;
  readonly text: RuleText;
  readonly piece: ActionPiece;
  readonly into: RuleActions;
}

export interface ActionSpec {
  readonly value: 'none' | 'needed' | 'optional';
  /** What it is about, for the checks of chains, SecDefaultAction and SecRuleUpdateActionById. */
  readonly kind: 'identity' | 'description' | 'disruption' | 'flow' | 'log' | 'test' | 'effect' | 'chain';
  /** Answers what is wrong with the value. */
  readonly read: (context: ActionContext, value: string) => string | undefined;
}

/** May be given more than once. */
export const REPEATABLE: ReadonlySet<string> = new Set([
  't',
  'tag',
  'setvar',
  'expirevar',
  'deprecatevar',
  'setenv',
  'initcol',
  'ctl',
  'xmlns',
  // The rules of ModSecurity for these are in the order of the text: the last word counts.
  'log',
  'nolog',
  'auditlog',
  'noauditlog',
  ...[
    'sanitisearg',
    'sanitisematched',
    'sanitisematchedbytes',
    'sanitiserequestheader',
    'sanitiseresponseheader',
  ],
  ...[
    'sanitizearg',
    'sanitizematched',
    'sanitizematchedbytes',
    'sanitizerequestheader',
    'sanitizeresponseheader',
  ],
]);

const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;

/** Phases by name, as in ModSecurity: `request` is the body of the request, `response` that of the response. */
const PHASES: ReadonlyMap<string, Phase> = new Map<string, Phase>([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['4', 4],
  ['5', 5],
  ['request', 2],
  ['response', 4],
  ['logging', 5],
]);

const ALLOW_SCOPES: ReadonlyMap<string, 'phase' | 'request' | 'all'> = new Map([
  ['', 'all'],
  ['phase', 'phase'],
  ['request', 'request'],
]);

export const ACTIONS: ReadonlyMap<string, ActionSpec> = new Map<string, ActionSpec>([
  ['id', { value: 'needed', kind: 'identity', read: readId }],
  ['phase', { value: 'needed', kind: 'identity', read: readPhase }],
  ['msg', describe((context, value) => void (context.into.message = template(context, value)))],
  ['tag', describe((context, value) => void context.into.tags.push(template(context, value)))],
  ['ver', describe(({ into }, value) => void (into.version = value))],
  ['rev', describe(({ into }, value) => void (into.revision = value))],
  ['severity', { value: 'needed', kind: 'description', read: readSeverity }],
  ['maturity', { value: 'needed', kind: 'description', read: readMaturity }],
  ['accuracy', { value: 'needed', kind: 'description', read: readAccuracy }],
  ['logdata', { value: 'needed', kind: 'log', read: readLogData }],
  ['status', { value: 'needed', kind: 'disruption', read: readStatus }],
  ['pass', disrupt('pass')],
  ['deny', disrupt('deny')],
  ['block', disrupt('block')],
  ['drop', disrupt('drop')],
  ['allow', { value: 'optional', kind: 'disruption', read: readAllow }],
  ['redirect', { value: 'needed', kind: 'disruption', read: readRedirect }],
  ['skip', { value: 'needed', kind: 'flow', read: readSkip }],
  ['skipafter', { value: 'needed', kind: 'flow', read: readSkipAfter }],
  ['chain', { value: 'none', kind: 'chain', read: ({ into }) => void (into.isChained = true) }],
  ['log', logging(true, true)],
  ['nolog', logging(false, false)],
  ['auditlog', logging(undefined, true)],
  ['noauditlog', logging(undefined, false)],
  ['capture', { value: 'none', kind: 'test', read: ({ into }) => void (into.isCapturing = true) }],
  ['multimatch', { value: 'none', kind: 'test', read: ({ into }) => void (into.isMultiMatch = true) }],
  ['setvar', effect(({ make }, value) => readSetVar(value, make))],
  ['expirevar', effect(({ make }, value) => readExpireVar(value, make))],
  ['deprecatevar', effect(({ make }, value) => readDeprecateVar(value, make))],
  ['initcol', effect(({ make }, value) => readInitCol(value, make))],
  ['setuid', effect(({ make }, value) => readKey('USER', value, make))],
  ['setsid', effect(({ make }, value) => readKey('SESSION', value, make))],
  ['setrsc', effect(({ make }, value) => readKey('RESOURCE', value, make))],
  ['setenv', effect(({ make }, value) => readSetEnv(value, make))],
  ['ctl', { value: 'needed', kind: 'effect', read: readCtl }],
  ['xmlns', { value: 'needed', kind: 'test', read: () => undefined }],
  ...sanitising('arg', 'matched', 'matchedbytes', 'requestheader', 'responseheader'),
]);

export const ACTION_NAMES: readonly string[] = [...ACTIONS.keys(), 't'];

function template({ reading, text, piece }: ActionContext, value: string): Template {
  return readTemplate(reading, text, piece.valueOffset, value);
}

function describe(read: ActionSpec['read']): ActionSpec {
  return { value: 'needed', kind: 'description', read };
}

function logging(isInLog: boolean | undefined, isInAuditLog: boolean): ActionSpec {
  const read = ({ into }: ActionContext): undefined => {
    into.isInLog = isInLog ?? into.isInLog;
    into.isInAuditLog = isInAuditLog;
  };
  return { value: 'none', kind: 'log', read };
}

function effect(
  read: (context: { readonly make: (text: string) => Template }, value: string) => ReadEffect,
): ActionSpec {
  const readInto = (context: ActionContext, value: string): string | undefined => {
    const action = read({ make: (text) => template(context, text) }, value);
    if (typeof action === 'string') return action;
    context.into.effects.push(action);
    return undefined;
  };
  return { value: 'needed', kind: 'effect', read: readInto };
}

function disrupt(word: 'pass' | 'deny' | 'block' | 'drop'): ActionSpec {
  const read = (context: ActionContext): undefined => {
    setDisruption(context, { word });
  };
  return { value: 'none', kind: 'disruption', read };
}

/** Two different ones in one rule are a mistake: which is meant cannot be known. */
function setDisruption(context: ActionContext, disruption: DisruptiveWord): void {
  const { into, text, piece } = context;
  const other = [...into.given.keys()].find((name) => name !== piece.name && isDisruptive(name));
  if (other !== undefined) {
    const message = `Cannot read action ${quoted(piece.text)}: "${other}" is given as well`;
    text.report(offsetOf(piece), 'action-conflict', message);
  }
  into.disruption = disruption;
}

function isDisruptive(name: string): boolean {
  return name !== 'status' && ACTIONS.get(name)?.kind === 'disruption';
}

function readId({ into }: ActionContext, value: string): string | undefined {
  if (!/^[1-9][0-9]{0,9}$/.test(value)) return 'it is no whole number of at most ten digits';
  into.id = value;
  return undefined;
}

function readPhase({ into }: ActionContext, value: string): string | undefined {
  const phase = PHASES.get(value.toLowerCase());
  if (phase === undefined) return 'it is no phase';
  into.phase = phase;
  return undefined;
}

/** The phase that the actions name, before all of them are read; undefined when they name none that can be read. */
export function phaseOf(pieces: readonly ActionPiece[]): Phase | undefined {
  const piece = pieces.find(({ name }) => name === 'phase');
  return PHASES.get(piece?.value?.toLowerCase() ?? '');
}

function readSeverity({ into }: ActionContext, value: string): string | undefined {
  const word = value.toLowerCase();
  const number = /^[0-7]$/.test(value) ? Number(value) : SEVERITIES.findIndex((name) => name === word);
  if (number < 0) return 'it is no severity';
  into.severity = number;
  return undefined;
}

function readMaturity({ into }: ActionContext, value: string): string | undefined {
  if (!/^[0-9]$/.test(value)) return 'it is no number from 0 to 9';
  into.maturity = Number(value);
  return undefined;
}

function readAccuracy({ into }: ActionContext, value: string): string | undefined {
  if (!/^[0-9]$/.test(value)) return 'it is no number from 0 to 9';
  into.accuracy = Number(value);
  return undefined;
}

function readLogData(context: ActionContext, value: string): undefined {
  context.into.logData = template(context, value);
}

/** Statuses that end an exchange: 1xx do not. */
function readStatus({ into }: ActionContext, value: string): string | undefined {
  if (!/^[2-5][0-9]{2}$/.test(value)) return 'it is no final status';
  into.status = Number(value);
  return undefined;
}

function readAllow(context: ActionContext, value: string): string | undefined {
  const scope = ALLOW_SCOPES.get(value.toLowerCase());
  if (scope === undefined) return 'it is neither allow, allow:phase nor allow:request';
  setDisruption(context, { word: 'allow', scope });
  return undefined;
}

function readRedirect(context: ActionContext, value: string): undefined {
  setDisruption(context, { word: 'redirect', location: template(context, value) });
}

function readSkip({ into }: ActionContext, value: string): string | undefined {
  if (!/^[1-9][0-9]{0,4}$/.test(value)) return 'it is no number of rules';
  if (into.given.has('skipafter')) return 'skipAfter is given as well';
  into.flow = { kind: 'skip', count: Number(value) };
  return undefined;
}

function readSkipAfter({ into }: ActionContext, value: string): string | undefined {
  if (into.given.has('skip')) return 'skip is given as well';
  into.flow = { kind: 'skip-after', marker: value };
  return undefined;
}

function readCtl(context: ActionContext, value: string): string | undefined {
  const { text, piece, into } = context;
  const control = readControl(value, (list) => readControlTargets(context, list));
  if (typeof control === 'string') return control;
  if ('refused' in control) {
    const message = `Cannot run action ${quoted(piece.text)}: ${control.refused}`;
    text.refuse(offsetOf(piece), 'action-unsupported', message);
    return undefined;
  }
  warnOfLateControl(text, piece, control, into.phase);
  into.effects.push({ do: 'control', control });
  return undefined;
}

function warnOfLateControl(text: RuleText, piece: ActionPiece, { control }: Control, phase: Phase): void {
  if (phase === 1 || (control !== 'request-body-processor' && control !== 'force-request-body')) return;
  const message = `Action ${quoted(piece.text)} has no effect: the body is taken apart before phase 2`;
  text.warn(offsetOf(piece), 'action-ignored', message);
}

/** The targets stand at the end of the action. `!ARGS:a` means the same as `ARGS:a` there. */
function readControlTargets({ reading, text, piece }: ActionContext, list: string): readonly Target[] {
  const at = Math.max(0, piece.text.lastIndexOf(list));
  const named = readTargetList(reading, text, { text: list, word: piece.word, at: piece.at + at }, ',|');
  for (const target of named) {
    if (target.mark !== '&') continue;
    const message = `Cannot read variable ${quoted(target.piece.text)}: a number is not left out`;
    text.report(offsetOf(target.piece), 'variable-selector', message);
  }
  return named.map(({ variable, selector }) => ({ variable, selector, excluded: [], isCount: false }));
}

/** `sanitiseArg` and its kin, in both spellings. */
function sanitising(...names: readonly string[]): readonly (readonly [string, ActionSpec])[] {
  const read = ({ text, piece }: ActionContext): undefined => {
    const message = `Action ${quoted(piece.text)} has no effect: what is kept out of logs is Sallyport's own setting`;
    text.warn(offsetOf(piece), 'action-ignored', message);
  };
  const spec: ActionSpec = { value: 'optional', kind: 'effect', read };
  return names.flatMap((name) => [[`sanitise${name}`, spec] as const, [`sanitize${name}`, spec] as const]);
}
