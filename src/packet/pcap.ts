/**
 * Reads captures in the classic format of libpcap (draft-ietf-opsawg-pcap), both byte orders, µs and ns.
 *
 *     header  magic 4, major 2, minor 2, reserved 8, snap length 4, link type 4
 *     record  seconds 4, fraction 4, captured length 4, length on the wire 4, bytes
 *
 * A capture is a file that anybody may have made: every length is checked against a bound before it is believed.
 */
import { NEED } from '../base/read.ts';
import type { Read } from '../base/read.ts';
import { readUint32, readUint32Little } from './integers.ts';

export interface CaptureLimits {
  /** Bytes of one packet. libpcap itself writes 262,144 at most. */
  readonly packetBytes: number;
  /** Bytes of one pcapng block. */
  readonly blockBytes: number;
  /** Interfaces of one pcapng section. */
  readonly interfaces: number;
}

export const CAPTURE_LIMITS: CaptureLimits = {
  packetBytes: 262_144,
  blockBytes: 16_777_216,
  interfaces: 256,
};

export interface CapturedPacket {
  /** Of the link header: see frame.ts. */
  readonly linkType: number;
  /** Since 1970, with fractions; 0 where the capture has no time. */
  readonly timeMs: number;
  /** What was captured: a view of the file. */
  readonly bytes: Uint8Array;
  /** Bytes that it had on the wire. */
  readonly wireBytes: number;
}

export type CaptureFault =
  'capture-unknown' | 'packet-long' | 'block-bad' | 'block-long' | 'interfaces-many' | 'interface-unknown';

export interface PcapFormat {
  readonly isLittleEndian: boolean;
  /** Parts of a second that the fraction counts. */
  readonly fractions: number;
  readonly linkType: number;
}

export const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** The upper bits of the field say how many check bytes follow each frame. */
const LINK_TYPE_MASK = 0xffff;

export function readPcapHeader(input: Uint8Array): Read<PcapFormat, CaptureFault> {
  if (input.length < 4) return NEED;
  const isLittleEndian = isMagic(readUint32Little(input, 0));
  const magic = isLittleEndian ? readUint32Little(input, 0) : readUint32(input, 0);
  if (!isMagic(magic)) {
    return {
      kind: 'bad',
      code: 'capture-unknown',
      text: `Cannot read the capture: it begins with 0x${magic.toString(16)}, which is no magic number of pcap`,
    };
  }
  if (input.length < PCAP_HEADER_BYTES) return NEED;
  const linkType = (isLittleEndian ? readUint32Little(input, 20) : readUint32(input, 20)) & LINK_TYPE_MASK;
  const fractions = magic === NANOSECONDS ? 1e9 : 1e6;
  return { kind: 'ok', value: { isLittleEndian, fractions, linkType }, end: PCAP_HEADER_BYTES };
}

/** Reads the record that begins at `at`. */
export function readPcapRecord(
  input: Uint8Array,
  at: number,
  format: PcapFormat,
  limits: CaptureLimits,
): Read<CapturedPacket, CaptureFault> {
  if (input.length - at < RECORD_HEADER_BYTES) return NEED;
  const number = format.isLittleEndian ? readUint32Little : readUint32;
  const captured = number(input, at + 8);
  if (captured > limits.packetBytes) return packetLong(captured, limits);
  const start = at + RECORD_HEADER_BYTES;
  if (input.length - start < captured) return NEED;
  return {
    kind: 'ok',
    value: {
      linkType: format.linkType,
      timeMs: number(input, at) * 1000 + (number(input, at + 4) * 1000) / format.fractions,
      bytes: input.subarray(start, start + captured),
      wireBytes: number(input, at + 12),
    },
    end: start + captured,
  };
}

export function packetLong(bytes: number, limits: CaptureLimits): Read<never, CaptureFault> {
  return {
    kind: 'bad',
    code: 'packet-long',
    text: `Cannot read the capture: a packet of ${bytes} bytes, at most ${limits.packetBytes} are read`,
  };
}

function isMagic(word: number): boolean {
  return word === MICROSECONDS || word === NANOSECONDS;
}
