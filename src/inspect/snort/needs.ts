/**
 * What a message must hold for a rule to be worth evaluating: literals, each in the places where its buffer can be.
 *
 * Safety argument: a rule is left out only if one of its needs is not met, and that means that a literal which every
 * match has was looked for in all texts in which its buffer can stand (coverage.ts) and not found there. That holds for
 * every content that is not negated, for each set of literals of such a pattern (of which a match has one), and for
 * every piece of them. A group that may match when its buffer is absent proves nothing. Which needs are chosen costs
 * time, and never a match.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import { parsePattern } from '../rx/parse.ts';
import { keyOfSequel, sequelOfContent, sequelOfPattern } from './sequel.ts';
import type { Sequel } from './sequel.ts';
import { methodCost } from './expected.ts';
import type { Expected } from './expected.ts';
import type { CompiledGroup, CompiledOption, CompiledRule } from './compile.ts';
import type { Coverage, Coverages } from './coverage.ts';
import type { BufferReference, ContentOption } from './rule.ts';

/** One of the literals is in one of the places. */
export interface Need {
  /** Equal needs have equal keys. */
  readonly key: string;
  /** In lower case; one or more, none of them empty. */
  readonly literals: readonly string[];
  readonly coverage: Coverage;
  /** What may stand behind the literal, of which there is one then; undefined: anything. */
  readonly sequel: Sequel | undefined;
  /** How many of the literals a harmless message is expected to hold. */
  readonly cost: number;
}

/** The rarest first; empty for a rule that must always be evaluated. */
export function needsOf(compiled: CompiledRule, coverages: Coverages, expected: Expected): readonly Need[] {
  const candidates: Candidate[] = [];
  for (const group of compiled.groups) {
    if (group.whenAbsent !== 'fails') continue;
    const coverage = coverages.of(group.buffer);
    if (typeof coverage !== 'string') addCandidates(group, coverage, expected, candidates);
  }
  if (candidates.every(({ cost, literals }) => cost > RARE_COST_MAX || literals.some(isPair)))
    addSequels(compiled, coverages, expected, candidates);
  candidates.sort((left, right) => left.cost - right.cost);
  return chosenFrom(candidates);
}

interface Candidate extends Need {
  /** Equal for equal places. */
  readonly place: string;
}

/** Needs beside the rarest help where that one is in harmless messages of some site after all. */
const NEEDS_MAX = 3;
/** What is in so many harmless messages tells nothing, and is found for nothing in each of them. */
const COST_MAX = 0.2;
/** A need that is met so often is worth others that are met as often. */
const RARE_COST_MAX = 0.05;
const COMMON_COST_MAX = 2.5;
/**
 * A need beside a rare one has literals of so many bytes at least: shorter ones stop the scan in many texts, and most
 * rules that have them need something longer, too.
 */
const BESIDE_BYTES_MIN = 4;
/** Of shorter literals many windows have to be written out (match/stride-windows.ts). */
const STRIDE_BYTES_MIN = 5;
/** A rule with nothing better is named by what it has. */
const ONLY_COST_MAX = 50;

function chosenFrom(all: readonly Candidate[]): readonly Need[] {
  const long = all.filter((candidate) => !isShortInBody(candidate));
  const candidates = (long[0]?.cost ?? Infinity) <= RARE_COST_MAX ? long : all;
  const [rarest, ...rest] = candidates;
  if (rarest === undefined || rarest.cost > ONLY_COST_MAX) return [];
  const chosen = [rarest];
  const isRare = rarest.cost <= RARE_COST_MAX;
  const costMax = isRare ? COST_MAX : COMMON_COST_MAX;
  for (const candidate of rest) {
    if (chosen.length >= NEEDS_MAX || candidate.cost > costMax) break;
    // Long bodies are searched for each pair apart, and to ask a rule in vain costs less.
    if (candidate.coverage.isInBody && candidate.literals.some(isPair)) continue;
    if (
      isRare &&
      (isShortInBody(candidate) || candidate.literals.some(({ length }) => length < BESIDE_BYTES_MIN))
    )
      continue;
    if (!chosen.some((known) => isImplied(candidate, known))) chosen.push(candidate);
  }
  return chosen;
}

