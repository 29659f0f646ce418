/**
 * What stands behind a literal wherever a rule matches: `HTTP/` is in every request, but hardly ever followed by five bytes
 * without a line feed. Asked where the literal was found, so that rules about what every message holds are not evaluated
 * for every message.
 *
 * Safety argument: it may say "perhaps" where there is no match, never "no" where there is one. The steps are those of the
 * rule, widened: assertions hold, case is ignored, what is not known ends the sequel. A text only says what follows within
 * its line (coverage.ts: fields are scanned one by one, and some buffers leave some out), so that a sequel that is still
 * going on at the end of a line or text holds. A match in a buffer that ends before the text does has taken its bytes from
 * the buffer, and they are in the text; only that a byte is *not* there can be true because a buffer ends, and so
 * contents that must not be there are looked at in the whole message alone (needs.ts).
 */
import { complementOf, foldedSet, setOf } from '../rx/byte-set.ts';
import type { ByteSet } from '../rx/byte-set.ts';
import type { Pattern, PatternNode, RepeatNode } from '../rx/syntax.ts';
import type { CompiledOption } from './compile.ts';

/** An automaton of up to STEPS_MAX steps, each one byte, as bits. Nothing of it changes, so that threads can share it. */
export interface Sequel {
  /** For each byte the steps that it fits. */
  readonly fits: Int32Array;
  /** For each step those that may come behind it. */
  readonly next: Int32Array;
  /** Those that may come first. */
  readonly first: number;
  /** Those behind which nothing more is known. */
  readonly last: number;
}

const STEPS_MAX = 31;
/** Copies of a part that is repeated. */
const COPIES_MAX = 8;
/** Bytes that are looked at; from there on it holds. */
export const SEQUEL_BYTES_MAX = 256;
/** The same behind a pair in a long text: pictures have one or two, and a line feed by then. */
export const PAIR_SEQUEL_BYTES_MAX = 1024;
const LINE_FEED = 0x0a;

/** Whether the bytes of `text` from `start` on may be a sequel; what is still going on after `bytesMax` is one. */
export function mayFollow(
  sequel: Sequel,
  text: string,
  start: number,
  bytesMax: number = SEQUEL_BYTES_MAX,
): boolean {
  const { fits, next, last } = sequel;
  const end = Math.min(text.length, start + bytesMax);
  let expected = sequel.first;
  for (let at = start; at < end; at++) {
    const byte = text.charCodeAt(at) & 0xff;
    const reached = expected & fits[byte]!; // All bytes.
    if (reached === 0) return false;
    if ((reached & last) !== 0 || byte === LINE_FEED) return true;
    expected = 0;
    for (let bits = reached; bits !== 0; bits &= bits - 1) expected |= next[31 - Math.clz32(bits & -bits)]!; // Of every step.
  }
  return true;
}

/** Equal sequels have equal keys. */
export function keyOfSequel({ fits, next, first, last }: Sequel): string {
  return [first, last, next.join(' '), fits.join(' ')].join('|');
}

/**
 * What may stand behind the content at `index`: bytes that must not be there, before an option moves on. Undefined when
 * nothing is known.
 */
export function sequelOfContent(options: readonly CompiledOption[], index: number): Sequel | undefined {
  const sets: ByteSet[] = [];
  for (const option of options.slice(index + 1)) {
    if (option.kind === 'isdataat' || option.kind === 'byte_test' || option.kind === 'size') continue;
    if (option.kind !== 'content' || !option.option.isNegated) break;
    forbid(option.option, sets);
  }
  if (sets.length === 0) return undefined;
  const steps = new Steps();
  const ends = sets.map((set) => steps.one(set));
  return steps.sequel(ends);
}

/** Takes a byte that must not be there out of the sets of its places. */
function forbid(content: Extract<CompiledOption, { kind: 'content' }>['option'], sets: ByteSet[]): void {
  const { bytes, distance = 0, within, offset, depth } = content;
  // A letter could be in the text in the other case.
  if (bytes.length !== 1 || /[a-z]/i.test(bytes) || offset !== undefined || depth !== undefined) return;
  if (typeof distance !== 'number' || typeof within !== 'number' || distance < 0) return;
  const end = Math.min(STEPS_MAX, distance + within);
  while (sets.length < end) sets.push(complementOf(setOf()));
  for (const set of sets.slice(distance, end)) set[bytes.charCodeAt(0) & 0xff] = 0;
}

