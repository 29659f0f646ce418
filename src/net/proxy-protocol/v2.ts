/**
 * Reads PROXY protocol version 2 (§2.2). See v2-layout.ts for the bytes.
 */
import { Buffer } from 'node:buffer';
import { NEED } from '../../base/read.ts';
import type { Read } from '../../base/read.ts';
import type { Endpoint } from '../address.ts';
import { addressFromBytes } from '../address.ts';
import type { ProxyBad, ProxyCode } from './bad.ts';
import { proxyBad } from './bad.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyHeader, ProxyLimits, UnixAddress } from './header.ts';
import type { Tlv } from './tlv.ts';
import { readTlvs, TLV_CRC32C, tlvValueOffset } from './tlv.ts';
import {
  ADDRESS_BLOCK_BYTES,
  FAMILY_INET,
  FAMILY_UNIX,
  FAMILY_UNSPEC,
  TRANSPORTS,
  UNIX_PATH_BYTES,
  V2_HEAD_BYTES,
  V2_LOCAL,
  V2_PROXY,
  V2_SIGNATURE,
  V2_VERSION,
} from './v2-layout.ts';

/** The first 16 bytes of a header whose values are all known. */
interface Head {
  readonly isLocal: boolean;
  readonly family: 0 | 1 | 2 | 3;
  readonly transport: ProxyHeader['transport'];
  /** Of the whole header. */
  readonly bytes: number;
}

/**
 * Reads a version 2 header from the front of `input`.
 *
 * Never waits and never reads past the header. Each byte of the head is judged as soon as it is there, so that a wrong
 * peer is sent away early; addresses and TLVs only once all of them have come. A known family with an undefined
 * transport is `bad`, for LOCAL too: taking it as valid would leave a client without an address.
 */
export function readProxyV2(input: Uint8Array, limits: ProxyLimits): Read<ProxyHeader, ProxyCode> {
  const head = readHead(input, limits);
  if ('kind' in head) return head;
  if (input.length < head.bytes) return NEED;
  const header = input.subarray(0, head.bytes);
  const value =
    head.isLocal || head.family === FAMILY_UNSPEC
      ? readPeer(header, head, limits)
      : readRelayed(header, head, limits);
  return 'kind' in value ? value : { kind: 'ok', value, end: head.bytes };
}

function readHead(input: Uint8Array, limits: ProxyLimits): Head | ProxyBad | typeof NEED {
  const known = Math.min(input.length, V2_SIGNATURE.length);
  if (V2_SIGNATURE.compare(input, 0, known, 0, known) !== 0) {
    return proxyBad('proxy-signature', 'it does not begin with the signature of version 2');
  }
  const [versionCommand, familyTransport, lengthHigh, lengthLow] = input.subarray(12, 16);
  if (versionCommand === undefined) return NEED;
  const version = versionCommand >> 4;
  const command = versionCommand & 15;
  if (version !== V2_VERSION) return proxyBad('proxy-version', `its version is ${version}, not 2`);
  if (command !== V2_LOCAL && command !== V2_PROXY)
    return proxyBad('proxy-command', `command ${command} is not known`);

  if (familyTransport === undefined) return NEED;
  const kinds = readFamilyTransport(familyTransport);
  if ('kind' in kinds) return kinds;

  if (lengthHigh === undefined || lengthLow === undefined) return NEED;
  const length = lengthHigh * 256 + lengthLow;
  const bytes = V2_HEAD_BYTES + length;
  if (bytes > limits.headerBytesMax) {
    return proxyBad('proxy-length', `it is ${bytes} bytes long, more than ${limits.headerBytesMax}`);
  }
  const isLocal = command === V2_LOCAL;
  if (!isLocal && length < ADDRESS_BLOCK_BYTES[kinds.family]) {
    return proxyBad(
      'proxy-address-length',
      `${length} bytes do not hold the addresses of family ${kinds.family}`,
    );
  }
  return { isLocal, ...kinds, bytes };
}

