/** What one worker counts with: its block of memory, and the places of the configuration in it. */
import type { Config } from '../config/config.ts';
import { ExchangeCounter } from '../record/metrics/exchange-counter.ts';
import { PlaceBook } from '../record/metrics/place-book.ts';
import type { Place } from '../record/metrics/place-book.ts';
import { WorkerGauges } from '../record/metrics/worker-gauges.ts';
import type { DataPlane } from './data-plane.ts';
import { countedNames } from './metrics.ts';

export class Counting {
  readonly book: PlaceBook = new PlaceBook(1);
  readonly counter: ExchangeCounter;
  readonly #block: SharedArrayBuffer;
  readonly #places: readonly Place[];
  #gauges: WorkerGauges | undefined;

  constructor(config: Config) {
    const [block] = this.book.blocks;
    if (block === undefined) throw new Error('The book has no block for the worker');
    this.#block = block;
    this.#places = this.book.assign(countedNames(config));
    this.counter = new ExchangeCounter(block, this.#places);
  }

  /** Begins to say each second what the worker has open. */
  watch(plane: DataPlane): void {
    this.#gauges = new WorkerGauges(this.#block, this.#places, () => ({
      open: plane.host.counts,
      heldBytes: plane.host.heldBytes,
      refused: plane.refused,
      connections: new Map(plane.listenerViews().map(({ name, connections }) => [name, connections])),
    }));
  }

  /** Says at once what is open. */
  refresh(): void {
    this.#gauges?.refresh();
  }

  close(): void {
    this.#gauges?.close();
  }
}
