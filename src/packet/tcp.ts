/**
 * TCP segments and UDP datagrams as views over bytes (RFC 9293 §3.1, RFC 768).
 */
import type { PacketFault } from './fault.ts';
import { readUint16, readUint32 } from './integers.ts';

export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** 32 bits, unsigned, as the other numbers. */
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly window: number;
  readonly payload: Uint8Array;
}

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;

const TCP_HEADER_BYTES_MIN = 20;
const UDP_HEADER_BYTES = 8;

/** Reads the segment that is the payload of an IP packet. */
export function readTcp(bytes: Uint8Array): TcpSegment | PacketFault {
  if (bytes.length < TCP_HEADER_BYTES_MIN) return 'cut';
  const headerBytes = (bytes[12]! >> 4) * 4; // Checked above, as the flags below.
  if (headerBytes < TCP_HEADER_BYTES_MIN) return 'length-bad';
  if (headerBytes > bytes.length) return 'cut';
  return {
    sourcePort: readUint16(bytes, 0),
    destinationPort: readUint16(bytes, 2),
    sequence: readUint32(bytes, 4),
    acknowledged: readUint32(bytes, 8),
    flags: bytes[13]!,
    window: readUint16(bytes, 14),
    payload: bytes.subarray(headerBytes),
  };
}

export function readUdp(bytes: Uint8Array): UdpDatagram | PacketFault {
  if (bytes.length < UDP_HEADER_BYTES) return 'cut';
  const said = readUint16(bytes, 4);
  // RFC 2675 §4: 0 means as much as IP carries.
  const length = said === 0 ? bytes.length : said;
  if (length < UDP_HEADER_BYTES) return 'length-bad';
  if (length > bytes.length) return 'cut';
  return {
    sourcePort: readUint16(bytes, 0),
    destinationPort: readUint16(bytes, 2),
    payload: bytes.subarray(UDP_HEADER_BYTES, length),
  };
}
