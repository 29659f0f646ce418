/**
 * Rules on the bytes of a TCP connection, as they come: `feed` them before they are passed on.
 *
 * A rule is evaluated on what its direction has brought so far, up to the size of a window that moves on. A rule about what
 * is not there (`content:!`, `isdataat:!`, the end, a size) is asked when the other side speaks, when more than a block has
 * come, and at the end: until then more bytes may belong to it. A rule alerts once in each direction. One that matches and
 * tells nothing, as it only sets a bit or has to be counted, is asked again about the bytes that come then.
 *
 * Attack: a byte at a time, and a window evaluated for each. What evaluation has cost is paid for by bytes that come, so that it
 * is linear in them. While it is not, the next one is put off: until it is, or the other side speaks, or the end, or the window
 * would move past bytes that not every rule has seen. What one evaluation may cost is bounded as for a message
 * (evaluation-budget.ts), and who owes too much when the other side speaks counts as a match.
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
import type { Judgement } from './judge.ts';
import { localMemory } from './memory.ts';
import { MessageBuffers } from './message-buffers.ts';
import { bytesOf } from './match-group.ts';
import { NO_NEEDS } from './need-scan.ts';
import { nameRules } from './rule-index.ts';
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
    if (before !== undefined && before !== side) {
      before.pay(PAID_PER_TURN);
      verdict = this.#evaluate(before, 'settled');
    }
    side.pay(PAID_PER_CALL + PAID_PER_BYTE * bytes.length);
    for (let start = 0; start < bytes.length; start += WINDOW_BYTES) {
      const piece = bytes.subarray(start, start + WINDOW_BYTES);
      if (side.losesUnseen(piece.length)) verdict = firstOf(verdict, this.#evaluate(side, 'due'));
      side.add(piece);
    }
    return firstOf(verdict, this.#evaluate(side, 'growing'));
  }

  end(): Verdict {
    const sides = [this.#toServer, this.#toClient];
    // Twice, for what one side sets and the other asks: who has seen it all is not asked again.
    const verdicts = [...sides, ...sides].map((side) => this.#evaluate(side, 'due'));
    return verdicts.reduce(firstOf);
  }

  #evaluate(side: Side, when: Occasion): Verdict {
    if (this.#isPassed) return CONTINUE;
    const rules = side.due(when, this.#state);
    if (rules.length === 0) return CONTINUE;
    return when === 'settled' && side.owesTooMuch
      ? this.#giveUp(side, rules)
      : this.#evaluateRules(side, rules);
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
    side.spend(bytesOf(buffers.work) + RULE_COST * rules.length);
    return verdict;
  }

  #evaluateRule(side: Side, index: number, buffers: MessageBuffers, flow: FlowView): Verdict {
    // Bits may have changed, and nothing has come that the rule could match.
    if (side.hasMatchedAll(index)) return CONTINUE;
    const later = side.behindMatch(index);
    const match = evaluateKnown(side.plan.rules.at(index)!, later ?? buffers, flow); // Named by their place.
    if (later !== undefined) buffers.work += later.work;
    return match === undefined ? CONTINUE : this.#judge(side, index, match, flow);
  }

  #judge(side: Side, index: number, match: SnortMatch, flow: FlowView): Verdict {
    const { judge, settings } = this.#worker;
    const { rule } = match.rule;
    const isPassing = rule.header.action === 'pass';
    if (isPassing && match.isExhausted) {
      side.close(index);
      return CONTINUE;
    }
    const judgement = judge.judge(match, flow);
    if (isCounted(judgement)) side.goOnBehind(index);
    else side.close(index);
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
      state: this.#state,
      hostBits,
      nowMs: nowMs(),
    };
  }
}

/** Whether the rule may match again: it was counted, or has set a bit, and told nothing. */
function isCounted(judgement: Judgement): boolean {
  return judgement.do === 'nothing' || (judgement.do === 'silent' && judgement.because !== 'suppress');
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

/** Bytes of one direction that rules see together, at least; up to twice as many are held. */
const WINDOW_BYTES = 65_536;
/** So many bytes behind the last time, rules about what is not there are asked without waiting. */
const BLOCK_BYTES = 4096;
/** Bytes looked at that a byte, a call, and a change of who speaks pay for; and what is paid in advance. */
const PAID_PER_BYTE = 32;
const PAID_PER_CALL = 4096;
const PAID_PER_TURN = 262_144;
const PAID_BEFORE = 1_048_576;
/** What can be saved up; and what can be owed before it counts as a match. */
const PAID_MAX = EVALUATED_BYTES_MAX;
const OWED_MAX = EVALUATED_BYTES_MAX;
/** What naming costs for each need that is met, and a rule at least. */
const NAME_BYTES = 16;
const RULE_COST = 1024;

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
  /** Rules that have matched and are asked again, and behind which byte of the connection. */
  readonly #matchedTo = new Map<number, number>();
  #paid = PAID_BEFORE;
  /** Where the window ended when the rules about what is not there were asked last, and when any were. */
  #settledAt = 0;
  #askedAt = 0;
  #isAskedSettled = false;
  /** The changes of the connection's bits at that time. */
  #askedWith = 0;

  constructor(direction: Direction, plan: StreamPlan) {
    this.direction = direction;
    this.plan = plan;
  }

  /** Bytes of the window. */
  get length(): number {
    return this.#text.length;
  }

  /** Whether evaluations have cost more than may be owed. */
  get owesTooMuch(): boolean {
    return this.#paid < -OWED_MAX;
  }

  pay(bytes: number): void {
    this.#paid = Math.min(PAID_MAX, this.#paid + bytes);
  }

  spend(bytes: number): void {
    this.#paid = Math.max(-2 * OWED_MAX, this.#paid - bytes);
  }

  /** Whether bytes are forgotten that not every rule has seen, when so many more are added. */
  losesUnseen(bytes: number): boolean {
    const isSeen = this.#askedAt === this.count && this.#isAskedSettled;
    return this.#text.length + bytes > 2 * WINDOW_BYTES && !isSeen;
  }

  /** At most WINDOW_BYTES. */
  add(bytes: Uint8Array): void {
    if (this.#text.length + bytes.length > 2 * WINDOW_BYTES) this.#forget();
    this.count += bytes.length;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const { overlap, index } = this.plan;
    if (index.body !== undefined) {
      const before = overlap === 0 ? '' : this.#text.slice(-overlap);
      for (const id of index.body.scan(before + text, NO_NEEDS)) this.#met.set(id, this.count);
    }
    this.#text += text;
  }

  /** The rules to evaluate now; `state` holds the bits of the connection. */
  due(when: Occasion, state: FlowState): readonly number[] {
    const isSettled = when !== 'growing';
    const isSeen = this.#askedAt === this.count && (this.#isAskedSettled || !isSettled);
    if (this.count === 0 || (isSeen && this.#askedWith === state.changes)) return [];
    if (when === 'growing' && this.#paid < 0) return [];
    const asksAll = isSettled || this.count - this.#settledAt >= BLOCK_BYTES;
    const asked = asksAll ? (this.#open ?? this.plan.all) : (this.#lasting ?? this.plan.isLasting);
    this.#askedAt = this.count;
    this.#askedWith = state.changes;
    this.#isAskedSettled = asksAll;
    if (asksAll) this.#settledAt = this.count;
    this.spend(NAME_BYTES * this.#met.size);
    const { index, rules } = this.plan;
    return nameRules(index, rules, [[...this.#met.keys()]], !state.isEmpty, asked);
  }

  buffers(): MessageBuffers {
    return new MessageBuffers(new StreamBuffers(this.#text));
  }

  /** Whether a rule that is asked again has matched and nothing has come since. */
  hasMatchedAll(rule: number): boolean {
    return this.#matchedTo.get(rule) === this.count;
  }

  /** What has come behind the last match of a rule that is asked again; undefined for any other rule. */
  behindMatch(rule: number): MessageBuffers | undefined {
    const matchedTo = this.#matchedTo.get(rule);
    if (matchedTo === undefined) return undefined;
    const start = this.count - this.#text.length;
    return new MessageBuffers(new StreamBuffers(this.#text.slice(Math.max(0, matchedTo - start))));
  }

  /** The rule has matched, and is asked again about what comes from now on. */
  goOnBehind(rule: number): void {
    this.#matchedTo.set(rule, this.count);
  }

  /** The rule has matched in this direction, and is not asked any more. */
  close(rule: number): void {
    (this.#open ??= this.plan.all.slice())[rule] = 0;
    (this.#lasting ??= this.plan.isLasting.slice())[rule] = 0;
  }

  /** The window moves on. */
  #forget(): void {
    this.#text = this.#text.slice(-WINDOW_BYTES);
    const start = this.count - this.#text.length;
    for (const [id, metAt] of this.#met) if (metAt <= start) this.#met.delete(id);
  }
}
