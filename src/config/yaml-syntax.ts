/**
 * Text → one YAML document, or the diagnostics of why it is none. With the next file, the only place that knows the
 * YAML library.
 *
 * The library composes nested values by recursion, and runs out of stack on a file of brackets; at the wrong moment
 * that ends the process. So the syntax is first read flat, by its parser, which keeps a stack of its own that can be
 * watched; only what is shallow enough is composed.
 */
import { Composer, Lexer, Parser } from 'yaml';
import type { CST, Document, YAMLError } from 'yaml';
import { diagnose, printable } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';
import { report } from './problems.ts';
import type { Problems } from './problems.ts';
import type { Source } from './source.ts';

export type YamlDocument = Document.Parsed;

type Tokens =
  | { readonly kind: 'ok'; readonly tokens: readonly CST.Token[] }
  | { readonly kind: 'bad'; readonly problem: Diagnostic };

/** Deeper nesting than any configuration has: the deepest key lies six levels down. */
const DEPTH_MAX = 32;

/** A file that is no YAML has a problem in every line; the first ones say enough. */
const PROBLEMS_MAX = 20;

interface Row {
  readonly code: DiagnosticCode;
  readonly hint?: string;
  /** Instead of what the library says. */
  readonly problem?: string;
}

/** What the library's codes are here, and what helps. The others are `yaml-syntax`. */
const ROWS: Readonly<Record<string, Row>> = {
  TAB_AS_INDENT: { code: 'yaml-syntax', hint: 'indent with spaces' },
  BAD_SCALAR_START: { code: 'yaml-syntax', hint: 'put the value in quotes' },
  BLOCK_AS_IMPLICIT_KEY: { code: 'yaml-syntax', hint: 'put a value that holds ": " in quotes' },
  NON_STRING_KEY: { code: 'yaml-key', problem: 'a key is not plain text' },
  TAG_RESOLVE_FAILED: { code: 'yaml-tag', hint: 'remove the tag, or put the value in quotes' },
  BAD_ALIAS: { code: 'yaml-alias' },
  ALIAS_PROPS: { code: 'yaml-alias' },
};
const OTHER_ROW: Row = { code: 'yaml-syntax' };

/** The library quotes what it found, which may be long. */
const MESSAGE_CHARS_MAX = 200;

/** The document, or undefined after at least one diagnostic was added to `problems`. */
export function readYaml(source: Source, problems: Problems): YamlDocument | undefined {
  const control = findControlCharacter(source);
  if (control !== undefined) {
    report(problems, control);
    return undefined;
  }
  const result = readTokens(source);
  if (result.kind === 'bad') {
    report(problems, result.problem);
    return undefined;
  }
  return compose(source, result.tokens, problems);
}

/** YAML allows tab, line feed and carriage return, and no other control character (YAML 1.2.2 §5.1). */
function findControlCharacter(source: Source): Diagnostic | undefined {
  const start = source.text.search(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/);
  if (start < 0) return undefined;
  const code = source.text.charCodeAt(start).toString(16).toUpperCase().padStart(4, '0');
  const message = `Cannot read the file: it holds the control character U+${code}`;
  return diagnose(source, { start, end: start + 1 }, 'control-character', message);
}

/** Reads the syntax without recursion, and stops where it is nested too deep. */
function readTokens(source: Source): Tokens {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(source.text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > DEPTH_MAX) return { kind: 'bad', problem: tooDeep(source, parser.offset) };
  }
  for (const token of parser.end()) tokens.push(token);
  const directive = tokens.find(({ type }) => type === 'directive');
  if (directive === undefined) return { kind: 'ok', tokens };
  const span = { start: directive.offset, end: directive.offset + tokenLength(directive) };
  const message = 'Cannot read the file: it holds a YAML directive';
  return { kind: 'bad', problem: diagnose(source, span, 'yaml-directive', message, 'remove the line') };
}

function tooDeep(source: Source, offset: number): Diagnostic {
  const message = `Cannot read the file: it is nested more than ${DEPTH_MAX} levels deep`;
  return diagnose(source, { start: offset, end: offset + 1 }, 'too-deep', message);
}

function tokenLength(token: CST.Token): number {
  return 'source' in token ? token.source.length : 1;
}

function compose(source: Source, tokens: readonly CST.Token[], problems: Problems): YamlDocument | undefined {
  const composer = new Composer({
    // Every scalar is text, see tree.ts. Keys are compared by tree building, which the library does in square time.
    schema: 'failsafe',
    uniqueKeys: false,
    stringKeys: true,
    strict: true,
    logLevel: 'silent',
  });
  const [document, second] = composer.compose(tokens, true, source.text.length);
  if (document === undefined) return undefined;
  const failures = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  for (const failure of failures.slice(0, PROBLEMS_MAX)) report(problems, diagnoseFailure(source, failure));
  if (failures.length > 0) return undefined;
  if (second === undefined) return document;
  const span = { start: second.range[0], end: second.range[0] + 1 };
  const message = 'Cannot read the file: it holds more than one YAML document';
  report(
    problems,
    diagnose(source, span, 'yaml-documents', message, 'keep one, without "---" or "..." after it'),
  );
  return undefined;
}

function diagnoseFailure(source: Source, failure: YAMLError): Diagnostic {
  const { code, hint, problem } = ROWS[failure.code] ?? OTHER_ROW;
  const message = `Cannot read the file as YAML: ${problem ?? sentenceOf(failure.message)}`;
  return diagnose(source, { start: failure.pos[0], end: failure.pos[1] }, code, message, hint);
}

/** The library's sentence as the end of one of ours. */
function sentenceOf(message: string): string {
  const text = printable(message.slice(0, MESSAGE_CHARS_MAX));
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
