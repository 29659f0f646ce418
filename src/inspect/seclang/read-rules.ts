/**
 * Rule files to a RuleSet. Reads on after every mistake, so that all of them are told at once; the rule set is only to
 * be run when there were none.
 *
 * This is the only reader of SecLang. Data files and included files are read from disk for files that have a path.
 */
import type { RuleFile } from '../load-rules.ts';
import type { RuleMistake } from '../mistake.ts';
import type { RuleItem, RuleSet } from '../rule/sec-rule.ts';
import type { RegexMemory } from '../rx/memory.ts';
import { warnOfMarkers } from './markers.ts';
import type { FilesRead } from '../files-read.ts';
import { findIncluded } from './include.ts';
import type { IncludeState } from './include.ts';
import { reportName } from './names.ts';
import { readDefaults, readRule, reportOpenChain } from './read-chain.ts';
import type { OpenChain } from './read-chain.ts';
import { beginReading } from './reading.ts';
import type { Reading, ReadRulesOptions } from './reading.ts';
import { readSetting, SETTING_NAMES, SETTINGS } from './read-settings.ts';
import { finishRule } from './rule-draft.ts';
import { RuleText } from './rule-text.ts';
import { SETTLED_ELSEWHERE } from './settled-elsewhere.ts';
import { applyUpdates, readActionUpdate, readRemoval, readTargetUpdate } from './update-rules.ts';
import { splitDirectives } from './words.ts';
import type { Directive, Word } from './words.ts';

export type { ReadRulesOptions } from './reading.ts';

export interface ReadRules {
  readonly ruleSet: RuleSet;
  /** In the order of the text. */
  readonly mistakes: readonly RuleMistake[];
  /** What was read and has no effect, or most likely not the one that was meant. In the order of the text. */
  readonly warnings: readonly RuleMistake[];
  /** Every id that was read, also of rules that were left out or removed. */
  readonly ids: ReadonlySet<string>;
  /** What their regular expressions share; to be settled once the rules are ready to run. */
  readonly patterns: RegexMemory;
  /** What was read besides the files that were given. */
  readonly filesRead: FilesRead;
}

export function readRules(files: readonly RuleFile[], options: ReadRulesOptions = {}): ReadRules {
  const reading = beginReading(options);
  const run: Run = { reading, order: new Map(), count: { files: 0 } };
  for (const file of files) readFile(run, file, []);
  warnOfMarkers(reading);
  const items = applyUpdates(reading).map((item): RuleItem =>
    item.kind === 'marker' ? item : { kind: 'rule', rule: finishRule(item) },
  );
  return {
    ruleSet: { items, settings: reading.settings },
    mistakes: inOrder(reading.findings.mistakes, run.order),
    warnings: inOrder(reading.findings.warnings, run.order),
    ids: new Set(reading.ids.keys()),
    patterns: reading.patterns,
    filesRead: reading.filesRead,
  };
}

interface Run {
  readonly reading: Reading;
  /** The rank of each file, by name. */
  readonly order: Map<string, number>;
  readonly count: IncludeState['count'];
}

/** In the order of the text; the parts of a rule are read in another one. */
function inOrder(found: readonly RuleMistake[], order: ReadonlyMap<string, number>): readonly RuleMistake[] {
  const rankOf = (mistake: RuleMistake): number => order.get(mistake.file) ?? 0;
  return found.toSorted(
    (left, right) => rankOf(left) - rankOf(right) || left.line - right.line || left.column - right.column,
  );
}

function readFile(run: Run, file: RuleFile, openPaths: readonly string[]): void {
  if (!run.order.has(file.name)) run.order.set(file.name, run.order.size);
  const text = new RuleText(file, run.reading.findings);
  const open = file.path === undefined ? openPaths : [...openPaths, file.path];
  let chain: OpenChain | undefined;
  for (const directive of splitDirectives(text.bytes)) {
    chain = readDirective(run, text, directive, chain, open);
    run.reading.checkpoint(file.name);
  }
  if (chain !== undefined) reportOpenChain(text, chain);
}

function readDirective(
  run: Run,
  text: RuleText,
  directive: Directive,
  chain: OpenChain | undefined,
  openPaths: readonly string[],
): OpenChain | undefined {
  const { openQuote } = directive;
  if (openQuote !== undefined) {
    text.report(
      openQuote,
      'quote-open',
      'Cannot read directive: a quote is opened and not closed in its line',
    );
    return undefined;
  }
  const [name, ...words] = directive.words;
  // A directive has at least the word that began it.
  if (name === undefined) return chain;
  const kind = name.text.toLowerCase();
  if (kind === 'secrule' || kind === 'secaction') {
    const rule = { kind: kind === 'secrule' ? 'SecRule' : 'SecAction', offset: name.start, words } as const;
    return hasWords(text, name, words) ? readRule(run.reading, text, rule, chain) : undefined;
  }
  if (chain !== undefined && DIRECTIVES.has(kind)) {
    const message = `Cannot read ${name.text}: the rule before it is chained and needs a SecRule`;
    text.report(name.start, 'chain-open', message);
  }
  readOther(run, text, name, words, openPaths);
  return chain;
}

