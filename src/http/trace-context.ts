/**
 * W3C Trace Context, level 1: the fields `traceparent` and `tracestate`.
 *
 *     00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *     version  trace id, 16 bytes         parent id, 8 bytes flags
 *
 * What comes from the network is read exactly as the clauses say or not at all: a value that is nearly right is none, and
 * then a new trace begins. Nothing read here is longer than its bounds, and all of it is printable ASCII. Linear in what
 * is given, which the bounds of a head limit.
 */

export interface TraceContext {
  /** 32 hexadecimal digits in lower case, not all zero. */
  readonly traceId: string;
  /** 16 of them: the span that the sender says is the parent. */
  readonly spanId: string;
  /** Whether the sender records this trace. */
  readonly isSampled: boolean;
}

/** §3.3.1.1: members of a list. */
export const STATE_MEMBERS_MAX = 32;
/** §3.3.1.5: what everybody has to pass on. We pass on no more. */
export const STATE_CHARS_MAX = 512;
/** §3.3.1.5: longer members go first. */
const STATE_MEMBER_LONG_CHARS = 128;

const PARENT_CHARS = 55;
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
const TRACE_ID_NONE = '0'.repeat(32);
const SPAN_ID_NONE = '0'.repeat(16);
const SAMPLED = 1;

/** Reads the value of a `traceparent` (§3.2.2); undefined for what is none. */
export function readTraceparent(value: string): TraceContext | undefined {
  const found = PARENT.exec(value);
  if (found === null) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = ''] = found;
  // Version 00 ends here. Of a version to come, what we know is read, if it ends here or a dash follows (§3.2.4).
  const hasMore = value.length > PARENT_CHARS;
  if (version === 'ff' || (hasMore && (version === '00' || value[PARENT_CHARS] !== '-'))) return undefined;
  if (traceId === TRACE_ID_NONE || spanId === SPAN_ID_NONE) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Flags that level 1 does not know are not passed on (§3.2.2.5.2). */
export function writeTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/**
 * Reads the values of all `tracestate` fields of a message as the one list that they are (§3.3.1), and gives back what is
 * to be passed on of it: an empty string for a list that is malformed, has a key twice, or more than 32 members. From one
 * of more than 512 characters whole members are left out, long ones first, then those at the end.
 */
export function readTracestate(values: readonly string[]): string {
  const members: string[] = [];
  const keys = new Set<string>();
  for (const value of values) {
    for (const part of value.split(',')) {
      const member = withoutWhiteSpace(part);
      // Empty ones are allowed and mean nothing.
      if (member === '') continue;
      const key = keyOf(member);
      if (key === undefined || keys.has(key) || members.length === STATE_MEMBERS_MAX) return '';
      keys.add(key);
      members.push(member);
    }
  }
  return join(members);
}

/** §3.3.1.3.1: a key of a simple name, or `tenant@system`. */
const KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
/** §3.3.1.3.2: printable ASCII without `,` and `=`, and no space at its end. */
const VALUE = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/** The key of a member; undefined where it is malformed. */
function keyOf(member: string): string | undefined {
  const equals = member.indexOf('=');
  const key = member.slice(0, Math.max(equals, 0));
  return KEY.test(key) && VALUE.test(member.slice(equals + 1)) ? key : undefined;
}

/** OWS of RFC 9110 §5.6.3, and no other space. */
function withoutWhiteSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text, start)) start++;
  while (end > start && isWhiteSpace(text, end - 1)) end--;
  return text.slice(start, end);
}

function isWhiteSpace(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}

/** At most 32 members come here, of at most 513 characters each. */
function join(members: readonly string[]): string {
  const all = members.join(',');
  if (all.length <= STATE_CHARS_MAX) return all;
  const kept = [...members];
  const isTooLong = (): boolean => kept.join(',').length > STATE_CHARS_MAX;
  for (let index = kept.length - 1; index >= 0 && isTooLong(); index--) {
    if ((kept[index]?.length ?? 0) > STATE_MEMBER_LONG_CHARS) kept.splice(index, 1);
  }
  while (isTooLong()) kept.pop();
  return kept.join(',');
}
