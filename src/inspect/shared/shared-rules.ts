/**
 * Rules of SecLang as memory that all workers share: they are read and compiled in one thread, and a worker that attaches
 * them compiles the same texts again with what that thread noted, which leaves out what takes long.
 *
 * Shared: texts of all files, `Include` and data files as they were read, and the tables of scans and phrases. Each
 * thread's own: rules as objects (a test is a function, and functions do not go to other threads), what was remembered
 * of values, and the automata of patterns, bounded by rx/memory.ts.
 *
 * So all workers have the same rules whatever has become of the files since.
 */
import { compileRulesBy } from '../build.ts';
import type { CompiledRules, RuleOptions } from '../build.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { FilesRead } from '../files-read.ts';
import type { FileAnswer } from '../files-read.ts';
import type { RuleFile } from '../load-rules.ts';
import { formatMistake } from '../mistake.ts';
import { PlanNotes } from './notes.ts';
import { packShared, unpackShared } from './pack.ts';

/** Of RuleOptions what is plain data. */
export type SharedOptions = Pick<RuleOptions, 'exclude' | 'isLenient'>;

export type Rules = Extract<CompiledRules, { readonly kind: 'ok' }>;

export type SharedRules =
  | { readonly kind: 'ok'; readonly rules: Rules; readonly memory: SharedArrayBuffer }
  | Extract<CompiledRules, { readonly kind: 'bad' }>;

interface Packed {
  readonly files: readonly RuleFile[];
  readonly answers: readonly FileAnswer[];
  readonly options: SharedOptions;
  readonly noted: Readonly<Record<string, unknown>>;
}

/** Reads and compiles as compileRules does. */
export function shareRules(
  files: readonly RuleFile[],
  options: SharedOptions,
  checkpoint?: Checkpoint,
): SharedRules {
  const filesRead = new FilesRead();
  const notes = new PlanNotes();
  const rules = compileRulesBy(files, { ...options, checkpoint }, { filesRead, notes });
  if (rules.kind === 'bad') return rules;
  const { exclude = [], isLenient = false } = options;
  const packed = { files, answers: filesRead.answers, options: { exclude, isLenient }, noted: notes.noted };
  return { kind: 'ok', rules, memory: packShared(packed satisfies Packed) };
}

/** The rules in this thread, with collections of their own. */
export function attachRules(memory: SharedArrayBuffer): Rules {
  // What shareRules has packed: the version is checked.
  const { files, answers, options, noted } = unpackShared(memory) as Packed;
  const rules = compileRulesBy(files, options, {
    filesRead: new FilesRead(answers),
    notes: new PlanNotes(noted),
  });
  if (rules.kind === 'ok') return rules;
  throw new Error(`Rules that were right are wrong now: ${rules.mistakes.map(formatMistake).join('\n')}`);
}
