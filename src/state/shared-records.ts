/**
 * The memory of a SharedExpiringMap: what its cells are, and how one record is read and written.
 *
 *     header   lock, epoch, count, bound, drops, seed of the hash, refusals              8 × Int32
 *     index    where a key is: record + 1, or 0; linear probing, at most half full       Int32 each
 *     heap     records in use, that which ends first at the front; behind them the free  Int32 each
 *     owners   for each extent the record that has it + 1, or 0                          Int32 each
 *     records  sequence, hash, lengths, place in the heap, visits, extent, end, last visit, key, value
 *     extents  values that are too long for a record
 *
 * A record has a sequence number that is odd while it is written. Whoever reads it without the lock looks at the number
 * before and after: if both are the same and even, what was read is whole. An extent is only written by the record that
 * owns it, between the same two numbers, so that the same holds for it.
 */

/** Characters of a key; keys are ASCII. */
export const KEY_CHARS_MAX = 56;

export const LOCK = 0;
export const EPOCH = 1;
export const COUNT = 2;
export const BOUND = 3;
export const DROPPED = 4;
export const SEED = 5;
export const REFUSED = 6;
const HEADER = 8;

/** In a record: cells of 4 bytes, then two of 8, then the key, then the value. */
const SEQUENCE = 0;
const HASH = 1;
const LENGTHS = 2;
const PLACE = 3;
const VISITS = 4;
const EXTENT = 5;
const END_BYTES = 24;
const SEEN_BYTES = 32;
const KEY_BYTES = 40;
const VALUE_BYTES = KEY_BYTES + KEY_CHARS_MAX;

/** LENGTHS of a record that is free: no key has no characters. */
const UNUSED = 0;

/** How much a map has room for. */
export interface MapShape {
  /** Entries. */
  readonly capacity: number;
  /** Bytes of a value that are kept in its record. */
  readonly valueBytes: number;
  /** Values of up to so many bytes have an extent each, of which there are so many. None when left out. */
  readonly extents?: { readonly count: number; readonly bytes: number };
}

/** What is remembered of a key, as it was when it was looked at. */
export interface SharedEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly endMs: number;
  /** Calls of `visit`, and when it was last visited or touched; 0 for never. */
  readonly visits: number;
  readonly seenMs: number;
}

/** One thread's view of the records. What changes them is called with the lock. */
export class SharedRecords {
  readonly cells: Int32Array;
  /** Where the index and the heap begin in `cells`. */
  readonly index: number;
  readonly heap: number;
  /** Places of the index, less one. */
  readonly mask: number;
  readonly capacity: number;
  readonly valueBytesMax: number;
  readonly #numbers: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #layout: Layout;

  static byteLength(shape: MapShape): number {
    return layoutOf(shape).byteLength;
  }

  constructor(shared: SharedArrayBuffer, shape: MapShape) {
    const layout = layoutOf(shape);
    this.cells = new Int32Array(shared);
    this.index = layout.index;
    this.heap = layout.heap;
    this.mask = layout.indexSize - 1;
    this.capacity = shape.capacity;
    this.valueBytesMax = Math.max(layout.valueBytes, layout.extentBytes);
    this.#numbers = new Float64Array(shared);
    this.#bytes = new Uint8Array(shared);
    this.#layout = layout;
  }

