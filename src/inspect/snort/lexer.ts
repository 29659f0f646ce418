/**
 * A rule file as rules and lines of configuration, each with the place it stands at.
 *
 * A rule is one line, which a backslash at its end continues on the next; in Snort 3 it goes on until its bracket is
 * closed. Options end with a semicolon. Snort 3 knows quotes here; Snort 2 and Suricata do not: there a semicolon that
 * is no end is written `\;`, inside of quotes too, and a quote inside of a value is nothing special.
 */
import type { Dialect } from './rule.ts';

/** Bytes of one rule. The longest of public rule sets has about 6,000; more is a file that is no rule file. */
const RULE_BYTES_MAX = 65_536;
/** Options of one rule: the evaluator goes into them one within the other. The longest known rule has about 100. */
const RULE_OPTIONS_MAX = 1_000;

export interface RawRule {
  readonly kind: 'rule';
  readonly offset: number;
  /** Where its text ends. */
  readonly end: number;
  readonly isEnabled: boolean;
  /** Everything before the bracket. */
  readonly header: RawText;
  readonly options: readonly RawOption[];
}

export interface RawText {
  readonly text: string;
  readonly offset: number;
}

export interface RawOption {
  readonly name: string;
  readonly offset: number;
  /** What stands behind the colon, without white space around it; empty when there is no colon. */
  readonly value: string;
  readonly valueOffset: number;
}

/** `ipvar HOME_NET any`, `suppress gen_id 1, sig_id 2` and the like, comments and continued lines taken out. */
export interface RawLine extends RawText {
  readonly kind: 'line';
}

export interface RawBad {
  readonly kind: 'bad';
  readonly offset: number;
  readonly code: 'rule-form' | 'rule-too-large';
  readonly text: string;
}

/** What a rule in a comment begins with: a sentence that happens to begin with "pass" has no arrow and no bracket. */
const DISABLED_RULE =
  /^#+\s*(?=(?:alert|drop|sdrop|block|reject|log|pass|react|rewrite)\s+[^\s(]+\s+(?:[^(]*(?:->|<>)[^(]*)?\(.*\)\s*$)/;

/** `withDisabled` also reads rules that stand in a comment. */
export function* lexRules(
  text: string,
  dialect: Dialect,
  withDisabled: boolean,
): Generator<RawRule | RawLine | RawBad> {
  let at = 0;
  while (at < text.length) {
    const start = skipBlank(text, at);
    if (start >= text.length) return;
    const isComment = text[start] === '#';
    let end = isComment ? lineEnd(text, start) : logicalEnd(text, start);
    at = end + 1;
    const disabled = isComment ? DISABLED_RULE.exec(text.slice(start, end)) : null;
    if (isComment && (disabled === null || !withDisabled)) continue;
    const first = start + (disabled?.[0].length ?? 0);
    if (dialect === 'snort3' && !isComment) end = bracketEnd(text, first, end);
    if (isRule(text.slice(first, end))) {
      if (dialect === 'snort3' && !isComment) end = closingEnd(text, first, end);
      at = end + 1;
      yield lexRule(joined(text.slice(first, end)), first, dialect, !isComment);
    } else {
      yield { kind: 'line', text: joined(text.slice(first, end)).trim(), offset: first };
    }
  }
}

