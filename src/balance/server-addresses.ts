/**
 * Where servers that are named listen now, in the memory that threads share. The supervisor resolves and writes; workers
 * read when the version of a row is another than the one they know.
 *
 *     row  version | family 4, 6 or 0 for none | port | 4 × 32 bits of address     8 × Int32, the last unused
 *
 * The version is odd while a row is written, and a reader that meets an odd one, or another one after it than before,
 * reads again: an address is never made of two.
 */
import { addressFromBytes, formatEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import type { ServerRow } from './server-table.ts';

const ROW = 8;
const VERSION = 0;
const FAMILY = 1;
const PORT = 2;
const ADDRESS = 3;
/** A write is a handful of stores: whoever reads as often and never succeeds reads beside a writer that died. */
const READS_MAX = 1000;

export const ADDRESS_CELLS: number = ROW;

export class ServerAddresses {
  readonly #cells: Int32Array;
  readonly #start: number;

  /** The rows begin at `start`. */
  constructor(cells: Int32Array, start: number) {
    this.#cells = cells;
    this.#start = start;
  }

  /** Another number whenever the address is another. */
  version(row: ServerRow): number {
    return Atomics.load(this.#cells, this.#place(row) + VERSION);
  }

  /** The same address again changes nothing. */
  set(row: ServerRow, endpoint: Endpoint | undefined): void {
    if (textOf(endpoint) === textOf(this.get(row))) return;
    const at = this.#place(row);
    Atomics.add(this.#cells, at + VERSION, 1);
    Atomics.store(this.#cells, at + FAMILY, endpoint?.address.family ?? 0);
    Atomics.store(this.#cells, at + PORT, endpoint?.port ?? 0);
    const bytes = new Uint8Array(16);
    bytes.set(endpoint?.address.bytes ?? []);
    const words = new DataView(bytes.buffer);
    for (let word = 0; word < 4; word++)
      Atomics.store(this.#cells, at + ADDRESS + word, words.getInt32(4 * word));
    Atomics.add(this.#cells, at + VERSION, 1);
  }

  get(row: ServerRow): Endpoint | undefined {
    const at = this.#place(row);
    for (let reads = 0; reads < READS_MAX; reads++) {
      const version = Atomics.load(this.#cells, at + VERSION);
      if (version % 2 !== 0) continue;
      const endpoint = this.#read(at);
      if (Atomics.load(this.#cells, at + VERSION) === version) return endpoint;
    }
    return undefined;
  }

  #read(at: number): Endpoint | undefined {
    const family = Atomics.load(this.#cells, at + FAMILY);
    if (family === 0) return undefined;
    const words = new DataView(new ArrayBuffer(16));
    for (let word = 0; word < 4; word++)
      words.setInt32(4 * word, Atomics.load(this.#cells, at + ADDRESS + word));
    const bytes = new Uint8Array(words.buffer, 0, family === 4 ? 4 : 16);
    return { address: addressFromBytes(bytes), port: Atomics.load(this.#cells, at + PORT) };
  }

  #place(row: ServerRow): number {
    return this.#start + ROW * row;
  }
}

function textOf(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : formatEndpoint(endpoint);
}
