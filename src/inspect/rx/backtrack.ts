/**
 * The backtracking engine: runs what no automaton can, and finds captures quickly where it does not have to go back.
 *
 * Attack: a pattern that goes back often enough takes time exponential in the value. So each search has a budget of
 * steps; when it is used up, the answer is EXHAUSTED, which callers treat as a match (an attacker must not get past a
 * rule by making it expensive) and log. Memory is bounded as well: what is left to try lies on a stack of bounded size.
 */
import { assertionHolds } from './assertion.ts';
import * as code from './backtrack-program.ts';
import type { BacktrackProgram } from './backtrack-program.ts';

export const NO_MATCH = 0;
export const MATCH = 1;
/** Not found out within the budget. */
export const EXHAUSTED = 2;
export type Outcome = typeof NO_MATCH | typeof MATCH | typeof EXHAUSTED;

/** Numbers on the stack, 4 bytes each: 8 MiB. A value of 128 KiB needs a quarter of it for the worst simple loop. */
const STACK_MAX = 2_097_152;
/** What is kept between searches. */
const STACK_KEPT = 16_384;

/** What lies on the stack, four numbers each: the kind and three operands. */
const FRAME = 4;
/** Go on at pc with the value at offset. */
const FRAME_TRY = 0;
/** Set a slot back. */
const FRAME_RESTORE = 1;
/** A loop that may give back bytes: pc behind it, the least offset, the offset now. */
const FRAME_GIVE_BACK = 2;
/** A loop that may take more: pc of the loop, the offset now, the greatest offset. */
const FRAME_TAKE_MORE = 3;

const FAILED = -1;
const GAVE_UP = -2;

export class Backtracker {
  /** What the last search found: 2k and 2k+1 are the ends of group k, -1 where it took no part. */
  slots: Int32Array;
  readonly #program: BacktrackProgram;
  #stack: Int32Array = new Int32Array(1024);
  #top = 0;
  #text = '';
  #searchStart = 0;
  #steps = 0;
  /** Steps of the last search. */
  stepsTaken = 0;

  constructor(program: BacktrackProgram) {
    this.#program = program;
    this.slots = new Int32Array(program.slotCount).fill(-1);
  }

