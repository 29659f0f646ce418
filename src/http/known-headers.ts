/**
 * The header fields that a proxy has to know, as small numbers, so that the fast path compares integers.
 *
 * A name is looked up by a hash that the head reader computes while it checks the name's bytes, and then compared byte
 * by byte: two names with one hash are told apart, so the hash may be as weak as it likes.
 */
import { LOWER } from './characters.ts';

export const UNKNOWN_HEADER = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const KEEP_ALIVE = 5;
export const PROXY_CONNECTION = 6;
export const TE = 7;
export const TRAILER = 8;
export const UPGRADE = 9;
export const EXPECT = 10;
export const X_FORWARDED_FOR = 11;
export const X_FORWARDED_PROTO = 12;
export const X_FORWARDED_HOST = 13;
export const FORWARDED = 14;
export const AUTHORIZATION = 15;
export const COOKIE = 16;
export const SET_COOKIE = 17;
export const USER_AGENT = 18;
export const REFERER = 19;
export const CONTENT_TYPE = 20;
export const CONTENT_ENCODING = 21;
export const CONTENT_RANGE = 22;
export const PROXY_AUTHORIZATION = 23;
export const PROXY_AUTHENTICATE = 24;
export const DATE = 25;
export const SERVER = 26;
export const MAX_FORWARDS = 27;
export const CACHE_CONTROL = 28;
export const LOCATION = 29;
export const WWW_AUTHENTICATE = 30;
export const X_FORWARDED_PORT = 31;
export const X_REAL_IP = 32;
export const HTTP2_SETTINGS = 33;
export const TRACEPARENT = 34;
export const TRACESTATE = 35;
/** One more than the largest number above. */
export const KNOWN_COUNT = 36;

/** Lower-case names by number. */
export const KNOWN_NAMES: readonly string[] = [
  '',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'authorization',
  'cookie',
  'set-cookie',
  'user-agent',
  'referer',
  'content-type',
  'content-encoding',
  'content-range',
  'proxy-authorization',
  'proxy-authenticate',
  'date',
  'server',
  'max-forwards',
  'cache-control',
  'location',
  'www-authenticate',
  'x-forwarded-port',
  'x-real-ip',
  'http2-settings',
  'traceparent',
  'tracestate',
];

/** Start value of the name hash (FNV-1a); each byte is folded to lower case and mixed in with HASH_PRIME. */
export const HASH_START: number = 0x811c9dc5 | 0;
export const HASH_PRIME = 0x01000193;

const SLOTS = 256;
/** Number of the header in each slot, 0 for empty; linear probing. */
const slots: Uint8Array = new Uint8Array(SLOTS);
const hashes: Int32Array = new Int32Array(KNOWN_COUNT);
const names: readonly Uint8Array[] = KNOWN_NAMES.map((name) => new TextEncoder().encode(name));
fillSlots();

/** The number of the field name in `bytes` from `start` to `end`, whose hash is `hash`; UNKNOWN_HEADER if none. */
export function findKnownHeader(bytes: Uint8Array, start: number, end: number, hash: number): number {
  for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const id = slots[slot]!; // slot is masked to the table.
    if (id === UNKNOWN_HEADER) return UNKNOWN_HEADER;
    if (hashes[id] === hash && isSameName(names[id]!, bytes, start, end)) return id;
  }
}

/** The number of a field name given as text, in any case; UNKNOWN_HEADER if none. */
export function knownHeaderOf(name: string): number {
  const id = KNOWN_NAMES.indexOf(name.toLowerCase());
  return id < 1 ? UNKNOWN_HEADER : id;
}

/**
 * The number of the known header that an origin may take `name` for; UNKNOWN_HEADER if none.
 *
 * CGI, WSGI and PHP turn `-` into `_`, and some servers turn everything but letters and digits into it: then
 * `X_Forwarded_For`, `X.Forwarded.For` and `X!Forwarded!For` are all the same variable as `X-Forwarded-For`.
 */
export function lookAlikeOf(name: string): number {
  return knownHeaderOf(name.replace(/[^A-Za-z0-9-]/g, '-'));
}

function isSameName(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name[index] !== LOWER[bytes[start + index]!]) return false;
  }
  return true;
}

function hashName(name: Uint8Array): number {
  let hash = HASH_START;
  for (const byte of name) hash = Math.imul(hash ^ byte, HASH_PRIME);
  return hash;
}

function fillSlots(): void {
  for (let id = 1; id < KNOWN_COUNT; id++) {
    const hash = hashName(names[id]!);
    hashes[id] = hash;
    let slot = hash & (SLOTS - 1);
    while (slots[slot] !== UNKNOWN_HEADER) slot = (slot + 1) & (SLOTS - 1);
    slots[slot] = id;
  }
}
