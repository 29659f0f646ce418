/**
 * Include and IncludeOptional: files named by path or glob, relative to the file that names them.
 */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { FilesRead } from '../files-read.ts';
import { findRuleFiles, readRuleFile } from '../load-rules.ts';
import type { ReadFile, RuleFile } from '../load-rules.ts';
import { quoted } from './pieces.ts';
import type { RuleText } from './rule-text.ts';
import type { Word } from './words.ts';

/** Files one within the other. ModSecurity and Apache have 128 and more; rule sets use two. */
export const INCLUDE_DEPTH_MAX = 16;
/** Files of one reading. */
export const INCLUDE_COUNT_MAX = 2000;

/** The files that are open, the outermost first, and how many were read in all. */
export interface IncludeState {
  readonly openPaths: readonly string[];
  readonly count: { files: number };
  readonly filesRead: FilesRead;
}

/** The files, in the order of their names. Reports what cannot be read. */
export function findIncluded(
  text: RuleText,
  pattern: Word,
  isOptional: boolean,
  state: IncludeState,
): readonly RuleFile[] {
  const { path: includer } = text;
  if (includer === undefined) return refuse(text, pattern, 'rules-unreadable', 'this text is in no file');
  if (state.openPaths.length >= INCLUDE_DEPTH_MAX) {
    return refuse(
      text,
      pattern,
      'include-limit',
      `files are within each other more than ${INCLUDE_DEPTH_MAX} deep`,
    );
  }
  const folder = dirname(includer);
  const wanted = resolve(folder, pattern.text);
  const found = state.filesRead.ask({ kind: 'paths', path: wanted }, () => findRuleFiles(wanted).join('\n'));
  const paths = found === '' ? [] : found.split('\n');
  if (paths.length === 0 && !isOptional)
    return refuse(text, pattern, 'rules-missing', 'no file has this name');
  return paths.flatMap((path) => readOne(text, pattern, state, path, nameOf(text.name, folder, path)));
}

function readOne(
  text: RuleText,
  pattern: Word,
  state: IncludeState,
  path: string,
  name: string,
): readonly RuleFile[] {
  if (state.openPaths.includes(path)) {
    return refuse(text, pattern, 'include-loop', `${quoted(name)} is being read already`);
  }
  if (state.count.files >= INCLUDE_COUNT_MAX) {
    return refuse(text, pattern, 'include-limit', `at most ${INCLUDE_COUNT_MAX} files are read`);
  }
  state.count.files++;
  const question = { kind: 'text', path } as const;
  const given = state.filesRead.given(question);
  const read: ReadFile =
    given === undefined ? readRuleFile(path, name) : { file: { name, path, text: given } };
  if ('file' in read) return [{ ...read.file, text: state.filesRead.ask(question, () => read.file.text) }];
  text.report(pattern.start, read.mistake.code, read.mistake.text);
  return [];
}

function refuse(
  text: RuleText,
  pattern: Word,
  code: Parameters<RuleText['report']>[1],
  because: string,
): readonly RuleFile[] {
  text.report(pattern.start, code, `Cannot include ${quoted(pattern.text)}: ${because}`);
  return [];
}

/** Named as its includer is: by a path below a common folder, or by the whole path. */
function nameOf(includerName: string, folder: string, path: string): string {
  const below = relative(folder, path);
  if (isAbsolute(includerName) || below.startsWith('..') || isAbsolute(below)) return path;
  return join(dirname(includerName), below);
}
