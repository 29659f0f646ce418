/**
 * Rules on the bytes of a TCP connection, as they come: `feed` them before they are passed on.
 *
 * A rule is evaluated on what its direction has brought so far, up to the size of a window that moves on. A rule about what
 * is not there (`content:!`, `isdataat:!`, the end, a size) is asked when the other side speaks, when more than a block has
 * come, and at the end: until then more bytes may belong to it. A rule alerts once in each direction.
 *
 * Attack: a byte at a time, and a window evaluated for each. Evaluation is paid for by bytes that come, so that it is linear
 * in them; what cannot be paid is put off until it can, or until the end.
 */
import { Buffer } from 'node:buffer';
import { CONTINUE } from '../../base/verdict.ts';
import type { Hit, Verdict } from '../../base/verdict.ts';
import { evaluateKnown } from './evaluate.ts';
import { dearerThan } from './match-group.ts';
import type { SnortMatch } from './evaluate.ts';
import { FlowState } from './flow.ts';
import type { FlowEndpoint, FlowView, HostBits } from './flow.ts';
import { hitOf, verdictOf } from './hit.ts';
import { StreamBuffers } from './http-buffers.ts';
import { AlertJudge } from './judge.ts';
import { localMemory } from './memory.ts';
import { MessageBuffers } from './message-buffers.ts';
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
    if (before !== undefined && before !== side) verdict = this.#evaluate(before, true, false);
    side.add(bytes);
    const given = this.#evaluate(side, false, false);
    return verdict === CONTINUE ? given : verdict;
  }

  end(): Verdict {
    const verdict = this.#evaluate(this.#toServer, true, true);
    const given = this.#evaluate(this.#toClient, true, true);
    return verdict === CONTINUE ? given : verdict;
  }

  /** `isSettled`: nothing more comes before the other side has spoken. `isLast`: it cannot be put off. */
  #evaluate(side: Side, isSettled: boolean, isLast: boolean): Verdict {
    if (this.#isPassed) return CONTINUE;
    const rules = side.due(isSettled, isLast, !this.#state.isEmpty);
    if (rules.length === 0) return CONTINUE;
    const buffers = side.buffers();
    const flow = this.#flow(side);
    let verdict = CONTINUE;
    for (const index of rules) {
      const given = this.#evaluateRule(side, index, buffers, flow);
      if (verdict === CONTINUE) verdict = given;
    }
    side.payFor(buffers.work, rules.length);
    return verdict;
  }

  #evaluateRule(side: Side, index: number, buffers: MessageBuffers, flow: FlowView): Verdict {
    if (this.#isPassed) return CONTINUE;
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
    if (this.hits.length < HITS_MAX) this.hits.push(hitOf(match));
    const verdict = verdictOf(rule, judgement.action, settings);
    return verdict.do === 'reply' ? { do: 'drop', because: verdict.because } : verdict;
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

/** Bytes of one direction that rules see together; up to twice as many are held. */
const WINDOW_BYTES = 65_536;
/** So many bytes behind the last time, rules about what is not there are asked without waiting. */
const BLOCK_BYTES = 4096;
/** Bytes of window, for each rule, that a byte and a call pay for; and what is paid in advance. */
const PAID_PER_BYTE = 32;
const PAID_PER_CALL = 4096;
const PAID_BEFORE = 1_048_576;
/** What can be saved up. */
const PAID_MAX = 16 * 1_048_576;
/** What naming costs for each need that is met. */
const NAME_BYTES = 16;
/** At the end, when nothing can be put off, and nothing be stopped either, so many rules are evaluated at the most. */
const RULES_MIN = 128;

/** One direction of a connection. */
class Side {
  readonly direction: Direction;
  readonly plan: StreamPlan;
  /** Of the whole connection. */
  count = 0;
  #text = '';
  /** The needs that are met, each once, and 1 for each of them. */
  readonly #met: number[] = [];
  readonly #isMet: Uint8Array;
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
    this.#isMet = new Uint8Array(plan.index.tables.needCount);
  }

  add(bytes: Uint8Array): void {
    this.count += bytes.length;
    this.#paid = Math.min(PAID_MAX, this.#paid + PAID_PER_CALL + PAID_PER_BYTE * bytes.length);
    for (let start = 0; start < bytes.length; start += WINDOW_BYTES) {
      this.#addPiece(bytes.subarray(start, start + WINDOW_BYTES));
    }
  }

  /** The rules to evaluate now. */
  due(isSettled: boolean, isLast: boolean, hasBits: boolean): readonly number[] {
    const isNew = this.#askedAt < this.count || (isSettled && !this.#isAskedSettled);
    if (this.count === 0 || !isNew) return [];
    const asksAll = isSettled || this.count - this.#settledAt >= BLOCK_BYTES;
    const asked = asksAll ? (this.#open ?? this.plan.all) : (this.#lasting ?? this.plan.isLasting);
    // Naming the rules has its price as well.
    const nameCost = NAME_BYTES * this.#met.length;
    if (!isLast && nameCost > this.#paid) return [];
    this.#paid -= nameCost;
    const rules = this.plan.index.named([this.#met], hasBits, asked);
    const cost = rules.length * this.#text.length;
    if (cost > this.#paid && !isLast) return [];
    this.#paid -= cost;
    this.#askedAt = this.count;
    this.#isAskedSettled = asksAll;
    if (asksAll) this.#settledAt = this.count;
    return rules.slice(0, Math.max(RULES_MIN, Math.floor(PAID_MAX / this.#text.length)));
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

  #addPiece(piece: Uint8Array): void {
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
    const { overlap, index } = this.plan;
    const scan = index.body;
    if (scan !== undefined) {
      const before = overlap === 0 ? '' : this.#text.slice(-overlap);
      for (const id of scan.scan(before + text, NO_NEEDS)) {
        if (this.#isMet[id] === 1) continue;
        this.#isMet[id] = 1;
        this.#met.push(id);
      }
    }
    const whole = this.#text + text;
    this.#text = whole.length > 2 * WINDOW_BYTES ? whole.slice(-WINDOW_BYTES) : whole;
  }
}
