/**
 * A value that satisfies the options of the groups on one buffer of a rule, made from the options themselves.
 *
 * Options that stand apart from each other are laid out one behind the other: those that must lie near the beginning
 * first, those that must lie at the end last. Relative options follow what they are relative to. The result is a guess
 * that whoever asks checks with the evaluator; with another `pick` there is another guess.
 */
import { Buffer } from 'node:buffer';
import { readByteNumber } from '../../../src/inspect/snort/byte-number.ts';
import type {
  Amount,
  ByteJumpOption,
  ByteTestOption,
  ContentOption,
  MatchOption,
  NumberForm,
} from '../../../src/inspect/snort/rule.ts';
import { samplePattern } from './pattern-sample.ts';
import type { Pick } from './pattern-sample.ts';

/** Bytes between what the options ask for; another is taken when one of them stands in the way. */
const FILLERS = ['A', '\x01', '-', 'z', '7', ' ', '\n', '\xfe', '/'];

export function makeText(groups: readonly (readonly MatchOption[])[], pick: Pick): string {
  const writer = new Writer(FILLERS[pick(3) === 0 ? pick(FILLERS.length) : 0] ?? 'A', pick);
  const chains = groups.flatMap(chainsOf);
  const ordered = pick(4) === 3 ? chains : chains.toSorted((left, right) => placeOf(left) - placeOf(right));
  const { min, max } = sizeOf(groups.flat(), pick);
  const ending = ordered.filter(endsValue);
  for (const chain of ordered) if (!endsValue(chain)) writer.write(chain);
  // What must stand at the end is measured first, so that the padding goes before it.
  const tail = new Writer('A', pick);
  for (const chain of ending) tail.write(chain);
  if (ending.length > 0) writer.pad(min - tail.text.length);
  for (const chain of ending) writer.write(chain);
  if (ending.length === 0)
    writer.pad(Math.min(max, Math.max(min, writer.wanted, writer.text.length + pick(9))));
  writer.settleNumbers();
  return writer.text;
}

/** An option that stands by itself, and those relative to it. */
type Chain = readonly MatchOption[];

function chainsOf(options: readonly MatchOption[]): readonly Chain[] {
  const chains: MatchOption[][] = [];
  for (const option of options) {
    if (option.kind === 'size') continue;
    const last = chains.at(-1);
    if (isRelative(option) && last !== undefined) last.push(option);
    else chains.push([option]);
  }
  return chains;
}

function isRelative(option: MatchOption): boolean {
  return option.kind === 'content'
    ? option.distance !== undefined || option.within !== undefined
    : option.isRelative;
}

