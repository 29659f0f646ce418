/**
 * Which literal a match of a rule must contain, and in which buffer: what one automaton over a buffer is made of.
 *
 * Safety argument: the answer is a buffer and a set of byte strings such that every match of the rule has one of them
 * in a value of that buffer, compared without regard to ASCII case. That holds for every content that is not negated,
 * and for the literals of every such pattern; choosing another one costs time and loses nothing. A group that may match
 * when its buffer is absent proves nothing. What a rule says with `fast_pattern` is taken where it is true.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { CompiledBuffer, CompiledGroup, CompiledOption, CompiledRule } from './compile.ts';

export interface FastPattern {
  readonly buffer: CompiledBuffer;
  /** In lower case; one or more, none of them empty. */
  readonly literals: readonly string[];
}

export interface FastPatterns {
  /** For each rule, by its index; undefined for those that must always be evaluated. */
  readonly patterns: readonly (FastPattern | undefined)[];
  /** Indexes of rules without: they have no literal, or only in what transforms and decoders make. */
  readonly without: readonly number[];
}

export function chooseFastPatterns(rules: readonly CompiledRule[]): FastPatterns {
  const patterns = rules.map(fastPatternOf);
  const without = [...patterns.keys()].filter((index) => patterns[index] === undefined);
  return { patterns, without };
}

interface Candidate extends FastPattern {
  readonly score: number;
}

export function fastPatternOf(compiled: CompiledRule): FastPattern | undefined {
  let best: Candidate | undefined;
  for (const group of compiled.groups) {
    if (group.whenAbsent !== 'fails') continue;
    for (const option of group.options) {
      const candidate = candidateOf(group, option);
      if (candidate !== undefined && (best === undefined || candidate.score > best.score)) best = candidate;
    }
  }
  return best === undefined ? undefined : { buffer: best.buffer, literals: best.literals };
}

/** A wish of the rule outweighs every length, unless what it wishes for is next to nothing. */
const WISH = 1000;
const WISHED_BYTES_MIN = 3;

function candidateOf(group: CompiledGroup, option: CompiledOption): Candidate | undefined {
  if (option.kind === 'content') {
    if (option.option.isNegated) return undefined;
    const wish = option.option.fastPattern;
    const literal = foldAscii(option.option.bytes);
    const part = wish === undefined ? literal : literal.slice(wish.offset, endOf(wish.offset, wish.length));
    const isWished = wish !== undefined && part.length >= WISHED_BYTES_MIN;
    const chosen = isWished ? part : literal;
    return { buffer: group.buffer, literals: [chosen], score: (isWished ? WISH : 0) + selectivity(chosen) };
  }
  if (option.kind !== 'pcre' || option.option.isNegated) return undefined;
  let best: Candidate | undefined;
  for (const literals of option.pattern.literalSets) {
    if (literals.length === 0 || literals.includes('')) continue;
    const score = Math.min(...literals.map(selectivity)) - Math.log2(literals.length) - 1;
    if (best === undefined || score > best.score) best = { buffer: group.buffer, literals, score };
  }
  return best;
}

function endOf(offset: number, length: number | undefined): number | undefined {
  return length === undefined ? undefined : offset + length;
}

/**
 * How rare a literal is likely to be: long ones are, and in text of browsers letters, digits and the signs of a URL are
 * common, while other bytes are not. Words that stand in every message are worth little, however long.
 */
function selectivity(literal: string): number {
  const rare = literal.replace(/[a-z0-9 .=&/?_:;,\r\n-]/g, '').length;
  const score = Math.min(literal.length, 24) + rare / 2;
  return COMMON.some((word) => word.includes(literal)) ? Math.min(score, 1.5) : score;
}

/** What nearly every request or response has. */
const COMMON: readonly string[] = [
  'user-agent: mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/safari/gecko/',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n',
  'accept-encoding: gzip, deflate, br\r\naccept-language: en-us,en;q=0.5\r\n',
  'connection: keep-alive\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ',
  ' http/1.1\r\nhost: www.\r\n\r\n',
  'http/1.1 200 ok\r\n',
  'referer: https://',
  'cookie: ',
  'content-disposition: form-data; name="',
  '<html><head><title></title></head><body></body></html>',
  '/index.php?id=',
  'get /',
  'post /',
];