  /**
   * Searches a match that begins at `start` or behind it, with `isAnchored` at `start`. `first` are the bytes a match
   * can begin with, undefined if it can be empty.
   */
  search(
    text: string,
    start: number,
    isAnchored: boolean,
    first: Uint8Array | undefined,
    stepsMax: number,
  ): Outcome {
    this.#text = text;
    this.#searchStart = start;
    this.#steps = stepsMax;
    try {
      return this.#search(text, start, isAnchored, first);
    } finally {
      this.stepsTaken = stepsMax - Math.max(0, this.#steps);
      this.#text = '';
      if (this.#stack.length > STACK_KEPT) this.#stack = new Int32Array(1024);
    }
  }

  #search(text: string, start: number, isAnchored: boolean, first: Uint8Array | undefined): Outcome {
    const last = isAnchored ? start : text.length;
    for (let at = start; at <= last; at++) {
      if (first !== undefined) {
        while (at < last && first[text.charCodeAt(at) & 0xff] === 0) at++;
        if (at === text.length) return NO_MATCH;
      }
      this.slots.fill(-1);
      this.#top = 0;
      this.slots[0] = at;
      const end = this.#run(0, at, -1);
      if (end === GAVE_UP) return EXHAUSTED;
      if (end === FAILED) continue;
      this.slots[1] = end;
      return MATCH;
    }
    return NO_MATCH;
  }

  /**
   * Runs from `pc` at offset `at` to END or DONE and answers the offset there, FAILED or GAVE_UP. What was put on the
   * stack stays there on success. With `target` other than -1 the END must be reached exactly there.
   */
  #run(pc: number, at: number, target: number): number {
    const program = this.#program.code;
    const sets = this.#program.sets;
    const text = this.#text;
    const length = text.length;
    const base = this.#top;
    for (;;) {
      if (--this.#steps < 0) return GAVE_UP;
      let isFine = true;
      switch (program[pc]!) {
        case code.TAKE:
          if (at < length && sets[256 * program[pc + 1]! + (text.charCodeAt(at) & 0xff)] === 1) {
            // Instructions have their operands behind them, here and below.
            at++;
            pc += 2;
          } else isFine = false;
          break;
        case code.LOOP: {
          const end = this.#loop(pc, at);
          if (end < 0) isFine = false;
          else at = end;
          pc += 5;
          break;
        }
        case code.CHOOSE:
          this.#push(FRAME_TRY, program[pc + 2]!, at, 0);
          pc = program[pc + 1]!;
          break;
        case code.JUMP:
          pc = program[pc + 1]!;
          break;
        case code.SAVE:
          this.#save(program[pc + 1]!, at);
          pc += 2;
          break;
        case code.CLOSE: {
          const group = program[pc + 2]!;
          this.#save(2 * group, this.slots[program[pc + 1]!]!);
          this.#save(2 * group + 1, at);
          pc += 3;
          break;
        }
        case code.CHECK:
          isFine = this.#holds(program[pc + 1]!, at);
          pc += 2;
          break;
        case code.LOOK: {
          const answer = this.#look(pc, at);
          if (answer === GAVE_UP) return GAVE_UP;
          isFine = answer !== FAILED;
          pc = program[pc + 4]!;
          break;
        }
        case code.ATOMIC: {
          const kept = this.#top;
          const end = this.#run(pc + 2, at, -1);
          if (end === GAVE_UP) return GAVE_UP;
          isFine = end !== FAILED;
          if (isFine) {
            this.#commit(kept);
            at = end;
          }
          pc = program[pc + 1]!;
          break;
        }
        case code.AGAIN: {
          const end = this.#again(program[pc + 1]!, program[pc + 2] === 1, at);
          isFine = end !== FAILED;
          at = end;
          pc += 3;
          break;
        }
        case code.IF:
          pc = this.#groupSet(program[pc + 1]!) === -1 ? program[pc + 2]! : pc + 3;
          break;
        case code.TURN:
          pc = this.#turn(pc, at);
          break;
        case code.END:
        case code.DONE:
        default:
          if (target === -1 || at === target) return at;
          isFine = false;
      }
      if (this.#top > STACK_MAX) return GAVE_UP;
      if (isFine) continue;
      const resumed = this.#backtrack(base);
      if (resumed < 0) return FAILED;
      pc = resumed;
      at = this.#resumeAt;
    }
  }

  /** Where the value goes on after #backtrack. */
  #resumeAt = 0;

  /** Takes what was left to try last, down to `base`: answers the pc to go on at, or FAILED. */
  #backtrack(base: number): number {
    const stack = this.#stack;
    while (this.#top > base) {
      const frame = this.#top - FRAME;
      const kind = stack[frame]!; // Frames are pushed whole, here and below.
      const first = stack[frame + 1]!;
      if (kind === FRAME_RESTORE) {
        this.slots[first] = stack[frame + 2]!;
        this.#top = frame;
      } else if (kind === FRAME_TRY) {
        this.#top = frame;
        this.#resumeAt = stack[frame + 2]!;
        return first;
      } else if (kind === FRAME_GIVE_BACK) {
        const now = this.#giveBack(first, stack[frame + 2]!, stack[frame + 3]! - 1);
        stack[frame + 3] = now;
        if (now <= stack[frame + 2]!) this.#top = frame;
        if (now < stack[frame + 2]!) continue;
        this.#resumeAt = now;
        return first;
      } else {
        const at = stack[frame + 2]!;
        const set = 256 * this.#program.code[first + 1]!; // The loop's operands.
        if (at >= stack[frame + 3]! || this.#program.sets[set + (this.#text.charCodeAt(at) & 0xff)] !== 1) {
          this.#top = frame;
          continue;
        }
        stack[frame + 2] = at + 1;
        this.#resumeAt = at + 1;
        return first + 5;
      }
    }
    return FAILED;
  }

  /** The greatest offset from `now` down to `least` at which what follows the loop can go on; below `least`: none. */
  #giveBack(pc: number, least: number, now: number): number {
    const { code: program, sets } = this.#program;
    if (program[pc] !== code.TAKE) return now;
    const set = 256 * program[pc + 1]!; // TAKE's operand.
    let at = now;
    while (at >= least && sets[set + (this.#text.charCodeAt(at) & 0xff)] !== 1) at--;
    this.#steps -= (now - at) >>> 3;
    return at;
  }

  #loop(pc: number, start: number): number {
    const { code: program, sets } = this.#program;
    const text = this.#text;
    const set = 256 * program[pc + 1]!; // LOOP's operands, here and below.
    const min = program[pc + 2]!;
    const max = program[pc + 3]!;
    const isGreedy = program[pc + 4] === 1;
    const end = Math.min(text.length, start + max);
    const wanted = isGreedy ? end : Math.min(end, start + min);
    let at = start;
    while (at < wanted && sets[set + (text.charCodeAt(at) & 0xff)] === 1) at++;
    this.#steps -= (at - start) >>> 3;
    if (at < start + min) return FAILED;
    if (!isGreedy) {
      if (at < end) this.#push(FRAME_TAKE_MORE, pc, at, end);
    } else if (at > start + min) this.#push(FRAME_GIVE_BACK, pc + 5, start + min, at);
    return at;
  }

  #look(pc: number, at: number): number {
    const { code: program } = this.#program;
    const flags = program[pc + 1]!; // LOOK's operands, here and below.
    const isAhead = (flags & code.LOOK_AHEAD) !== 0;
    const isNegated = (flags & code.LOOK_NEGATED) !== 0;
    const kept = this.#top;
    let found = FAILED;
    if (isAhead) found = this.#run(pc + 5, at, -1);
    else {
      const furthest = Math.min(at, program[pc + 3]!);
      for (let back = program[pc + 2]!; back <= furthest && found === FAILED; back++) {
        found = this.#run(pc + 5, at - back, at);
      }
    }
    if (found === GAVE_UP) return GAVE_UP;
    if (found === FAILED) return isNegated ? at : FAILED;
    if (isNegated) {
      this.#undo(kept);
      return FAILED;
    }
    this.#commit(kept);
    return at;
  }

  /** Forgets what was left to try above `base`, but not how to set slots back. */
  #commit(base: number): void {
    const stack = this.#stack;
    let top = base;
    for (let frame = base; frame < this.#top; frame += FRAME) {
      if (stack[frame] !== FRAME_RESTORE) continue;
      stack.copyWithin(top, frame, frame + FRAME);
      top += FRAME;
    }
    this.#top = top;
  }

