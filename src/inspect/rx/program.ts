/**
 * A pattern as instructions of a small machine (Thompson's construction), which the linear engines run.
 *
 *     BYTE   set        one byte of the set, then the next instruction
 *     SPLIT  a, b       go on at a and at b, a preferred
 *     JUMP   a          go on at a
 *     SAVE   slot       remember the offset: slots 2k and 2k+1 are the ends of group k, group 0 is the match
 *     ASSERT kind       go on only if the assertion holds here
 *     MATCH  pattern    the pattern has matched; its number tells patterns of a set apart
 */
import type { Assertion } from './assertion.ts';
import { keyOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { classify } from './classes.ts';
import type { Classes } from './classes.ts';
import { lengthsOf, PROGRAM_SIZE_MAX } from './size.ts';
import { PatternError } from './syntax.ts';
import { reversed } from './reverse.ts';
import type { Pattern, PatternNode, RepeatNode } from './syntax.ts';

export const BYTE = 0;
export const SPLIT = 1;
export const JUMP = 2;
export const SAVE = 3;
export const ASSERT = 4;
export const MATCH = 5;

export interface Program extends Classes {
  readonly size: number;
  readonly op: Uint8Array;
  /** BYTE: set. SPLIT: preferred target. JUMP: target. SAVE: slot. ASSERT: index into truths. MATCH: pattern. */
  readonly a: Int32Array;
  /** SPLIT: other target. */
  readonly b: Int32Array;
  readonly slotCount: number;
  readonly hasAssertions: boolean;
  /**
   * The same place in the copies of a counted part, as in `[^"]{1024,}`: of two threads in the same chain the one with the
   * higher rank can match whatever the other can. A yes-or-no engine may drop the other, and one that finds the preferred match
   * may if the other is less preferred as well. 0 is "in no chain". Without this a count is as many threads as there are places
   * where it may have begun.
   */
  readonly chain: Int32Array;
  readonly rank: Int32Array;
  /** The pattern that an instruction belongs to. */
  readonly patternOf: Uint16Array;
}

/**
 * With `captures: 'none'` only the ends of the whole match are kept. Throws a PatternError when the pattern cannot be
 * run by an automaton, or is too large.
 */
export function compileProgram(pattern: Pattern, captures: 'all' | 'none'): Program {
  const writer = newWriter(captures === 'all', PROGRAM_SIZE_MAX);
  emit(writer, SAVE, 0);
  write(writer, pattern.root, true);
  emit(writer, SAVE, 1);
  emit(writer, MATCH, 0);
  return finish(writer, captures === 'all' ? 2 * (pattern.captureCount + 1) : 2);
}

/** One program for several patterns, each with a MATCH of its own; it answers yes or no for each. */
export function compileUnion(roots: readonly PatternNode[]): Program {
  const writer = newWriter(false, UNION_SIZE_MAX);
  for (const [index, root] of roots.entries()) {
    const split = index < roots.length - 1 ? emit(writer, SPLIT, writer.op.length + 1) : -1;
    write(writer, root, true);
    emit(writer, MATCH, index);
    if (split !== -1) writer.b[split] = writer.op.length;
    while (writer.patternOf.length < writer.op.length) writer.patternOf.push(index);
  }
  if (roots.length === 0) emit(writer, BYTE, internSet(writer, new Uint8Array(256)));
  return finish(writer, 2);
}

/**
 * The program that reads a value backwards, from the end of a match to its beginning (start-finder.ts); undefined for patterns
 * that cannot be run so. Every match ends with an assertion that always holds.
 */
export function compileBackward(root: PatternNode): Program | undefined {
  const backwards = reversed(root);
  if (backwards === undefined) return undefined;
  const writer = newWriter(false, PROGRAM_SIZE_MAX);
  // Which thread is further in a last count says how soon it matches, not where: none is dropped for that.
  write(writer, backwards, false);
  emit(writer, ASSERT, internAssertion(writer, ALWAYS));
  emit(writer, MATCH, 0);
  return finish(writer, 2, true);
}

const ALWAYS: Assertion = {
  kind: 'byte-look',
  set: new Uint8Array(256).fill(1),
  isAhead: true,
  atEdge: true,
};

/** Instructions of a union: whoever makes one stays below (rx/regex-set.ts). */
const UNION_SIZE_MAX = 65_536;

interface Writer {
  readonly op: number[];
  readonly a: number[];
  readonly b: number[];
  readonly chain: number[];
  readonly rank: number[];
  /** Written for unions only. */
  readonly patternOf: number[];
  chainCount: number;
  readonly sets: ByteSet[];
  readonly setIndex: Map<string, number>;
  readonly setObjects: Map<ByteSet, number>;
  readonly assertions: Assertion[];
  readonly assertionIndex: Map<string, number>;
  readonly captures: boolean;
  readonly sizeMax: number;
}

function newWriter(captures: boolean, sizeMax: number): Writer {
  return {
    op: [],
    a: [],
    b: [],
    chain: [],
    rank: [],
    patternOf: [],
    chainCount: 0,
    sets: [],
    setIndex: new Map(),
    setObjects: new Map(),
    assertions: [],
    assertionIndex: new Map(),
    captures,
    sizeMax,
  };
}

function finish(writer: Writer, slotCount: number, isBackward = false): Program {
  return {
    size: writer.op.length,
    op: Uint8Array.from(writer.op),
    a: Int32Array.from(writer.a),
    b: Int32Array.from(writer.b),
    chain: Int32Array.from(writer.chain),
    rank: Int32Array.from(writer.rank),
    patternOf: Uint16Array.from({ length: writer.op.length }, (_, counter) => writer.patternOf[counter] ?? 0),
    slotCount,
    hasAssertions: writer.assertions.length > 0,
    ...classify(writer.sets, writer.assertions, isBackward),
  };
}

function emit(writer: Writer, op: number, a: number): number {
  if (writer.op.length >= writer.sizeMax) {
    throw new PatternError('pattern-too-large', 0, `pattern needs more than ${writer.sizeMax} steps`);
  }
  writer.a.push(a);
  writer.b.push(0);
  writer.chain.push(0);
  writer.rank.push(0);
  return writer.op.push(op) - 1;
}

/** `isLast`: nothing but MATCH follows. */
function write(writer: Writer, node: PatternNode, isLast: boolean): void {
  switch (node.kind) {
    case 'empty':
      return;
    case 'set':
      emit(writer, BYTE, internSet(writer, node.set));
      return;
    case 'edge':
    case 'byte-look':
      emit(writer, ASSERT, internAssertion(writer, node));
      return;
    case 'keep':
      emit(writer, SAVE, 0);
      return;
    case 'sequence':
      for (const [index, part] of node.parts.entries())
        write(writer, part, isLast && index === node.parts.length - 1);
      return;
    case 'choice':
      writeChoice(writer, node.parts, isLast);
      return;
    case 'capture':
      if (writer.captures) emit(writer, SAVE, 2 * node.index);
      write(writer, node.part, isLast);
      if (writer.captures) emit(writer, SAVE, 2 * node.index + 1);
      return;
    case 'repeat':
      writeRepeat(writer, node, isLast);
      return;
    case 'look':
    case 'atomic':
    case 'backreference':
    case 'condition':
      throw new PatternError('pattern-unsupported', 0, `${node.kind} needs the backtracking engine and`);
  }
}

/** `a|b|c`: SPLIT a, (SPLIT b, c), each but the last followed by a JUMP behind the whole. */
function writeChoice(writer: Writer, parts: readonly PatternNode[], isLast: boolean): void {
  const jumps: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLastPart = index === parts.length - 1;
    const split = isLastPart ? -1 : emit(writer, SPLIT, writer.op.length + 1);
    write(writer, part, isLast);
    if (isLastPart) break;
    jumps.push(emit(writer, JUMP, 0));
    writer.b[split] = writer.op.length;
  }
  for (const jump of jumps) writer.a[jump] = writer.op.length;
}

