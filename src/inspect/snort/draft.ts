/**
 * A rule while its options are read: what is known so far, and how the options become groups.
 *
 * In Snort 3 every mention of a buffer begins a group with a fresh cursor. In Snort 2 and Suricata all options on one
 * buffer are one group however they are spread over the rule, and a modifier behind a content moves it to its buffer.
 */
import { isMultiBuffer } from './buffers.ts';
import type { BufferKind } from './buffers.ts';
import type {
  BufferGroup,
  BufferReference,
  Condition,
  ContentOption,
  Dialect,
  Effect,
  MatchOption,
  RateFilter,
  Reference,
  Threshold,
  Transform,
} from './rule.ts';

/** An option that cannot be run here, and why. A rule that has one is not loaded. */
export interface NotRun {
  readonly option: string;
  readonly because: string;
  /** True when `option` is the protocol in the header of the rule. */
  readonly isProtocol?: true;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
export type DraftContent = Writable<ContentOption>;

/** One option and the buffer it is on. */
export interface DraftEntry {
  option: MatchOption;
  buffer: BufferReference;
  /** Counts mentions of buffers: what Snort 3 and buffers with several values make groups of. */
  mention: number;
  /** On the buffer of the option before it, whichever that will be. */
  followsLast: boolean;
}

export interface RuleDraft {
  readonly dialect: Dialect;
  /** The buffer that options are on unless they say otherwise. */
  buffer: BufferReference;
  mention: number;
  /** True once a sticky buffer was named. */
  isSticky: boolean;
  readonly entries: DraftEntry[];
  readonly absent: Map<string, 'matches' | 'only'>;
  /** Buffers of Snort 3 that were named, whether or not an option follows. */
  readonly mentions: BufferReference[];
  /** Names that byte_extract and byte_math set. */
  readonly variables: Set<string>;
  readonly conditions: Condition[];
  readonly effects: Effect[];
  readonly notRun: NotRun[];
  readonly withoutEffect: string[];
  readonly references: Reference[];
  readonly metadata: string[];
  readonly services: string[];
  threshold: Threshold | undefined;
  filter: RateFilter | undefined;
  isSilent: boolean;
  gid: number;
  sid: number | undefined;
  rev: number;
  message: string;
  classtype: string | undefined;
  priority: number | undefined;
}

export function newDraft(dialect: Dialect): RuleDraft {
  const payload = bufferReference('payload');
  return {
    dialect,
    buffer: payload,
    mention: 0,
    isSticky: false,
    entries: [],
    absent: new Map(),
    mentions: [payload],
    variables: new Set(),
    conditions: [],
    effects: [],
    notRun: [],
    withoutEffect: [],
    references: [],
    metadata: [],
    services: [],
    threshold: undefined,
    filter: undefined,
    isSilent: false,
    gid: 1,
    sid: undefined,
    rev: 0,
    message: '',
    classtype: undefined,
    priority: undefined,
  };
}

export function bufferReference(
  kind: BufferKind,
  name?: string,
  transforms: readonly Transform[] = [],
): BufferReference {
  const named = name === undefined ? kind : `${kind}:${name}`;
  const steps = transforms.map(({ name: step, argument }) =>
    argument === '' ? step : `${step}(${argument})`,
  );
  return { kind, name, transforms, key: [named, ...steps].join('|') };
}

/** A sticky buffer: options behind it are on it. */
export function setBuffer(draft: RuleDraft, buffer: BufferReference): void {
  draft.buffer = buffer;
  draft.isSticky = true;
  draft.mention = draft.mentions.push(buffer) - 1;
}

export function addOption(
  draft: RuleDraft,
  option: MatchOption,
  buffer: BufferReference = draft.buffer,
): void {
  draft.entries.push({ option, buffer, mention: draft.mention, followsLast: false });
}

/** A relative option without a content of its own: on the buffer of what it is relative to. */
export function addFollowing(draft: RuleDraft, option: MatchOption, isRelative: boolean): void {
  const followsLast = isRelative && !draft.isSticky && draft.dialect !== 'snort3' && draft.entries.length > 0;
  draft.entries.push({ option, buffer: draft.buffer, mention: draft.mention, followsLast });
}

/** The content that a modifier behind it is about. */
export function lastContent(draft: RuleDraft): DraftContent | undefined {
  const entry = draft.entries.findLast(({ option }) => option.kind === 'content');
  return entry?.option.kind === 'content' ? entry.option : undefined;
}

export function moveLastContent(draft: RuleDraft, buffer: BufferReference): boolean {
  const entry = draft.entries.findLast(({ option }) => option.kind === 'content');
  if (entry === undefined) return false;
  entry.buffer = buffer;
  return true;
}

/** The options as groups. Options behind `base64_data` are inside of the base64_decode before them. */
export function groupsOf(draft: RuleDraft): readonly BufferGroup[] {
  const groups = new Map<string, { buffer: BufferReference; options: MatchOption[] }>();
  if (draft.dialect === 'snort3') addMentions(draft, groups);
  let last = draft.entries[0]?.buffer;
  let decoded: MatchOption[] | undefined;
  for (const entry of draft.entries) {
    const buffer = entry.followsLast && last !== undefined ? last : entry.buffer;
    last = buffer;
    if (buffer.kind === 'base64_data') {
      decoded?.push(entry.option);
      continue;
    }
    const key = isApart(draft, buffer) ? `${entry.mention} ${buffer.key}` : buffer.key;
    const group = groups.get(key) ?? { buffer, options: [] };
    groups.set(key, group);
    group.options.push(entry.option);
    // The draft owns the list until the rule is finished.
    if (entry.option.kind === 'base64_decode') decoded = entry.option.decoded as MatchOption[];
  }
  for (const key of draft.absent.keys()) {
    if (!groups.has(key)) groups.set(key, { buffer: absentBuffer(draft, key), options: [] });
  }
  return [...groups.values()].map((group) => ({
    ...group,
    whenAbsent: draft.absent.get(group.buffer.key) ?? 'fails',
  }));
}

function addMentions(
  draft: RuleDraft,
  groups: Map<string, { buffer: BufferReference; options: MatchOption[] }>,
): void {
  // A buffer that is named and absent fails a rule of Snort 3, even when no option is on it. Bytes there always are.
  for (const [mention, buffer] of draft.mentions.entries()) {
    const isTest = buffer.kind !== 'payload' && buffer.kind !== 'base64_data';
    if (isTest) groups.set(`${mention} ${buffer.key}`, { buffer, options: [] });
  }
}

function isApart(draft: RuleDraft, buffer: BufferReference): boolean {
  return draft.dialect === 'snort3' || isMultiBuffer(buffer.kind);
}

function absentBuffer(draft: RuleDraft, key: string): BufferReference {
  return draft.mentions.find((buffer) => buffer.key === key) ?? draft.buffer;
}
