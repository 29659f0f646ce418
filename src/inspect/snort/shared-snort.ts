/**
 * A plan of Snort rules as memory that all workers share: it is compiled in one thread, and a worker that attaches it has
 * nothing to read or to compile but the rules that its messages name.
 *
 * Shared: the texts of the rules, and the tables by which they are named, which is what takes time and memory. Each
 * thread's own: what was remembered of values, rules that were asked for, and the automata of their patterns (bounded by
 * rx/memory.ts).
 */
import { packShared, unpackShared } from '../shared/pack.ts';
import { fastBy } from './message-plan.ts';
import type { MessagePlan, RuleList } from './message-plan.ts';
import type { UsedBuffers } from './message-texts.ts';
import type { SnortFile } from './parse.ts';
import type { RuleIndexTables } from './rule-index.ts';
import { RuleSelection, RuleStore, storeRules } from './rule-store.ts';
import type { StoredRules } from './rule-store.ts';
import type { Direction } from './rule.ts';
import type { SnortPlan } from './snort-plan.ts';
import { streamPlanBy } from './stream-plan.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { AlertPolicy } from './suppress.ts';
import { makeVariables } from './variables.ts';

interface SharedSnort {
  readonly rules: StoredRules;
  /** As makeVariables takes them. */
  readonly variables: readonly (readonly [name: string, text: string])[];
  readonly policies: readonly AlertPolicy[];
  readonly requests: SharedMessages;
  readonly responses: SharedMessages;
  readonly toServer: SharedStream;
  readonly toClient: SharedStream;
}

interface SharedMessages {
  readonly direction: Direction;
  /** The places of its rules among all. */
  readonly places: Int32Array;
  readonly inHead: Uint8Array;
  readonly inBody: Uint8Array;
  readonly used: UsedBuffers;
  readonly tables: RuleIndexTables;
}

interface SharedStream {
  readonly places: Int32Array;
  readonly isLasting: Uint8Array;
  readonly tables: RuleIndexTables;
}

/** `files` are those that the plan was compiled from. Throws for the slow reference, which has no tables. */
export function shareSnort(plan: SnortPlan, files: readonly SnortFile[]): SharedArrayBuffer {
  const { rules, policies, variables, requests, responses } = plan;
  const { toServer, toClient } = plan.streams();
  const placeOf = new Map(Array.from({ length: rules.length }, (_, place) => [rules.at(place), place]));
  const placesOf = (list: RuleList): Int32Array =>
    Int32Array.from({ length: list.length }, (_, place) => placeOf.get(list.at(place)) ?? -1);
  const ofStream = ({ rules: asked, isLasting, index }: StreamPlan): SharedStream => ({
    places: placesOf(asked),
    isLasting,
    tables: index.tables,
  });
  return packShared({
    rules: storeRules(rules, files),
    variables: [...variables.given],
    policies,
    requests: shareMessages(requests, placesOf),
    responses: shareMessages(responses, placesOf),
    toServer: ofStream(toServer),
    toClient: ofStream(toClient),
  } satisfies SharedSnort);
}

function shareMessages(plan: MessagePlan, placesOf: (list: RuleList) => Int32Array): SharedMessages {
  const { direction, inHead, inBody, used, fast } = plan;
  if (fast === undefined) throw new TypeError('Cannot share a plan without tables');
  return { direction, places: placesOf(plan.rules), inHead, inBody, used, tables: fast.index.tables };
}

/** The plan in this thread. */
export function attachSnort(memory: SharedArrayBuffer): SnortPlan {
  // What shareSnort has packed: the version is checked.
  const shared = unpackShared(memory) as SharedSnort;
  const variables = makeVariables(new Map(shared.variables));
  const rules = new RuleStore(shared.rules, variables);
  const streamOf = ({ places, tables, isLasting }: SharedStream): StreamPlan =>
    streamPlanBy(new RuleSelection(rules, places), tables, isLasting);
  return {
    ruleCount: rules.length,
    requests: attachMessages(shared.requests, rules),
    responses: attachMessages(shared.responses, rules),
    rules,
    streams: () => ({ toServer: streamOf(shared.toServer), toClient: streamOf(shared.toClient) }),
    policies: shared.policies,
    variables,
  };
}

function attachMessages(shared: SharedMessages, rules: RuleList): MessagePlan {
  const { direction, places, inHead, inBody, used, tables } = shared;
  return {
    direction,
    rules: new RuleSelection(rules, places),
    inHead,
    inBody,
    hasHeadRules: inBody.includes(0),
    hasBodyRules: inBody.includes(1),
    used,
    fast: fastBy(tables),
  };
}
