/**
 * Rule files from disk: the shipped default rules, and what a user names by path or glob.
 *
 * Reading is apart from building, so that building has no side effects and a reload can do all reading first.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemReason } from '../base/system-reason.ts';
import { findByGlob } from './glob.ts';
import type { RuleMistake } from './mistake.ts';

/** The text of one rule file. `name` is what mistakes and hits say. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
  /** Absolute: what the file names is relative to it. Undefined for a text that is in no file. */
  readonly path?: string;
}

export type LoadedRules =
  | { readonly kind: 'ok'; readonly files: readonly RuleFile[] }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

/** Stands for the shipped rules in a list of rule files. */
export const DEFAULT_RULES = 'default';

/** Bytes of one rule file. The whole CRS is about 1 MB in 30 files; more than this is a wrong file, not a rule set. */
const RULE_FILE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Reads every file that the patterns name, in the order of the patterns, the matches of one glob sorted by name. The
 * word `default` stands for the shipped rules. Relative patterns begin at `folder`. A file that is named twice is read
 * once. A pattern that names nothing is a mistake: a misspelt path must not turn protection off.
 */
export function loadRules(patterns: readonly string[], folder: string): LoadedRules {
  const mistakes: RuleMistake[] = [];
  const paths = new Map<string, string>();
  for (const pattern of patterns) {
    const found = pattern === DEFAULT_RULES ? defaultRulePaths() : findFiles(pattern, folder);
    if (found.length === 0) mistakes.push(missing(pattern));
    for (const path of found) {
      if (!paths.has(path)) paths.set(path, nameOf(path, pattern, folder));
    }
  }
  const files: RuleFile[] = [];
  for (const [path, name] of paths) {
    const read = readRuleFile(path, name);
    if ('file' in read) files.push(read.file);
    else mistakes.push(read.mistake);
  }
  return mistakes.length === 0 ? { kind: 'ok', files } : { kind: 'bad', mistakes };
}

/**
 * The paths of the shipped rules, sorted: the folder `rules` beside the nearest ancestor of this module that has one.
 * That is the same search from `src` and from the compiled `dist`, and does not depend on the current directory.
 */
export function defaultRulePaths(): readonly string[] {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = findByGlob(join(folder, 'rules', '*.conf')).toSorted();
    if (found.length > 0 || folder === dirname(folder)) return found;
  }
}

function findFiles(pattern: string, folder: string): readonly string[] {
  return findRuleFiles(isAbsolute(pattern) ? pattern : resolve(folder, pattern));
}

/** The files that an absolute path or glob names, sorted. */
export function findRuleFiles(path: string): readonly string[] {
  // A path that exists as it is written is never a glob: brackets are legal in file names.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return [path];
  return findByGlob(path)
    .filter((found) => statSync(found, { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

/** Shipped rules are called `rules/NAME`, others by their path below `folder` or by their whole path. */
function nameOf(path: string, pattern: string, folder: string): string {
  if (pattern === DEFAULT_RULES) return relative(dirname(dirname(path)), path);
  const below = relative(folder, path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}

export type ReadFile = { readonly file: RuleFile } | { readonly mistake: RuleMistake };

/** `name` is what mistakes and hits say. */
export function readRuleFile(path: string, name: string): ReadFile {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > RULE_FILE_BYTES_MAX) {
      return fileMistake(
        name,
        'rules-too-large',
        `file has ${bytes.length} bytes, at most ${RULE_FILE_BYTES_MAX} are read`,
      );
    }
    return { file: { name, path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) } };
  } catch (error) {
    if (error instanceof TypeError) return fileMistake(name, 'rules-encoding', 'file is not UTF-8');
    return fileMistake(name, 'rules-unreadable', systemReason(error));
  }
}

function fileMistake(file: string, code: RuleMistake['code'], because: string): ReadFile {
  return { mistake: { file, line: 0, column: 0, code, text: `Cannot read rules "${file}": ${because}` } };
}

function missing(pattern: string): RuleMistake {
  const text = `Cannot read rules "${pattern}": no file has this name`;
  return { file: pattern, line: 0, column: 0, code: 'rules-missing', text };
}