/** Where a chain wants to stand: small numbers first. */
function placeOf(chain: Chain): number {
  const [first] = chain;
  if (first?.kind === 'content') {
    const offset = numberOf(first.offset, 0);
    return first.depth === undefined
      ? offset > 0
        ? 70_000 + offset
        : 200_000
      : offset + numberOf(first.depth, 0);
  }
  if (first?.kind === 'pcre') return /^\(*\^/.test(first.pattern) ? 0 : 300_000;
  return first?.kind === 'isdataat' ? 400_000 : 100;
}

function endsValue(chain: Chain): boolean {
  // What is the whole value is written first; contents are then taken from it.
  const [first] = chain;
  if (first?.kind === 'pcre' && /^\(*\^/.test(first.pattern)) return false;
  return chain.some(
    (option) =>
      (option.kind === 'content' && option.isAtEnd && !option.isNegated) ||
      (option.kind === 'pcre' && !option.isNegated && /(?<!\\)\$\)*$/.test(option.pattern)) ||
      (option.kind === 'isdataat' && option.isNegated && option.isRelative),
  );
}

function sizeOf(options: readonly MatchOption[], pick: Pick): { readonly min: number; readonly max: number } {
  let min = 0;
  let max = Infinity;
  for (const option of options) {
    if (option.kind === 'isdataat' && !option.isRelative) {
      // Two of these are how rules for Snort 3 say a size.
      if (option.isNegated) max = Math.min(max, numberOf(option.offset, 0));
      else min = Math.max(min, numberOf(option.offset, 0) + 1);
    }
    if (option.kind !== 'size') continue;
    if (option.isNegated) min = Math.max(min, numberOf(option.max, 0) + 1 + pick(2));
    else {
      min = Math.max(min, numberOf(option.min, 0));
      max = Math.min(max, numberOf(option.max, 0));
    }
  }
  return { min, max };
}

/** What a variable will be: byte_extract below writes this number. */
const VARIABLE = 24;

function numberOf(amount: Amount | undefined, otherwise: number): number {
  if (amount === undefined) return otherwise;
  return typeof amount === 'number' ? amount : VARIABLE;
}

class Writer {
  text = '';
  /** How long the value must become for `isdataat`. */
  wanted = 0;
  readonly #filler: string;
  readonly #pick: Pick;
  /** Whether a content that stands somewhere already is taken from there. */
  readonly #reuses: boolean;
  readonly #numbers: PlacedNumber[] = [];
  #cursor = 0;

  constructor(filler: string, pick: Pick) {
    this.#filler = filler;
    this.#pick = pick;
    this.#reuses = pick(2) === 1;
  }

  pad(length: number): void {
    if (this.text.length < length) this.text += this.#filler.repeat(length - this.text.length);
  }

  write(chain: Chain): void {
    for (const [index, option] of chain.entries()) this.#writeOption(option, chain[index + 1]);
  }

  /** Other options may have written over a number, or been written over by it: now each is made to hold. */
  settleNumbers(): void {
    for (const number of this.#numbers) {
      const { at, count, form, wanted } = number;
      const known = readByteNumber(this.text, at, count, { ...form, bitmask: 0 })?.value ?? 0;
      const bytes = bytesOfNumber(wanted(known), count, form);
      this.text = this.text.slice(0, at) + bytes + this.text.slice(at + bytes.length);
    }
  }

  #writeOption(option: MatchOption, next: MatchOption | undefined): void {
    switch (option.kind) {
      case 'content':
        if (!option.isNegated) this.#content(option);
        return;
      case 'pcre': {
        if (option.isNegated) return;
        // Between what is relative a gap is seldom wanted; apart from each other it keeps words from growing together.
        const gap = option.isRelative || this.text === '' || /^\(*\^/.test(option.pattern) ? '' : this.#gap();
        const text = samplePattern(option, this.#pick);
        const at = option.isRelative ? this.#cursor : this.text.length + gap.length;
        this.#put(at, text);
        return;
      }
      case 'isdataat':
        if (!option.isNegated) {
          const at = (option.isRelative ? this.#cursor : 0) + numberOf(option.offset, 0);
          this.wanted = Math.max(this.wanted, at + 1);
        }
        return;
      case 'byte_test':
        this.#number(option, numberOf(option.count, 1), (known) => wantedValue(option, known));
        return;
      case 'byte_extract':
        this.#cursor = this.#number(option, option.count, () => VARIABLE);
        return;
      case 'byte_math':
        this.#number(option, numberOf(option.count, 1), () => VARIABLE);
        return;
      case 'byte_jump':
        this.#jump(option, next);
        return;
      case 'base64_decode': {
        const at = (option.isRelative ? this.#cursor : 0) + option.offset;
        this.#put(at, Buffer.from(makeText([option.decoded], this.#pick), 'latin1').toString('base64'));
        return;
      }
      case 'size':
    }
  }

  #gap(): string {
    return this.#pick(2) === 0 ? '' : this.#filler;
  }

  /** Jumps as far as the option behind it looks back; from the beginning, to the end of what is there. */
  #jump(option: ByteJumpOption, next: MatchOption | undefined): void {
    const back = next?.kind === 'content' ? -numberOf(next.distance, 0) : 0;
    const value = option.from === 'beginning' ? Math.max(this.text.length, back) : Math.max(0, back);
    const behind = this.#number(option, numberOf(option.count, 0), () => value);
    const from = option.from === 'here' ? behind : option.from === 'beginning' ? 0 : this.text.length;
    const jump = Math.ceil((value * option.multiplier) / option.align) * option.align;
    this.#cursor = from + jump + numberOf(option.postOffset, 0);
    this.pad(this.#cursor);
  }

  #content(option: ContentOption): void {
    const { bytes } = option;
    if (isRelative(option)) {
      const distance = numberOf(option.distance, 0);
      const at = Math.max(0, this.#cursor + distance);
      const isFree = option.within === undefined;
      // A negative distance allows a place behind the cursor, too, when the window is large enough.
      const last = isFree ? Infinity : at + numberOf(option.within, 0) - bytes.length;
      this.#put(at < this.text.length && last >= this.text.length ? this.text.length : at, bytes);
      return;
    }
    const offset = numberOf(option.offset, 0);
    const last = option.depth === undefined ? Infinity : offset + numberOf(option.depth, 0) - bytes.length;
    const known = this.#reuses && !option.isAtEnd ? this.text.indexOf(bytes, offset) : -1;
    if (known >= 0 && known <= last) {
      this.#cursor = known + bytes.length;
      return;
    }
    const gap = this.text === '' || option.isAtEnd || last < Infinity ? '' : this.#gap();
    const at = Math.max(offset, this.text.length + gap.length);
    this.#put(at <= last ? at : offset, bytes);
  }

  /** Writes over what stands there, and sets the cursor behind. */
  #put(at: number, bytes: string): void {
    this.pad(at);
    this.text = this.text.slice(0, at) + bytes + this.text.slice(at + bytes.length);
    this.#cursor = at + bytes.length;
  }

  /** Makes room for a number where the option reads it; answers the place behind it, and leaves the cursor. */
  #number(
    option: { readonly offset: Amount; readonly isRelative: boolean; readonly form: NumberForm },
    count: number,
    wanted: (known: number) => number,
  ): number {
    const { form } = option;
    const at = (option.isRelative ? this.#cursor : 0) + numberOf(option.offset, 0);
    if (at < 0 || count === 0) return at;
    const bytes = bytesOfNumber(wanted(0), count, form);
    if (at + bytes.length > this.text.length) {
      const cursor = this.#cursor;
      this.#put(at, bytes);
      this.#cursor = cursor;
    }
    this.#numbers.push({ at, count, form, wanted });
    return at + bytes.length;
  }
}

interface PlacedNumber {
  readonly at: number;
  readonly count: number;
  readonly form: NumberForm;
  /** The number that satisfies the option, as near to the one that is there as possible. */
  readonly wanted: (known: number) => number;
}

/** What the test asks for; with a mask the value is moved to where the mask has its bits. */
function wantedValue(option: ByteTestOption, known: number): number {
  const { bitmask } = option.form;
  const shift = bitmask === 0 ? 1 : bitmask & -bitmask;
  const value = numberOf(option.value, 0);
  const isOther = option.isNegated;
  switch (option.operator) {
    case '>':
      return isOther ? Math.min(known, value) : Math.max(known, (value + 1) * shift);
    case '>=':
      return isOther ? value - 1 : Math.max(known, value * shift);
    case '<':
      return isOther ? Math.max(known, value) : Math.min(known, Math.max(0, value - 1));
    case '<=':
      return isOther ? value + 1 : Math.min(known, value);
    case '=':
      return (isOther ? value + 1 : value) * Math.abs(shift);
    case '&':
      return Number(isOther ? BigInt(known) & ~BigInt(value) : BigInt(known) | BigInt(value));
    case '^':
      return isOther ? value : value + 1;
  }
}

function bytesOfNumber(value: number, count: number, form: NumberForm): string {
  if (form.isText) return value.toString(form.base).padStart(count, '0');
  const bytes: string[] = [];
  let rest = value;
  for (let index = 0; index < count; index++) {
    bytes.push(String.fromCharCode(rest % 256));
    rest = Math.floor(rest / 256);
  }
  return (form.isLittleEndian ? bytes : bytes.reverse()).join('');
}
