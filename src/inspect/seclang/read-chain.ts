/**
 * SecRule, SecAction and SecDefaultAction: one rule after the other, or several that are one chain.
 */
import type { Phase } from '../rule/sec-rule.ts';
import { ACTIONS, phaseOf } from './action-table.ts';
import { offsetOf, quoted, wholeOf } from './pieces.ts';
import { countBad } from './reading.ts';
import type { Reading } from './reading.ts';
import { readActions } from './read-actions.ts';
import { readOperator } from './read-operator.ts';
import { readTargets } from './read-targets.ts';
import { emptyActions, inheritChained, inheritFrom, PHASE_DEFAULT } from './rule-actions.ts';
import type { RuleActions } from './rule-actions.ts';
import { UNCONDITIONAL } from './rule-draft.ts';
import type { LinkDraft } from './rule-draft.ts';
import type { RuleText } from './rule-text.ts';
import { splitActions } from './split-actions.ts';
import type { ActionPiece } from './split-actions.ts';
import type { Word } from './words.ts';

export interface RuleDirective {
  readonly kind: 'SecRule' | 'SecAction';
  /** Of the directive's name. */
  readonly offset: number;
  /** Without the name. */
  readonly words: readonly Word[];
}

/** A chain that waits for its next rule. */
export interface OpenChain {
  readonly head: RuleActions;
  readonly offset: number;
  readonly links: LinkDraft[];
  /** True when a part of it could not be read or is not run. */
  isBroken: boolean;
}

/** Answers the chain when it goes on with the next rule. */
export function readRule(
  reading: Reading,
  text: RuleText,
  rule: RuleDirective,
  chain: OpenChain | undefined,
): OpenChain | undefined {
  const before = countBad(reading);
  const list = rule.kind === 'SecAction' ? rule.words[0] : rule.words[2];
  const pieces = list === undefined ? [] : splitActions(text, wholeOf(list));
  const actions =
    chain === undefined ? beginActions(reading, pieces) : beginChained(reading, chain.head.phase);
  readActions(reading, text, pieces, actions);
  const open = chain ?? { head: actions, offset: rule.offset, links: [], isBroken: false };
  if (chain !== undefined) checkChained(text, rule, actions, chain.head);
  const link = readLink(reading, text, rule, actions, open.head.phase);
  if (link !== undefined) open.links.push(link);
  if (countBad(reading) > before) open.isBroken = true;
  if (actions.isChained) return open;
  finishChain(reading, text, open);
  return undefined;
}

/** A chain never goes on in the next file: which one that is can change without anybody looking here. */
export function reportOpenChain(text: RuleText, chain: OpenChain): void {
  text.report(chain.offset, 'chain-open', 'Cannot read rule: it is chained, and no rule follows in its file');
}

function beginActions(reading: Reading, pieces: readonly ActionPiece[]): RuleActions {
  const phase = phaseOf(pieces) ?? PHASE_DEFAULT;
  const defaults = reading.defaults.get(phase);
  return defaults === undefined ? emptyActions(phase) : inheritFrom(defaults);
}

function beginChained(reading: Reading, phase: Phase): RuleActions {
  return inheritChained(phase, reading.defaults.get(phase));
}

function readLink(
  reading: Reading,
  text: RuleText,
  rule: RuleDirective,
  actions: RuleActions,
  phase: Phase,
): LinkDraft | undefined {
  if (rule.kind === 'SecAction') return { targets: [], operator: UNCONDITIONAL, actions };
  const [variables, operatorWord] = rule.words;
  if (variables === undefined || operatorWord === undefined) return undefined;
  const targets = readTargets(reading, text, wholeOf(variables));
  for (const { variable } of targets) {
    if (variable.phase <= phase) continue;
    const because = `it is not known before phase ${variable.phase}, and the rule runs in phase ${phase}`;
    text.warn(
      variables.start,
      'variable-phase',
      `Variable ${quoted(variable.name)} has no values: ${because}`,
    );
  }
  const operator = readOperator(reading, text, operatorWord);
  return operator === undefined || targets.length === 0 ? undefined : { targets, operator, actions };
}

/** What belongs to the whole rule stands in the first of a chain. */
function checkChained(text: RuleText, rule: RuleDirective, actions: RuleActions, head: RuleActions): void {
  if (rule.kind === 'SecAction') {
    const message = 'Cannot read SecAction: the rule before it is chained and needs a SecRule';
    text.report(rule.offset, 'chain-open', message);
  }
  for (const [name, piece] of actions.given) {
    const kind = ACTIONS.get(name)?.kind;
    if (name === 'phase' && actions.phase === head.phase) continue;
    if (kind === 'identity' || kind === 'disruption' || kind === 'flow') {
      const message = `Cannot read action ${quoted(piece.text)}: only the first rule of a chain may have it`;
      text.report(offsetOf(piece), 'action-conflict', message);
    } else if (kind === 'description' || (kind === 'log' && name !== 'logdata')) {
      const message = `Action ${quoted(piece.text)} has no effect: only that of the first rule of a chain has`;
      text.warn(offsetOf(piece), 'action-ignored', message);
    }
  }
}

function finishChain(reading: Reading, text: RuleText, chain: OpenChain): void {
  const { head, offset } = chain;
  const place = text.place(offset);
  if (head.id === undefined) {
    if (!head.given.has('id')) text.report(offset, 'id-missing', 'Cannot read rule: it has no id');
    return;
  }
  const other = reading.ids.get(head.id);
  if (other !== undefined) {
    const message = `Cannot read rule ${head.id}: the rule at ${other} has the same id`;
    text.report(offset, 'id-duplicate', message);
    return;
  }
  reading.ids.set(head.id, place);
  warnOfIdleStatus(text, head);
  const [first, ...others] = chain.links;
  if (first === undefined || chain.isBroken) return;
  reading.items.push({ kind: 'rule', id: head.id, place, text, links: [first, ...others] });
}

/** A status that nothing sends. */
function warnOfIdleStatus(text: RuleText, head: RuleActions): void {
  const status = head.given.get('status');
  const word = head.disruption?.word;
  if (status === undefined || word === 'deny' || word === 'block' || word === 'redirect') return;
  const message = `Action ${quoted(status.text)} has no effect: only deny, block and redirect send one`;
  text.warn(offsetOf(status), 'action-ignored', message);
}

const NOT_IN_DEFAULTS: ReadonlySet<string> = new Set([
  ...['id', 'chain', 'skip', 'skipafter', 'block', 'msg', 'severity', 'rev', 'ver', 'maturity', 'accuracy'],
  'logdata',
]);

/** SecDefaultAction: what the rules of one phase that follow begin with. */
export function readDefaults(reading: Reading, text: RuleText, offset: number, word: Word): void {
  const pieces = splitActions(text, wholeOf(word));
  const phase = phaseOf(pieces);
  const actions = emptyActions(phase ?? PHASE_DEFAULT);
  readActions(reading, text, pieces, actions);
  for (const [name, piece] of actions.given) {
    if (!NOT_IN_DEFAULTS.has(name)) continue;
    const message = `Cannot read action ${quoted(piece.text)}: SecDefaultAction cannot have it`;
    text.report(offsetOf(piece), 'action-conflict', message);
  }
  if (!actions.given.has('phase')) report(text, offset, 'a phase');
  if (actions.disruption === undefined) report(text, offset, 'a disruptive action, such as pass or deny');
  reading.defaults.set(actions.phase, actions);
}

function report(text: RuleText, offset: number, wanted: string): void {
  text.report(offset, 'directive-arguments', `Cannot read SecDefaultAction: it needs ${wanted}`);
}
