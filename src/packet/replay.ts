/**
 * From a capture to the bytes of TCP connections: frame, IP, defragmentation, TCP, one after the other.
 *
 * What cannot be read is skipped and counted by its fault; a packet never stops the rest.
 */
import { Defragmenter, DEFRAGMENT_LIMITS } from './defragment.ts';
import type { DefragmentLimits } from './defragment.ts';
import type { PacketFault } from './fault.ts';
import { readFrame } from './frame.ts';
import { PROTOCOL_TCP, readIp } from './ip.ts';
import type { IpPacket } from './ip.ts';
import type { CapturedPacket } from './pcap.ts';
import { readTcp } from './tcp.ts';
import { TcpConnections, TCP_LIMITS } from './tcp-connections.ts';
import type { TcpLimits, TcpObserver } from './tcp-connections.ts';

export interface ReplayLimits {
  readonly defragment: DefragmentLimits;
  readonly tcp: TcpLimits;
}

export const REPLAY_LIMITS: ReplayLimits = { defragment: DEFRAGMENT_LIMITS, tcp: TCP_LIMITS };

export interface ReplayCounts {
  packets: number;
  tcp: number;
  /** IP packets that carry something other than TCP. */
  other: number;
  /** Fragments that still wait, or were dropped. */
  fragments: number;
  readonly faults: Map<PacketFault, number>;
}

export class Replay {
  readonly counts: ReplayCounts = { packets: 0, tcp: 0, other: 0, fragments: 0, faults: new Map() };
  readonly #defragmenter: Defragmenter;
  readonly #connections: TcpConnections;

  constructor(observer: TcpObserver, limits: ReplayLimits = REPLAY_LIMITS) {
    this.#defragmenter = new Defragmenter(limits.defragment);
    this.#connections = new TcpConnections(observer, limits.tcp);
  }

  add(captured: CapturedPacket): void {
    this.counts.packets++;
    const frame = readFrame(captured.bytes, captured.linkType);
    if (typeof frame === 'string') {
      this.#count(frame);
      return;
    }
    const packet = readIp(captured.bytes, frame.start, frame.etherType);
    if (typeof packet === 'string') {
      this.#count(packet);
      return;
    }
    const whole = this.#defragmenter.add(packet, captured.timeMs);
    if (whole === undefined) this.counts.fragments++;
    else if (typeof whole === 'string') this.#count(whole);
    else this.#addWhole(whole);
  }

  /** Ends all connections that the capture left open. */
  end(): void {
    this.#connections.closeAll();
  }

  #addWhole(packet: IpPacket): void {
    if (packet.protocol !== PROTOCOL_TCP) {
      this.counts.other++;
      return;
    }
    const segment = readTcp(packet.payload);
    if (typeof segment === 'string') {
      this.#count(segment);
      return;
    }
    this.counts.tcp++;
    this.#connections.add(packet, segment);
  }

  #count(fault: PacketFault): void {
    this.counts.faults.set(fault, (this.counts.faults.get(fault) ?? 0) + 1);
  }
}