/** The file's language, from what only one of them writes. */
export function guessDialect(text: string): Dialect {
  const snort3 = count(
    text,
    /[;(]\s*service\s*:|content\s*:\s*!?"[^"\n]*"\s*,|[;(]\s*bufferlen\s*:|\w+ http \(/g,
  );
  const suricata = count(
    text,
    /[;(]\s*(?:http|file|tls|dns|http2)\.[a-z_]+\s*[;:]|[;(]\s*(?:startswith|endswith|bsize|target|app-layer-event)\s*[;:]|^#?\s*\w+ (?:http|tls|dns|http2|http1|ssh|smtp|ftp)\s+\S+\s+\S+\s+(?:->|<>)|created_at \d/gm,
  );
  if (snort3 === 0 && suricata === 0) return 'snort2';
  return snort3 > suricata ? 'snort3' : 'suricata';
}

/** What the language of a file is told by: its first few dozen rules. */
const HEAD_BYTES = 32_768;

function count(text: string, form: RegExp): number {
  let found = 0;
  // Reads the head of the file only: rules of one file are of one language.
  for (const match of text.slice(0, HEAD_BYTES).matchAll(form)) found += match[0] === '' ? 0 : 1;
  return found;
}

function skipBlank(text: string, at: number): number {
  let index = at;
  while (index < text.length && isBlank(text.charCodeAt(index))) index++;
  return index;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** The end of the line at `at`, and of those that a backslash joins to it. */
function logicalEnd(text: string, at: number): number {
  let end = lineEnd(text, at);
  while (end < text.length && isContinued(text, end)) end = lineEnd(text, end + 1);
  return end;
}

function isContinued(text: string, end: number): boolean {
  return text[end - 1] === '\\' || (text[end - 1] === '\r' && text[end - 2] === '\\');
}

/** Joins continued lines by as many blanks as there were bytes, so that offsets stay. */
function joined(text: string): string {
  return text.includes('\\\n') || text.includes('\\\r\n')
    ? text.replace(/\\\r?\n/g, (gap) => ' '.repeat(gap.length))
    : text;
}

/** Rules have a bracket behind their header; `var X [1,2]` and `suppress` have none before their first blank. */
function isRule(text: string): boolean {
  return /^[a-z:]+\s[^("]*\(/i.test(text) && !/^(?:config|preprocessor|output|include)\s/i.test(text);
}

/** Snort 3: the bracket may be opened on the line behind the header; then the rule ends there at the earliest. */
function bracketEnd(text: string, start: number, end: number): number {
  const next = skipBlank(text, end);
  const isHeader = text[next] === '(' && /^[a-z]+\s[^("#]*$/.test(text.slice(start, end));
  return isHeader ? lineEnd(text, next) : end;
}

/** Snort 3: where the bracket is closed, on this line or a later one. */
function closingEnd(text: string, start: number, end: number): number {
  let isQuoted = false;
  const last = Math.min(text.length, start + RULE_BYTES_MAX);
  for (let at = text.indexOf('(', start) + 1; at < last; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ')' && !isQuoted) return at < end ? end : lineEnd(text, at);
  }
  return end;
}

/** A rule whose text is known: continued lines are joined already. */
export function lexOneRule(text: string, dialect: Dialect, isEnabled: boolean): RawRule | RawBad {
  return lexRule(text, 0, dialect, isEnabled);
}

/** The text between two offsets of a file, as rules are read. */
export function ruleText(text: string, start: number, end: number): string {
  return joined(text.slice(start, end));
}

function lexRule(text: string, offset: number, dialect: Dialect, isEnabled: boolean): RawRule | RawBad {
  if (text.length > RULE_BYTES_MAX) {
    const because = `Cannot read rule: it has more than ${RULE_BYTES_MAX} bytes`;
    return { kind: 'bad', offset, code: 'rule-too-large', text: because };
  }
  const open = text.indexOf('(');
  const options: RawOption[] = [];
  let at = open + 1;
  for (;;) {
    at = skipBlank(text, at);
    if (text[at] === ')') break;
    const end = optionEnd(text, at, dialect === 'snort3');
    if (end < 0) {
      const because =
        at >= text.length
          ? 'Cannot read rule: its bracket is not closed'
          : `Cannot read rule: an option has no ";"`;
      return { kind: 'bad', offset: offset + Math.min(at, text.length), code: 'rule-form', text: because };
    }
    if (end > at) options.push(rawOption(text, at, end, offset));
    if (options.length > RULE_OPTIONS_MAX) {
      const because = `Cannot read rule: it has more than ${RULE_OPTIONS_MAX} options`;
      return { kind: 'bad', offset, code: 'rule-too-large', text: because };
    }
    at = end + 1;
  }
  const behind = text.slice(at + 1).trim();
  if (behind !== '' && !behind.startsWith('#')) {
    return {
      kind: 'bad',
      offset: offset + at + 1,
      code: 'rule-form',
      text: 'Cannot read rule: something stands behind its bracket',
    };
  }
  const header = { text: text.slice(0, open), offset };
  return { kind: 'rule', offset, end: offset + text.length, isEnabled, header, options };
}

/** The index of the semicolon that ends the option, or -1. */
function optionEnd(text: string, start: number, knowsQuotes: boolean): number {
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x5c) at++;
    else if (byte === 0x22 && knowsQuotes) isQuoted = !isQuoted;
    else if (byte === 0x3b && !isQuoted) return at;
  }
  return -1;
}

function rawOption(text: string, start: number, end: number, offset: number): RawOption {
  const option = text.slice(start, end);
  const colon = option.indexOf(':');
  if (colon < 0) {
    return { name: option.trim(), offset: offset + start, value: '', valueOffset: offset + end };
  }
  const valueStart = skipBlank(text, start + colon + 1);
  return {
    name: option.slice(0, colon).trim(),
    offset: offset + start,
    value: text.slice(valueStart, end).trimEnd(),
    valueOffset: offset + Math.min(valueStart, end),
  };
}
