/**
 * Text with macros in it: `%{TX.anomaly_score}`, `%{MATCHED_VAR}`. What stands between the macros is constant.
 */
import type { Variable } from '../variables/variable.ts';

/** One macro: a variable, or one member of a collection. */
export interface Macro {
  readonly variable: Variable;
  /** The member in lower case; undefined for a variable without members. */
  readonly member: string | undefined;
}

/** Its text is that of its parts in order, each macro replaced by its value, or by nothing when it has none. */
export type Template = readonly (string | Macro)[];

/** The text of a template without macros; undefined when it has some. */
export function constantOf(template: Template): string | undefined {
  let text = '';
  for (const part of template) {
    if (typeof part !== 'string') return undefined;
    text += part;
  }
  return text;
}
