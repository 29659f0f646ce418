/**
 * Rule files to rules. Reads on after every mistake, so that all of them are told at once; the rules of the answer are
 * only to be run when there were none.
 */
import type { RuleFile } from '../load-rules.ts';
import type { RuleMistake } from '../mistake.ts';
import { wholeValueOperator } from '../operators/operator.ts';
import type { Link, Rule } from '../rule/rule.ts';
import { outcomeOf, readActions } from './actions.ts';
import type { Actions } from './actions.ts';
import { DIRECTIVES_NOT_RUN } from './not-run.ts';
import { readOperator } from './operator-word.ts';
import { quoted, Source } from './source.ts';
import { readTargets } from './targets.ts';
import { unknownName } from './unknown-name.ts';
import { splitDirectives } from './words.ts';
import type { Directive, Word } from './words.ts';

export interface ParsedRules {
  /** In the order of the files. */
  readonly rules: readonly Rule[];
  readonly mistakes: readonly RuleMistake[];
}

const DIRECTIVES = ['SecRule', 'SecAction'] as const;

/** What may stand in the rules of a chain after its first. */
const CHAINED_ACTIONS: ReadonlySet<string> = new Set(['t', 'multimatch', 'chain']);

export function parseRules(files: readonly RuleFile[]): ParsedRules {
  const reading: Reading = { rules: [], mistakes: [], ids: new Map() };
  for (const file of files) readFile(reading, new Source(file, reading.mistakes), file.text);
  return { rules: reading.rules, mistakes: inOrder(reading.mistakes, files) };
}

/** In the order of the text; the parts of a rule are read in another one. */
function inOrder(mistakes: readonly RuleMistake[], files: readonly RuleFile[]): readonly RuleMistake[] {
  const rank = new Map(files.map((file, index) => [file.name, index]));
  const rankOf = (mistake: RuleMistake): number => rank.get(mistake.file) ?? 0;
  return mistakes.toSorted(
    (left, right) => rankOf(left) - rankOf(right) || left.line - right.line || left.column - right.column,
  );
}

interface Reading {
  readonly rules: Rule[];
  readonly mistakes: RuleMistake[];
  /** Where each id is defined. */
  readonly ids: Map<string, string>;
}

/** A chain that waits for its next rule. */
interface OpenChain {
  readonly head: Actions;
  readonly offset: number;
  readonly links: Link[];
}

function readFile(reading: Reading, source: Source, text: string): void {
  let chain: OpenChain | undefined;
  for (const directive of splitDirectives(text)) chain = readDirective(reading, source, directive, chain);
  // A chain never goes on in the next file: which one that is can change without anybody looking here.
  if (chain !== undefined) reportOpenChain(source, chain);
}

function readDirective(
  reading: Reading,
  source: Source,
  directive: Directive,
  chain: OpenChain | undefined,
): OpenChain | undefined {
  if (directive.openQuote !== undefined) {
    source.report(
      directive.openQuote,
      'quote-open',
      'Cannot read directive: a quote is opened and not closed in its line',
    );
    return undefined;
  }
  const [name, ...words] = directive.words;
  const offset = name?.start ?? 0;
  const kind = DIRECTIVES.find((known) => known.toLowerCase() === name?.text.toLowerCase());
  if (kind === undefined) {
    const given = name?.text ?? '';
    source.report(offset, ...unknownName('directive', given, given, DIRECTIVES_NOT_RUN, DIRECTIVES));
    return chain;
  }
  const isCountRight = kind === 'SecAction' ? words.length === 1 : words.length === 2 || words.length === 3;
  if (!isCountRight) {
    const wanted =
      kind === 'SecAction' ? 'one word: its actions' : 'two or three words: variables, operator, actions';
    source.report(
      offset,
      'directive-arguments',
      `Cannot read ${kind}: it needs ${wanted}, and has ${words.length}`,
    );
    return undefined;
  }
  return readRule(reading, source, { kind, offset, words }, chain);
}

interface RuleDirective {
  readonly kind: (typeof DIRECTIVES)[number];
  readonly offset: number;
  readonly words: readonly Word[];
}

function readRule(
  reading: Reading,
  source: Source,
  rule: RuleDirective,
  chain: OpenChain | undefined,
): OpenChain | undefined {
  const actions = readActions(source, rule.kind === 'SecAction' ? rule.words[0] : rule.words[2]);
  const head = chain?.head ?? actions;
  if (chain !== undefined) checkChained(source, rule, actions);
  const link = rule.kind === 'SecAction' ? unconditional() : readLink(source, rule, actions, head);
  const open: OpenChain = chain ?? { head, offset: rule.offset, links: [] };
  if (link !== undefined) open.links.push(link);
  if (actions.isChained) return open;
  finishRule(reading, source, open);
  return undefined;
}

function readLink(source: Source, rule: RuleDirective, actions: Actions, head: Actions): Link | undefined {
  const [variables, operatorWord] = rule.words;
  if (variables === undefined || operatorWord === undefined) return undefined;
  const targets = readTargets(source, variables, head.phase);
  const operator = readOperator(source, operatorWord);
  if (operator === undefined) return undefined;
  return {
    targets,
    transformations: actions.transformations,
    isMultiMatch: actions.isMultiMatch,
    ...operator,
  };
}

/** SecAction: a test without targets, which always holds. */
function unconditional(): Link {
  const operator = wholeValueOperator(() => true);
  return { targets: [], transformations: [], operator, isNegated: false, isMultiMatch: false };
}

function checkChained(source: Source, rule: RuleDirective, actions: Actions): void {
  if (rule.kind === 'SecAction') {
    source.report(
      rule.offset,
      'chain-open',
      'Cannot read SecAction: a rule before it is chained and needs a SecRule',
    );
  }
  for (const { name, offset } of actions.given) {
    if (CHAINED_ACTIONS.has(name)) continue;
    const text = `Cannot read action ${quoted(name)}: only the first rule of a chain may have it`;
    source.report(offset, 'action-conflict', text);
  }
}

function finishRule(reading: Reading, source: Source, chain: OpenChain): void {
  const { head, offset, links } = chain;
  const place = source.place(offset);
  if (head.id === undefined) {
    if (!head.given.some(({ name }) => name === 'id'))
      source.report(offset, 'id-missing', 'Cannot read rule: it has no id');
    return;
  }
  const other = reading.ids.get(head.id);
  if (other !== undefined) {
    source.report(
      offset,
      'id-duplicate',
      `Cannot read rule ${head.id}: the rule at ${other} has the same id`,
    );
    return;
  }
  reading.ids.set(head.id, place);
  checkStatus(source, head);
  reading.rules.push({
    id: head.id,
    phase: head.phase,
    source: place,
    message: head.logData === '' ? head.message : `${head.message}: ${head.logData}`,
    severity: head.severity,
    tags: head.tags,
    outcome: outcomeOf(head),
    isLogged: head.isLogged,
    links,
  });
}

/** A status that nothing sends was meant to do something. */
function checkStatus(source: Source, head: Actions): void {
  const status = head.given.find(({ name }) => name === 'status');
  if (status === undefined || head.disruption === 'deny') return;
  source.report(
    status.offset,
    'action-conflict',
    'Cannot read action "status": only deny and block send one',
  );
}

function reportOpenChain(source: Source, chain: OpenChain): void {
  source.report(
    chain.offset,
    'chain-open',
    'Cannot read rule: it is chained, and no rule follows in its file',
  );
}
