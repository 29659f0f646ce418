/**
 * Rule files to rules: reads on after every mistake, so that all of them are told at once, and leaves out a rule that
 * has one. A rule with an option that cannot be run here is left out as well, and told with the option and the reason.
 */
import type { Checkpoint } from '../checkpoint.ts';
import type { RuleFile } from '../load-rules.ts';
import { TextPositions } from '../seclang/text-positions.ts';
import { readClassification, readReferenceSystem } from './classification.ts';
import type { Classification } from './classification.ts';
import { groupsOf, newDraft } from './draft.ts';
import type { NotRun, RuleDraft } from './draft.ts';
import { isProtocolSeen } from './header.ts';
import { guessDialect, lexOneRule, lexRules } from './lexer.ts';
import type { RawLine, RawOption, RawRule } from './lexer.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { SnortMistake } from './mistake.ts';
import { readOption } from './options.ts';
import { readHeader } from './read-header.ts';
import type { Dialect, RuleHeader, SnortRule } from './rule.ts';
import { POLICY_WORDS, readAlertPolicy } from './suppress.ts';
import type { AlertPolicy } from './suppress.ts';

export interface SnortFile extends RuleFile {
  /** Told by the text itself when it is not given. */
  readonly dialect?: Dialect;
}

export interface ParseOptions {
  /** Also reads rules that stand in a comment. */
  readonly withDisabled?: boolean;
  readonly checkpoint?: Checkpoint | undefined;
}

export interface ParsedSnortRules {
  /** In the order of the files, without those that have mistakes or cannot be run. */
  readonly rules: readonly SnortRule[];
  /** Rules that are right and cannot be run here. */
  readonly notRun: readonly RuleNotRun[];
  readonly mistakes: readonly SnortMistake[];
  /** `var`, `ipvar` and `portvar` lines. */
  readonly variables: ReadonlyMap<string, string>;
  readonly classifications: ReadonlyMap<string, Classification>;
  /** What an id of a reference is put behind, by the name of the system. */
  readonly referenceSystems: ReadonlyMap<string, string>;
  readonly policies: readonly AlertPolicy[];
  /** How many rules there were, whatever became of them. */
  readonly ruleCount: number;
}

export interface RuleNotRun extends NotRun {
  readonly gid: number;
  readonly sid: number;
  readonly message: string;
  readonly file: string;
  readonly line: number;
}

/** Priority of a rule that neither says one nor has a known classtype: Snort's and Suricata's own default. */
const PRIORITY_DEFAULT = 3;

export function parseSnortRules(files: readonly SnortFile[], options: ParseOptions = {}): ParsedSnortRules {
  const reading = newReading();
  for (const file of files) readFile(reading, file, options);
  return { ...reading, rules: reading.rules.map((rule) => withPriority(rule, reading.classifications)) };
}

/** Of a rule that was read before: what its text alone does not say. */
export type KnownOfRule = Pick<SnortRule, 'dialect' | 'isEnabled' | 'place' | 'priority' | 'start' | 'end'>;

/**
 * Reads one rule again. It is as it was, but for the places of its options, which are those of the rule: they are for
 * mistakes, and it has none.
 */
export function readRuleAgain(text: string, known: KnownOfRule): SnortRule {
  const reading = newReading();
  const source: Source = {
    name: known.place.file,
    dialect: known.dialect,
    positions: { at: () => ({ line: known.place.line, column: known.place.column }) },
  };
  const raw = lexOneRule(text, known.dialect, known.isEnabled);
  if (raw.kind === 'rule') readRule(reading, source, raw);
  const [rule] = reading.rules;
  if (rule === undefined) throw new Error(`Cannot read the rule at ${source.name}:${known.place.line} again`);
  return { ...rule, priority: known.priority, start: known.start, end: known.end };
}

function newReading(): Reading {
  return {
    rules: [],
    notRun: [],
    mistakes: [],
    variables: new Map(),
    classifications: new Map(),
    referenceSystems: new Map(),
    policies: [],
    ruleCount: 0,
  };
}

interface Reading {
  readonly rules: SnortRule[];
  readonly notRun: RuleNotRun[];
  readonly mistakes: SnortMistake[];
  readonly variables: Map<string, string>;
  readonly classifications: Map<string, Classification>;
  readonly referenceSystems: Map<string, string>;
  readonly policies: AlertPolicy[];
  ruleCount: number;
}

/** One file while it is read. */
interface Source {
  readonly name: string;
  readonly dialect: Dialect;
  readonly positions: Pick<TextPositions, 'at'>;
}

function readFile(
  reading: Reading,
  file: SnortFile,
  { withDisabled = false, checkpoint }: ParseOptions,
): void {
  const dialect = file.dialect ?? guessDialect(file.text);
  const source: Source = { name: file.name, dialect, positions: new TextPositions(file.text) };
  for (const item of lexRules(file.text, dialect, withDisabled)) {
    if (item.kind !== 'line') reading.ruleCount++;
    if (item.kind === 'rule') readRule(reading, source, item);
    else if (item.kind === 'bad') report(reading, source, item.offset, item.code, item.text);
    else readLine(reading, source, item);
    checkpoint?.(file.name);
  }
}

