/** The way out when the server that was chosen has no room, or is to be avoided. */
import type { Candidates } from './candidates.ts';

/**
 * The next open server after `from` in a circle that has room; when none has, the next that is not to be avoided; when
 * there is no other, `from`. O(n).
 */
export function findRoom(candidates: Candidates, from: number, avoid: number): number {
  const { weights, count } = candidates;
  let crowded = from;
  for (let step = 1; step <= count; step++) {
    const index = (from + step) % count;
    if (weights[index] === 0 || index === avoid) continue;
    if (candidates.hasRoom(index)) return index;
    if (crowded === avoid) crowded = index;
  }
  return crowded;
}
