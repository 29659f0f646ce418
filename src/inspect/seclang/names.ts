/**
 * The message for a name that is not known, or known and not run.
 */
import { suggest } from '../../base/suggest.ts';
import type { MistakeCode } from '../mistake.ts';
import { quoted } from './pieces.ts';
import { ABSENT, REFUSED } from './refused.ts';
import type { NameKind } from './refused.ts';
import type { RuleText } from './rule-text.ts';

const CODES: Readonly<Record<NameKind, readonly [unknown: MistakeCode, refused: MistakeCode]>> = {
  directive: ['directive-unknown', 'directive-unsupported'],
  variable: ['variable-unknown', 'variable-unsupported'],
  operator: ['operator-unknown', 'operator-unsupported'],
  action: ['action-unknown', 'action-unsupported'],
  transformation: ['transformation-unknown', 'transformation-unknown'],
};

/** Reports a name of this kind that is in no table, or refuses it when it is one that we know and do not run. */
export function reportName(
  text: RuleText,
  offset: number,
  kind: NameKind,
  name: string,
  known: readonly string[],
): void {
  const [unknown, refused] = CODES[kind];
  const lower = name.toLowerCase();
  const shown = quoted(kind === 'operator' ? `@${name}` : name);
  const absent = kind === 'operator' || kind === 'variable' ? ABSENT[kind].get(lower) : undefined;
  if (absent !== undefined) {
    text.leaveOut(offset, refused, `Cannot run ${kind} ${shown}: ${absent}`);
    return;
  }
  const because = REFUSED[kind].get(lower);
  if (because !== undefined) {
    text.refuse(offset, refused, `Cannot run ${kind} ${shown}: ${because}`);
    return;
  }
  text.report(offset, unknown, `Cannot read ${kind} ${shown}: it is not known${hintFor(name, known)}`);
}

/** Of names that are equally near, the shortest: ARGS for ARG, not ARGS_GET. */
export function hintFor(name: string, known: readonly string[]): string {
  const meant = suggest(
    name,
    known.toSorted((left, right) => left.length - right.length),
  );
  return meant === undefined ? '' : `, perhaps "${meant}" is meant`;
}
