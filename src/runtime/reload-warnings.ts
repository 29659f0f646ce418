/** What a reload cannot change of what it is asked to, ready to print. */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';

/** `marksMax`: how many marks there is memory for, which was taken at the start. */
export function reloadWarnings(before: Config, after: Config, marksMax: number): readonly string[] {
  return [...lasting(before, after), ...tooManyMarks(after, marksMax)];
}

/** What only a start can change. */
function lasting(before: Config, after: Config): readonly string[] {
  const changed = [
    ...(before.runtime.workers === after.runtime.workers ? [] : ['runtime.workers']),
    ...(before.runtime.user === after.runtime.user ? [] : ['runtime.user']),
    ...(before.runtime.group === after.runtime.group ? [] : ['runtime.group']),
    ...(isDeepStrictEqual(before.admin, after.admin) ? [] : ['admin']),
  ];
  return changed.map((key) => `Key "${key}" has changed, which takes effect at the next start`);
}

function tooManyMarks({ attackers: { max } }: Config, marksMax: number): readonly string[] {
  if (max <= marksMax) return [];
  return [
    `Key "attackers.max" is ${max}, and there is memory for ${marksMax} marks: beyond that the one that ends first makes room until Sallyport is started anew`,
  ];
}
