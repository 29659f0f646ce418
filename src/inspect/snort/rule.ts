/**
 * A rule of Snort 2.9, Snort 3 or Suricata as it was read: plain data, in one form for the three languages.
 *
 * The languages order their options differently; here they are already sorted by what they are for:
 *
 *     header      which connections, in which direction        groups   what the bytes of a buffer must be
 *     conditions  what must be known of the connection         effects  what a match leaves behind
 *
 * Each group is one buffer and the options on it, in their order, with one cursor that begins at 0.
 */
import type { BufferKind } from './buffers.ts';

export type Dialect = 'snort2' | 'snort3' | 'suricata';

export interface SnortRule {
  readonly dialect: Dialect;
  readonly place: RulePlace;
  /** Where its text begins and ends in that of its file. */
  readonly start: number;
  readonly end: number;
  /** False for a rule that stands in a comment and was asked for all the same. */
  readonly isEnabled: boolean;
  readonly header: RuleHeader;
  readonly gid: number;
  readonly sid: number;
  readonly rev: number;
  /** Empty when the rule has none. */
  readonly message: string;
  readonly classtype: string | undefined;
  /** From `priority`, else of its classtype, else 3. 1 is the most severe. */
  readonly priority: number;
  readonly references: readonly Reference[];
  readonly metadata: readonly string[];
  /** Snort 3 `service`, Suricata's application protocol: empty when the rule names none. */
  readonly services: readonly string[];
  readonly groups: readonly BufferGroup[];
  readonly conditions: readonly Condition[];
  readonly effects: readonly Effect[];
  /** How often a match alerts; applied behind everything else. */
  readonly threshold: Threshold | undefined;
  /** `detection_filter`: how many matches it takes until the rule counts as matched. */
  readonly filter: RateFilter | undefined;
  /** True for `noalert`: a match leaves its effects and no alert. */
  readonly isSilent: boolean;
  /** Options that were read and change nothing here: `tag`, `logto`, `target`. */
  readonly withoutEffect: readonly string[];
}

/** Lines and columns count from 1. */
export interface RulePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Reference {
  readonly system: string;
  readonly id: string;
}

export interface RuleHeader {
  /** alert, block, drop, log, pass, react, reject, rewrite, sdrop ... as the rule spells it. */
  readonly action: string;
  /** tcp, udp, icmp, ip, http, tls, file ... as the rule spells it. */
  readonly protocol: string;
  readonly source: AddressTerm;
  readonly sourcePorts: PortTerm;
  readonly direction: '->' | '<>';
  readonly destination: AddressTerm;
  readonly destinationPorts: PortTerm;
}

/** `$NAME` stays a name until the variables are known: see header.ts. */
export type AddressTerm = { readonly isNegated: boolean } & (
  | { readonly kind: 'any' }
  /** Address, network or `first-last`, as written and found valid. */
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'list'; readonly terms: readonly AddressTerm[] }
);

export type PortTerm = { readonly isNegated: boolean } & (
  | { readonly kind: 'any' }
  /** Both ends belong to it. */
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'list'; readonly terms: readonly PortTerm[] }
);

/** A buffer as a rule asks for it. Two references are the same buffer when their `key` is the same. */
export interface BufferReference {
  readonly kind: BufferKind;
  /** Header, parameter or part of the target, for the kinds that take one. */
  readonly name: string | undefined;
  readonly transforms: readonly Transform[];
  /** `kind`, `kind:name`, `kind|transform|transform`: names the buffer in maps and messages. */
  readonly key: string;
}

/** A transform of Suricata, and what stands behind its colon. */
export interface Transform {
  readonly name: string;
  readonly argument: string;
}

export interface BufferGroup {
  readonly buffer: BufferReference;
  readonly options: readonly MatchOption[];
  /** What a message without this buffer means. `matches` and `only` come from Suricata's `absent`. */
  readonly whenAbsent: 'fails' | 'matches' | 'only';
}

