/**
 * "Did you mean …": the candidate that a misspelt word most likely stands for.
 *
 * The distance counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). Letter
 * case and the separators `-`, `_`, `.` count for nothing, so that `first_byte` finds `firstByte`.
 */

/** In UTF-16 units. Longer words are not compared: the work is the product of the lengths. */
const WORD_CHARS_MAX = 64;

/** Of several that are equally near, the first. Undefined when none is near enough to be worth a guess. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > WORD_CHARS_MAX) return undefined;
  const wanted = fold(word);
  let best: string | undefined;
  // A third of the letters may be wrong, and always one where there are at least two.
  let bestDistance = wanted.length < 2 ? 0.5 : Math.max(1, Math.floor(wanted.length / 3)) + 0.5;
  for (const candidate of candidates) {
    if (candidate.length > WORD_CHARS_MAX) continue;
    const distance = distanceOf(wanted, fold(candidate));
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** How many edits lead from one word to the other; a swap of two neighbours is one edit. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      // In range: rows are filled from the left, and a swap is only possible from the second row and column on.
      const edits = [last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1)];
      if (isSwap && row > 1 && column > 1) edits.push(beforeLast[column - 2]! + 1);
      current.push(Math.min(...edits));
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length]!;
}

/** A word that goes on where another ends (`warning`, `warn`) is as near as one with a wrong letter. */
function distanceOf(left: string, right: string): number {
  const isLonger =
    Math.min(left.length, right.length) > 2 && (left.startsWith(right) || right.startsWith(left));
  const distance = editDistance(left, right);
  return isLonger ? Math.min(1, distance) : distance;
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_.]/g, '');
}