function writeRepeat(writer: Writer, node: RepeatNode, isLast: boolean): void {
  const { part, min, max } = node;
  const start = writer.op.length;
  // In `x{n,}`, and in a last `x{n}`, who has more of its count behind it can match whatever the other can.
  const hasChain = max === Infinity ? min > 1 : isLast && min === max;
  const copies = max === Infinity && min > 0 ? min - 1 : min;
  const chains: Chains = { start: -1, isWanted: hasChain };
  for (let count = 0; count < copies; count++) {
    writeCopy(writer, part, chains, count);
    // A part without instructions stays without: no need to write it a thousand times, nested even a million.
    if (writer.op.length === start) return;
  }
  if (max === Infinity) writeLoop(writer, node, chains, copies);
  else if (max > min) writeOptional(writer, node);
}

/** The chains of one repeat: from `start`, one for each instruction of a copy; -1 before the first copy. */
interface Chains {
  start: number;
  readonly isWanted: boolean;
}

function writeCopy(writer: Writer, part: PatternNode, chains: Chains, rank: number): void {
  const first = writer.op.length;
  write(writer, part, false);
  if (!chains.isWanted) return;
  const size = writer.op.length - first;
  if (chains.start === -1) {
    chains.start = writer.chainCount + 1;
    writer.chainCount += size;
  }
  // Copies are alike, instruction by instruction. Those of a repeat within keep their own chains.
  for (let at = 0; at < size; at++) {
    if (writer.chain[first + at] !== 0) continue;
    writer.chain[first + at] = chains.start + at;
    writer.rank[first + at] = rank;
  }
}

