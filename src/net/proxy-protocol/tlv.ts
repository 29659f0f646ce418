/**
 * The type-length-value vectors that may follow the addresses of a version 2 header (PROXY protocol §2.2).
 *
 * Bytes: type 1, length 2 (big-endian), then `length` of value. They must fill the rest of the header exactly.
 * Registered types are held to their rules; all others are kept as they are. A type that says one thing about the
 * connection may be there once: of two names, this reader and the next could believe different ones.
 */
import { Buffer } from 'node:buffer';
import { escapeForLog } from '../../base/escape.ts';
import type { ProxyBad } from './bad.ts';
import { proxyBad } from './bad.ts';

export interface Tlv {
  readonly type: number;
  /** A copy: it may be kept. */
  readonly value: Uint8Array;
}

/** Registered types (§2.2.1–2.2.7) and those of the SSL TLV (§2.2.6). */
export const TLV_ALPN = 0x01;
export const TLV_AUTHORITY = 0x02;
export const TLV_CRC32C = 0x03;
export const TLV_NOOP = 0x04;
export const TLV_UNIQUE_ID = 0x05;
export const TLV_SSL = 0x20;
export const TLV_SSL_VERSION = 0x21;
export const TLV_SSL_CN = 0x22;
export const TLV_SSL_CIPHER = 0x23;
export const TLV_SSL_SIG_ALG = 0x24;
export const TLV_SSL_KEY_ALG = 0x25;
export const TLV_NETNS = 0x30;

/** For applications (E0–EF) and experiments (F0–F7): §2.2.8. */
export const TLV_CUSTOM_START = 0xe0;
export const TLV_CUSTOM_END = 0xf8;

/** §2.2.5. */
export const UNIQUE_ID_BYTES_MAX = 128;

const TLV_HEAD_BYTES = 3;
const CRC32C_BYTES = 4;
/** `client` 1, `verify` 4. */
const SSL_HEAD_BYTES = 5;

/** What the value of a known type is, and whether a second one is refused. */
interface TlvKind {
  readonly name: string;
  readonly isText: boolean;
  readonly isSingle: boolean;
}

const KINDS: ReadonlyMap<number, TlvKind> = new Map([
  [TLV_ALPN, { name: 'alpn', isText: true, isSingle: true }],
  [TLV_AUTHORITY, { name: 'authority', isText: true, isSingle: true }],
  [TLV_CRC32C, { name: 'crc32c', isText: false, isSingle: true }],
  [TLV_NOOP, { name: 'noop', isText: false, isSingle: false }],
  [TLV_UNIQUE_ID, { name: 'unique-id', isText: false, isSingle: true }],
  [TLV_SSL, { name: 'ssl', isText: false, isSingle: true }],
  [TLV_SSL_VERSION, { name: 'ssl-version', isText: true, isSingle: true }],
  [TLV_SSL_CN, { name: 'ssl-cn', isText: true, isSingle: true }],
  [TLV_SSL_CIPHER, { name: 'ssl-cipher', isText: true, isSingle: true }],
  [TLV_SSL_SIG_ALG, { name: 'ssl-sig-alg', isText: true, isSingle: true }],
  [TLV_SSL_KEY_ALG, { name: 'ssl-key-alg', isText: true, isSingle: true }],
  [TLV_NETNS, { name: 'netns', isText: true, isSingle: true }],
]);

/** The value of an SSL TLV. */
export interface SslTlv {
  /** Bit 0: the client spoke TLS. Bit 1: it gave a certificate on this connection; bit 2: in this session. */
  readonly client: number;
  /** 0 when a certificate was given and verified. */
  readonly verify: number;
  readonly tlvs: readonly Tlv[];
}

/** Reads the TLVs that fill `input`, at most `countMax` with those inside the SSL TLV. */
export function readTlvs(input: Uint8Array, countMax: number): readonly Tlv[] | ProxyBad {
  const tlvs = splitTlvs(input, countMax);
  if (!isList(tlvs)) return tlvs;
  let count = tlvs.length;
  for (const tlv of tlvs) {
    const problem = checkTlv(tlv);
    if (problem !== undefined) return problem;
    if (tlv.type !== TLV_SSL) continue;
    const inner = splitTlvs(tlv.value.subarray(SSL_HEAD_BYTES), countMax - count);
    if (!isList(inner)) return inner;
    count += inner.length;
  }
  return tlvs;
}

