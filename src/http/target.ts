/**
 * The request target (RFC 9112 §3.2) and the host it names. Decides the form, refuses what is none.
 */
import { CLASS, HOST as HOST_BYTES, LOWER, TARGET } from './characters.ts';
import { isSameText } from './connection-options.ts';

export const FORM_ORIGIN = 0;
export const FORM_ABSOLUTE = 1;
export const FORM_AUTHORITY = 2;
export const FORM_ASTERISK = 3;
export type TargetForm =
  typeof FORM_ORIGIN | typeof FORM_ABSOLUTE | typeof FORM_AUTHORITY | typeof FORM_ASTERISK;

const SLASH = 0x2f;
const COLON = 0x3a;
const PORT_MAX = 65535;

/** The form of the target in `bytes` from `start` to `end` for this method, or -1 when it is none. */
export function targetForm(bytes: Uint8Array, start: number, end: number, method: string): TargetForm | -1 {
  if (method === 'CONNECT') return isHostAndPort(bytes, start, end, true) ? FORM_AUTHORITY : -1;
  if (bytes[start] === SLASH) return FORM_ORIGIN;
  if (end - start === 1 && bytes[start] === 0x2a) return method === 'OPTIONS' ? FORM_ASTERISK : -1;
  const authority = authorityStart(bytes, start, end);
  if (authority === -1) return -1;
  return isHostAndPort(bytes, authority, authorityEnd(bytes, authority, end), false) ? FORM_ABSOLUTE : -1;
}

/** Offset of the authority in an absolute-form target, or -1 when its scheme is neither http nor https. */
export function authorityStart(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 7 && isSameText(bytes, start, start + 7, 'http://')) return start + 7;
  if (end - start > 8 && isSameText(bytes, start, start + 8, 'https://')) return start + 8;
  return -1;
}

/** Offset of the first byte after the authority: a `/`, a `?`, or the end. */
export function authorityEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SLASH && bytes[at] !== 0x3f) at++;
  return at;
}

/**
 * True for `host`, `host:port` and `[IPv6]:port` (RFC 3986 §3.2.2); no userinfo, no empty host, port 0–65535.
 *
 * The inside of the brackets is only checked for its bytes: no origin resolves a Host by connecting to it.
 */
export function isHostAndPort(bytes: Uint8Array, start: number, end: number, needsPort: boolean): boolean {
  const hostEnd = bytes[start] === 0x5b ? literalEnd(bytes, start, end) : nameEnd(bytes, start, end);
  if (hostEnd <= start) return false;
  if (hostEnd === end) return !needsPort;
  return bytes[hostEnd] === COLON && isPort(bytes, hostEnd + 1, end, needsPort);
}

/** True when two host[:port] are the same, case aside and `:80` or `:443` for their scheme left out or not. */
export function isSameHost(one: string, other: string, isHttps: boolean): boolean {
  const suffix = isHttps ? ':443' : ':80';
  const plain = (host: string): string =>
    (host.endsWith(suffix) ? host.slice(0, -suffix.length) : host).toLowerCase();
  return plain(one) === plain(other);
}

/** True when every byte may stand in a target. */
export function isTargetByte(byte: number): boolean {
  return (CLASS[byte]! & TARGET) !== 0;
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== COLON) {
    const byte = bytes[at]!;
    if ((CLASS[byte]! & HOST_BYTES) === 0 || byte === 0x5b || byte === 0x5d) return -1;
    at++;
  }
  return at;
}

function literalEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x5d) return at > start + 2 ? at + 1 : -1;
    if (byte !== COLON && byte !== 0x2e && !isHexDigit(LOWER[byte]!)) return -1;
  }
  return -1;
}

function isHexDigit(lower: number): boolean {
  return (lower >= 0x30 && lower <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

function isPort(bytes: Uint8Array, start: number, end: number, isNeeded: boolean): boolean {
  if (end - start > 5 || (isNeeded && start === end)) return false;
  let port = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= PORT_MAX;
}
