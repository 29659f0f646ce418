/**
 * What a worker says of itself each second, in cells of its own: what it has open, its memory, and how long anything
 * waited for its turn.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { EventLoopUtilization } from 'node:perf_hooks';
import { heapBytes } from '../../base/memory.ts';
import { DATAGRAM_OUTCOMES } from '../../proxy/datagram-outcomes.ts';
import type { DatagramOutcome } from '../../proxy/datagram-outcomes.ts';
import { LISTENER, WORKER } from './layout.ts';
import type { Place } from './place-book.ts';

/** What is looked at, each second. */
export interface WorkerFacts {
  readonly open: {
    readonly exchanges: number;
    readonly tunnels: number;
    readonly clients: number;
    readonly origins: number;
  };
  readonly heldBytes: number;
  readonly refused: number;
  /** Connections that are open, by listener. */
  readonly connections: ReadonlyMap<string, number>;
  /** What became of datagrams since it was asked last, by listener. */
  readonly datagrams: ReadonlyMap<string, ReadonlyMap<DatagramOutcome, number>>;
}

const EVERY_MS = 1000;
/** How exactly delays are measured: a timer of this interval, which costs a thousandth of a core. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

export class WorkerGauges {
  readonly #cells: Float64Array;
  readonly #facts: () => WorkerFacts;
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;
  readonly #timer: NodeJS.Timeout;
  #places: readonly Place[];
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();

  constructor(block: SharedArrayBuffer, places: readonly Place[], facts: () => WorkerFacts) {
    this.#cells = new Float64Array(block);
    this.#places = places;
    this.#facts = facts;
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delay.enable();
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref();
    this.#look();
  }

  /** Writes to these places from now on: a configuration was loaded. */
  use(places: readonly Place[]): void {
    this.#places = places;
    this.refresh();
  }

  /** Writes anew what is open: counted, so that it is good at any moment. */
  refresh(): void {
    const { open, heldBytes, refused, connections, datagrams } = this.#facts();
    const cells = this.#cells;
    cells.set([open.exchanges, open.tunnels, open.clients, open.origins], WORKER.open.at);
    cells[WORKER.refused.at] = refused;
    cells[WORKER.held.at] = heldBytes;
    for (const { kind, labels, at } of this.#places) {
      if (kind !== 'listener') continue;
      const listener = labels[0] ?? '';
      cells[at + LISTENER.connections.at] = connections.get(listener) ?? 0;
      for (const [outcome, count] of datagrams.get(listener) ?? [])
        cells[at + LISTENER.datagrams.at + DATAGRAM_OUTCOMES.indexOf(outcome)]! += count; // A place has all cells.
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #look(): void {
    this.refresh();
    const cells = this.#cells;
    cells[WORKER.heap.at] = heapBytes();
    // What is measured is the time between two timers: what is above their interval is delay.
    const longestNs = this.#delay.count === 0 ? 0 : this.#delay.max - RESOLUTION_MS * NS_PER_MS;
    cells[WORKER.loopDelay.at] = Math.max(0, longestNs) / NS_PER_S;
    this.#delay.reset();
    const utilization = performance.eventLoopUtilization();
    cells[WORKER.loopBusy.at] = performance.eventLoopUtilization(utilization, this.#utilization).utilization;
    this.#utilization = utilization;
  }
}