/** A number, or the name of a variable that `byte_extract` or `byte_math` has set. */
export type Amount = number | string;

export type MatchOption =
  | ContentOption
  | PcreOption
  | ByteTestOption
  | ByteJumpOption
  | ByteExtractOption
  | ByteMathOption
  | IsDataAtOption
  | SizeOption
  | Base64DecodeOption;

export interface OptionAt {
  /** Line and column of the option's name. */
  readonly line: number;
  readonly column: number;
}

export interface ContentOption extends OptionAt {
  readonly kind: 'content';
  /** The bytes, escapes and `|hex|` resolved. Never empty. */
  readonly bytes: string;
  readonly isNegated: boolean;
  readonly isNocase: boolean;
  /** From the beginning of the buffer. */
  readonly offset: Amount | undefined;
  /** How many bytes from `offset` the whole content must lie in. */
  readonly depth: Amount | undefined;
  /** From the cursor: where the content may begin at the earliest. Present means relative. */
  readonly distance: Amount | undefined;
  /** How many bytes from the cursor and `distance` the whole content must lie in. Present means relative. */
  readonly within: Amount | undefined;
  /** `endswith`: the content ends where the buffer ends. `startswith` is offset 0 and a depth of its length. */
  readonly isAtEnd: boolean;
  readonly fastPattern: FastPatternWish | undefined;
}

/** `fast_pattern`: this content is to be searched for first; `length` undefined is all of it. */
export interface FastPatternWish {
  readonly isOnly: boolean;
  readonly offset: number;
  readonly length: number | undefined;
}

export interface PcreOption extends OptionAt {
  readonly kind: 'pcre';
  readonly pattern: string;
  readonly isNegated: boolean;
  /** `R`: the match begins at the cursor or behind it. */
  readonly isRelative: boolean;
  /** `i`, `s`, `m`, `x`, `G` (ungreedy), `A` (anchored), `E` (dollar is the very end), those that were given. */
  readonly flags: string;
}

/** How bytes become a number. */
export interface NumberForm {
  /** True: digits as text in `base`; false: binary. */
  readonly isText: boolean;
  readonly base: 8 | 10 | 16;
  readonly isLittleEndian: boolean;
  /** Applied to the number, which is then shifted right by the zero bits at its end; 0 when there is none. */
  readonly bitmask: number;
  /** True: text with fewer bytes than asked for is no number (Suricata); false: it is that of what is there (Snort). */
  readonly isWhole: boolean;
}

export interface ByteTestOption extends OptionAt {
  readonly kind: 'byte_test';
  readonly count: Amount;
  readonly operator: '<' | '>' | '<=' | '>=' | '=' | '&' | '^';
  readonly isNegated: boolean;
  readonly value: Amount;
  readonly offset: Amount;
  readonly isRelative: boolean;
  readonly form: NumberForm;
}

export interface ByteJumpOption extends OptionAt {
  readonly kind: 'byte_jump';
  readonly count: Amount;
  readonly offset: Amount;
  readonly isRelative: boolean;
  readonly form: NumberForm;
  readonly multiplier: number;
  /** The jump is rounded up to a multiple of this; 1 when it is not. */
  readonly align: number;
  readonly from: 'here' | 'beginning' | 'end';
  /** Added behind the jump. */
  readonly postOffset: Amount;
}

export interface ByteExtractOption extends OptionAt {
  readonly kind: 'byte_extract';
  readonly count: number;
  readonly offset: Amount;
  readonly variable: string;
  readonly isRelative: boolean;
  readonly form: NumberForm;
  readonly multiplier: number;
  readonly align: number;
}

export interface ByteMathOption extends OptionAt {
  readonly kind: 'byte_math';
  readonly count: Amount;
  readonly offset: Amount;
  readonly operator: '+' | '-' | '*' | '/' | '<<' | '>>';
  readonly operand: Amount;
  readonly variable: string;
  readonly isRelative: boolean;
  readonly form: NumberForm;
  /** As the one of the form, but applied to the result: so in Suricata, where that of the form is 0. */
  readonly resultBitmask: number;
}

