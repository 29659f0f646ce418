/**
 * Which literals a match of a pattern must contain: the base of the prefilter.
 *
 * Safety argument: the answer is a set of byte strings such that every match contains at least one of them, compared
 * without regard to ASCII case. A set that is too wide, or none at all, only costs time; one that is too narrow would
 * lose attacks. So each step below may widen or give up, and never narrow: folding case widens, cutting a literal
 * short widens, replacing a part by "anything" widens.
 */
import { bytesOf } from './byte-set.ts';
import type { PatternNode } from './syntax.ts';

/** Members of one set. Beyond it the scan gains nothing over running the pattern. */
const LITERALS_MAX = 64;
/** Bytes of a literal: longer ones are cut, which is still true of every match. */
const LITERAL_BYTES_MAX = 24;
/** Bytes of a class that are written out one by one: fewer than the ten digits, which tell nothing. */
const CLASS_BYTES_MAX = 8;

/**
 * What is known of a part. `exact`: it matches these strings (folded) and no others; `needed`: every match contains
 * one of these. `undefined` is "nothing known".
 */
interface Known {
  readonly exact: readonly string[] | undefined;
  readonly needed: readonly string[] | undefined;
}

const NOTHING: Known = { exact: undefined, needed: undefined };
const EMPTY: Known = { exact: [''], needed: undefined };

/** Literals in lower case of which each match contains one; `undefined` when the pattern must always be run. */
export function neededLiterals(root: PatternNode): readonly string[] | undefined {
  const known = know(root);
  return better(asNeeded(known.exact), known.needed);
}

function know(node: PatternNode): Known {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
      return EMPTY;
    case 'set':
      return knowSet(node.set);
    case 'capture':
      return know(node.part);
    case 'sequence':
      return knowSequence(node.parts.map(know));
    case 'choice':
      return knowChoice(node.parts.map(know));
    case 'repeat':
      return knowRepeat(node);
  }
}

function knowSet(set: Uint8Array): Known {
  const folded = new Set(bytesOf(set).map((byte) => String.fromCharCode(byte).replace(/[A-Z]/, toLower)));
  return folded.size > CLASS_BYTES_MAX || folded.size === 0
    ? NOTHING
    : { exact: [...folded], needed: undefined };
}

/** Neighbouring exact parts are joined for as long as the product stays small; each run of them is a candidate. */
function knowSequence(parts: readonly Known[]): Known {
  let run: readonly string[] = [''];
  let needed: readonly string[] | undefined;
  let isExact = true;
  for (const part of parts) {
    needed = better(needed, part.needed);
    const joined = part.exact === undefined ? undefined : product(run, part.exact);
    if (joined !== undefined) {
      run = joined;
      continue;
    }
    needed = better(needed, asNeeded(run));
    isExact = false;
    run = part.exact ?? [''];
  }
  return isExact ? { exact: run, needed } : { exact: undefined, needed: better(needed, asNeeded(run)) };
}

function knowChoice(parts: readonly Known[]): Known {
  const exact = union(parts.map((part) => part.exact));
  const needed = union(parts.map((part) => better(asNeeded(part.exact), part.needed)));
  return { exact, needed };
}

function knowRepeat(node: PatternNode & { readonly kind: 'repeat' }): Known {
  const part = know(node.part);
  if (node.min === 1 && node.max === 1) return part;
  if (node.min === 0) {
    const exact = node.max === 1 ? union([part.exact, ['']]) : undefined;
    return { exact, needed: undefined };
  }
  // The part occurs at least once, so that whatever it needs is there; how often is not known.
  const counted = node.min === node.max ? repeated(part.exact, node.min) : undefined;
  return { exact: counted, needed: better(asNeeded(part.exact), part.needed) };
}

function repeated(exact: readonly string[] | undefined, count: number): readonly string[] | undefined {
  let result: readonly string[] | undefined = [''];
  for (let index = 0; index < count && result !== undefined; index++) {
    result = exact === undefined ? undefined : product(result, exact);
  }
  return result;
}

function product(left: readonly string[], right: readonly string[]): readonly string[] | undefined {
  if (left.length * right.length > LITERALS_MAX) return undefined;
  const joined = new Set(left.flatMap((head) => right.map((tail) => head + tail)));
  return [...joined].some((text) => text.length > LITERAL_BYTES_MAX) ? undefined : [...joined];
}

function union(sets: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const text of set) all.add(text);
  }
  return all.size > LITERALS_MAX ? undefined : [...all];
}

/** Exact strings as a need; the empty string is in every value and would make the need worthless. */
function asNeeded(exact: readonly string[] | undefined): readonly string[] | undefined {
  return exact === undefined || exact.includes('') ? undefined : exact;
}

/** Either need is true; the one whose shortest literal is longer is rarer in benign values. */
function better(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): readonly string[] | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  const difference = shortest(left) - shortest(right);
  if (difference !== 0) return difference > 0 ? left : right;
  return left.length <= right.length ? left : right;
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length));
}

function toLower(letter: string): string {
  return letter.toLowerCase();
}