/** The value of an SSL TLV that readTlvs has accepted. */
export function readSslTlv(value: Uint8Array): SslTlv | undefined {
  if (value.length < SSL_HEAD_BYTES) return undefined;
  const tlvs = splitTlvs(value.subarray(SSL_HEAD_BYTES), value.length);
  if (!isList(tlvs)) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return { client: view.getUint8(0), verify: view.getUint32(1), tlvs };
}

export function findTlv(tlvs: readonly Tlv[], type: number): Uint8Array | undefined {
  return tlvs.find((tlv) => tlv.type === type)?.value;
}

/** A TLV for people: `authority "example.org"`, `0xea 01ff`. Printable ASCII, however long the value at most 64 bytes of it. */
export function describeTlv(tlv: Tlv): string {
  const kind = KINDS.get(tlv.type);
  const name = kind?.name ?? `0x${tlv.type.toString(16).padStart(2, '0')}`;
  const shown = Buffer.from(tlv.value.subarray(0, 64));
  const more = tlv.value.length > 64 ? '...' : '';
  if (kind?.isText === true) return `${name} "${escapeForLog(shown.toString('latin1'))}"${more}`;
  return `${name} ${shown.toString('hex')}${more}`;
}

/** Size of TLVs on the wire. */
export function tlvBytes(tlvs: readonly Tlv[]): number {
  return tlvs.reduce((sum, tlv) => sum + TLV_HEAD_BYTES + tlv.value.length, 0);
}

/** Writes TLVs into `output` at `offset`, which must have room for tlvBytes. */
export function emitTlvs(tlvs: readonly Tlv[], output: Uint8Array, offset: number): void {
  let at = offset;
  for (const { type, value } of tlvs) {
    output[at] = type;
    output[at + 1] = value.length >>> 8;
    output[at + 2] = value.length & 0xff;
    output.set(value, at + TLV_HEAD_BYTES);
    at += TLV_HEAD_BYTES + value.length;
  }
}

/** Where the value of the first TLV of this type starts in `input`, which readTlvs has accepted; -1 if there is none. */
export function tlvValueOffset(input: Uint8Array, type: number): number {
  let at = 0;
  while (at < input.length) {
    if (input[at] === type) return at + TLV_HEAD_BYTES;
    at += TLV_HEAD_BYTES + lengthAt(input, at);
  }
  return -1;
}

function splitTlvs(input: Uint8Array, countMax: number): readonly Tlv[] | ProxyBad {
  const tlvs: Tlv[] = [];
  const seen = new Set<number>();
  let at = 0;
  while (at < input.length) {
    if (tlvs.length >= countMax) return proxyBad('proxy-tlv-count', 'there are too many TLVs');
    if (input.length - at < TLV_HEAD_BYTES) {
      return proxyBad('proxy-tlv', 'a TLV ends before its length');
    }
    // In range: three bytes are left.
    const type = input[at]!;
    const start = at + TLV_HEAD_BYTES;
    const end = start + lengthAt(input, at);
    if (end > input.length)
      return proxyBad('proxy-tlv', `a TLV of type ${hexByte(type)} is longer than the header`);
    if (seen.has(type) && KINDS.get(type)?.isSingle === true) {
      return proxyBad('proxy-tlv-duplicate', `there are two TLVs of type ${hexByte(type)}`);
    }
    seen.add(type);
    // Not slice(): that of a Buffer is a view of it.
    tlvs.push({ type, value: new Uint8Array(input.subarray(start, end)) });
    at = end;
  }
  return tlvs;
}

/** The rules of single values. */
function checkTlv({ type, value }: Tlv): ProxyBad | undefined {
  if (type === TLV_CRC32C && value.length !== CRC32C_BYTES) {
    return proxyBad('proxy-tlv', `a checksum has 4 bytes, not ${value.length}`);
  }
  if (type === TLV_UNIQUE_ID && value.length > UNIQUE_ID_BYTES_MAX) {
    return proxyBad('proxy-tlv', `a unique id has at most ${UNIQUE_ID_BYTES_MAX} bytes, not ${value.length}`);
  }
  if (type === TLV_SSL && value.length < SSL_HEAD_BYTES) {
    return proxyBad('proxy-tlv', `an SSL TLV has at least ${SSL_HEAD_BYTES} bytes, not ${value.length}`);
  }
  return undefined;
}

/** The length field of the TLV that begins at `at`; three bytes must be there. */
function lengthAt(input: Uint8Array, at: number): number {
  return input[at + 1]! * 256 + input[at + 2]!;
}

function isList(value: readonly Tlv[] | ProxyBad): value is readonly Tlv[] {
  return Array.isArray(value);
}

function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
