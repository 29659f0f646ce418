/**
 * Puts fragments of IP packets together (RFC 791 §3.2, RFC 8200 §4.5), within bounds.
 *
 * Overlapping fragments are how packets mean one thing to an observer and another to the receiver. RFC 5722 has the
 * whole IPv6 packet dropped; the same is done here for IPv4, where honest senders do not overlap either. An exact
 * repetition of a fragment is no overlap.
 */
import { Buffer } from 'node:buffer';
import type { PacketFault } from './fault.ts';
import { readIpv6Rest } from './ip.ts';
import type { IpFragment, IpPacket } from './ip.ts';

export interface DefragmentLimits {
  /** Packets being put together at a time; the oldest makes room. */
  readonly packets: number;
  /** Fragments of one packet. */
  readonly fragments: number;
  /** How long a packet waits for its rest. RFC 8200 §4.5 says 60 s. */
  readonly waitMs: number;
}

export const DEFRAGMENT_LIMITS: DefragmentLimits = { packets: 256, fragments: 64, waitMs: 60_000 };

/** IPv4 cannot say more; larger IPv6 packets come in one piece (RFC 2675 §5). */
const PAYLOAD_BYTES_MAX = 65_535;

interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
}

interface Pending {
  readonly first: number;
  readonly pieces: Piece[];
  bytes: number;
  /** Bytes of the whole payload; undefined until the last fragment came. */
  total: number | undefined;
  /** The fragment at offset 0, whose header the packet gets. */
  head: IpPacket | undefined;
  isBad: boolean;
}

/** What was dropped, and why. */
export interface DefragmentCounts {
  overlapping: number;
  expired: number;
  tooMany: number;
  bad: number;
}

export class Defragmenter {
  readonly counts: DefragmentCounts = { overlapping: 0, expired: 0, tooMany: 0, bad: 0 };
  readonly #limits: DefragmentLimits;
  readonly #pending = new Map<string, Pending>();

  constructor(limits: DefragmentLimits = DEFRAGMENT_LIMITS) {
    this.#limits = limits;
  }

  /** Takes a packet; answers with the whole one as soon as there is one. The bytes given are kept: not a reused buffer. */
  add(packet: IpPacket, nowMs: number): IpPacket | PacketFault | undefined {
    const { fragment } = packet;
    if (fragment === undefined) return packet;
    this.#expire(nowMs);
    const key = keyOf(packet, fragment);
    const pending = this.#pending.get(key) ?? this.#open(key, nowMs);
    if (!pending.isBad && !this.#place(pending, packet, fragment)) drop(pending);
    if (pending.isBad || pending.total !== pending.bytes || pending.head === undefined) return undefined;
    this.#pending.delete(key);
    const whole: IpPacket = { ...pending.head, fragment: undefined, payload: join(pending) };
    return whole.version === 6 ? readIpv6Rest(whole, whole.payload) : whole;
  }

  #open(key: string, nowMs: number): Pending {
    if (this.#pending.size >= this.#limits.packets) {
      const oldest = this.#pending.keys().next().value;
      if (oldest !== undefined) this.#pending.delete(oldest);
      this.counts.tooMany++;
    }
    const pending: Pending = {
      first: nowMs,
      pieces: [],
      bytes: 0,
      total: undefined,
      head: undefined,
      isBad: false,
    };
    this.#pending.set(key, pending);
    return pending;
  }

  /** Puts a fragment in its place; false when the packet cannot be believed any more. */
  #place(pending: Pending, packet: IpPacket, fragment: IpFragment): boolean {
    const start = fragment.offset;
    const end = start + packet.payload.length;
    const isOdd = !fragment.isLast && packet.payload.length % 8 !== 0;
    if (packet.isCut || isOdd || packet.payload.length === 0 || end > PAYLOAD_BYTES_MAX) {
      this.counts.bad++;
      return false;
    }
    const known = pending.total;
    if ((fragment.isLast && known !== undefined && known !== end) || (known !== undefined && end > known)) {
      this.counts.bad++;
      return false;
    }
    const at = placeFor(pending.pieces, start);
    if (isRepeated(pending.pieces[at], start, packet.payload)) return true;
    if (!hasRoom(pending.pieces, at, start, end)) {
      this.counts.overlapping++;
      return false;
    }
    if (pending.pieces.length === this.#limits.fragments) {
      this.counts.tooMany++;
      return false;
    }
    pending.pieces.splice(at, 0, { start, bytes: packet.payload });
    pending.bytes += packet.payload.length;
    if (start === 0) pending.head = packet;
    if (!fragment.isLast) return true;
    pending.total = end;
    return pending.bytes <= end;
  }

  #expire(nowMs: number): void {
    // A map keeps the order in which they were opened.
    for (const [key, pending] of this.#pending) {
      if (nowMs - pending.first < this.#limits.waitMs) return;
      this.#pending.delete(key);
      this.counts.expired++;
    }
  }
}

/** Stays in the table, so that later fragments of the same packet are not taken for a new one. */
function drop(pending: Pending): void {
  pending.isBad = true;
  pending.pieces.length = 0;
}

function keyOf(packet: IpPacket, fragment: IpFragment): string {
  const source = Buffer.from(packet.source).toString('latin1');
  const destination = Buffer.from(packet.destination).toString('latin1');
  return `${source}${destination}${packet.protocol} ${fragment.id}`;
}

function placeFor(pieces: readonly Piece[], start: number): number {
  let at = pieces.length;
  while (at > 0 && pieces[at - 1]!.start >= start) at--; // Within the array.
  return at;
}

function isRepeated(piece: Piece | undefined, start: number, bytes: Uint8Array): boolean {
  return piece !== undefined && piece.start === start && Buffer.compare(piece.bytes, bytes) === 0;
}

function hasRoom(pieces: readonly Piece[], at: number, start: number, end: number): boolean {
  const before = pieces[at - 1];
  const after = pieces[at];
  const isBeforeClear = before === undefined || before.start + before.bytes.length <= start;
  return isBeforeClear && (after === undefined || end <= after.start);
}

function join(pending: Pending): Uint8Array {
  const payload = new Uint8Array(pending.bytes);
  for (const piece of pending.pieces) payload.set(piece.bytes, piece.start);
  return payload;
}