/** The literal that each match of a pattern begins with, in lower case, and what comes behind it. */
export function sequelOfPattern({ root }: Pattern): { literal: string; sequel: Sequel } | undefined {
  const parts = root.kind === 'sequence' ? root.parts : [root];
  let literal = '';
  let place = 0;
  for (const part of parts) {
    if (part.kind === 'set' && part.letter !== undefined) literal += part.letter;
    else if (literal !== '' || !isEdge(part)) break;
    place++;
  }
  if (literal === '') return undefined;
  const steps = new Steps();
  const known: Part[] = [];
  for (const part of parts.slice(place)) {
    const made = steps.of(part);
    if (made === undefined) break;
    known.push(made);
  }
  const sequel = steps.sequel(known);
  return sequel === undefined ? undefined : { literal, sequel };
}

function isEdge({ kind }: PatternNode): boolean {
  return kind === 'edge' || kind === 'byte-look' || kind === 'empty';
}

/** A part of a pattern: its first and last steps as bits, and whether it may be left out. */
interface Part {
  readonly first: number;
  readonly last: number;
  readonly isOptional: boolean;
}

const NOTHING: Part = { first: 0, last: 0, isOptional: true };

/** Makes steps of parts of a pattern (Glushkov's automaton). Undefined for what they cannot say, or not with so few. */
class Steps {
  readonly #fits = new Int32Array(256);
  readonly #next: number[] = [];

  one(set: ByteSet): Part {
    const bit = 1 << this.#next.length;
    this.#next.push(0);
    for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) this.#fits[byte]! |= bit; // All bytes.
    return { first: bit, last: bit, isOptional: false };
  }

  of(node: PatternNode): Part | undefined {
    switch (node.kind) {
      case 'set':
        return this.#next.length === STEPS_MAX ? undefined : this.one(foldedSet(node.set));
      case 'empty':
      case 'edge':
      case 'byte-look':
      case 'look':
      case 'keep':
        return NOTHING;
      case 'capture':
      case 'atomic':
        return this.of(node.part);
      case 'sequence':
        return this.#sequence(node.parts);
      case 'choice':
        return this.#choice(node.parts);
      case 'repeat':
        return this.#repeat(node);
      case 'backreference':
      case 'condition':
        return undefined;
    }
  }

  /** Undefined when nothing has to stand there. */
  sequel(parts: readonly Part[]): Sequel | undefined {
    const { first, last, isOptional } = parts.reduce((left, right) => this.#join(left, right), NOTHING);
    if (isOptional) return undefined;
    return { fits: this.#fits, next: Int32Array.from(this.#next), first, last };
  }

  #sequence(parts: readonly PatternNode[]): Part | undefined {
    let all = NOTHING;
    for (const part of parts) {
      const made = this.of(part);
      if (made === undefined) return undefined;
      all = this.#join(all, made);
    }
    return all;
  }

  #choice(parts: readonly PatternNode[]): Part | undefined {
    let all: Part = { first: 0, last: 0, isOptional: false };
    for (const part of parts) {
      const made = this.of(part);
      if (made === undefined) return undefined;
      all = {
        first: all.first | made.first,
        last: all.last | made.last,
        isOptional: all.isOptional || made.isOptional,
      };
    }
    return all;
  }

  /** As many copies as must be there, up to some, the last of them as often as it likes: more than the pattern says. */
  #repeat({ part, min, max }: RepeatNode): Part | undefined {
    if (max === 0) return NOTHING;
    const copies = Math.min(Math.max(1, min), COPIES_MAX);
    let all = NOTHING;
    for (let count = 1; count <= copies; count++) {
      const made = this.of(part);
      if (made === undefined) return undefined;
      if (count === copies && max > copies) this.#connect(made.last, made.first);
      all = this.#join(all, made);
    }
    return min === 0 ? { ...all, isOptional: true } : all;
  }

  #join(left: Part, right: Part): Part {
    this.#connect(left.last, right.first);
    return {
      first: left.first | (left.isOptional ? right.first : 0),
      last: right.last | (right.isOptional ? left.last : 0),
      isOptional: left.isOptional && right.isOptional,
    };
  }

  #connect(last: number, first: number): void {
    for (const [step, next] of this.#next.entries())
      if ((last & (1 << step)) !== 0) this.#next[step] = next | first;
  }
}
