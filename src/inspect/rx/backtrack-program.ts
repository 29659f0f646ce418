/**
 * A pattern as code for the backtracking engine, which runs all of PCRE that parse.ts reads. Instructions and operands
 * lie in one array:
 *
 *     TAKE set               one byte of the set
 *     LOOP set, min, max, greed   bytes of the set, as one instruction: most repeats are this
 *     CHOOSE a, b            go on at a, and if that fails at b
 *     JUMP a                 go on at a
 *     SAVE slot              remember the offset: slots 2k and 2k+1 are group k
 *     CHECK assertion        go on only if it holds here
 *     LOOK flags, min, max, end   run the body behind it, up to its END, without moving; then go on at end
 *     ATOMIC end             run the body up to its END as one step; then go on at end
 *     AGAIN groups, folds    what a group holds, once more
 *     IF groups, b           go on if one of the groups took part, else at b
 *     TURN slot, again, greed   the end of one turn of a loop whose part can be empty: an empty turn is the last
 *     CLOSE slot, group      the group ends here and began where the slot says: what it held before is kept until now
 *     END                    the end of a body
 *     DONE                   the pattern has matched
 */
import type { Assertion } from './assertion.ts';
import type { ByteSet } from './byte-set.ts';
import { keyOf } from './byte-set.ts';
import { lengthsOf } from './size.ts';
import type { ConditionNode, LookNode, Pattern, PatternNode, RepeatNode } from './syntax.ts';

export const TAKE = 0;
export const LOOP = 1;
export const CHOOSE = 2;
export const JUMP = 3;
export const SAVE = 4;
export const CHECK = 5;
export const LOOK = 6;
export const ATOMIC = 7;
export const AGAIN = 8;
export const IF = 9;
export const TURN = 10;
export const END = 11;
export const DONE = 12;
export const CLOSE = 13;

/** Flags of LOOK. */
export const LOOK_AHEAD = 1;
export const LOOK_NEGATED = 2;

export interface BacktrackProgram {
  readonly code: Int32Array;
  /** 256 flags for each set. */
  readonly sets: Uint8Array;
  readonly assertions: readonly Assertion[];
  readonly groupLists: readonly (readonly number[])[];
  /** Slots of groups, and behind them those of loops. */
  readonly slotCount: number;
  /** Slots that are told: 2 × (groups + 1). */
  readonly captureSlotCount: number;
}

export function compileBacktrack(pattern: Pattern): BacktrackProgram {
  const captureSlotCount = 2 * (pattern.captureCount + 1);
  const writer: Writer = {
    code: [],
    sets: [],
    setIndex: new Map(),
    setObjects: new Map(),
    assertions: [],
    groupLists: [],
    slotCount: captureSlotCount,
    isPure: pattern.isPure,
  };
  write(writer, pattern.root);
  writer.code.push(DONE);
  const sets = new Uint8Array(256 * writer.sets.length);
  for (const [index, set] of writer.sets.entries()) sets.set(set, 256 * index);
  return {
    code: Int32Array.from(writer.code),
    sets,
    assertions: writer.assertions,
    groupLists: writer.groupLists,
    slotCount: writer.slotCount,
    captureSlotCount,
  };
}

interface Writer {
  readonly code: number[];
  readonly sets: ByteSet[];
  readonly setIndex: Map<string, number>;
  readonly setObjects: Map<ByteSet, number>;
  readonly assertions: Assertion[];
  readonly groupLists: (readonly number[])[];
  slotCount: number;
  readonly isPure: boolean;
}

const BY_GREED = { lazy: 0, greedy: 1 } as const;

function write(writer: Writer, node: PatternNode): void {
  const { code } = writer;
  switch (node.kind) {
    case 'empty':
      return;
    case 'set':
      code.push(TAKE, internSet(writer, node.set));
      return;
    case 'edge':
    case 'byte-look':
      code.push(CHECK, writer.assertions.push(node) - 1);
      return;
    case 'keep':
      code.push(SAVE, 0);
      return;
    case 'sequence':
      for (const part of node.parts) write(writer, part);
      return;
    case 'choice':
      writeChoice(writer, node.parts);
      return;
    case 'capture':
      writeCapture(writer, node.part, node.index);
      return;
    case 'repeat':
      writeRepeat(writer, node);
      return;
    case 'look':
      writeLook(writer, node);
      return;
    case 'atomic':
      writeBody(writer, [ATOMIC], node.part);
      return;
    case 'backreference':
      code.push(AGAIN, writer.groupLists.push(node.groups) - 1, node.ignoresCase ? 1 : 0);
      return;
    case 'condition':
      writeCondition(writer, node);
  }
}

