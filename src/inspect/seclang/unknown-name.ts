/**
 * The message for a name that is not known, or known and not run.
 */
import { suggest } from '../../base/suggest.ts';
import type { MistakeCode } from '../mistake.ts';
import { quoted } from './source.ts';

type Kind = 'directive' | 'variable' | 'operator' | 'action' | 'transformation';

const CODES: Readonly<Record<Kind, readonly [unknown: MistakeCode, notRun: MistakeCode]>> = {
  directive: ['directive-unknown', 'directive-unsupported'],
  variable: ['variable-unknown', 'variable-unsupported'],
  operator: ['operator-unknown', 'operator-unsupported'],
  action: ['action-unknown', 'action-unsupported'],
  transformation: ['transformation-unknown', 'transformation-unknown'],
};

export function unknownName(
  kind: Kind,
  name: string,
  shown: string,
  notRun: ReadonlySet<string>,
  known: readonly string[],
): readonly [MistakeCode, string] {
  const [unknown, unsupported] = CODES[kind];
  if (notRun.has(name.toLowerCase()))
    return [unsupported, `Cannot run ${kind} ${quoted(shown)}: it is not supported`];
  const meant = suggest(name, known);
  const hint = meant === undefined ? '' : `, perhaps "${meant}" is meant`;
  return [unknown, `Cannot read ${kind} ${quoted(shown)}: it is not known${hint}`];
}
