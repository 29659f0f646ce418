/** Which rules read and write which members of TX. */
import type { Action } from '../rule/action.ts';
import type { Rule } from '../rule/sec-rule.ts';
import { selects } from '../rule/target.ts';
import type { Selector, Target } from '../rule/target.ts';
import { constantOf } from '../rule/template.ts';
import type { Template } from '../rule/template.ts';
import { isCaptureName } from './static-rules.ts';

export interface TxUse {
  /** True when a rule reads captures that another rule may have left. */
  readonly hasForeignCaptures: boolean;
  /** Whether a rule other than this reads the member. */
  readonly isReadBeside: (name: string, rule: Rule) => boolean;
  /** Whether a rule other than this may write a member that is selected; undefined for any rule at all. */
  readonly isWrittenBeside: (selector: Selector, rule: Rule | undefined) => boolean;
}

/** What one rule does with TX. */
interface Use {
  readonly rule: Rule;
  readonly names: ReadonlySet<string>;
  readonly patterns: readonly Selector[];
  readonly readsAll: boolean;
  readonly writes: readonly Template[];
}

/** Of rules that look at the exchange. */
export function txUseOf(rules: readonly Rule[]): TxUse {
  const all = rules.map(useOf);
  const beside = (rule: Rule | undefined, holds: (use: Use) => boolean): boolean =>
    all.some((use) => use.rule !== rule && holds(use));
  const readers = new Map<string, Rule[]>();
  for (const { rule, names } of all) {
    for (const name of names) readers.set(name, [...(readers.get(name) ?? []), rule]);
  }
  // Asked for while exchanges are inspected: few rules read more than names.
  const wide = all.filter(({ patterns, readsAll }) => readsAll || patterns.length > 0);
  return {
    hasForeignCaptures: rules.some(readsForeignCapture),
    isReadBeside: (name, rule) =>
      (readers.get(name) ?? NO_RULES).some((reader) => reader !== rule) ||
      wide.some((use) => use.rule !== rule && reads(use, name)),
    isWrittenBeside: (selector, rule) =>
      beside(rule, ({ writes }) => writes.some((name) => maySelect(selector, name))),
  };
}

const NO_RULES: readonly Rule[] = [];

function useOf(rule: Rule): Use {
  const names = new Set<string>();
  const patterns: Selector[] = [];
  let readsAll = false;
  for (const { variable, selector } of rule.links.flatMap(({ targets }) => targets)) {
    if (variable.name !== 'TX') continue;
    if (selector?.kind === 'name') names.add(selector.name);
    else if (selector === undefined) readsAll = true;
    else patterns.push(selector);
  }
  for (const part of templatesOf(rule).flat()) {
    if (typeof part === 'string' || part.variable.name !== 'TX') continue;
    if (part.member === undefined) readsAll = true;
    else names.add(part.member);
  }
  return { rule, names, patterns, readsAll, writes: writesOf(rule) };
}

/** Whether a rule reads a member otherwise than by its name. */
function reads({ patterns, readsAll }: Use, name: string): boolean {
  return readsAll || patterns.some((selector) => selects(selector, name));
}

function writesOf({ links }: Rule): readonly Template[] {
  return links.flatMap(({ actions }) =>
    actions.flatMap((action) =>
      (action.do === 'set-variable' || action.do === 'unset-variable') && action.collection === 'TX'
        ? [action.name]
        : [],
    ),
  );
}

/** Whether a name that is not known before the rule runs may be one of these. */
export function maySelect(selector: Selector, name: Template): boolean {
  const constant = constantOf(name)?.toLowerCase();
  if (constant !== undefined) return selects(selector, constant);
  const [first] = name;
  const start = typeof first === 'string' ? first.toLowerCase() : '';
  const begin = selector.kind === 'name' ? selector.name : beginningOf(selector.text);
  return begin.startsWith(start) || (selector.kind === 'pattern' && start.startsWith(begin));
}

/** `abc` of `^abc` and of `^abc_[0-9]`: what every name that the expression selects begins with. */
function beginningOf(pattern: string): string {
  return /^\^([A-Za-z0-9_-]+)(?![*+?{|A-Za-z0-9_-])/.exec(pattern)?.[1]?.toLowerCase() ?? '';
}

/** A link that captures hides what was there before from its own actions, and from all behind it. */
function readsForeignCapture(rule: Rule): boolean {
  for (const link of rule.links) {
    if (link.targets.some(isCaptureTarget)) return true;
    if (link.test.kind === 'macro' && link.test.argument.some(isCaptureMacro)) return true;
    if (link.isCapturing) return false;
    if (link.actions.flatMap(templatesIn).flat().some(isCaptureMacro)) return true;
  }
  return templatesOf(rule).flat().some(isCaptureMacro);
}

/** Also of expressions that select them, and of all members at once. */
function isCaptureTarget({ variable, selector }: Target): boolean {
  if (variable.name !== 'TX') return false;
  return selector === undefined || CAPTURE_NAMES.some((name) => selects(selector, name));
}

const CAPTURE_NAMES: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

function isCaptureMacro(part: Template[number]): boolean {
  if (typeof part === 'string' || part.variable.name !== 'TX') return false;
  return part.member !== undefined && isCaptureName(part.member);
}

function templatesOf({ links, message, tags, disruption }: Rule): readonly Template[] {
  return [
    message,
    ...tags,
    ...(disruption.do === 'redirect' ? [disruption.location] : []),
    ...links.flatMap(({ test, actions, logData }) => [
      ...(test.kind === 'macro' ? [test.argument] : []),
      ...(logData === undefined ? [] : [logData]),
      ...actions.flatMap(templatesIn),
    ]),
  ];
}

function templatesIn(action: Action): readonly Template[] {
  switch (action.do) {
    case 'set-variable':
      return [action.name, action.value];
    case 'expire-variable':
      return [action.name, action.seconds];
    case 'unset-variable':
    case 'deprecate-variable':
      return [action.name];
    case 'open-collection':
      return [action.key];
    case 'set-environment':
      return [action.value];
    case 'control':
      return [];
  }
}