function readFamilyTransport(byte: number): Pick<Head, 'family' | 'transport'> | ProxyBad {
  const family = byte >> 4;
  const transport = TRANSPORTS[byte & 15];
  if (!isFamily(family)) return proxyBad('proxy-family', `address family ${family} is not known`);
  if (transport === undefined) return proxyBad('proxy-transport', `transport ${byte & 15} is not known`);
  if (family !== FAMILY_UNSPEC && transport === 'unspec') {
    return proxyBad('proxy-transport', `address family ${family} has no transport`);
  }
  return { family, transport };
}

/** LOCAL, and PROXY of an unspecified family: the header names nobody, so the peer speaks for itself. */
function readPeer(header: Uint8Array, head: Head, limits: ProxyLimits): ProxyHeader | ProxyBad {
  const tlvs = readIgnorableTlvs(header, head, limits);
  if (!isList(tlvs)) return tlvs;
  const command = head.isLocal ? 'local' : 'proxy';
  return { version: 2, command, transport: head.transport, source: undefined, destination: undefined, tlvs };
}

/**
 * The TLVs of a header whose address information must be ignored (§2.2): what follows the addresses of its family is
 * kept where it reads as TLVs and otherwise skipped, because LOCAL must be accepted whatever it carries. A checksum
 * that is there still has to be right: one flipped bit makes LOCAL of PROXY, and with it the trusted peer the client.
 */
function readIgnorableTlvs(header: Uint8Array, head: Head, limits: ProxyLimits): readonly Tlv[] | ProxyBad {
  const start = V2_HEAD_BYTES + ADDRESS_BLOCK_BYTES[head.family];
  if (start > header.length) return [];
  const tlvs = readTlvs(header.subarray(start), limits.tlvCountMax);
  if (!isList(tlvs)) return [];
  return checkChecksum(header, start) ?? tlvs;
}

function readRelayed(header: Uint8Array, head: Head, limits: ProxyLimits): ProxyHeader | ProxyBad {
  const start = V2_HEAD_BYTES + ADDRESS_BLOCK_BYTES[head.family];
  const tlvs = readTlvs(header.subarray(start), limits.tlvCountMax);
  if (!isList(tlvs)) return tlvs;
  const wrong = checkChecksum(header, start);
  if (wrong !== undefined) return wrong;
  const addresses = header.subarray(V2_HEAD_BYTES, start);
  const ends =
    head.family === FAMILY_UNIX
      ? unixAddresses(addresses)
      : endpoints(addresses, head.family === FAMILY_INET ? 4 : 16);
  return { version: 2, command: 'proxy', transport: head.transport, ...ends, tlvs };
}

/** Compares the CRC32C TLV, if there is one, with the checksum of the header with zeros in its place (§2.2.3). */
function checkChecksum(header: Uint8Array, tlvsStart: number): ProxyBad | undefined {
  const offset = tlvValueOffset(header.subarray(tlvsStart), TLV_CRC32C);
  if (offset < 0) return undefined;
  const at = tlvsStart + offset;
  const zeroed = Buffer.from(header);
  const expected = zeroed.readUInt32BE(at);
  zeroed.writeUInt32BE(0, at);
  return crc32c(zeroed) === expected ? undefined : proxyBad('proxy-checksum', 'its checksum is wrong');
}

function endpoints(block: Uint8Array, bytes: 4 | 16): { source: Endpoint; destination: Endpoint } {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const source = { address: addressFromBytes(block.subarray(0, bytes)), port: view.getUint16(2 * bytes) };
  const destination = {
    address: addressFromBytes(block.subarray(bytes, 2 * bytes)),
    port: view.getUint16(2 * bytes + 2),
  };
  return { source, destination };
}

function unixAddresses(block: Uint8Array): { source: UnixAddress; destination: UnixAddress } {
  return {
    source: { path: unixPath(block.subarray(0, UNIX_PATH_BYTES)) },
    destination: { path: unixPath(block.subarray(UNIX_PATH_BYTES)) },
  };
}

/** A path ends at its first NUL. A name of the abstract namespace begins with one and ends at the padding. */
function unixPath(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  if (text.startsWith('\0')) return text.replace(/\0+$/, '');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function isFamily(value: number): value is Head['family'] {
  return value < ADDRESS_BLOCK_BYTES.length;
}

function isList(value: readonly Tlv[] | ProxyBad): value is readonly Tlv[] {
  return Array.isArray(value);
}
