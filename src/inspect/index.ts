/**
 * The inspection engine as a library: `import { compileRules, createTransaction } from 'sallyport/inspect'`.
 *
 * What stands here is a promise to those who import it (docs/guide/library.md); everything else of this folder may change.
 */
export { CONTINUE } from '../base/verdict.ts';
export type { Hit, Reason, Verdict } from '../base/verdict.ts';
export { compileRules } from './build.ts';
export type { CompiledRules, RuleOptions } from './build.ts';
export { combine } from './combine.ts';
export { createInspector, createTransaction, headersOf } from './create-transaction.ts';
export type { Rules, TransactionOptions } from './create-transaction.ts';
export type { Exclusion } from './exclusions.ts';
export type {
  HeaderFields,
  InspectedBody,
  InspectedRequest,
  InspectedResponse,
  Inspector,
  Transaction,
} from './inspector.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { InspectionLimits } from './limits.ts';
export { loadRules } from './load-rules.ts';
export type { LoadedRules, RuleFile } from './load-rules.ts';
export { formatMistake } from './mistake.ts';
export type { RuleMistake } from './mistake.ts';
export { redactHit, redactTarget } from './redact.ts';
export { compileSnort, makeSnortInspector } from './snort/snort-inspector.ts';
export type { CompiledSnort, SnortCompileOptions, SnortSettings } from './snort/snort-inspector.ts';