function report(
  reading: Reading,
  source: Source,
  offset: number,
  code: SnortMistake['code'],
  text: string,
): void {
  reading.mistakes.push({ file: source.name, ...source.positions.at(offset), code, text });
}

/** Runs a reader; a mistake is reported at `offset` plus where it says. Answers whether all was well. */
function isRead(reading: Reading, source: Source, offset: number, read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    report(reading, source, offset + error.index, error.code, error.message);
    return false;
  }
}

function readRule(reading: Reading, source: Source, raw: RawRule): void {
  const draft = newDraft(source.dialect);
  let header: RuleHeader | undefined;
  let isGood = isRead(reading, source, raw.header.offset, () => {
    header = readHeader({ text: raw.header.text, offset: 0 });
  });
  for (const option of raw.options) isGood = readOptionAt(reading, source, draft, option) && isGood;
  const { sid } = draft;
  if (sid === undefined) {
    report(reading, source, raw.offset, 'sid-missing', 'Cannot read rule: it has no sid');
  } else if (isGood && header !== undefined) {
    finishRule(reading, source, raw, draft, header, sid);
  }
}

function readOptionAt(reading: Reading, source: Source, draft: RuleDraft, option: RawOption): boolean {
  const at = source.positions.at(option.offset);
  const offset = option.value === '' ? option.offset : option.valueOffset;
  return isRead(reading, source, offset, () => {
    readOption(draft, option, at);
  });
}

function finishRule(
  reading: Reading,
  source: Source,
  raw: RawRule,
  draft: RuleDraft,
  header: RuleHeader,
  sid: number,
): void {
  const place = { file: source.name, ...source.positions.at(raw.offset) };
  const { gid, rev, message, classtype, conditions, effects, threshold, filter, isSilent } = draft;
  if (!isProtocolSeen(header.protocol)) {
    const because = header.protocol.includes(':')
      ? 'states of the parser (hooks) are not told here'
      : 'a proxy does not see it';
    draft.notRun.unshift({ option: header.protocol, because, isProtocol: true });
  }
  const [notRun] = draft.notRun;
  if (notRun !== undefined) {
    reading.notRun.push({ ...notRun, gid, sid, message, file: place.file, line: place.line });
    return;
  }
  reading.rules.push({
    dialect: draft.dialect,
    place,
    start: raw.offset,
    end: raw.end,
    isEnabled: raw.isEnabled,
    header,
    gid,
    sid,
    rev,
    message,
    classtype,
    priority: draft.priority ?? 0,
    references: draft.references,
    metadata: draft.metadata,
    services: servicesOf(draft),
    groups: groupsOf(draft),
    conditions,
    effects,
    threshold,
    filter,
    isSilent,
    withoutEffect: draft.withoutEffect,
  });
}

/** Snort 2 says services in `metadata:service http`. */
function servicesOf(draft: RuleDraft): readonly string[] {
  const named = draft.metadata.filter((entry) => entry.startsWith('service '));
  if (named.length === 0 && draft.services.length < 2) return draft.services;
  return [...new Set([...draft.services, ...named.map((entry) => entry.slice('service '.length).trim())])];
}

function withPriority(rule: SnortRule, classifications: ReadonlyMap<string, Classification>): SnortRule {
  if (rule.priority > 0) return rule;
  const known = rule.classtype === undefined ? undefined : classifications.get(rule.classtype);
  return { ...rule, priority: known?.priority ?? PRIORITY_DEFAULT };
}

/** Lines that set something for Snort as a whole, which a proxy's own configuration sets. */
const LINES_WITHOUT_EFFECT = /^(?:preprocessor|output|dynamic\w+|event_queue|ruletype|config)\b/;

function readLine(reading: Reading, source: Source, line: RawLine): void {
  const [, word = '', value = ''] = /^(\w+)\s*([\s\S]*)$/.exec(line.text) ?? [];
  isRead(reading, source, line.offset, () => {
    const config = /^(classification|reference)\s*:([\s\S]*)$/.exec(word === 'config' ? value : '');
    if (POLICY_WORDS.has(word)) reading.policies.push(readAlertPolicy(word, value));
    else if (/^(?:ip|port)?var$/.test(word)) readVariable(reading, value);
    else if (config?.[1] === 'classification') addClassification(reading, config[2] ?? '');
    else if (config?.[1] === 'reference')
      reading.referenceSystems.set(...readReferenceSystem(config[2] ?? ''));
    else if (!LINES_WITHOUT_EFFECT.test(line.text)) throw unknownLine(word, line.text);
  });
}

function readVariable(reading: Reading, value: string): void {
  const form = /^(\w+)\s+([\s\S]+)$/.exec(value);
  if (form === null)
    throw new OptionError('Cannot read variable: a name and a value are needed', 'variable-form');
  reading.variables.set(form[1] ?? '', (form[2] ?? '').trim());
}

function addClassification(reading: Reading, value: string): void {
  const classification = readClassification(value);
  reading.classifications.set(classification.name, classification);
}

function unknownLine(word: string, text: string): OptionError {
  return word === 'include'
    ? new OptionError('Cannot follow "include" in a rule file: name the file itself', 'line-unknown')
    : new OptionError(
        `Cannot read line ${quotedText(text)}: it is no rule and no known line`,
        'line-unknown',
      );
}
