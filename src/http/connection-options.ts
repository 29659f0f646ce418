/**
 * What a message's Connection header says (RFC 9110 §7.6.1): persistence, upgrade, and the fields to remove.
 */
import { CLASS, LOWER, TOKEN } from './characters.ts';
import { TIMES_MAX } from './field-section.ts';
import type { FieldSection } from './field-section.ts';
import { CONNECTION, FORWARDED, HOST, knownHeaderOf, UNKNOWN_HEADER } from './known-headers.ts';
import * as known from './known-headers.ts';

export const HAS_CLOSE = 1;
export const HAS_KEEP_ALIVE = 2;
export const HAS_UPGRADE = 4;
/** Some other field is named, so that the writer has to look for it. */
export const HAS_NAMES = 8;
/** The value is not a list of tokens. */
export const IS_BAD = 16;

/**
 * Fields that no peer can have removed by naming them: those that we set, that frame the message, that route it, or
 * that say who is asking. Otherwise `Connection: X-Forwarded-For` would take away the client's address, and
 * `Connection: Authorization` or `Cookie` would make an origin see another request than the one inspected.
 */
const PROTECTED: ReadonlySet<number> = new Set([
  HOST,
  FORWARDED,
  known.X_FORWARDED_FOR,
  known.X_FORWARDED_HOST,
  known.X_FORWARDED_PROTO,
  known.X_FORWARDED_PORT,
  known.X_REAL_IP,
  known.CONTENT_LENGTH,
  known.CONTENT_TYPE,
  known.CONTENT_ENCODING,
  known.CONTENT_RANGE,
  known.TRANSFER_ENCODING,
  known.AUTHORIZATION,
  known.COOKIE,
  known.SET_COOKIE,
  known.LOCATION,
  known.CACHE_CONTROL,
  known.WWW_AUTHENTICATE,
]);

/** The bits above for all Connection fields of `fields`. The usual values are told by their bytes alone. */
export function readConnectionOptions(fields: FieldSection, bytes: Uint8Array, base: number): number {
  let options = 0;
  const times = fields.times(CONNECTION);
  let remaining = times === TIMES_MAX ? fields.count : times;
  for (let index = fields.first(CONNECTION); remaining > 0 && index < fields.count; index++) {
    if (fields.id(index) !== CONNECTION) continue;
    remaining--;
    options |= readList(bytes, base + fields.valueStart(index), base + fields.valueEnd(index));
  }
  return options;
}

/** The lower-case names that Connection lists for removal. Only for messages with HAS_NAMES. */
export function namedForRemoval(fields: FieldSection, text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index < fields.count; index++) {
    if (fields.id(index) !== CONNECTION) continue;
    const value = text.slice(fields.valueStart(index), fields.valueEnd(index));
    for (const item of value.split(',')) {
      const name = item.trim().toLowerCase();
      const id = knownHeaderOf(name);
      if (id === UNKNOWN_HEADER || !PROTECTED.has(id)) names.add(name);
    }
  }
  return names;
}

/** True when `bytes` from `start` to `end` is `lower` in any case; `lower` is lower-case ASCII. */
export function isSameText(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false;
  for (let index = 0; index < lower.length; index++) {
    if (LOWER[bytes[start + index]!] !== lower.charCodeAt(index)) return false;
  }
  return true;
}

function readList(bytes: Uint8Array, start: number, end: number): number {
  let options = 0;
  let at = start;
  while (at < end) {
    let itemEnd = at;
    while (itemEnd < end && bytes[itemEnd] !== 0x2c) itemEnd++;
    options |= readItem(bytes, at, itemEnd);
    at = itemEnd + 1;
  }
  return options;
}

function readItem(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  if (start === end) return 0; // An empty list element is allowed and means nothing (RFC 9110 §5.6.1).
  if (isSameText(bytes, start, end, 'keep-alive')) return HAS_KEEP_ALIVE;
  if (isSameText(bytes, start, end, 'close')) return HAS_CLOSE;
  if (isSameText(bytes, start, end, 'upgrade')) return HAS_UPGRADE;
  for (let at = start; at < end; at++) if ((CLASS[bytes[at]!]! & TOKEN) === 0) return IS_BAD;
  return HAS_NAMES;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
