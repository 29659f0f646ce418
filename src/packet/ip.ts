/**
 * IPv4 and IPv6 packets as views over bytes (RFC 791, RFC 8200): header fields checked, payload as offsets.
 *
 * The length that the header says decides, not the frame: Ethernet pads short packets with anything.
 */
import { ETHER_IPV4, ETHER_IPV6 } from './frame.ts';
import type { PacketFault } from './fault.ts';
import { readUint16, readUint32 } from './integers.ts';

export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export interface IpPacket {
  readonly version: 4 | 6;
  /** 4 or 16 bytes, network order; views of the packet. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Of the payload: the one behind all extension headers. */
  readonly protocol: number;
  /** Undefined for a whole packet. */
  readonly fragment: IpFragment | undefined;
  readonly payload: Uint8Array;
  /** True when the capture holds fewer bytes than the packet had. */
  readonly isCut: boolean;
}

export interface IpFragment {
  readonly id: number;
  /** In bytes. */
  readonly offset: number;
  readonly isLast: boolean;
}

const IPV4_HEADER_BYTES_MIN = 20;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;
const IPV6_HEADER_BYTES = 40;
/** An honest packet has two or three; RFC 8200 §4.1 gives each but one a single place. */
const EXTENSIONS_MAX = 8;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

/** Reads the packet that a frame of this type carries, from `start` on. */
export function readIp(bytes: Uint8Array, start: number, etherType: number): IpPacket | PacketFault {
  if (etherType === ETHER_IPV4) return readIpv4(bytes, start);
  return etherType === ETHER_IPV6 ? readIpv6(bytes, start) : 'not-ip';
}

export function readIpv4(bytes: Uint8Array, start: number): IpPacket | PacketFault {
  const there = bytes.length - start;
  if (there < IPV4_HEADER_BYTES_MIN) return 'cut';
  const first = bytes[start]!; // Checked above.
  if (first >> 4 !== 4) return 'version-bad';
  const headerBytes = (first & 0x0f) * 4;
  const said = readUint16(bytes, start + 2);
  // Network cards that cut segments themselves show packets with a length of 0.
  const totalBytes = said === 0 ? there : said;
  if (headerBytes < IPV4_HEADER_BYTES_MIN || totalBytes < headerBytes) return 'length-bad';
  if (there < headerBytes) return 'cut';
  const word = readUint16(bytes, start + 6);
  const offset = (word & OFFSET_MASK) * 8;
  const isLast = (word & MORE_FRAGMENTS) === 0;
  return {
    version: 4,
    source: bytes.subarray(start + 12, start + 16),
    destination: bytes.subarray(start + 16, start + 20),
    protocol: bytes[start + 9]!, // Within the header.
    fragment: isLast && offset === 0 ? undefined : { id: readUint16(bytes, start + 4), offset, isLast },
    payload: bytes.subarray(start + headerBytes, start + Math.min(totalBytes, there)),
    isCut: totalBytes > there,
  };
}

export function readIpv6(bytes: Uint8Array, start: number): IpPacket | PacketFault {
  const there = bytes.length - start;
  if (there < IPV6_HEADER_BYTES) return 'cut';
  if (bytes[start]! >> 4 !== 6) return 'version-bad'; // Checked above.
  const said = readUint16(bytes, start + 4);
  const totalBytes = said === 0 ? there : IPV6_HEADER_BYTES + said;
  const end = start + Math.min(totalBytes, there);
  const chain = readExtensions(bytes, start + 6, start + IPV6_HEADER_BYTES, end);
  if (typeof chain === 'string') return chain;
  return {
    version: 6,
    source: bytes.subarray(start + 8, start + 24),
    destination: bytes.subarray(start + 24, start + 40),
    protocol: chain.protocol,
    fragment: chain.fragment,
    payload: bytes.subarray(chain.start, end),
    isCut: totalBytes > there,
  };
}

interface Chain {
  readonly protocol: number;
  readonly start: number;
  readonly fragment: IpFragment | undefined;
}

/** Walks the extension headers (RFC 8200 §4) up to the payload, or to the fragment header. */
function readExtensions(bytes: Uint8Array, typeAt: number, from: number, end: number): Chain | PacketFault {
  let protocol = bytes[typeAt]!; // Within the fixed header.
  let start = from;
  for (let count = 0; count <= EXTENSIONS_MAX; count++) {
    if (!isExtension(protocol)) return { protocol, start, fragment: undefined };
    if (end - start < 8) return 'cut';
    const next = bytes[start]!; // Checked above, and the following too.
    if (protocol === FRAGMENT) {
      const fragment = readFragment(bytes, start);
      // An atomic fragment (RFC 6946) is a whole packet. Of others only the first has the rest of the chain.
      if (fragment !== undefined) return { protocol: next, start: start + 8, fragment };
      start += 8;
    } else {
      const unit = protocol === AUTHENTICATION ? 4 : 8;
      start += protocol === AUTHENTICATION ? (bytes[start + 1]! + 2) * unit : (bytes[start + 1]! + 1) * unit;
      if (start > end) return 'cut';
    }
    protocol = next;
  }
  return 'chain-long';
}

function readFragment(bytes: Uint8Array, at: number): IpFragment | undefined {
  const word = readUint16(bytes, at + 2);
  const offset = word & 0xfff8;
  const isLast = (word & 1) === 0;
  return offset === 0 && isLast ? undefined : { id: readUint32(bytes, at + 4), offset, isLast };
}

function isExtension(protocol: number): boolean {
  return (
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === FRAGMENT ||
    protocol === AUTHENTICATION ||
    protocol === DESTINATION_OPTIONS
  );
}

/** Walks what a defragmented IPv6 packet has left of its chain. */
export function readIpv6Rest(packet: IpPacket, payload: Uint8Array): IpPacket | PacketFault {
  // The type stands before the payload, as in a header.
  const joined = new Uint8Array(payload.length + 1);
  joined[0] = packet.protocol;
  joined.set(payload, 1);
  const chain = readExtensions(joined, 0, 1, joined.length);
  if (typeof chain === 'string') return chain;
  return {
    ...packet,
    protocol: chain.protocol,
    fragment: chain.fragment,
    payload: joined.subarray(chain.start),
  };
}
