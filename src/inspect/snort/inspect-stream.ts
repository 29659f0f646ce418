/**
 * Rules on the bytes of a TCP connection, as they come: `feed` them before they are passed on.
 *
 * A rule is evaluated on what its direction has brought so far, up to the size of a window that moves on. A rule about what
 * is not there (`content:!`, `isdataat:!`, the end, a size) is asked when the other side speaks, when more than a block has
 * come, and at the end: until then more bytes may belong to it. A rule alerts once in each direction.
 *
 * Attack: a byte at a time, and a window evaluated for each. Evaluation is paid for by bytes that come, so that it is linear
 * in them; what cannot be paid is put off until it can, or until the end, or until the window would move past bytes that no
 * rule has seen. What one evaluation may cost is bounded as for a message (evaluation-budget.ts).
 */
import { Buffer } from 'node:buffer';
import { CONTINUE } from '../../base/verdict.ts';
import type { Hit, Verdict } from '../../base/verdict.ts';
import { evaluateKnown } from './evaluate.ts';
import type { SnortMatch } from './evaluate.ts';
import { EVALUATED_BYTES_MAX, EvaluationBudget, firstTold, givenUp } from './evaluation-budget.ts';
import { FlowState } from './flow.ts';
import type { FlowEndpoint, FlowView, HostBits } from './flow.ts';
import { hitOf, verdictOf } from './hit.ts';
import { StreamBuffers } from './http-buffers.ts';
import { AlertJudge } from './judge.ts';
import { localMemory } from './memory.ts';
import { MessageBuffers } from './message-buffers.ts';
import { dearerThan } from './match-group.ts';
import { NO_NEEDS } from './need-scan.ts';
import type { Direction } from './rule.ts';
import type { SnortSettings } from './snort-options.ts';
import type { SnortPlan } from './snort-plan.ts';
import type { StreamPlan, StreamPlans } from './stream-plan.ts';

/** Both ends of a connection. */
export interface StreamEnds {
  readonly client: FlowEndpoint;
  readonly server: FlowEndpoint;
}

export interface StreamInspection {
  readonly hits: readonly Hit[];
  /** Bytes that have come from one side, before they go to the other. `reply` is never said: nobody could. */
  feed(direction: Direction, bytes: Uint8Array): Verdict;
  /** No more bytes will come. */
  end(): Verdict;
}

export interface StreamInspector {
  readonly ruleCount: number;
  begin(ends: StreamEnds): StreamInspection;
}

export function makeStreamInspector(plan: SnortPlan, settings: SnortSettings): StreamInspector {
  const nowMs = settings.nowMs ?? Date.now;
  const memory = settings.memory ?? localMemory(nowMs);
  const worker: StreamWorker = {
    ...plan.streams(),
    settings,
    judge: new AlertJudge(plan.policies, plan.variables, memory.rates),
    hostBits: memory.hostBits,
    nowMs,
  };
  return { ruleCount: plan.ruleCount, begin: (ends) => new Inspection(worker, ends) };
}

interface StreamWorker extends StreamPlans {
  readonly settings: SnortSettings;
  readonly judge: AlertJudge;
  readonly hostBits: HostBits;
  readonly nowMs: () => number;
}

/** Hits that are kept of one connection. */
const HITS_MAX = 64;

class Inspection implements StreamInspection {
  readonly hits: Hit[] = [];
  readonly #worker: StreamWorker;
  readonly #ends: StreamEnds;
  readonly #state = new FlowState();
  readonly #toServer: Side;
  readonly #toClient: Side;
  #last: Side | undefined;
  #isPassed = false;

  constructor(worker: StreamWorker, ends: StreamEnds) {
    this.#worker = worker;
    this.#ends = ends;
    this.#toServer = new Side('to_server', worker.toServer);
    this.#toClient = new Side('to_client', worker.toClient);
  }

