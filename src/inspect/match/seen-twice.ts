/**
 * Tells what comes again from what comes once, as far as a few bits tell: a memory that keeps a text only when it comes for
 * the second time is left alone by texts that never do, and they cost no copy.
 *
 * A wrong answer costs time, never more.
 */

/** Bytes of a text that go into its mark: those at its ends, where texts that look alike differ, and some between. */
const SAMPLES = 32;

export class SeenTwice {
  readonly #marks: Int32Array;

  /** `marks` is a power of two, of at least 2. */
  constructor(marks: number) {
    this.#marks = new Int32Array(marks);
  }

  /**
   * Remembers the text; whether it was one of the last two that share a place. Texts with another `salt` are others.
   *
   * Two, for texts that come in turn push each other out: of 4,000 sections with one place each among 8,192 a ninth was never
   * found to come again.
   */
  wasSeen(text: string, salt = 0): boolean {
    const marks = this.#marks;
    const mark = markOf(text, salt);
    const last = mark & (marks.length - 2);
    if (marks[last] === mark || marks[last + 1] === mark) return true;
    marks[last + 1] = marks[last]!; // Places are pairs.
    marks[last] = mark;
    return false;
  }
}

/** A number of the length and of some bytes, never 0. */
function markOf(text: string, salt: number): number {
  const { length } = text;
  let mark = Math.imul(salt + 1, 0x85ebca6b) ^ length;
  const step = Math.max(1, Math.ceil(length / SAMPLES));
  for (let at = length - 1; at >= 0; at -= step) {
    mark = (Math.imul(mark, 0x9e3779b1) ^ text.charCodeAt(at)) | 0;
  }
  mark ^= mark >>> 15;
  return mark === 0 ? 1 : mark;
}
