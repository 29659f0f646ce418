/** The diagnostics of one file as they are found: a bounded number, shown in the order of the file. */
import { diagnose } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Source } from './source.ts';

/** Nobody reads more, and a file of nothing but mistakes must not cost memory. */
const PROBLEMS_MAX = 100;

/** What is beyond the bound is dropped, and known to be dropped. */
export function report(problems: Diagnostic[], problem: Diagnostic): void {
  if (!isFull(problems)) problems.push(problem);
}

/** True when nothing more will be shown, so that nothing more needs to be looked for. */
export function isFull(problems: readonly Diagnostic[]): boolean {
  return problems.length > PROBLEMS_MAX;
}

/** All of them by their place in the file. One mistake that is met twice, through an alias, is shown once. */
export function sortProblems(source: Source, problems: readonly Diagnostic[]): readonly Diagnostic[] {
  const shown = problems.slice(0, PROBLEMS_MAX);
  const distinct = new Map(shown.map((problem) => [keyOf(problem), problem]));
  const sorted = [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  if (!isFull(problems)) return sorted;
  const end = source.text.length;
  const message = `Cannot show everything: there are more than ${PROBLEMS_MAX} problems`;
  return [...sorted, diagnose(source, { start: end, end }, 'too-many-problems', message)];
}

function keyOf({ line, column, code, message }: Diagnostic): string {
  return `${line}:${column}:${code}:${message}`;
}