  feed(direction: Direction, bytes: Uint8Array): Verdict {
    const side = direction === 'to_server' ? this.#toServer : this.#toClient;
    const before = this.#last;
    this.#last = side;
    let verdict = CONTINUE;
    if (before !== undefined && before !== side) verdict = this.#evaluate(before, 'settled');
    side.pay(bytes.length);
    for (let start = 0; start < bytes.length; start += WINDOW_BYTES) {
      const piece = bytes.subarray(start, start + WINDOW_BYTES);
      if (side.losesUnseen(piece.length)) verdict = firstOf(verdict, this.#evaluate(side, 'due'));
      side.add(piece);
    }
    return firstOf(verdict, this.#evaluate(side, 'growing'));
  }

  end(): Verdict {
    return firstOf(this.#evaluate(this.#toServer, 'due'), this.#evaluate(this.#toClient, 'due'));
  }

  #evaluate(side: Side, when: Occasion): Verdict {
    if (this.#isPassed) return CONTINUE;
    const rules = side.due(when, !this.#state.isEmpty);
    return rules.length === 0 ? CONTINUE : this.#evaluateRules(side, rules);
  }

  /** All of them, whatever the first says: each that matches is a hit. */
  #evaluateRules(side: Side, rules: readonly number[]): Verdict {
    const buffers = side.buffers();
    const flow = this.#flow(side);
    const budget = new EvaluationBudget(side.length);
    let verdict = CONTINUE;
    for (const [place, index] of rules.entries()) {
      const isUsedUp = !budget.takesRule();
      const { work } = buffers;
      const given = isUsedUp
        ? this.#giveUp(side, rules.slice(place))
        : this.#evaluateRule(side, index, buffers, flow);
      budget.takeWork(buffers.work - work);
      verdict = firstOf(verdict, given);
      if (this.#isPassed || isUsedUp) break;
    }
    side.payFor(buffers.work, rules.length);
    return verdict;
  }

  #evaluateRule(side: Side, index: number, buffers: MessageBuffers, flow: FlowView): Verdict {
    const match = evaluateKnown(side.plan.rules.at(index)!, buffers, flow); // Named by their place.
    if (match === undefined) return CONTINUE;
    side.close(index);
    return this.#judge(match, flow);
  }

  #judge(match: SnortMatch, flow: FlowView): Verdict {
    const { judge, settings } = this.#worker;
    const { rule } = match.rule;
    const isPassing = rule.header.action === 'pass';
    if (isPassing && match.isExhausted) return CONTINUE;
    const judgement = judge.judge(match, flow);
    if (isPassing && judgement.do !== 'nothing') this.#isPassed = true;
    if (judgement.do !== 'alert' || isPassing) return CONTINUE;
    this.#addHit(match);
    return streamVerdict(verdictOf(rule, judgement.action, settings));
  }

  /** The work is used up. */
  #giveUp(side: Side, rules: readonly number[]): Verdict {
    const index = firstTold(side.plan.rules, rules);
    if (index === undefined) return CONTINUE;
    const compiled = side.plan.rules.at(index)!; // As above.
    side.close(index);
    this.#addHit(givenUp(compiled));
    return streamVerdict(verdictOf(compiled.rule, compiled.rule.header.action, this.#worker.settings));
  }

  #addHit(match: SnortMatch): void {
    if (this.hits.length < HITS_MAX) this.hits.push(hitOf(match));
  }

  #flow(side: Side): FlowView {
    const { hostBits, nowMs } = this.#worker;
    return {
      direction: side.direction,
      ...this.#ends,
      protocol: undefined,
      clientBytes: this.#toServer.count,
      serverBytes: this.#toClient.count,
      hasEvent: undefined,
      state: this.#state,
      hostBits,
      nowMs: nowMs(),
    };
  }
}

const firstOf = (one: Verdict, other: Verdict): Verdict => (one === CONTINUE ? other : one);

/** There is nobody to reply to. */
function streamVerdict(verdict: Verdict): Verdict {
  return verdict.do === 'reply' ? { do: 'drop', because: verdict.because } : verdict;
}

/**
 * - `growing`: more bytes may belong to what has come.
 * - `settled`: nothing more comes before the other side has spoken.
 * - `due`: it cannot be put off, because no more comes or what has come is forgotten.
 */
type Occasion = 'growing' | 'settled' | 'due';

/** Bytes of one direction that rules see together; up to twice as many are held. */
const WINDOW_BYTES = 65_536;
/** So many bytes behind the last time, rules about what is not there are asked without waiting. */
const BLOCK_BYTES = 4096;
/** Bytes of window, for each rule, that a byte and a call pay for; and what is paid in advance. */
const PAID_PER_BYTE = 32;
const PAID_PER_CALL = 4096;
const PAID_BEFORE = 1_048_576;
/** What can be saved up, or owed. */
const PAID_MAX = EVALUATED_BYTES_MAX;
/** What naming costs for each need that is met. */
const NAME_BYTES = 16;

/** One direction of a connection. */
class Side {
  readonly direction: Direction;
  readonly plan: StreamPlan;
  /** Of the whole connection. */
  count = 0;
  #text = '';
  /** The needs that are met in it, and behind which byte of the connection each was met last. */
  readonly #met = new Map<number, number>();
  /** 0 for rules that have matched; undefined while none has. */
  #open: Uint8Array | undefined;
  #lasting: Uint8Array | undefined;
  #paid = PAID_BEFORE;
  /** Where the window ended when the rules about what is not there were asked last, and when any were. */
  #settledAt = 0;
  #askedAt = 0;
  #isAskedSettled = false;

