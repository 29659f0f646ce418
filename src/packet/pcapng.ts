/**
 * Reads captures in the pcapng format (draft-ietf-opsawg-pcapng): sections, interfaces, packets.
 *
 *     block  type 4, total length 4, body, total length 4 again; everything is padded to 4 bytes
 *
 * Section header blocks say the byte order of what follows them; interface blocks say link type and unit of time.
 * Enhanced, simple and (obsolete) packet blocks hold packets. All other blocks are skipped.
 */
import { NEED } from '../base/read.ts';
import type { Read } from '../base/read.ts';
import { readUint16, readUint16Little, readUint32, readUint32Little } from './integers.ts';
import { packetLong } from './pcap.ts';
import type { CapturedPacket, CaptureFault, CaptureLimits } from './pcap.ts';

export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE = 1;
const PACKET_OBSOLETE = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

/** Type, both lengths. */
const BLOCK_BYTES_MIN = 12;
const OPTION_TIME_UNIT = 9;
const OPTION_END = 0;

interface CaptureInterface {
  readonly linkType: number;
  readonly snapBytes: number;
  /** Units of time in a second. */
  readonly fractions: number;
}

/** What the blocks so far have said: byte order and interfaces of the section. */
export class PcapngReader {
  readonly #limits: CaptureLimits;
  #isLittleEndian = true;
  #interfaces: CaptureInterface[] = [];

  constructor(limits: CaptureLimits) {
    this.#limits = limits;
  }

  /** Reads one block at `at`; its value is undefined when it holds no packet. */
  readBlock(input: Uint8Array, at: number): Read<CapturedPacket | undefined, CaptureFault> {
    if (input.length - at < BLOCK_BYTES_MIN) return NEED;
    const isSection = readUint32(input, at) === SECTION_HEADER;
    if (isSection && !this.#beginSection(input, at)) return blockBad('its byte order is not known');
    const total = this.#number(input, at + 4);
    if (total > this.#limits.blockBytes) {
      return {
        kind: 'bad',
        code: 'block-long',
        text: `Cannot read the capture: a block of ${total} bytes, at most ${this.#limits.blockBytes} are read`,
      };
    }
    if (total < BLOCK_BYTES_MIN || total % 4 !== 0) return blockBad(`its length is ${total}`);
    if (input.length - at < total) return NEED;
    const end = at + total;
    if (this.#number(input, end - 4) !== total) return blockBad('its two lengths differ');
    if (isSection) return { kind: 'ok', value: undefined, end };
    return this.#readBody(input.subarray(at + 8, end - 4), this.#number(input, at), end);
  }

  #beginSection(input: Uint8Array, at: number): boolean {
    this.#isLittleEndian = readUint32Little(input, at + 8) === BYTE_ORDER_MAGIC;
    this.#interfaces = [];
    return this.#isLittleEndian || readUint32(input, at + 8) === BYTE_ORDER_MAGIC;
  }

  #readBody(body: Uint8Array, type: number, end: number): Read<CapturedPacket | undefined, CaptureFault> {
    switch (type) {
      case INTERFACE:
        return this.#addInterface(body, end);
      case ENHANCED_PACKET:
        if (body.length < 20) return blockBad('it is too short for a packet');
        return this.#packet(body, this.#number(body, 0), this.#time(body, 4), 12, end);
      case PACKET_OBSOLETE:
        if (body.length < 20) return blockBad('it is too short for a packet');
        return this.#packet(body, this.#short(body, 0), this.#time(body, 4), 12, end);
      case SIMPLE_PACKET:
        return this.#simplePacket(body, end);
      default:
        return { kind: 'ok', value: undefined, end };
    }
  }

  #addInterface(body: Uint8Array, end: number): Read<undefined, CaptureFault> {
    if (body.length < 8) return blockBad('it is too short for an interface');
    if (this.#interfaces.length === this.#limits.interfaces) {
      return {
        kind: 'bad',
        code: 'interfaces-many',
        text: `Cannot read the capture: it has more than ${this.#limits.interfaces} interfaces`,
      };
    }
    this.#interfaces.push({
      linkType: this.#short(body, 0),
      snapBytes: this.#number(body, 4),
      fractions: this.#timeUnit(body),
    });
    return { kind: 'ok', value: undefined, end };
  }

  /** Option if_tsresol: a power of 10, or of 2 with the first bit set. µs without it. */
  #timeUnit(body: Uint8Array): number {
    let at = 8;
    while (at + 4 < body.length) {
      const code = this.#short(body, at);
      const length = this.#short(body, at + 2);
      if (code === OPTION_END) break;
      if (code === OPTION_TIME_UNIT && length >= 1) {
        const value = body[at + 4]!; // The loop's condition.
        return value < 0x80 ? 10 ** Math.min(value, 15) : 2 ** Math.min(value & 0x7f, 50);
      }
      at += 4 + ((length + 3) & ~3);
    }
    return 1e6;
  }

  /** 64 bits in two words. As a number it is exact to the µs, which is all that anybody asks. */
  #time(body: Uint8Array, at: number): number {
    return this.#number(body, at) * 4294967296 + this.#number(body, at + 4);
  }

  /** `lengthAt`: captured length, length on the wire, bytes. */
  #packet(
    body: Uint8Array,
    id: number,
    time: number,
    lengthAt: number,
    end: number,
  ): Read<CapturedPacket, CaptureFault> {
    const from = this.#interfaces[id];
    if (from === undefined) return interfaceUnknown(id);
    const captured = this.#number(body, lengthAt);
    const start = lengthAt + 8;
    if (captured > this.#limits.packetBytes) return packetLong(captured, this.#limits);
    if (captured > body.length - start) return blockBad('its packet is longer than itself');
    return {
      kind: 'ok',
      value: {
        linkType: from.linkType,
        timeMs: (time / from.fractions) * 1000,
        bytes: body.subarray(start, start + captured),
        wireBytes: this.#number(body, lengthAt + 4),
      },
      end,
    };
  }

  /** Of the first interface, without a time; only the length on the wire is there. */
  #simplePacket(body: Uint8Array, end: number): Read<CapturedPacket, CaptureFault> {
    const from = this.#interfaces[0];
    if (from === undefined) return interfaceUnknown(0);
    if (body.length < 4) return blockBad('it is too short for a packet');
    const wireBytes = this.#number(body, 0);
    const bound = from.snapBytes === 0 ? wireBytes : Math.min(wireBytes, from.snapBytes);
    const captured = Math.min(bound, body.length - 4);
    if (captured > this.#limits.packetBytes) return packetLong(captured, this.#limits);
    const bytes = body.subarray(4, 4 + captured);
    return { kind: 'ok', value: { linkType: from.linkType, timeMs: 0, bytes, wireBytes }, end };
  }

  #number(bytes: Uint8Array, at: number): number {
    return this.#isLittleEndian ? readUint32Little(bytes, at) : readUint32(bytes, at);
  }

  #short(bytes: Uint8Array, at: number): number {
    return this.#isLittleEndian ? readUint16Little(bytes, at) : readUint16(bytes, at);
  }
}

function blockBad(why: string): Read<never, CaptureFault> {
  return { kind: 'bad', code: 'block-bad', text: `Cannot read a block of the capture: ${why}` };
}

function interfaceUnknown(id: number): Read<never, CaptureFault> {
  return {
    kind: 'bad',
    code: 'interface-unknown',
    text: `Cannot read a packet of the capture: interface ${id} was not described before it`,
  };
}
