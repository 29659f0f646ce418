/**
 * Measures one rule set in a process of its own, so that V8 sees one plan as it does in the proxy, and that memory is
 * that of this plan.
 *
 * Started as `node --expose-gc measure.ts SET ROUNDS KIND,KIND`. Writes one line of JSON: a SetResult.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { type Arrived, exchangeOf, Feed } from './feed.ts';
import { KINDS, type Kind } from '../traffic/kinds.ts';
import { mixedVisits, visitsOf } from '../traffic/samples.ts';
import { buildSet, isLetThrough, RULE_SETS, type BuiltSet } from './rule-sets.ts';

export interface SetResult {
  readonly name: string;
  readonly ruleCount: number;
  readonly compileMs: number;
  /** Heap and array buffers of the rules, before the first request and after the last. */
  readonly planBytes: number;
  readonly usedPlanBytes: number;
  /** Microseconds of CPU for a request, one figure a round, by kind. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
}

const CONNECTIONS = 64;
const LIGHT_BATCH = 1_000;
const HEAVY_BATCH = 30;
/** Batches before the first that counts: V8 compiles what is hot, and automata are built as they are needed. */
const WARM_UP_BATCHES = 8;

const [, , setName = '', rounds = '', kindNames = ''] = process.argv;
const collect = globalThis.gc;
const set = RULE_SETS.find(({ name }) => name === setName);
if (set === undefined || collect === undefined) throw new Error('Cannot measure: see bench/inspect.ts');

const before = await usedBytes();
const built = buildSet(set);
const planBytes = (await usedBytes()) - before;
const kinds = KINDS.filter(({ name }) => kindNames.split(',').includes(name));
warmUp(new Feed(mixedVisits(), CONNECTIONS), LIGHT_BATCH);
const measured = Object.fromEntries(kinds.map((kind) => [kind.name, measureKind(kind)]));
const result: SetResult = {
  name: set.name,
  ruleCount: built.inspector.ruleCount,
  compileMs: built.compileMs,
  planBytes,
  usedPlanBytes: (await usedBytes()) - before,
  rounds: measured,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
// Alive until here, so that its memory was counted.
keep(built);

function measureKind(kind: Kind): readonly number[] {
  const feed = new Feed(visitsOf(kind), CONNECTIONS);
  const batch = kind.isHeavy === true ? HEAVY_BATCH : LIGHT_BATCH;
  warmUp(feed, batch);
  return Array.from({ length: Number(rounds) }, () => timeBatch(feed.take(batch)));
}

function warmUp(feed: Feed, batch: number): void {
  for (let index = 0; index < WARM_UP_BATCHES; index++) checkBatch(feed.take(batch));
}

/** Throws unless exactly the attacks are stopped, by a set that knows them. */
function checkBatch(batch: readonly Arrived[]): void {
  for (const arrived of batch) {
    const isThrough = inspect(arrived);
    if (isThrough === arrived.isAttack && (arrived.isAttack ? set?.hasCrs === true : true)) {
      const line = arrived.bytes.toString('latin1', 0, 200).split('\r\n', 1)[0] ?? '';
      throw new Error(`Cannot measure ${setName}: ${line} was ${isThrough ? 'let through' : 'stopped'}`);
    }
  }
}

/** Microseconds of CPU for one of them, the threads that V8 has besides included. */
function timeBatch(batch: readonly Arrived[]): number {
  const start = process.cpuUsage();
  for (const arrived of batch) inspect(arrived);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / batch.length;
}

function inspect(arrived: Arrived): boolean {
  return isLetThrough(built.inspector, exchangeOf(arrived));
}

/** Twice, with the event loop between: array buffers are only given back when their owners have been. */
async function usedBytes(): Promise<number> {
  for (let turn = 0; turn < 2; turn++) {
    collect?.();
    await nextTurn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function keep(kept: BuiltSet): void {
  if (kept.inspector.ruleCount < 0) throw new Error('There are fewer rules than none');
}
