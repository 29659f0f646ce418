/**
 * Rules of Snort and Suricata as an Inspector: the entrance of this folder for the proxy.
 */
import type { InspectedRequest, Inspector } from '../inspector.ts';
import { AlertJudge } from './judge.ts';
import { localMemory } from './memory.ts';
import { SnortTransaction } from './snort-transaction.ts';
import type { SnortWorker } from './snort-transaction.ts';
import type { SnortSettings } from './snort-options.ts';
import type { SnortPlan } from './snort-plan.ts';

export { compileSnort, ruleId } from './snort-plan.ts';
export type { CompiledSnort, SnortPlan } from './snort-plan.ts';
export type { SnortCompileOptions, SnortOptions, SnortRunOptions, SnortSettings } from './snort-options.ts';

/** Where a request says which connection it came on; without it, each exchange has flowbits of its own. */
export interface ConnectedRequest extends InspectedRequest {
  /** Any object that is the same for all exchanges of a connection and that no other connection has. */
  readonly connection?: object;
}

/** An inspector on compiled rules. Cheap: the rules are shared. */
export function makeSnortInspector(plan: SnortPlan, settings: SnortSettings): Inspector {
  const nowMs = settings.nowMs ?? Date.now;
  const memory = settings.memory ?? localMemory(nowMs);
  const worker: SnortWorker = {
    plan,
    settings,
    judge: new AlertJudge(plan.policies, plan.variables, memory.rates),
    hostBits: memory.hostBits,
    states: new WeakMap(),
    nowMs,
  };
  return {
    ruleCount: plan.ruleCount,
    begin: (request: ConnectedRequest) => new SnortTransaction(worker, request, request.connection),
  };
}
