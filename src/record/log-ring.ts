/**
 * Lines on their way from the thread that makes them to the one that writes them: a ring in memory that both share.
 *
 *     ├─ free ─┼─ written here next ──▶ tail ░░░ lines ░░░ head ─ free ─┼─ gap ─┤
 *
 * One thread puts lines in and moves the head, one takes them out and moves the tail; neither waits for the other. A
 * line is in one piece, so the end of the ring may stay unused (the gap). What does not fit is dropped and counted.
 *
 * Positions count on from lap to lap (modulo 2^32); their low bits are the place in the ring. A line is there once the
 * head is behind it: a thread that dies while it puts one in leaves nothing of it, and its successor goes on from the
 * head that it finds.
 *
 * Whoever takes lines out says from which position on it wants to hear of them (`wakeAt`), so that a busy ring needs a
 * message for every half of it and a quiet one for the first line after a pause.
 *
 * Hot: `put` runs on every exchange that is logged. Bench: small-page-logged of `npm run bench`.
 */
import { Buffer } from 'node:buffer';

/** Bytes for lines, a power of two: an eighth of a second of a busy proxy. */
export const RING_BYTES: number = 4 * 1024 * 1024;

/** Words of the header, each in a cache line of its own: the two threads write different ones. */
const HEAD = 0;
const TAIL = 16;
/** Where the gap begins in the lap before the head's. */
const GAP = 32;
const WAKE_AT = 48;
/** Lines that did not fit, modulo 2^32. */
const DROPPED = 64;
const HEADER_BYTES = 320;

const LINE_FEED = 0x0a;

/** Zeros are an empty ring of which nobody wants to hear later than at once. */
export function newLogRing(bytes: number = RING_BYTES): SharedArrayBuffer {
  if ((bytes & (bytes - 1)) !== 0) throw new Error(`The size of a ring is a power of two, not ${bytes}`);
  return new SharedArrayBuffer(HEADER_BYTES + bytes);
}

/** The end where lines come in. */
export class LogRingWriter {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #size: number;
  readonly #wake: () => void;
  /** Only this thread moves it. */
  #head: number;
  /** As it was when it was last looked at; it only moves on. */
  #tail: number;
  /** The last position for which the other side was woken. */
  #wokenFor: number | undefined;

  /** `wake` is to make the other side look. */
  constructor(ring: SharedArrayBuffer, wake: () => void) {
    this.#words = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.#bytes = Buffer.from(ring, HEADER_BYTES);
    this.#size = this.#bytes.length;
    this.#wake = wake;
    this.#head = Atomics.load(this.#words, HEAD);
    this.#tail = Atomics.load(this.#words, TAIL);
  }

  /** Takes a line of latin1 with its line feed. False when there is no room: then it is counted as dropped. */
  put(line: string): boolean {
    const { length } = line;
    const words = this.#words;
    const head = this.#head;
    const offset = head & (this.#size - 1);
    const room = this.#size - offset;
    // The end of the ring is never filled to its last byte: so the head tells in which lap it is.
    const start = length < room ? offset : 0;
    const next = (length < room ? head + length : head + room + length) | 0;
    if (length >= this.#size || !this.#hasRoom(next)) {
      Atomics.store(words, DROPPED, Atomics.load(words, DROPPED) + 1);
      return false;
    }
    this.#bytes.write(line, start, 'latin1');
    if (start !== offset) Atomics.store(words, GAP, offset);
    Atomics.store(words, HEAD, next);
    this.#head = next;
    const wakeAt = Atomics.load(words, WAKE_AT);
    if (((next - wakeAt) | 0) > 0 && wakeAt !== this.#wokenFor) {
      this.#wokenFor = wakeAt;
      this.#wake();
    }
    return true;
  }

  #hasRoom(next: number): boolean {
    if (((next - this.#tail) | 0) <= this.#size) return true;
    this.#tail = Atomics.load(this.#words, TAIL);
    return ((next - this.#tail) | 0) <= this.#size;
  }
}

/** The end where lines come out. */
export class LogRingReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #size: number;
  /** Only this thread moves it. */
  #tail: number;
  #dropped = 0;
  #droppedWord = 0;

  constructor(ring: SharedArrayBuffer) {
    this.#words = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(ring, HEADER_BYTES);
    this.#size = this.#bytes.length;
    this.#tail = Atomics.load(this.#words, TAIL);
  }

  /** Lines that did not fit. */
  get dropped(): number {
    const word = Atomics.load(this.#words, DROPPED);
    this.#dropped += (word - this.#droppedWord) >>> 0;
    this.#droppedWord = word;
    return this.#dropped;
  }

  /** The position behind the last line that is there. */
  get head(): number {
    return Atomics.load(this.#words, HEAD);
  }

  /**
   * The whole lines that are next, in place, up to a head that was seen before, at most `bytesMax` bytes or one line;
   * undefined when there are none. They stay there until `take` is called with their length.
   */
  next(head: number, bytesMax: number): Uint8Array | undefined {
    if (((head - this.#tail) | 0) <= 0) return undefined;
    let offset = this.#tail & (this.#size - 1);
    let end = offset + ((head - this.#tail) | 0);
    if (end >= this.#size) {
      // The head is in the next lap. It was moved there after GAP was set, and cannot leave before the tail is there.
      end = Atomics.load(this.#words, GAP);
      if (offset === end) {
        this.#moveTail(this.#size - offset);
        offset = 0;
        end = head & (this.#size - 1);
      }
    }
    return this.#bytes.subarray(offset, this.#endOfLine(offset, end, bytesMax));
  }

  /** Gives the room of so many bytes back that `next` has shown. */
  take(bytes: number): void {
    this.#moveTail(bytes);
  }

  /** The next line wakes. False when there is one already: nobody may have heard of it. */
  wakeAtNext(): boolean {
    return this.#wakeAt(this.#tail);
  }

  /** The ring wakes when it is half full. False when it is already. */
  wakeAtHalf(): boolean {
    return this.#wakeAt((this.#tail + this.#size / 2) | 0);
  }

  #wakeAt(position: number): boolean {
    Atomics.store(this.#words, WAKE_AT, position);
    // The other side moves the head first and then looks at WAKE_AT: one of both sees what the other did.
    return ((Atomics.load(this.#words, HEAD) - position) | 0) <= 0;
  }

  #moveTail(bytes: number): void {
    this.#tail = (this.#tail + bytes) | 0;
    Atomics.store(this.#words, TAIL, this.#tail);
  }

  #endOfLine(start: number, end: number, bytesMax: number): number {
    if (end - start <= bytesMax) return end;
    const last = this.#bytes.lastIndexOf(LINE_FEED, start + bytesMax - 1);
    // A line that is longer goes alone.
    return (last >= start ? last : this.#bytes.indexOf(LINE_FEED, start)) + 1;
  }
}
