/**
 * SecRuleRemove* and SecRuleUpdate*: carried out when all files are read, so that their place among the files does not
 * matter (as in ModSecurity 3).
 */
import type { RuleChoice } from '../rule/action.ts';
import { constantOf } from '../rule/template.ts';
import { ACTIONS } from './action-table.ts';
import { offsetOf, quoted, wholeOf } from './pieces.ts';
import { countBad } from './reading.ts';
import type { Reading } from './reading.ts';
import { readActions } from './read-actions.ts';
import { excludeFrom, isSame, readTargetList } from './read-targets.ts';
import type { NamedTarget } from './read-targets.ts';
import { readIdChoice, readPatternChoice } from './rule-choice.ts';
import type { ReadChoice } from './rule-choice.ts';
import { emptyActions, PHASE_DEFAULT } from './rule-actions.ts';
import type { DraftItem, LinkDraft, RuleDraft } from './rule-draft.ts';
import type { RuleText } from './rule-text.ts';
import { splitActions } from './split-actions.ts';
import type { ActionPiece } from './split-actions.ts';
import type { Word } from './words.ts';

interface Change {
  readonly text: RuleText;
  /** Of the directive. */
  readonly offset: number;
  /** As the directive is written, for warnings. */
  readonly shown: string;
  readonly choice: RuleChoice;
}

export type RuleUpdate = Change &
  (
    | { readonly kind: 'remove' }
    | {
        readonly kind: 'targets';
        readonly added: readonly NamedTarget[];
        readonly replaced: readonly NamedTarget[];
      }
    | { readonly kind: 'actions'; readonly linkIndex: number; readonly actions: readonly ActionPiece[] }
  );

const CHOICE_OF: Readonly<Record<string, (value: string) => ReadChoice>> = {
  id: readIdChoice,
  tag: (value) => readPatternChoice('tag', value),
  msg: (value) => readPatternChoice('message', value),
};

/** `SecRuleRemoveById 1 2 "10-20"`, `SecRuleRemoveByTag "a"`, `SecRuleRemoveByMsg "b"`. */
export function readRemoval(
  reading: Reading,
  text: RuleText,
  name: Word,
  words: readonly Word[],
  by: 'id' | 'tag' | 'msg',
): void {
  const choice = readChoice(text, name, words.map((word) => word.text).join(' '), by);
  if (choice !== undefined) reading.updates.push({ ...changeOf(text, name, choice), kind: 'remove' });
}

/** `SecRuleUpdateTargetById 1 "!ARGS:a,ARGS:b" [REPLACED]`. */
export function readTargetUpdate(
  reading: Reading,
  text: RuleText,
  name: Word,
  words: readonly Word[],
  by: 'id' | 'tag' | 'msg',
): void {
  const [rules, targets, replaced] = words;
  if (rules === undefined || targets === undefined) return;
  const choice = readChoice(text, name, rules.text, by);
  const added = readTargetList(reading, text, wholeOf(targets), ',|');
  const gone = replaced === undefined ? [] : readTargetList(reading, text, wholeOf(replaced), ',|');
  if (choice === undefined) return;
  reading.updates.push({ ...changeOf(text, name, choice), kind: 'targets', added, replaced: gone });
}

/** `SecRuleUpdateActionById 1:2 "ACTIONS"`: the number behind the colon is that of a rule in the chain, from 0. */
export function readActionUpdate(reading: Reading, text: RuleText, name: Word, words: readonly Word[]): void {
  const [rules, list] = words;
  if (rules === undefined || list === undefined) return;
  const form = /^([^:]*)(?::(\d{1,3}))?$/.exec(rules.text.trim());
  const choice = readChoice(text, name, form?.[1] ?? rules.text, 'id');
  const actions = splitActions(text, wholeOf(list));
  for (const piece of actions) {
    if (piece.name !== 'id' && piece.name !== 'phase' && piece.name !== 'chain') continue;
    const message = `Cannot read action ${quoted(piece.text)}: it cannot be changed`;
    text.report(offsetOf(piece), 'action-conflict', message);
  }
  // Read once to tell the mistakes, however many rules are chosen.
  const before = countBad(reading);
  readActions(reading, text, actions, emptyActions(PHASE_DEFAULT));
  if (choice === undefined || countBad(reading) > before) return;
  reading.updates.push({
    ...changeOf(text, name, choice),
    kind: 'actions',
    linkIndex: Number(form?.[2] ?? 0),
    actions,
  });
}

function changeOf(text: RuleText, name: Word, choice: RuleChoice): Change {
  const what =
    choice.by === 'id'
      ? choice.ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(' ')
      : choice.text;
  return { text, offset: name.start, shown: `${name.text} ${what}`, choice };
}

function readChoice(
  text: RuleText,
  name: Word,
  value: string,
  by: 'id' | 'tag' | 'msg',
): RuleChoice | undefined {
  const read = CHOICE_OF[by]?.(value);
  if (read !== undefined && 'choice' in read) return read.choice;
  text.report(name.start, 'directive-arguments', `Cannot read ${name.text}: ${read?.problem ?? ''}`);
  return undefined;
}

