/**
 * Puts the segments of one direction of a TCP connection in order (RFC 9293 §3.4), within bounds.
 *
 *     base                    next                     window
 *      │  delivered            │ gap    held   gap held  │
 *      ▼───────────────────────▼......▓▓▓▓▓▓▓▓......▓▓▓▓──┘
 *
 * The first copy of a byte wins, delivered or held: what came later for the same place is cut away. It is counted when
 * it differs from what is held, because a sender of two versions wants an observer to see the wrong one.
 */

export interface ReassembleLimits {
  /** Bytes held behind a gap. */
  readonly heldBytes: number;
  /** Segments held behind a gap. */
  readonly heldSegments: number;
}

export const REASSEMBLE_LIMITS: ReassembleLimits = { heldBytes: 1_048_576, heldSegments: 4096 };

/** Takes what is in order. */
export interface ByteSink {
  data(bytes: Uint8Array): void;
  /** So many bytes never came; what follows comes after them. */
  gap(bytes: number): void;
}

interface Segment {
  /** Offset in the stream. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Sequence numbers are 32 bits and wrap: the distance is at most half of that, either way. */
const HALF = 0x80000000;

export class Reassembler {
  /** Segments whose bytes differ from those that came first for the same place. */
  conflicts = 0;
  /** Segments dropped because they were too far ahead or too many. */
  dropped = 0;

  readonly #limits: ReassembleLimits;
  readonly #sink: ByteSink;
  #isOpen = false;
  /** Sequence number of the byte at offset `next`. */
  #nextSequence = 0;
  #next = 0;
  /** Ascending, without overlap, all behind `next`. */
  readonly #held: Segment[] = [];
  #heldBytes = 0;
  /** Offset at which the sender said that it ends. */
  #end: number | undefined;

  constructor(sink: ByteSink, limits: ReassembleLimits = REASSEMBLE_LIMITS) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Bytes delivered or skipped. */
  get offset(): number {
    return this.#next;
  }

  /** True when all bytes up to a FIN were delivered. */
  get isAtEnd(): boolean {
    return this.#end !== undefined && this.#next >= this.#end;
  }

  /** True when something is held behind a gap. */
  get isWaiting(): boolean {
    return this.#held.length > 0;
  }

  /** Says the sequence number of the first byte: that of a SYN, plus one. Ignored once known. */
  open(sequence: number): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#nextSequence = sequence >>> 0;
  }

  /** Takes a segment. Without a SYN the stream begins with the first one that came. */
  push(sequence: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.open(sequence);
    const start = this.#offsetOf(sequence);
    const behind = this.#next - start;
    if (behind >= bytes.length) return;
    if (behind > 0) this.#deliver(bytes.subarray(behind));
    else if (behind === 0) this.#deliver(bytes);
    else this.#hold(start, bytes);
    this.#deliverHeld();
  }

  /** Says where the stream ends. */
  finish(sequence: number): void {
    if (this.#isOpen) this.#end ??= this.#offsetOf(sequence);
  }

  /** Gives the missing bytes up: tells the sink of each gap and delivers what is held behind it. */
  skipGaps(): void {
    let first = this.#held[0];
    while (first !== undefined) {
      this.#skipTo(first.start);
      this.#deliverHeld();
      first = this.#held[0];
    }
  }

  #skipTo(offset: number): void {
    const missing = offset - this.#next;
    if (missing <= 0) return;
    this.#sink.gap(missing);
    this.#advance(missing);
  }

  #offsetOf(sequence: number): number {
    const distance = (sequence - this.#nextSequence) >>> 0;
    return this.#next + (distance < HALF ? distance : distance - 2 * HALF);
  }

  #advance(count: number): void {
    this.#next += count;
    this.#nextSequence = (this.#nextSequence + count) >>> 0;
  }

  /** Bytes at `next`: those that are held already came first. */
  #deliver(bytes: Uint8Array): void {
    const first = this.#held[0];
    const room = first === undefined ? bytes.length : Math.min(bytes.length, first.start - this.#next);
    const start = this.#next;
    if (room > 0) {
      this.#sink.data(bytes.subarray(0, room));
      this.#advance(room);
    }
    if (room < bytes.length) this.#hold(start + room, bytes.subarray(room));
  }

  #deliverHeld(): void {
    let count = 0;
    while (count < this.#held.length) {
      const segment = this.#held[count]!; // The loop's condition.
      if (segment.start > this.#next) break;
      this.#sink.data(segment.bytes);
      this.#heldBytes -= segment.bytes.length;
      this.#advance(segment.bytes.length);
      count++;
    }
    if (count > 0) this.#held.splice(0, count);
  }

  /** Puts the parts of a segment that are not there yet among the held ones. */
  #hold(start: number, bytes: Uint8Array): void {
    let from = start;
    const end = start + bytes.length;
    let at = this.#firstBehind(from);
    let isConflict = false;
    while (from < end) {
      const there = this.#held[at];
      const until = there === undefined ? end : Math.min(end, there.start);
      if (until > from && !this.#insert(at++, from, bytes.subarray(from - start, until - start))) break;
      if (there === undefined || there.start >= end) break;
      isConflict ||= differs(there, start, bytes);
      from = there.start + there.bytes.length;
      at++;
    }
    if (isConflict) this.conflicts++;
  }

  #insert(at: number, start: number, bytes: Uint8Array): boolean {
    const isFull =
      this.#heldBytes + bytes.length > this.#limits.heldBytes ||
      this.#held.length >= this.#limits.heldSegments;
    if (isFull) {
      this.dropped++;
      return false;
    }
    this.#held.splice(at, 0, { start, bytes });
    this.#heldBytes += bytes.length;
    return true;
  }

  /** The first held segment that ends behind `offset`: by halves, because a hostile sender fills the list. */
  #firstBehind(offset: number): number {
    let low = 0;
    let high = this.#held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const segment = this.#held[middle]!; // Within the array.
      if (segment.start + segment.bytes.length > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** True when a segment has other bytes where it overlaps one that is held. */
function differs(held: Segment, start: number, bytes: Uint8Array): boolean {
  const from = Math.max(held.start, start);
  const end = Math.min(held.start + held.bytes.length, start + bytes.length);
  for (let at = from; at < end; at++) if (held.bytes[at - held.start] !== bytes[at - start]) return true;
  return false;
}
