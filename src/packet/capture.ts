/**
 * Reads the packets of a capture in either format, from bytes that arrive in pieces of any size.
 */
import { NEED } from '../base/read.ts';
import type { Read } from '../base/read.ts';
import { readUint32 } from './integers.ts';
import { CAPTURE_LIMITS, readPcapHeader, readPcapRecord } from './pcap.ts';
import type { CapturedPacket, CaptureFault, CaptureLimits, PcapFormat } from './pcap.ts';
import { PcapngReader, SECTION_HEADER } from './pcapng.ts';

export class CaptureReader {
  readonly #limits: CaptureLimits;
  #pcap: PcapFormat | undefined;
  #pcapng: PcapngReader | undefined;

  constructor(limits: CaptureLimits = CAPTURE_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Reads the next packet at `at`: the end of the last one, 0 at the beginning. A `need` may have read what is no
   * packet: go on at `position`.
   */
  next(input: Uint8Array, at: number): Read<CapturedPacket, CaptureFault> {
    this.position = at;
    if (this.#pcap === undefined && this.#pcapng === undefined) {
      const start = this.#begin(input, at);
      if (start !== undefined) return start;
    }
    if (this.#pcap !== undefined) return readPcapRecord(input, this.position, this.#pcap, this.#limits);
    return this.#nextOfBlocks(input);
  }

  /** Where to go on after a `need`: all bytes before it are done with. */
  position = 0;

  #begin(input: Uint8Array, at: number): Read<never, CaptureFault> | undefined {
    if (input.length - at < 4) return NEED;
    if (readUint32(input, at) === SECTION_HEADER) {
      this.#pcapng = new PcapngReader(this.#limits);
      return undefined;
    }
    const header = readPcapHeader(at === 0 ? input : input.subarray(at));
    if (header.kind !== 'ok') return header;
    this.#pcap = header.value;
    this.position = at + header.end;
    return undefined;
  }

  #nextOfBlocks(input: Uint8Array): Read<CapturedPacket, CaptureFault> {
    const blocks = this.#pcapng;
    for (;;) {
      const block = blocks?.readBlock(input, this.position) ?? NEED;
      if (block.kind !== 'ok') return block;
      if (block.value !== undefined) return { kind: 'ok', value: block.value, end: block.end };
      this.position = block.end;
    }
  }
}

export interface Capture {
  readonly packets: readonly CapturedPacket[];
  /** True when the bytes end within a packet or block. */
  readonly isCut: boolean;
  /** Why reading stopped before the end. */
  readonly fault: { readonly code: CaptureFault; readonly text: string } | undefined;
}

/** Reads a capture that is all there. The packets are views of `input`, so they are bounded by it. */
export function readCapture(input: Uint8Array, limits: CaptureLimits = CAPTURE_LIMITS): Capture {
  const reader = new CaptureReader(limits);
  const packets: CapturedPacket[] = [];
  let at = 0;
  for (;;) {
    const next = reader.next(input, at);
    if (next.kind === 'ok') {
      packets.push(next.value);
      at = next.end;
    } else if (next.kind === 'need') {
      return { packets, isCut: reader.position < input.length || input.length === 0, fault: undefined };
    } else {
      return { packets, isCut: false, fault: { code: next.code, text: next.text } };
    }
  }
}