  isUsed(record: number): boolean {
    return this.cells[this.#cellOf(record) + LENGTHS] !== UNUSED;
  }

  /** Nobody was writing it when its thread died. */
  isWhole(record: number): boolean {
    return (this.cells[this.#cellOf(record) + SEQUENCE]! & 1) === 0; // Within the record.
  }

  hashOf(record: number): number {
    return Atomics.load(this.cells, this.#cellOf(record) + HASH);
  }

  placeOf(record: number): number {
    return this.cells[this.#cellOf(record) + PLACE]!; // Within the record.
  }

  setPlace(record: number, place: number): void {
    this.cells[this.#cellOf(record) + PLACE] = place;
  }

  endOf(record: number): number {
    return this.#numbers[this.#numberOf(record, END_BYTES)]!; // Within the record.
  }

  hasKey(record: number, key: string): boolean {
    const start = this.#byteOf(record) + KEY_BYTES;
    if ((this.cells[this.#cellOf(record) + LENGTHS]! & 0xffff) !== key.length) return false; // Within the record.
    for (let index = 0; index < key.length; index++) {
      if (this.#bytes[start + index] !== key.charCodeAt(index)) return false;
    }
    return true;
  }

  keyOf(record: number): string {
    const start = this.#byteOf(record) + KEY_BYTES;
    const length = Math.min(this.cells[this.#cellOf(record) + LENGTHS]! & 0xffff, KEY_CHARS_MAX); // Within the record.
    let key = '';
    for (let index = 0; index < length; index++) key += String.fromCharCode(this.#bytes[start + index]!); // As above.
    return key;
  }

  /** A copy of a record; undefined when it is free, is not that of `key`, or was written meanwhile. */
  read(record: number, key: string = this.keyOf(record)): SharedEntry | undefined {
    const cell = this.#cellOf(record);
    const before = Atomics.load(this.cells, cell + SEQUENCE);
    if ((before & 1) === 1 || key === '' || !this.hasKey(record, key)) return undefined;
    const entry: SharedEntry = {
      key,
      value: this.#valueOf(record),
      endMs: this.endOf(record),
      visits: Atomics.load(this.cells, cell + VISITS) >>> 0,
      seenMs: this.#numbers[this.#numberOf(record, SEEN_BYTES)]!, // Within the record.
    };
    return Atomics.load(this.cells, cell + SEQUENCE) === before ? entry : undefined;
  }

  /** `extent` is one of the record's own when the value is longer than a record has room for, and -1 otherwise. */
  write(
    record: number,
    hash: number,
    entry: Pick<SharedEntry, 'key' | 'value' | 'endMs'>,
    extent: number,
  ): void {
    const { key, value, endMs } = entry;
    const cell = this.#cellOf(record);
    const start = this.#byteOf(record);
    Atomics.add(this.cells, cell + SEQUENCE, 1);
    Atomics.store(this.cells, cell + HASH, hash);
    for (let index = 0; index < key.length; index++)
      this.#bytes[start + KEY_BYTES + index] = key.charCodeAt(index);
    this.#bytes.set(value, extent === -1 ? start + VALUE_BYTES : this.#extentByte(extent));
    this.#numbers[this.#numberOf(record, END_BYTES)] = endMs;
    Atomics.store(this.cells, cell + EXTENT, extent + 1);
    Atomics.store(this.cells, cell + LENGTHS, key.length | (value.length << 16));
    Atomics.add(this.cells, cell + SEQUENCE, 1);
  }

  /** It is free from now on. */
  clear(record: number): void {
    const cell = this.#cellOf(record);
    if (this.isWhole(record)) Atomics.add(this.cells, cell + SEQUENCE, 1);
    Atomics.store(this.cells, cell + LENGTHS, UNUSED);
    Atomics.add(this.cells, cell + SEQUENCE, 1);
  }

  visit(record: number, nowMs: number): void {
    Atomics.add(this.cells, this.#cellOf(record) + VISITS, 1);
    this.touch(record, nowMs);
  }

  touch(record: number, nowMs: number): void {
    this.#numbers[this.#numberOf(record, SEEN_BYTES)] = nowMs;
  }

  clearVisits(record: number): void {
    Atomics.store(this.cells, this.#cellOf(record) + VISITS, 0);
    this.touch(record, 0);
  }

  needsExtent(value: Uint8Array): boolean {
    return value.length > this.#layout.valueBytes;
  }

  /** The extent that a record has, or -1. */
  extentOf(record: number): number {
    return this.cells[this.#cellOf(record) + EXTENT]! - 1; // Within the record.
  }

  /** An extent that no record has, or -1. */
  freeExtent(): number {
    const { owners, extentCount } = this.#layout;
    for (let extent = 0; extent < extentCount; extent++) if (this.cells[owners + extent] === 0) return extent;
    return -1;
  }

  /** Of the records that have extents, that which ends first. There is one. */
  firstWithExtent(): number {
    const { owners, extentCount } = this.#layout;
    let first = -1;
    for (let extent = 0; extent < extentCount; extent++) {
      const record = this.cells[owners + extent]! - 1; // Within the owners.
      if (record !== -1 && (first === -1 || this.endOf(record) < this.endOf(first))) first = record;
    }
    return first;
  }

  /** `record` of -1: nobody has it any more. */
  setOwner(extent: number, record: number): void {
    if (extent !== -1) this.cells[this.#layout.owners + extent] = record + 1;
  }

  disownAll(): void {
    const { owners, extentCount } = this.#layout;
    this.cells.fill(0, owners, owners + extentCount);
  }

  #valueOf(record: number): Uint8Array {
    const length = Math.min(
      Atomics.load(this.cells, this.#cellOf(record) + LENGTHS) >>> 16,
      this.valueBytesMax,
    );
    const extent = this.extentOf(record);
    const start = extent === -1 ? this.#byteOf(record) + VALUE_BYTES : this.#extentByte(extent);
    return this.#bytes.slice(start, start + length);
  }

  #cellOf(record: number): number {
    return this.#layout.records + record * this.#layout.recordCells;
  }

  #byteOf(record: number): number {
    return 4 * this.#cellOf(record);
  }

  #numberOf(record: number, bytes: number): number {
    return (this.#byteOf(record) + bytes) / 8;
  }

  #extentByte(extent: number): number {
    return this.#layout.extents + extent * this.#layout.extentBytes;
  }
}

interface Layout {
  readonly indexSize: number;
  /** In cells of 4 bytes. */
  readonly index: number;
  readonly heap: number;
  readonly owners: number;
  readonly records: number;
  readonly recordCells: number;
  readonly valueBytes: number;
  /** In bytes. */
  readonly extents: number;
  readonly extentBytes: number;
  readonly extentCount: number;
  readonly byteLength: number;
}

function layoutOf({ capacity, valueBytes, extents = { count: 0, bytes: 0 } }: MapShape): Layout {
  const indexSize = 2 ** Math.ceil(Math.log2(2 * capacity + 1));
  const heap = HEADER + indexSize;
  const owners = heap + capacity;
  const end = owners + extents.count;
  // Numbers of 8 bytes begin at a multiple of 8.
  const records = end + (end & 1);
  const recordCells = 2 * Math.ceil((VALUE_BYTES + valueBytes) / 8);
  const extentsStart = 4 * (records + capacity * recordCells);
  return {
    indexSize,
    index: HEADER,
    heap,
    owners,
    records,
    recordCells,
    valueBytes,
    extents: extentsStart,
    extentBytes: extents.bytes,
    extentCount: extents.count,
    byteLength: extentsStart + 4 * Math.ceil((extents.count * extents.bytes) / 8) * 2,
  };
}
