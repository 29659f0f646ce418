/**
 * Writes PROXY protocol version 2 (§2.2). See v2-layout.ts for the bytes.
 */
import { Buffer } from 'node:buffer';
import type { Address, Endpoint } from '../address.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyAddress, UnixAddress } from './header.ts';
import { isUnixAddress } from './header.ts';
import type { Tlv } from './tlv.ts';
import {
  emitTlvs,
  TLV_ALPN,
  TLV_AUTHORITY,
  TLV_CRC32C,
  TLV_CUSTOM_END,
  TLV_CUSTOM_START,
  TLV_UNIQUE_ID,
  tlvBytes,
  UNIQUE_ID_BYTES_MAX,
} from './tlv.ts';
import {
  ADDRESS_BLOCK_BYTES,
  FAMILY_INET,
  FAMILY_INET6,
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

/** What a written header says. `local`, or no addresses, or addresses of no common family: UNSPEC without addresses. */
export interface ProxyV2Content {
  readonly command: 'proxy' | 'local';
  /** Default `stream`. */
  readonly transport?: 'stream' | 'dgram';
  readonly source?: ProxyAddress | undefined;
  readonly destination?: ProxyAddress | undefined;
  readonly tlvs?: ProxyV2Tlvs;
}

export interface ProxyV2Tlvs {
  readonly alpn?: string | undefined;
  /** The host that the client asked for; written as UTF-8. */
  readonly authority?: string | undefined;
  /** At most 128 bytes; text is written as latin1. */
  readonly uniqueId?: Uint8Array | string | undefined;
  /** Types E0–F7. */
  readonly custom?: readonly Tlv[] | undefined;
  /** Adds the checksum of the whole header. */
  readonly crc32c?: boolean | undefined;
}

/** The address part: its family and its bytes. */
interface AddressBlock {
  readonly family: number;
  readonly bytes: Uint8Array;
}

const NO_ADDRESSES: AddressBlock = { family: FAMILY_UNSPEC, bytes: new Uint8Array(0) };

/** Writes a version 2 header; throws RangeError for what the format cannot hold. */
export function writeProxyV2(content: ProxyV2Content): Uint8Array {
  const tlvs = collectTlvs(content.tlvs ?? {});
  const block = addressBlock(content);
  const length = block.bytes.length + tlvBytes(tlvs);
  if (length > 0xffff) throw new RangeError(`Cannot write a PROXY header: ${length} bytes are too many`);

  const output = Buffer.alloc(V2_HEAD_BYTES + length);
  V2_SIGNATURE.copy(output);
  output[12] = (V2_VERSION << 4) | (content.command === 'local' ? V2_LOCAL : V2_PROXY);
  const transport = block.family === FAMILY_UNSPEC ? 'unspec' : (content.transport ?? 'stream');
  output[13] = (block.family << 4) | TRANSPORTS.indexOf(transport);
  output.writeUInt16BE(length, 14);
  output.set(block.bytes, V2_HEAD_BYTES);
  emitTlvs(tlvs, output, V2_HEAD_BYTES + block.bytes.length);
  // The checksum is the last TLV and was written as zeros, as §2.2.3 asks for the sum.
  if (content.tlvs?.crc32c === true) output.writeUInt32BE(crc32c(output), output.length - 4);
  return output;
}

function collectTlvs(wanted: ProxyV2Tlvs): Tlv[] {
  const tlvs: Tlv[] = [];
  if (wanted.alpn !== undefined) tlvs.push({ type: TLV_ALPN, value: Buffer.from(wanted.alpn, 'latin1') });
  if (wanted.authority !== undefined)
    tlvs.push({ type: TLV_AUTHORITY, value: Buffer.from(wanted.authority, 'utf8') });
  if (wanted.uniqueId !== undefined)
    tlvs.push({ type: TLV_UNIQUE_ID, value: uniqueIdBytes(wanted.uniqueId) });
  for (const tlv of wanted.custom ?? []) {
    if (tlv.type < TLV_CUSTOM_START || tlv.type >= TLV_CUSTOM_END) {
      throw new RangeError(`Cannot write a PROXY header: type ${tlv.type} is not a custom one`);
    }
    tlvs.push(tlv);
  }
  if (wanted.crc32c === true) tlvs.push({ type: TLV_CRC32C, value: new Uint8Array(4) });
  return tlvs;
}

function uniqueIdBytes(id: Uint8Array | string): Uint8Array {
  const bytes = typeof id === 'string' ? Buffer.from(id, 'latin1') : id;
  if (bytes.length > UNIQUE_ID_BYTES_MAX) {
    throw new RangeError(`Cannot write a PROXY header: a unique id has at most ${UNIQUE_ID_BYTES_MAX} bytes`);
  }
  return bytes;
}

function addressBlock({ command, source, destination }: ProxyV2Content): AddressBlock {
  if (command === 'local' || source === undefined || destination === undefined) return NO_ADDRESSES;
  if (isUnixAddress(source) !== isUnixAddress(destination)) return NO_ADDRESSES;
  if (isUnixAddress(source) || isUnixAddress(destination)) {
    // Both are: the line above sends away a pair of two kinds, which the compiler cannot see.
    return unixBlock(source as UnixAddress, destination as UnixAddress);
  }
  return internetBlock(source, destination);
}

/** Addresses of two families are both written as IPv6, IPv4 in its mapped form; readers give back the IPv4 address. */
function internetBlock(source: Endpoint, destination: Endpoint): AddressBlock {
  const isIpv4 = source.address.family === 4 && destination.address.family === 4;
  const family = isIpv4 ? FAMILY_INET : FAMILY_INET6;
  const addressBytes = isIpv4 ? 4 : 16;
  const bytes = Buffer.alloc(ADDRESS_BLOCK_BYTES[family]);
  putAddress(source.address, bytes, 0, addressBytes);
  putAddress(destination.address, bytes, addressBytes, addressBytes);
  bytes.writeUInt16BE(source.port, 2 * addressBytes);
  bytes.writeUInt16BE(destination.port, 2 * addressBytes + 2);
  return { family, bytes };
}

function putAddress(address: Address, output: Uint8Array, offset: number, bytes: 4 | 16): void {
  const start = offset + bytes - address.bytes.length;
  output.set(address.bytes, start);
  if (address.bytes.length < bytes) output.fill(0xff, start - 2, start);
}

function unixBlock(source: UnixAddress, destination: UnixAddress): AddressBlock {
  const bytes = Buffer.alloc(ADDRESS_BLOCK_BYTES[FAMILY_UNIX]);
  putPath(source.path, bytes, 0);
  putPath(destination.path, bytes, UNIX_PATH_BYTES);
  return { family: FAMILY_UNIX, bytes };
}

function putPath(path: string, output: Buffer, offset: number): void {
  if (path.length > UNIX_PATH_BYTES) {
    throw new RangeError(`Cannot write a PROXY header: a path has at most ${UNIX_PATH_BYTES} bytes`);
  }
  output.write(path, offset, 'latin1');
}