type ReadDirective = (
  run: Run,
  text: RuleText,
  name: Word,
  words: readonly Word[],
  openPaths: readonly string[],
) => void;

/** Counts of words are checked before. */
interface DirectiveSpec {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What the words are, for mistakes. */
  readonly wants: string;
  readonly read: ReadDirective;
}

const MANY = 10_000;

const DIRECTIVES: ReadonlyMap<string, DirectiveSpec> = new Map(
  (
    [
      ['SecRule', 2, 3, 'two or three words: variables, operator, actions', () => undefined],
      ['SecAction', 1, 1, 'one word: its actions', () => undefined],
      ['SecDefaultAction', 1, 1, 'one word: its actions', readDefaultAction],
      ['SecMarker', 1, 1, 'one word: its name', readMarker],
      ['Include', 1, 1, 'one word: a path', readInclude],
      ['IncludeOptional', 1, 1, 'one word: a path', readInclude],
      ['SecRuleRemoveById', 1, MANY, 'ids', removal('id')],
      ['SecRuleRemoveByTag', 1, 1, 'one word: an expression', removal('tag')],
      ['SecRuleRemoveByMsg', 1, 1, 'one word: an expression', removal('msg')],
      ['SecRuleUpdateTargetById', 2, 3, 'two or three words: ids, variables', targetUpdate('id')],
      ['SecRuleUpdateTargetByTag', 2, 3, 'two or three words: an expression, variables', targetUpdate('tag')],
      ['SecRuleUpdateTargetByMsg', 2, 3, 'two or three words: an expression, variables', targetUpdate('msg')],
      ['SecRuleUpdateActionById', 2, 2, 'two words: an id, actions', updateActions],
    ] as const
  ).map(([name, min, max, wants, read]) => [name.toLowerCase(), { name, min, max, wants, read }]),
);

/** Every directive that is read, for suggestions and documents. */
export const DIRECTIVE_NAMES: readonly string[] = [
  ...[...DIRECTIVES.values()].map(({ name }) => name),
  ...SETTING_NAMES,
];

function readOther(
  run: Run,
  text: RuleText,
  name: Word,
  words: readonly Word[],
  openPaths: readonly string[],
): void {
  const kind = name.text.toLowerCase();
  const spec = DIRECTIVES.get(kind);
  const settled = SETTLED_ELSEWHERE.get(kind);
  if (spec !== undefined) {
    if (hasWords(text, name, words)) spec.read(run, text, name, words, openPaths);
  } else if (SETTINGS.has(kind)) readSetting(run.reading, text, name, words);
  else if (settled !== undefined) {
    text.warn(name.start, 'directive-ignored', `${settled.name} has no effect: ${settled.because}`);
  } else reportName(text, name.start, 'directive', name.text, DIRECTIVE_NAMES);
}

function hasWords(text: RuleText, name: Word, words: readonly Word[]): boolean {
  const spec = DIRECTIVES.get(name.text.toLowerCase());
  if (spec === undefined || (words.length >= spec.min && words.length <= spec.max)) return true;
  const message = `Cannot read ${spec.name}: it needs ${spec.wants}, and has ${words.length}`;
  text.report(name.start, 'directive-arguments', message);
  return false;
}

function readDefaultAction({ reading }: Run, text: RuleText, name: Word, [actions]: readonly Word[]): void {
  if (actions !== undefined) readDefaults(reading, text, name.start, actions);
}

function readMarker({ reading }: Run, _text: RuleText, _name: Word, [marker]: readonly Word[]): void {
  if (marker !== undefined) reading.items.push({ kind: 'marker', name: marker.text });
}

function readInclude(
  run: Run,
  text: RuleText,
  name: Word,
  [pattern]: readonly Word[],
  openPaths: readonly string[],
): void {
  if (pattern === undefined) return;
  const isOptional = name.text.toLowerCase() === 'includeoptional';
  for (const file of findIncluded(text, pattern, isOptional, {
    openPaths,
    count: run.count,
    filesRead: run.reading.filesRead,
  })) {
    readFile(run, file, openPaths);
  }
}

function removal(by: 'id' | 'tag' | 'msg'): ReadDirective {
  return ({ reading }, text, name, words) => readRemoval(reading, text, name, words, by);
}

function targetUpdate(by: 'id' | 'tag' | 'msg'): ReadDirective {
  return ({ reading }, text, name, words) => readTargetUpdate(reading, text, name, words, by);
}

function updateActions({ reading }: Run, text: RuleText, name: Word, words: readonly Word[]): void {
  readActionUpdate(reading, text, name, words);
}