/** Whether bodies would have to be looked at in smaller strides for it, which costs more than a rule that is named in vain. */
function isShortInBody({ coverage, literals }: Candidate): boolean {
  return coverage.isInBody && literals.some(({ length }) => length < STRIDE_BYTES_MIN);
}

/** Whether what has met `known` has met `other` as well, as a part of the same bytes. */
function isImplied(other: Candidate, known: Candidate): boolean {
  if (other.place !== known.place || other.sequel !== undefined) return false;
  return known.literals.every((literal) => other.literals.some((part) => literal.includes(part)));
}

function addCandidates(
  group: CompiledGroup,
  coverage: Coverage,
  expected: Expected,
  candidates: Candidate[],
): void {
  const sizeMax = sizeMaxOf(group);
  for (const option of group.options) {
    const place = isInFirstBytes(option, group.buffer) ? inLine(coverage) : coverage;
    for (const literals of literalSetsOf(option, place, sizeMax)) {
      const candidate = candidateOf(literals, group.buffer, place, expected);
      if (candidate !== undefined) candidates.push(candidate);
    }
  }
}

/** The shortest first line, of a space and its end: the first bytes of a message are those of its line. */
const FIRST_BYTES = 3;

/**
 * Whether the content has to stand within the first bytes of the message: rules about other protocols look for bytes there
 * that a picture has somewhere, and no line of HTTP.
 */
function isInFirstBytes(option: CompiledOption, { kind, transforms }: BufferReference): boolean {
  if (kind !== 'payload' || transforms.length > 0 || option.kind !== 'content') return false;
  const { isNegated, offset = 0, depth, distance, within } = option.option;
  if (isNegated || distance !== undefined || within !== undefined) return false;
  if (typeof offset !== 'number' || typeof depth !== 'number' || offset < 0) return false;
  return offset + depth <= FIRST_BYTES;
}

/** A stream has no line, and is covered as a body is. */
function inLine(coverage: Coverage): Coverage {
  return coverage.isInLine ? { ...coverage, field: undefined, isInBody: false } : coverage;
}

/** Two bytes without a letter: rare in texts, and in every third picture. */
function isPair(literal: string): boolean {
  return literal.length === 2 && !/[a-z]/.test(literal);
}

/** For a rule that has nothing rare, or a pair: common literals with what comes behind them. */
function addSequels(
  { groups }: CompiledRule,
  coverages: Coverages,
  expected: Expected,
  candidates: Candidate[],
): void {
  for (const group of groups) {
    const coverage = coverages.of(group.buffer);
    if (group.whenAbsent !== 'fails' || typeof coverage === 'string') continue;
    for (const index of group.options.keys()) {
      const { literal, sequel } = sequelOf(group, index, coverage) ?? {};
      const plain =
        literal === undefined ? undefined : candidateOf([literal], group.buffer, coverage, expected);
      if (plain === undefined || sequel === undefined) continue;
      if (plain.cost <= RARE_COST_MAX && !plain.literals.some(isPair)) continue;
      const cost = SEQUEL_SHARE * Math.min(plain.cost, COMMON_COST_MAX);
      candidates.push({ ...plain, key: `${plain.key}\0${keyOfSequel(sequel)}`, sequel, cost });
    }
  }
}

/** How many of the messages that hold a common literal hold its sequel, about. */
const SEQUEL_SHARE = 0.1;

/** The literal of an option and what comes behind it, where the texts say that (sequel.ts). */
function sequelOf(
  { buffer, options }: CompiledGroup,
  index: number,
  { cut, isMethod }: Coverage,
): { literal: string; sequel: Sequel | undefined } | undefined {
  const option = options[index];
  const isPayload = buffer.kind === 'payload';
  if (option === undefined || isMethod || buffer.transforms.length > 0) return undefined;
  if (cut === 'within-lines' && !isPayload) return undefined;
  const found =
    option.kind === 'pcre' && !option.option.isNegated
      ? sequelOfPattern(parsePattern(option.pattern.source, option.pattern.options))
      : option.kind === 'content' && isPayload && !option.option.isNegated
        ? { literal: foldAscii(option.option.bytes), sequel: sequelOfContent(options, index) }
        : undefined;
  const isTold = found !== undefined && (found.literal.length >= BESIDE_BYTES_MIN || isPair(found.literal));
  return !isTold || /[\r\n]/.test(found.literal) ? undefined : found;
}