  /** Sets all slots back that were set above `base`. */
  #undo(base: number): void {
    while (this.#top > base) {
      this.#top -= FRAME;
      if (this.#stack[this.#top] === FRAME_RESTORE)
        this.slots[this.#stack[this.#top + 1]!] = this.#stack[this.#top + 2]!; // A whole frame.
    }
  }

  #turn(pc: number, at: number): number {
    const { code: program } = this.#program;
    const again = program[pc + 2]!; // TURN's operands, here and below.
    const out = pc + 4;
    if (this.slots[program[pc + 1]!] === at) return out;
    // The slot is set anew by the SAVE at the beginning of the turn.
    const isGreedy = program[pc + 3] === 1;
    this.#push(FRAME_TRY, isGreedy ? out : again, at, 0);
    return isGreedy ? again : out;
  }

  /** The first group of the list that took part, or -1. */
  #groupSet(list: number): number {
    for (const group of this.#program.groupLists[list] ?? []) {
      if (this.slots[2 * group]! >= 0 && this.slots[2 * group + 1]! >= 0) return group; // Slots for all groups.
    }
    return -1;
  }

  #again(list: number, folds: boolean, at: number): number {
    const group = this.#groupSet(list);
    if (group === -1) return FAILED;
    const start = this.slots[2 * group]!; // Slots for all groups.
    const size = this.slots[2 * group + 1]! - start;
    if (at + size > this.#text.length) return FAILED;
    this.#steps -= size >>> 3;
    for (let index = 0; index < size; index++) {
      const left = this.#text.charCodeAt(start + index);
      const right = this.#text.charCodeAt(at + index);
      if (left !== right && !(folds && isSameLetter(left, right))) return FAILED;
    }
    return at + size;
  }

  #holds(index: number, at: number): boolean {
    const text = this.#text;
    const assertion = this.#program.assertions[index]!; // CHECK's operand.
    if (assertion.kind === 'edge' && assertion.edge === 'search-start') return at === this.#searchStart;
    const before = at > 0 ? text.charCodeAt(at - 1) & 0xff : -1;
    const after = at < text.length ? text.charCodeAt(at) & 0xff : -1;
    return assertionHolds(assertion, before, after, at + 1 === text.length);
  }

  #save(slot: number, at: number): void {
    this.#push(FRAME_RESTORE, slot, this.slots[slot]!, 0); // SAVE's operand is a slot.
    this.slots[slot] = at;
  }

  #push(kind: number, first: number, second: number, third: number): void {
    const top = this.#top;
    if (top + FRAME > this.#stack.length) {
      const larger = new Int32Array(2 * this.#stack.length);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    const stack = this.#stack;
    stack[top] = kind;
    stack[top + 1] = first;
    stack[top + 2] = second;
    stack[top + 3] = third;
    this.#top = top + FRAME;
  }
}

function isSameLetter(left: number, right: number): boolean {
  const folded = left | 0x20;
  return folded === (right | 0x20) && folded >= 0x61 && folded <= 0x7a;
}