/**
 * `x+` as x, SPLIT back; `x*` as SPLIT x, JUMP back. An `x*` whose x can be empty is written as `(?:x+)?`: then an empty
 * turn ends the loop with the preference that a backtracking engine gives it.
 */
function writeLoop(writer: Writer, node: RepeatNode, chains: Chains, rank: number): void {
  const isPlus = node.min > 0;
  const isNullable = lengthsOf(node.part).min === 0;
  const skip = isPlus ? -1 : emit(writer, SPLIT, 0);
  const start = writer.op.length;
  writeCopy(writer, node.part, chains, rank);
  if (writer.op.length === start) {
    if (skip !== -1) closeSplit(writer, skip, node.greed === 'greedy');
    return;
  }
  if (isPlus || isNullable) {
    const again = emit(writer, SPLIT, start);
    writer.b[again] = again + 1;
    if (node.greed === 'lazy') {
      writer.a[again] = again + 1;
      writer.b[again] = start;
    }
  } else emit(writer, JUMP, skip);
  if (skip !== -1) closeSplit(writer, skip, node.greed === 'greedy');
}

/** `x{0,n}` as (x(x(x)?)?)?: who has less of its count behind it can match whatever the other can. */
function writeOptional(writer: Writer, node: RepeatNode): void {
  const splits: number[] = [];
  const chains: Chains = { start: -1, isWanted: node.max - node.min > 1 && !writer.captures };
  for (let count = node.min; count < node.max; count++) {
    splits.push(emit(writer, SPLIT, 0));
    const start = writer.op.length;
    writeCopy(writer, node.part, chains, node.max - count);
    if (writer.op.length === start) break;
  }
  for (const split of splits) closeSplit(writer, split, node.greed === 'greedy');
}

/** Sends the split into the part that follows it, or behind everything written so far. */
function closeSplit(writer: Writer, split: number, isGreedy: boolean): void {
  writer.a[split] = isGreedy ? split + 1 : writer.op.length;
  writer.b[split] = isGreedy ? writer.op.length : split + 1;
}

function internSet(writer: Writer, set: ByteSet): number {
  // Copies of a repeated part share their sets: most are found without looking inside.
  const same = writer.setObjects.get(set);
  if (same !== undefined) return same;
  const key = keyOf(set);
  const index = writer.setIndex.get(key) ?? writer.sets.push(set) - 1;
  writer.setIndex.set(key, index);
  writer.setObjects.set(set, index);
  return index;
}

function internAssertion(writer: Writer, assertion: Assertion): number {
  const key =
    assertion.kind === 'edge'
      ? assertion.edge
      : `${assertion.isAhead}${assertion.atEdge}${keyOf(assertion.set)}`;
  const index = writer.assertionIndex.get(key) ?? writer.assertions.push(assertion) - 1;
  writer.assertionIndex.set(key, index);
  return index;
}