  constructor(direction: Direction, plan: StreamPlan) {
    this.direction = direction;
    this.plan = plan;
  }

  /** Bytes of the window. */
  get length(): number {
    return this.#text.length;
  }

  /** So many bytes have come. */
  pay(bytes: number): void {
    this.#paid = Math.min(PAID_MAX, this.#paid + PAID_PER_CALL + PAID_PER_BYTE * bytes);
  }

  /** Whether bytes are forgotten that no rule has seen, when so many more are added. */
  losesUnseen(bytes: number): boolean {
    return this.#text.length + bytes > 2 * WINDOW_BYTES && this.#askedAt < this.count;
  }

  /** At most WINDOW_BYTES. */
  add(bytes: Uint8Array): void {
    this.count += bytes.length;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const { overlap, index } = this.plan;
    if (index.body !== undefined) {
      const before = overlap === 0 ? '' : this.#text.slice(-overlap);
      for (const id of index.body.scan(before + text, NO_NEEDS)) this.#met.set(id, this.count);
    }
    this.#text += text;
    if (this.#text.length > 2 * WINDOW_BYTES) this.#forget();
  }

  /** The rules to evaluate now. */
  due(when: Occasion, hasBits: boolean): readonly number[] {
    const isSettled = when !== 'growing';
    const isNew = this.#askedAt < this.count || (isSettled && !this.#isAskedSettled);
    if (this.count === 0 || !isNew) return [];
    const asksAll = isSettled || this.count - this.#settledAt >= BLOCK_BYTES;
    const asked = asksAll ? (this.#open ?? this.plan.all) : (this.#lasting ?? this.plan.isLasting);
    // Naming the rules has its price as well.
    const nameCost = NAME_BYTES * this.#met.size;
    if (when !== 'due' && nameCost > this.#paid) return [];
    this.#paid -= nameCost;
    const rules = this.plan.index.named([[...this.#met.keys()]], hasBits, asked);
    const cost = rules.length * this.#text.length;
    if (when !== 'due' && cost > this.#paid) return [];
    this.#paid = Math.max(-PAID_MAX, this.#paid - cost);
    this.#askedAt = this.count;
    this.#isAskedSettled = asksAll;
    if (asksAll) this.#settledAt = this.count;
    return rules;
  }

  buffers(): MessageBuffers {
    return new MessageBuffers(new StreamBuffers(this.#text));
  }

  /** What so many rules cost beyond what was paid for them. */
  payFor(work: number, rules: number): void {
    this.#paid = Math.max(-PAID_MAX, this.#paid - dearerThan(rules * this.#text.length, work));
  }

  /** The rule has matched in this direction, and is not asked any more. */
  close(rule: number): void {
    (this.#open ??= this.plan.all.slice())[rule] = 0;
    (this.#lasting ??= this.plan.isLasting.slice())[rule] = 0;
  }

  /** The window moves on. */
  #forget(): void {
    this.#text = this.#text.slice(-WINDOW_BYTES);
    const start = this.count - WINDOW_BYTES;
    for (const [id, metAt] of this.#met) if (metAt <= start) this.#met.delete(id);
  }
}
