/**
 * A mistake in the configuration: where it is, what it is, and what was probably meant.
 *
 * The text in a diagnostic is safe to print: characters that could move a cursor, hide or reorder text are escaped
 * when the diagnostic is made.
 */
import { diagnosticCodes } from './diagnostic-codes.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';
import { hideSecrets } from './secrets.ts';
import { countCharacters, positionOf } from './source.ts';
import type { Source, Span } from './source.ts';

export interface Diagnostic {
  readonly file: string;
  /** From 1. 0 when the mistake is not within the file: it is missing, for one. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly excerpt?: Excerpt;
}

/** The line of the mistake, printable, and the part of it that is meant, in characters from 0. */
export interface Excerpt {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What is shown of a value or a line, in characters. */
const QUOTED_MAX = 80;
const LINE_MAX = 120;
/** How much of a clipped line stands before the mistake. */
const LINE_LEAD = 60;

/** Makes the diagnostic of something at `span`. `message` and `hint` quote text of others by `quote` only. */
export function diagnose(
  source: Source,
  span: Span,
  code: DiagnosticCode,
  message: string,
  hint?: string,
): Diagnostic {
  const { line, column, lineText, lineStart } = positionOf(source, span.start);
  return {
    file: source.file,
    line,
    column,
    code,
    severity: diagnosticCodes[code].severity,
    message,
    ...(hint === undefined ? {} : { hint }),
    excerpt: excerptOf(
      hideSecrets(lineText, lineStart, source.secrets),
      span.start - lineStart,
      span.end - lineStart,
    ),
  };
}

/** Makes the diagnostic of a file as a whole. */
export function diagnoseFile(file: string, code: DiagnosticCode, message: string, hint?: string): Diagnostic {
  const { severity } = diagnosticCodes[code];
  return { file, line: 0, column: 0, code, severity, message, ...(hint === undefined ? {} : { hint }) };
}

/**
 * Several lines for people, without a line end after the last:
 *
 *     sallyport.yaml:12:7: error unknown-key: Cannot read key "timeuot" of pool "app": it is not known
 *       12 |       timeuot: 3s
 *          |       ^^^^^^^
 *       did you mean "timeouts"?
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, code, message, hint, excerpt } = diagnostic;
  const place = line === 0 ? printable(file) : `${printable(file)}:${line}:${column}`;
  const lines = [`${place}: ${severity} ${code}: ${message}`];
  if (excerpt !== undefined) {
    const gutter = String(line);
    const mark = ' '.repeat(excerpt.start) + '^'.repeat(Math.max(1, excerpt.end - excerpt.start));
    lines.push(`  ${gutter} | ${excerpt.text}`.trimEnd(), `  ${' '.repeat(gutter.length)} | ${mark}`);
  }
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines.join('\n');
}

/** A value within a message: in quotes, printable, and not endless. */
export function quote(text: string): string {
  const characters = Array.from(text.slice(0, 2 * QUOTED_MAX));
  const isCut = characters.length > QUOTED_MAX || text.length > 2 * QUOTED_MAX;
  return `"${printable(characters.slice(0, QUOTED_MAX).join(''))}${isCut ? '…' : ''}"`;
}

/**
 * Escapes what a terminal may act on: control and format characters (they hide or reorder text), half surrogates,
 * private and unassigned code points, line separators. All else is shown as it is, since people write their own
 * language in comments.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** `start` and `end` are offsets within `lineText`; `end` may lie beyond it. */
function excerptOf(lineText: string, start: number, end: number): Excerpt {
  // Offsets of a long line are cut before anything walks over it.
  const clipStart = start > LINE_MAX ? start - LINE_LEAD : 0;
  const clipEnd = Math.min(lineText.length, clipStart + LINE_MAX);
  const lead = clipStart > 0 ? '…' : '';
  const before = lead + printableLine(lineText.slice(clipStart, start));
  const meant = printableLine(lineText.slice(start, Math.min(end, clipEnd)));
  const after = printableLine(lineText.slice(Math.max(start, Math.min(end, clipEnd)), clipEnd));
  const tail = clipEnd < lineText.length ? '…' : '';
  const from = countCharacters(before);
  return { text: before + meant + after + tail, start: from, end: from + countCharacters(meant) };
}

/** A tab becomes one space, so that the mark below stands in the right place. */
function printableLine(text: string): string {
  return printable(text.replaceAll('\t', ' '));
}
