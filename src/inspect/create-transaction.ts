/** For programs that inspect what they have received themselves: see docs/guide/library.md. */
import { makeInspector } from './build.ts';
import type { CompiledRules, InspectorOptions } from './build.ts';
import type { HeaderFields, InspectedRequest, Inspector, Transaction } from './inspector.ts';
import type { InspectionLimits } from './limits.ts';

/** What came of compileRules when nothing was wrong. */
export type Rules = Extract<CompiledRules, { readonly kind: 'ok' }>;

export interface TransactionOptions extends Partial<InspectionLimits> {
  /** `on` when left out: what rules decide is the verdict. With `detect` every verdict is `continue`. */
  readonly mode?: InspectorOptions['mode'];
}

/** The inspection of one exchange. Call its phases in order, each at most once, and `end` at the end. */
export function createTransaction(
  rules: Rules,
  request: InspectedRequest,
  options: TransactionOptions = {},
): Transaction {
  return createInspector(rules, options).begin(request);
}

/** The same for many: what is the same for all of them is made once. */
export function createInspector(
  rules: Rules,
  { mode = 'on', ...limits }: TransactionOptions = {},
): Inspector {
  return makeInspector(rules.plan, { mode, ...rules.limits, ...limits });
}

/**
 * Header fields as Node.js has them in `rawHeaders` of a message: names and values in turn, in the order in which they
 * came. `headers` would not do: it joins and drops what came twice.
 */
export function headersOf(rawHeaders: readonly string[]): HeaderFields {
  return {
    count: rawHeaders.length >> 1,
    name: (index) => rawHeaders[2 * index] ?? '',
    value: (index) => rawHeaders[2 * index + 1] ?? '',
  };
}