export interface IsDataAtOption extends OptionAt {
  readonly kind: 'isdataat';
  readonly offset: Amount;
  readonly isRelative: boolean;
  readonly isNegated: boolean;
}

/** `bsize`, `urilen`, `bufferlen`, `dsize`: the size of the buffer lies between these, both included. */
export interface SizeOption extends OptionAt {
  readonly kind: 'size';
  /** How the rule called it. */
  readonly name: string;
  readonly min: Amount;
  readonly max: Amount;
  readonly isNegated: boolean;
  /** `bufferlen:...,relative`: only what is left behind the cursor counts. */
  readonly isRelative: boolean;
}

/** Decodes from here; the options on `base64_data` look at what came out. Nothing decoded does not match. */
export interface Base64DecodeOption extends OptionAt {
  readonly kind: 'base64_decode';
  readonly decoded: readonly MatchOption[];
  /** How many bytes to read; undefined for all. */
  readonly count: number | undefined;
  readonly offset: number;
  readonly isRelative: boolean;
}

export type Condition =
  | FlowCondition
  | { readonly kind: 'flowbits'; readonly test: 'isset' | 'isnotset'; readonly bits: BitExpression }
  | {
      readonly kind: 'xbits';
      readonly test: 'isset' | 'isnotset';
      readonly name: string;
      readonly track: BitOwner;
    }
  | { readonly kind: 'flowint'; readonly name: string; readonly test: IntTest; readonly value: Amount }
  | {
      readonly kind: 'stream_size';
      readonly side: 'client' | 'server' | 'both' | 'either';
      readonly operator: Comparison;
      readonly size: number;
    }
  | { readonly kind: 'app_protocol'; readonly name: string; readonly isNegated: boolean }
  | { readonly kind: 'same_ip' };

export interface FlowCondition {
  readonly kind: 'flow';
  /** undefined when the rule is for both. */
  readonly direction: Direction | undefined;
  readonly state: 'established' | 'not_established' | undefined;
  /** `only_stream`: reassembled bytes only; `no_stream`: single packets only. Both are the same bytes to a proxy. */
  readonly stream: 'only_stream' | 'no_stream' | undefined;
}

export type Direction = 'to_server' | 'to_client';

/** `a&b`: all of the names; `a|b`: any of them. One name is both. */
export interface BitExpression {
  readonly names: readonly string[];
  readonly isAny: boolean;
}

export type BitOwner = 'ip_src' | 'ip_dst' | 'ip_pair' | 'tx';
export type Comparison = '<' | '>' | '<=' | '>=' | '=' | '!=';
export type IntTest = Comparison | 'isset' | 'isnotset';

/** What a match does besides alerting; run when everything else of the rule has matched. */
export type Effect =
  | {
      readonly kind: 'flowbits';
      readonly change: 'set' | 'unset' | 'toggle';
      readonly names: readonly string[];
    }
  | {
      readonly kind: 'xbits';
      readonly change: 'set' | 'unset' | 'toggle';
      readonly name: string;
      readonly track: BitOwner;
      /** Until a set bit is gone. */
      readonly expireSeconds: number;
    }
  | {
      readonly kind: 'flowint';
      readonly name: string;
      readonly change: '=' | '+' | '-';
      readonly value: Amount;
    };

export type Track = 'by_src' | 'by_dst' | 'by_both' | 'by_rule' | 'by_flow';

export interface RateFilter {
  readonly track: Track;
  readonly count: number;
  readonly seconds: number;
}

export interface Threshold extends RateFilter {
  /** limit: the first `count` in `seconds`; threshold: each `count`th; both: once when `count` is reached. */
  readonly type: 'limit' | 'threshold' | 'both' | 'backoff';
}
