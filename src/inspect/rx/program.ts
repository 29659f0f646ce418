/**
 * A pattern as instructions of a small machine (Thompson's construction), which both engines run.
 *
 *     BYTE   set        one byte of the set, then the next instruction
 *     SPLIT  a, b       go on at a and at b, a preferred
 *     JUMP   a          go on at a
 *     SAVE   slot       remember the offset: slots 2k and 2k+1 are the ends of group k, group 0 is the match
 *     ASSERT kind       go on only if the assertion holds here
 *     MATCH             the pattern has matched
 *
 * Bytes that no set of the pattern tells apart fall into one class, so that tables are a few dozen columns wide.
 */
import { ESCAPE_SETS, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { PatternError } from './syntax.ts';
import type { Assertion, Pattern, PatternNode } from './syntax.ts';

export const BYTE = 0;
export const SPLIT = 1;
export const JUMP = 2;
export const SAVE = 3;
export const ASSERT = 4;
export const MATCH = 5;

/** Assertions as numbers, for the operand of ASSERT. */
export const ASSERTIONS: readonly Assertion[] = [
  'start',
  'end',
  'line-start',
  'line-end',
  'word-edge',
  'no-word-edge',
];

export interface Program {
  readonly size: number;
  readonly op: Uint8Array;
  /** BYTE: set. SPLIT: preferred target. JUMP: target. SAVE: slot. ASSERT: index into ASSERTIONS. */
  readonly a: Int32Array;
  /** SPLIT: other target. */
  readonly b: Int32Array;
  readonly slotCount: number;
  readonly hasAssertions: boolean;
  readonly classCount: number;
  /** The class of each byte. */
  readonly classOf: Uint8Array;
  /** For each set, one flag for each class. */
  readonly sets: readonly Uint8Array[];
  /** For each class, one of its bytes. */
  readonly byteOf: Uint8Array;
}

/**
 * Instructions of one program. The largest expression of common rule sets needs about 6,000; running a program costs
 * at most its size for each byte, so that this bound is also the bound of that.
 */
const PROGRAM_SIZE_MAX = 20_000;

/**
 * Throws a PatternError when the pattern is too large once its counts are written out. With `captures: 'none'` only
 * the ends of the whole match are kept, which is all that a rule without captures needs.
 */
export function compileProgram(pattern: Pattern, captures: 'all' | 'none'): Program {
  const writer: Writer = {
    op: [],
    a: [],
    b: [],
    sets: [],
    setIndex: new Map(),
    setObjects: new Map(),
    captures: captures === 'all',
  };
  emit(writer, SAVE, 0);
  write(writer, pattern.root);
  emit(writer, SAVE, 1);
  emit(writer, MATCH, 0);
  const hasAssertions = writer.op.includes(ASSERT);
  return {
    size: writer.op.length,
    op: Uint8Array.from(writer.op),
    a: Int32Array.from(writer.a),
    b: Int32Array.from(writer.b),
    slotCount: captures === 'all' ? 2 * (pattern.captureCount + 1) : 2,
    hasAssertions,
    ...classify(writer.sets, hasAssertions),
  };
}

interface Writer {
  readonly op: number[];
  readonly a: number[];
  readonly b: number[];
  readonly sets: ByteSet[];
  readonly setIndex: Map<string, number>;
  readonly setObjects: Map<ByteSet, number>;
  readonly captures: boolean;
}

function emit(writer: Writer, op: number, a: number, b = 0): number {
  if (writer.op.length >= PROGRAM_SIZE_MAX) {
    throw new PatternError('pattern-too-large', 0, `pattern needs more than ${PROGRAM_SIZE_MAX} steps`);
  }
  writer.a.push(a);
  writer.b.push(b);
  return writer.op.push(op) - 1;
}

function write(writer: Writer, node: PatternNode): void {
  switch (node.kind) {
    case 'empty':
      return;
    case 'set':
      emit(writer, BYTE, internSet(writer, node.set));
      return;
    case 'assertion':
      emit(writer, ASSERT, ASSERTIONS.indexOf(node.assertion));
      return;
    case 'sequence':
      for (const part of node.parts) write(writer, part);
      return;
    case 'choice':
      writeChoice(writer, node.parts);
      return;
    case 'capture':
      if (writer.captures) emit(writer, SAVE, 2 * node.index);
      write(writer, node.part);
      if (writer.captures) emit(writer, SAVE, 2 * node.index + 1);
      return;
    case 'repeat':
      writeRepeat(writer, node);
  }
}

/** `a|b|c`: SPLIT a, (SPLIT b, c), each but the last followed by a JUMP behind the whole. */
function writeChoice(writer: Writer, parts: readonly PatternNode[]): void {
  const jumps: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const split = isLast ? -1 : emit(writer, SPLIT, writer.op.length + 1);
    write(writer, part);
    if (isLast) break;
    jumps.push(emit(writer, JUMP, 0));
    writer.b[split] = writer.op.length;
  }
  for (const jump of jumps) writer.a[jump] = writer.op.length;
}

function writeRepeat(writer: Writer, node: PatternNode & { readonly kind: 'repeat' }): void {
  for (let count = 0; count < node.min; count++) {
    const start = writer.op.length;
    write(writer, node.part);
    // A part without instructions stays without: no need to write it a thousand times, nested even a million.
    if (writer.op.length === start) return;
  }
  if (node.max === Infinity) {
    const split = emitSplit(writer);
    write(writer, node.part);
    emit(writer, JUMP, split);
    closeSplit(writer, split, node.isGreedy);
    return;
  }
  const splits: number[] = [];
  for (let count = node.min; count < node.max; count++) {
    splits.push(emitSplit(writer));
    write(writer, node.part);
  }
  for (const split of splits) closeSplit(writer, split, node.isGreedy);
}

function emitSplit(writer: Writer): number {
  return emit(writer, SPLIT, 0, 0);
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
  const key = String.fromCharCode(...set);
  const index = writer.setIndex.get(key) ?? writer.sets.push(set) - 1;
  writer.setIndex.set(key, index);
  writer.setObjects.set(set, index);
  return index;
}

type Classes = Pick<Program, 'classCount' | 'classOf' | 'sets' | 'byteOf'>;

/** Two bytes share a class when every set has both or neither; assertions also look at word bytes and line feeds. */
function classify(sets: readonly ByteSet[], hasAssertions: boolean): Classes {
  const word = ESCAPE_SETS['w'] ?? setOf();
  const telling = hasAssertions ? [...sets, word, setOf([0x0a, 0x0a])] : sets;
  const classOf = new Uint8Array(256);
  const byteOf: number[] = [];
  const known = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const key = telling.map((set) => set[byte]).join('');
    let index = known.get(key);
    if (index === undefined) {
      index = byteOf.push(byte) - 1;
      known.set(key, index);
    }
    classOf[byte] = index;
  }
  return {
    classCount: byteOf.length,
    classOf,
    byteOf: Uint8Array.from(byteOf),
    sets: sets.map((set) => Uint8Array.from(byteOf, (byte) => set[byte] ?? 0)),
  };
}