function writeCapture(writer: Writer, part: PatternNode, group: number): void {
  // A pattern that refers to groups may refer to what this one held in its last turn: "(a|b\\1)+".
  const slot = writer.isPure ? 2 * group : writer.slotCount++;
  writer.code.push(SAVE, slot);
  write(writer, part);
  if (writer.isPure) writer.code.push(SAVE, slot + 1);
  else writer.code.push(CLOSE, slot, group);
}

/** An instruction whose last operand is where to go on behind its body. */
function writeBody(writer: Writer, head: readonly number[], part: PatternNode): void {
  writer.code.push(...head);
  const end = writer.code.push(0) - 1;
  write(writer, part);
  writer.code.push(END);
  writer.code[end] = writer.code.length;
}

function writeLook(writer: Writer, node: LookNode): void {
  const { min, max } = node.isAhead ? { min: 0, max: 0 } : lengthsOf(node.part);
  const flags = (node.isAhead ? LOOK_AHEAD : 0) | (node.isNegated ? LOOK_NEGATED : 0);
  writeBody(writer, [LOOK, flags, min, max], node.part);
}

function writeChoice(writer: Writer, parts: readonly PatternNode[]): void {
  const { code } = writer;
  const jumps: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const choose = code.length;
    if (!isLast) code.push(CHOOSE, choose + 3, 0);
    write(writer, part);
    if (isLast) break;
    jumps.push(code.push(JUMP, 0) - 1);
    code[choose + 2] = code.length;
  }
  for (const jump of jumps) code[jump] = code.length;
}

function writeCondition(writer: Writer, node: ConditionNode): void {
  const { code } = writer;
  if (!('kind' in node.condition)) {
    const branch = code.push(IF, writer.groupLists.push(node.condition) - 1, 0) - 1;
    write(writer, node.yes);
    const jump = code.push(JUMP, 0) - 1;
    code[branch] = code.length;
    write(writer, node.no);
    code[jump] = code.length;
    return;
  }
  // "(?(?=a)yes|no)" is "(?=a)yes|(?!a)no".
  const look = node.condition;
  const opposite: LookNode = { ...look, isNegated: !look.isNegated };
  writeChoice(writer, [
    { kind: 'sequence', parts: [look, node.yes] },
    { kind: 'sequence', parts: [opposite, node.no] },
  ]);
}

function writeRepeat(writer: Writer, node: RepeatNode): void {
  const { code } = writer;
  const { part, min, max } = node;
  const greed = BY_GREED[node.greed];
  if (part.kind === 'set') {
    code.push(LOOP, internSet(writer, part.set), min, max === Infinity ? 0x7fffffff : max, greed);
    return;
  }
  const isNullable = lengthsOf(part).min === 0;
  const start = code.length;
  for (let count = 0; count < min; count++) {
    write(writer, part);
    if (code.length === start) return;
  }
  if (max === Infinity) {
    writeLoop(writer, part, greed, isNullable);
    return;
  }
  const chooses: number[] = [];
  for (let count = min; count < max; count++) {
    chooses.push(code.length);
    code.push(CHOOSE, 0, 0);
    const inner = code.length;
    write(writer, part);
    if (code.length === inner) break;
  }
  for (const choose of chooses) closeChoose(code, choose, greed);
}

/** CHOOSE out or in; the part; JUMP back, or TURN when an empty turn has to end it. */
function writeLoop(writer: Writer, part: PatternNode, greed: number, isNullable: boolean): void {
  const { code } = writer;
  const choose = code.length;
  code.push(CHOOSE, 0, 0);
  if (!isNullable) {
    write(writer, part);
    code.push(JUMP, choose);
  } else {
    const slot = writer.slotCount++;
    const start = code.length;
    code.push(SAVE, slot);
    write(writer, part);
    code.push(TURN, slot, start, greed);
  }
  closeChoose(code, choose, greed);
}

function closeChoose(code: number[], choose: number, greed: number): void {
  code[choose + 1] = greed === 1 ? choose + 3 : code.length;
  code[choose + 2] = greed === 1 ? code.length : choose + 3;
}

function internSet(writer: Writer, set: ByteSet): number {
  // Most sets of a pattern are the same few objects, found without looking inside.
  const same = writer.setObjects.get(set);
  if (same !== undefined) return same;
  const key = keyOf(set);
  const index = writer.setIndex.get(key) ?? writer.sets.push(set) - 1;
  writer.setIndex.set(key, index);
  writer.setObjects.set(set, index);
  return index;
}
