/**
 * Packets and captures made for tests: plain bytes, every field a parameter where a test needs it wrong.
 */
import { Buffer } from 'node:buffer';
import { TCP_ACK } from '../../src/packet/tcp.ts';

export interface SegmentParts {
  readonly source?: readonly number[];
  readonly destination?: readonly number[];
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly flags?: number;
  readonly payload?: string;
}

export const CLIENT_ADDRESS: readonly number[] = [192, 0, 2, 1];
export const SERVER_ADDRESS: readonly number[] = [198, 51, 100, 7];

export function tcpBytes(parts: SegmentParts): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(parts.sourcePort, 0);
  header.writeUInt16BE(parts.destinationPort, 2);
  header.writeUInt32BE(parts.sequence >>> 0, 4);
  header[12] = 5 << 4;
  header[13] = parts.flags ?? TCP_ACK;
  return Buffer.concat([header, Buffer.from(parts.payload ?? '', 'latin1')]);
}

export interface Ipv4Parts {
  readonly source?: readonly number[];
  readonly destination?: readonly number[];
  readonly protocol?: number;
  readonly id?: number;
  /** In bytes; a multiple of 8. */
  readonly offset?: number;
  readonly hasMore?: boolean;
  readonly payload: Uint8Array;
}

export function ipv4Bytes(parts: Ipv4Parts): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + parts.payload.length, 2);
  header.writeUInt16BE(parts.id ?? 0, 4);
  header.writeUInt16BE((parts.offset ?? 0) / 8 + (parts.hasMore === true ? 0x2000 : 0), 6);
  header[8] = 64;
  header[9] = parts.protocol ?? 6;
  header.set(parts.source ?? CLIENT_ADDRESS, 12);
  header.set(parts.destination ?? SERVER_ADDRESS, 16);
  return Buffer.concat([header, parts.payload]);
}

/** `next` is the type of what the payload begins with. */
export function ipv6Bytes(next: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  header[7] = 64;
  header.set([0x20, 0x01, 0x0d, 0xb8], 8);
  header[23] = 1;
  header.set([0x20, 0x01, 0x0d, 0xb8], 24);
  header[39] = 2;
  return Buffer.concat([header, payload]);
}

/** A whole segment in an IPv4 packet. */
export function segmentBytes(parts: SegmentParts): Buffer {
  const { source, destination } = parts;
  return ipv4Bytes({
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    payload: tcpBytes(parts),
  });
}

export function ethernetBytes(
  etherType: number,
  payload: Uint8Array,
  vlanIds: readonly number[] = [],
): Buffer {
  const tags = vlanIds.flatMap((id) => [0x81, 0x00, id >> 8, id & 0xff]);
  const type = Buffer.from([...tags, etherType >> 8, etherType & 0xff]);
  return Buffer.concat([Buffer.alloc(12), type, payload]);
}

export interface CaptureForm {
  readonly isLittleEndian: boolean;
  readonly isNanoseconds: boolean;
  readonly linkType: number;
}

export const PLAIN_CAPTURE: CaptureForm = { isLittleEndian: true, isNanoseconds: false, linkType: 101 };

/** A classic capture: a packet each second, and half of one more each. */
export function pcapBytes(packets: readonly Uint8Array[], form: CaptureForm = PLAIN_CAPTURE): Buffer {
  const header = Buffer.alloc(24);
  write32(header, 0, form.isNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, form);
  write32(header, 16, 65_535, form);
  write32(header, 20, form.linkType, form);
  const records = packets.map((packet, index) => {
    const record = Buffer.alloc(16);
    write32(record, 0, index + 1, form);
    write32(record, 4, form.isNanoseconds ? 500_000_000 : 500_000, form);
    write32(record, 8, packet.length, form);
    write32(record, 12, packet.length, form);
    return Buffer.concat([record, packet]);
  });
  return Buffer.concat([header, ...records]);
}

/** A block of pcapng with its two lengths and padding. */
export function blockBytes(type: number, body: Uint8Array, isLittleEndian = true): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const total = padded.length + 12;
  const head = Buffer.alloc(8);
  const tail = Buffer.alloc(4);
  write32(head, 0, type, { isLittleEndian });
  write32(head, 4, total, { isLittleEndian });
  write32(tail, 0, total, { isLittleEndian });
  return Buffer.concat([head, padded, tail]);
}

export function sectionBytes(isLittleEndian = true): Buffer {
  const body = Buffer.alloc(16, 0xff);
  write32(body, 0, 0x1a2b3c4d, { isLittleEndian });
  return blockBytes(0x0a0d0d0a, body, isLittleEndian);
}

/** `unit` is the option if_tsresol. */
export function interfaceBytes(linkType: number, isLittleEndian = true, unit?: number): Buffer {
  const head = Buffer.alloc(8);
  if (isLittleEndian) head.writeUInt16LE(linkType, 0);
  else head.writeUInt16BE(linkType, 0);
  if (unit === undefined) return blockBytes(1, head, isLittleEndian);
  const option = isLittleEndian ? [9, 0, 1, 0, unit, 0, 0, 0] : [0, 9, 0, 1, unit, 0, 0, 0];
  return blockBytes(1, Buffer.concat([head, Buffer.from(option), Buffer.alloc(4)]), isLittleEndian);
}

/** An enhanced packet block. `time` in units of the interface. */
export function packetBlockBytes(
  packet: Uint8Array,
  { id = 0, time = 0, isLittleEndian = true }: { id?: number; time?: number; isLittleEndian?: boolean } = {},
): Buffer {
  const head = Buffer.alloc(20);
  write32(head, 0, id, { isLittleEndian });
  write32(head, 4, Math.floor(time / 4294967296), { isLittleEndian });
  write32(head, 8, time % 4294967296, { isLittleEndian });
  write32(head, 12, packet.length, { isLittleEndian });
  write32(head, 16, packet.length, { isLittleEndian });
  return blockBytes(6, Buffer.concat([head, packet]), isLittleEndian);
}

function write32(bytes: Buffer, at: number, value: number, form: { readonly isLittleEndian: boolean }): void {
  if (form.isLittleEndian) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
}
