/**
 * Steps that leave the words of a text as they are: what `cmdLine` makes of prose differs from it in the commas. A test
 * that needs a word which the text has not need not be shown the result, which then is not even made.
 *
 * Safety argument: if a text holds none of the bytes of `unless`, every run of the result without bytes of `apart` stands in
 * the text too, case aside (transforms/table.ts). So a literal without such bytes that is in the result is in the text,
 * whose scan has found it. A literal with one could be new: it is ruled out only when the text has not all of its bytes.
 */
import type { TextState } from './text-state.ts';

export interface KeptWords {
  /** Bytes, in lower case as everywhere here. */
  readonly unless: readonly number[];
  /** The tests right after the step. */
  readonly tests: readonly WordTest[];
  /** Signs that the tests behind further steps need; -1 when these may need none. */
  readonly signsBehind: number;
}

export interface WordTest {
  readonly id: number;
  /** As ValueTest has them. */
  readonly signs: number;
  /** False when it needs something else than a literal of more than one byte. */
  readonly needsLiteral: boolean;
  /** For its literals that could be new: the bytes that one needs beside the space. */
  readonly newBytes: readonly (readonly number[])[];
}

/** Whether a test could match the result, which may have the signs of `left`; `candidates` are those of the text. */
export function mayMatchWords(
  { unless, tests, signsBehind }: KeptWords,
  { held }: Pick<TextState, 'held'>,
  left: number,
  candidates: Uint32Array | undefined,
): boolean {
  if (held === undefined || unless.some((byte) => holds(held, byte)) || (left & signsBehind) !== 0)
    return true;
  if (signsBehind === -1) return true;
  return tests.some(
    ({ id, signs, needsLiteral, newBytes }) =>
      (signs === 0 || (left & signs) !== 0) &&
      (!needsLiteral ||
        (candidates !== undefined && (candidates[id >>> 5]! & (1 << (id & 31))) !== 0) || // A bit for each test.
        newBytes.some((bytes) => bytes.every((byte) => holds(held, byte)))),
  );
}

/** Either case of a letter. */
function holds(held: Uint8Array, byte: number): boolean {
  return held[byte] === 1 || (byte >= 0x61 && byte <= 0x7a && held[byte - 32] === 1);
}
