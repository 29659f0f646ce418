/**
 * Rules made ready to be evaluated: literals folded, patterns compiled, headers resolved, buffers shared.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { RegexMemory } from '../rx/memory.ts';
import type { Regex } from '../rx/regex.ts';
import { PatternError } from '../rx/syntax.ts';
import { compileHeader } from './header.ts';
import type { HeaderTest } from './header.ts';
import { quotedText, RulePatternError } from './mistake.ts';
import { compilePattern } from './pattern.ts';
import type {
  Base64DecodeOption,
  BufferGroup,
  BufferReference,
  ContentOption,
  MatchOption,
  PcreOption,
  SnortRule,
} from './rule.ts';
import { makeTransform } from './transform.ts';
import type { RunTransform } from './transform.ts';
import type { SnortVariables } from './variables.ts';

export interface CompiledRule {
  readonly rule: SnortRule;
  /** undefined: every connection. */
  readonly header: HeaderTest | undefined;
  readonly groups: readonly CompiledGroup[];
  /** True when an option sets a variable, also inside of decoded bytes. */
  readonly hasVariables: boolean;
}

export interface CompiledGroup {
  /** Equal references of one compilation are one object. */
  readonly buffer: CompiledBuffer;
  readonly options: readonly CompiledOption[];
  readonly whenAbsent: BufferGroup['whenAbsent'];
  /** True when an option sets a variable: then the same place can have several outcomes. */
  readonly hasVariables: boolean;
}

export interface CompiledBuffer extends BufferReference {
  readonly run: readonly RunTransform[];
}

export interface CompiledContent {
  readonly kind: 'content';
  readonly option: ContentOption;
  /** In lower case when case is ignored. */
  readonly needle: string;
  /** Of a content that ignores case: the place in it of a byte that has no case, or -1. */
  readonly pivot: number;
  readonly isRelative: boolean;
  /** Whether another place of it can help when an option behind it fails. */
  readonly isRetried: boolean;
}

export interface CompiledPcre {
  readonly kind: 'pcre';
  readonly option: PcreOption;
  readonly pattern: Regex;
  readonly isMonotone: boolean;
  /** Options behind it are relative to where it ends. */
  readonly isFollowed: boolean;
}

export interface CompiledBase64 {
  readonly kind: 'base64_decode';
  readonly option: Base64DecodeOption;
  readonly decoded: readonly CompiledOption[];
}

export type CompiledOption =
  | CompiledContent
  | CompiledPcre
  | CompiledBase64
  | Exclude<MatchOption, ContentOption | PcreOption | Base64DecodeOption>;

/** Compiles the rules of one set; buffers that are equal become one. */
export class RuleCompiler {
  readonly #variables: SnortVariables;
  readonly #buffers = new Map<string, CompiledBuffer>();
  readonly #patterns: RegexMemory;

  constructor(variables: SnortVariables, patterns: RegexMemory) {
    this.#variables = variables;
    this.#patterns = patterns;
  }

  /** Throws OptionError for a variable that is not known, RulePatternError for a pattern that cannot be run. */
  compile(rule: SnortRule): CompiledRule {
    return {
      rule,
      hasVariables: rule.groups.some(({ options }) => setsVariables(options)),
      header: compileHeader(rule.header, this.#variables),
      groups: rule.groups.map((group) => ({
        buffer: this.#bufferFor(group.buffer),
        options: this.#compileOptions(group.options),
        whenAbsent: group.whenAbsent,
        hasVariables: setsVariables(group.options),
      })),
    };
  }

  #bufferFor(reference: BufferReference): CompiledBuffer {
    const known = this.#buffers.get(reference.key);
    if (known !== undefined) return known;
    const run = reference.transforms.flatMap((transform) => makeTransform(transform) ?? []);
    const buffer = { ...reference, run };
    this.#buffers.set(reference.key, buffer);
    return buffer;
  }

  #compileOptions(options: readonly MatchOption[]): readonly CompiledOption[] {
    return options.map((option, index) => this.#compileOption(option, options, index));
  }

  #compileOption(option: MatchOption, options: readonly MatchOption[], index: number): CompiledOption {
    switch (option.kind) {
      case 'content': {
        // Bytes without a letter are the same in either case: a value need not be folded to look for them.
        const isNocase = option.isNocase && /[A-Za-z]/.test(option.bytes);
        return {
          kind: 'content',
          option: isNocase === option.isNocase ? option : { ...option, isNocase },
          needle: isNocase ? foldAscii(option.bytes) : option.bytes,
          pivot: isNocase ? option.bytes.search(/[^A-Za-z]/) : -1,
          isRelative: isRelativeOption(option),
          isRetried: isFollowed(options, index) && !isMonotoneOption(options[index + 1]),
        };
      }
      case 'pcre':
        return {
          kind: 'pcre',
          option,
          pattern: compileText(option, this.#patterns),
          isFollowed: isFollowed(options, index),
          isMonotone: isMonotoneOption(option),
        };
      case 'base64_decode':
        return { kind: option.kind, option, decoded: this.#compileOptions(option.decoded) };
      case 'byte_test':
      case 'byte_jump':
      case 'byte_extract':
      case 'byte_math':
      case 'isdataat':
      case 'size':
        return option;
    }
  }
}

function compileText(option: PcreOption, patterns: RegexMemory): Regex {
  try {
    return compilePattern(option.pattern, option.flags, patterns);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const isSyntax = error.code === 'pattern-syntax';
    const message = `Cannot ${isSyntax ? 'read' : 'run'} pcre ${quotedText(option.pattern)}: ${error.message}`;
    throw new RulePatternError(message, isSyntax, option);
  }
}

function setsVariables(options: readonly MatchOption[]): boolean {
  return options.some((option) =>
    option.kind === 'base64_decode'
      ? setsVariables(option.decoded)
      : option.kind === 'byte_extract' || option.kind === 'byte_math',
  );
}

/**
 * An option that looks at everything behind the cursor: when it fails from one cursor, it fails from every later one,
 * and a later place of the content before it cannot help.
 */
function isMonotoneOption(option: MatchOption | undefined): boolean {
  if (option === undefined || option.kind === 'base64_decode') return false;
  if (option.kind === 'pcre') return option.isRelative && !option.isNegated && !looksBack(option);
  if (option.kind !== 'content' || option.isNegated || !isRelativeOption(option)) return false;
  return option.within === undefined && option.depth === undefined;
}

/** Assertions look at what stands before the place where the search begins, and that is the cursor. */
function looksBack(option: PcreOption): boolean {
  const text = option.pattern.replace(/(?<!\\)\[\^/g, '[');
  return option.flags.includes('A') || /\^|\\[AbBGK]|\(\?<?[=!]/.test(text);
}

/** Whether an option behind `index` begins where this one ends: the next that is relative, before one sets the cursor. */
function isFollowed(options: readonly MatchOption[], index: number): boolean {
  for (const option of options.slice(index + 1)) {
    if (isRelativeOption(option)) return true;
    if (setsCursor(option)) return false;
  }
  return false;
}

function isRelativeOption(option: MatchOption): boolean {
  if (option.kind === 'content') return option.distance !== undefined || option.within !== undefined;
  return option.isRelative;
}

function setsCursor(option: MatchOption): boolean {
  if (option.kind === 'content' || option.kind === 'pcre') return !option.isNegated;
  return option.kind === 'byte_jump' || option.kind === 'byte_extract';
}