/** Sets of literals of which every match of the option has one. */
function literalSetsOf(
  option: CompiledOption,
  coverage: Coverage,
  sizeMax: number,
): readonly (readonly string[])[] {
  if (option.kind === 'pcre') return option.option.isNegated ? [] : option.pattern.literalSets;
  if (option.kind !== 'content' || option.option.isNegated) return [];
  return [[anchored(option.option, coverage, sizeMax)]];
}

/** With what stands before or behind the buffer, where the content is at its beginning or at its end. */
function anchored(option: ContentOption, { before, behind }: Coverage, sizeMax: number): string {
  const { bytes, offset = 0, depth, isAtEnd, distance, within } = option;
  const isRelative = distance !== undefined || within !== undefined;
  const isAll = sizeMax === bytes.length;
  const isAtStart = isAll || (!isRelative && offset === 0 && depth === bytes.length);
  return (isAtStart ? before : '') + foldAscii(bytes) + (isAll || isAtEnd ? behind : '');
}

/** The largest size that the buffer may have. */
export function sizeMaxOf(group: CompiledGroup): number {
  let least = Infinity;
  for (const option of group.options) {
    if (option.kind !== 'size' || option.isNegated || option.isRelative) continue;
    if (typeof option.max === 'number') least = Math.min(least, option.max);
  }
  return least;
}

function candidateOf(
  literals: readonly string[],
  buffer: BufferReference,
  coverage: Coverage,
  expected: Expected,
): Candidate | undefined {
  const isDotted = buffer.transforms.some(({ name }) => name === 'dotprefix');
  const pieces: string[] = [];
  for (const literal of literals) {
    // The dot before the buffer is in no text.
    const piece = rarestPiece(isDotted ? literal.replace(/^\./, '') : literal, coverage, expected);
    if (piece === '') return undefined;
    pieces.push(piece);
  }
  if (pieces.length === 0) return undefined;
  const { isMethod, isInLine, field, isInBody } = coverage;
  const cost = isMethod ? methodCost(pieces) : expectedIn(pieces, coverage, expected);
  const place = `${isMethod ? 'm' : ''}${isInLine ? 'l' : ''}${isInBody ? 'b' : ''}${field ?? '-'}`;
  const key = `${place} ${pieces.join('\0')}`;
  return { key, place, literals: pieces, coverage, sequel: undefined, cost };
}

function expectedIn(
  literals: readonly string[],
  { isInLine, field, isInBody }: Coverage,
  expected: Expected,
): number {
  return expected.of(literals, isInLine, field !== undefined, isInBody);
}

/** What is between pieces that stand in one text each (coverage.ts). */
const BETWEEN = { 'within-lines': /[\r\n]+/, 'within-parts': /^\n+|\r[\r\n]*/ } as const;

function rarestPiece(literal: string, coverage: Coverage, expected: Expected): string {
  const { cut } = coverage;
  if (cut === 'whole' || !/[\r\n]/.test(literal)) return literal;
  let best = '';
  let bestCost = Infinity;
  for (const piece of cut === 'lines' ? linesOf(literal) : literal.split(BETWEEN[cut])) {
    const cost = piece === '' ? Infinity : expectedIn([piece], coverage, expected);
    if (cost >= bestCost) continue;
    best = piece;
    bestCost = cost;
  }
  return best;
}

/** What stands between line ends, with them; nothing for what is only line ends. */
function linesOf(literal: string): readonly string[] {
  const lines = literal.split('\r\n');
  const last = lines.length - 1;
  return lines.map((line, index) =>
    // What is left of a line end may belong to the empty line, which is in no text.
    /^[\r\n]*$/.test(line) ? '' : (index > 0 ? '\r\n' : '') + line + (index < last ? '\r\n' : ''),
  );
}
