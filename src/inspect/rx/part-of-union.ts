/**
 * The program of one pattern out of the program of a union: who has the union need not read the pattern again to run it
 * alone.
 *
 * The union tells more bytes apart than one of its patterns does, so that columns which are the same to this pattern become one.
 */
import { ASSERT, BYTE, JUMP, MATCH, SPLIT } from './program.ts';
import type { Program } from './program.ts';

/** What compileProgram would make of the pattern, without captures, but for the ends of the match. */
export function partOfUnion(union: Program, pattern: number): Program {
  const { start, end } = rangeOf(union, pattern);
  const op = union.op.slice(start, end);
  const a = union.a.slice(start, end);
  const b = union.b.slice(start, end);
  const sets = new Renumbering();
  const truths = new Renumbering();
  for (let counter = 0; counter < op.length; counter++) {
    const operand = a[counter]!; // As many as there are instructions.
    switch (op[counter]!) {
      case BYTE:
        a[counter] = sets.of(operand);
        break;
      case ASSERT:
        a[counter] = truths.of(operand);
        break;
      case MATCH:
        a[counter] = 0;
        break;
      case SPLIT:
        b[counter]! -= start;
        a[counter] = operand - start;
        break;
      case JUMP:
        a[counter] = operand - start;
    }
  }
  return {
    size: op.length,
    op,
    a,
    b,
    slotCount: 2,
    hasAssertions: truths.old.length > 0,
    chain: renumberedChains(union.chain.subarray(start, end)),
    rank: union.rank.slice(start, end),
    patternOf: new Uint16Array(op.length),
    ...fewerColumns(
      union,
      sets.old.map((set) => union.sets[set]!), // A BYTE has a set, an ASSERT a table.
      truths.old.map((truth) => union.truths[truth]!),
    ),
  };
}

/** Without the SPLIT that leads to the pattern and to the next one. */
function rangeOf({ patternOf, size }: Program, pattern: number): { start: number; end: number } {
  const first = patternOf.indexOf(pattern);
  const end = patternOf.lastIndexOf(pattern) + 1;
  return { start: end < size ? first + 1 : first, end };
}

/** Numbers from 0 in the order in which they are asked for. */
class Renumbering {
  readonly old: number[] = [];
  readonly #numbers = new Map<number, number>();

  of(number: number): number {
    const known = this.#numbers.get(number);
    if (known !== undefined) return known;
    const made = this.old.push(number) - 1;
    this.#numbers.set(number, made);
    return made;
  }
}

function renumberedChains(chain: Int32Array): Int32Array {
  const numbers = new Renumbering();
  numbers.of(0);
  return chain.map((of) => numbers.of(of));
}

type Columns = Pick<
  Program,
  | 'classCount'
  | 'classOf'
  | 'sets'
  | 'columnCount'
  | 'kindAtStart'
  | 'kindOf'
  | 'kindCount'
  | 'truths'
  | 'needsFinal'
>;

/**
 * Classes become one when no set and no assertion tells them apart, before or behind. The columns of the end and of the last
 * line feed stay. Kinds become one when all assertions say the same behind both.
 */
function fewerColumns(union: Program, sets: readonly Uint8Array[], truths: readonly Uint8Array[]): Columns {
  const width = union.columnCount;
  const kinds = new Map<string, number>();
  const keptKinds: number[] = [];
  const kindTo = Int32Array.from({ length: union.kindCount }, (_, kind) => {
    const key = truths.map((truth) => truth.subarray(kind * width, (kind + 1) * width).join('')).join();
    const known = kinds.get(key);
    if (known !== undefined) return known;
    kinds.set(key, keptKinds.length);
    return keptKinds.push(kind) - 1;
  });
  const classes = new Map<string, number>();
  const kept: number[] = [];
  const classTo = Int32Array.from({ length: union.classCount }, (_, column) => {
    const said = truths.map((truth) => keptKinds.map((kind) => truth[kind * width + column]!).join('')); // Within.
    const key = `${sets.map((set) => set[column]!).join('')} ${said.join()} ${kindTo[union.kindOf[column]!]!}`;
    const known = classes.get(key);
    if (known !== undefined) return known;
    classes.set(key, kept.length);
    return kept.push(column) - 1;
  });
  const classCount = kept.length;
  kept.push(union.classCount, union.classCount + 1);
  // Every class, column and kind of the union is one of these, here and above.
  return {
    classCount,
    classOf: union.classOf.map((of) => classTo[of]!),
    sets: sets.map((set) => Uint8Array.from(kept, (column) => set[column]!)),
    columnCount: kept.length,
    kindAtStart: kindTo[union.kindAtStart]!,
    kindOf: Uint16Array.from(kept, (column) => kindTo[union.kindOf[column]!]!),
    kindCount: keptKinds.length,
    truths: truths.map((truth) =>
      Uint8Array.from({ length: keptKinds.length * kept.length }, (_, place) => {
        const kind = keptKinds[Math.floor(place / kept.length)]!;
        return truth[kind * width + kept[place % kept.length]!]!;
      }),
    ),
    needsFinal: union.needsFinal,
  };
}