/** The rules that are left, changed. Choices that name no rule are told: they protect from nothing, or leave nothing out. */
export function applyUpdates(reading: Reading): readonly DraftItem[] {
  let items: readonly DraftItem[] = reading.items;
  const byId = new Map(items.flatMap((item) => (item.kind === 'rule' ? [[item.id, item] as const] : [])));
  for (const update of reading.updates) {
    const chosen = choose(items, byId, update.choice);
    if (chosen.length === 0) {
      if (!namesLeftOut(reading, update.choice))
        update.text.warn(
          update.offset,
          'rule-unknown',
          `${quoted(update.shown)} has no effect: it names no rule`,
        );
      continue;
    }
    const gone = new Set(chosen.filter((rule) => applyTo(reading, rule, update)));
    if (gone.size === 0) continue;
    items = items.filter((item) => item.kind !== 'rule' || !gone.has(item));
    for (const rule of gone) byId.delete(rule.id);
  }
  return items;
}

/** A rule that was left out is told already. */
function namesLeftOut({ ids }: Reading, choice: RuleChoice): boolean {
  return (
    choice.by === 'id' && choice.ranges.every(({ first, last }) => first === last && ids.has(String(first)))
  );
}

/** The common case, one id, is looked up. */
function choose(
  items: readonly DraftItem[],
  byId: ReadonlyMap<string, RuleDraft>,
  choice: RuleChoice,
): readonly RuleDraft[] {
  const [range] = choice.by === 'id' ? choice.ranges : [];
  if (choice.by === 'id' && choice.ranges.length === 1 && range !== undefined && range.first === range.last) {
    const rule = byId.get(String(range.first));
    return rule === undefined ? [] : [rule];
  }
  return items.filter((item) => item.kind === 'rule').filter((rule) => isChosen(rule, choice));
}

function isChosen(rule: RuleDraft, choice: RuleChoice): boolean {
  const [{ actions }] = rule.links;
  switch (choice.by) {
    case 'id': {
      const id = Number(rule.id);
      return choice.ranges.some(({ first, last }) => id >= first && id <= last);
    }
    case 'tag':
      return actions.tags.some((tag) => choice.test(constantOf(tag) ?? ''));
    case 'message':
      return choice.test(constantOf(actions.message) ?? '');
  }
}

/** Answers true when the rule is to go. */
function applyTo(reading: Reading, rule: RuleDraft, update: RuleUpdate): boolean {
  switch (update.kind) {
    case 'remove':
      return true;
    case 'targets':
      return updateTargets(rule, update);
    case 'actions':
      updateActions(reading, rule, update);
      return false;
  }
}

/**
 * What is left out is left out of every rule of the chain that looks at the variable, which is what one means who writes
 * `!ARGS:a`; what is added is added to the first.
 *
 * A rule with nothing left to look at never matches, so that it goes.
 */
function updateTargets(rule: RuleDraft, update: Extract<RuleUpdate, { readonly kind: 'targets' }>): boolean {
  const excluding = update.added.filter(({ mark }) => mark === '!');
  for (const link of rule.links) {
    if (link.targets.length === 0) continue;
    link.targets = link.targets.flatMap((target) => excludeFrom(target, excluding) ?? []);
    if (link === rule.links[0]) addTargets(link, update);
    if (link.targets.length === 0) return true;
  }
  return false;
}

function addTargets(
  link: LinkDraft,
  { added, replaced }: Extract<RuleUpdate, { readonly kind: 'targets' }>,
): void {
  const kept = link.targets.filter(
    ({ variable, selector }) =>
      !replaced.some((other) => other.variable === variable && isSame(other.selector, selector)),
  );
  const more = added
    .filter(({ mark }) => mark !== '!')
    .map(({ variable, selector, mark }) => ({ variable, selector, excluded: [], isCount: mark === '&' }));
  link.targets = [...kept, ...more];
}

function updateActions(
  reading: Reading,
  rule: RuleDraft,
  { text, offset, shown, linkIndex, actions }: Extract<RuleUpdate, { readonly kind: 'actions' }>,
): void {
  const link = rule.links[linkIndex];
  if (link === undefined) {
    const because = `the chain has ${rule.links.length} rules`;
    text.report(offset, 'directive-arguments', `Cannot apply ${quoted(shown)}: ${because}`);
    return;
  }
  const into = link.actions;
  into.given.clear();
  readActions(reading, text, actions, into);
  if (linkIndex === 0) return;
  for (const [name, piece] of into.given) {
    const kind = ACTIONS.get(name)?.kind;
    if (kind !== 'disruption' && kind !== 'flow') continue;
    const message = `Cannot read action ${quoted(piece.text)}: only the first rule of a chain may have it`;
    text.report(offsetOf(piece), 'action-conflict', message);
  }
}
