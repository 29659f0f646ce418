/** The diagnostics of one file as they are found: a bounded number, shown in the order of the file. */
import { diagnose } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Source } from './source.ts';

/** Nobody reads more, and a file of nothing but mistakes must not cost memory. */
const PROBLEMS_MAX = 100;

export interface Problems {
  /** Those that will be shown, each once, in the order in which they were found. */
  readonly list: Diagnostic[];
  /** How often something was reported, whether or not it is in the list. */
  count: number;
}

export function makeProblems(): Problems {
  return { list: [], count: 0 };
}

/** Adds a diagnostic, unless it is known (an alias leads to the same mistake again) or there are too many. */
export function report(problems: Problems, problem: Diagnostic): void {
  problems.count++;
  if (isFull(problems) || problems.list.some((known) => isSame(known, problem))) return;
  problems.list.push(problem);
}

/** True when nothing more will be shown, so that nothing more needs to be looked for. */
export function isFull(problems: Problems): boolean {
  return problems.list.length > PROBLEMS_MAX;
}

/** All of them by their place in the file. */
export function sortProblems(source: Source, problems: Problems): readonly Diagnostic[] {
  const shown = problems.list.slice(0, PROBLEMS_MAX);
  shown.sort((a, b) => a.line - b.line || a.column - b.column);
  if (!isFull(problems)) return shown;
  const end = source.text.length;
  const message = `Cannot show everything: there are more than ${PROBLEMS_MAX} problems`;
  return [...shown, diagnose(source, { start: end, end }, 'too-many-problems', message)];
}

function isSame(left: Diagnostic, right: Diagnostic): boolean {
  return left.line === right.line && left.column === right.column && left.message === right.message;
}
