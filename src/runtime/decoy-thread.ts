/**
 * The built-in decoys as the supervisor sees them: their addresses, and a thread that is replaced when it dies.
 *
 * Their listening sockets are the supervisor's, so that a new thread goes on at the same addresses and nobody has to be
 * told.
 */
import type { Worker } from 'node:worker_threads';
import { now } from '../base/clock.ts';
import { closeDescriptor, duplicate, hasDescriptors } from '../linux/descriptor.ts';
import type { ServerAddress } from '../proxy/server.ts';
import type { ProgramLog } from '../record/program-log.ts';
import type { DecoyOffer, DecoyStart } from './decoy-main.ts';
import { openSocket } from './listen-sockets.ts';
import { RestartPause, startThread, threadEntry } from './thread-entry.ts';
import { ThreadLink } from './thread-link.ts';
import type { Offer } from './thread-link.ts';

/** Starting, and closing what is open: well below a second. */
const ANSWER_MS = 10_000;
/** What it builds is small, and what clients send is bounded. */
const HEAP_MB = 256;

interface Decoy {
  readonly address: ServerAddress;
  readonly descriptor: number | undefined;
}

export class DecoyThread {
  readonly #seed: () => string;
  readonly #log: ProgramLog;
  readonly #decoys = new Map<string, Decoy>();
  readonly #pause = new RestartPause();
  #thread: Worker | undefined;
  #link: ThreadLink<Offer, DecoyOffer> | undefined;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `seed` is asked for when the thread is started. */
  constructor(seed: () => string, log: ProgramLog) {
    this.#seed = seed;
    this.#log = log;
  }

  /** Opens those of `names` that are not open yet. Answers where each of them listens. */
  async open(names: readonly string[]): Promise<ReadonlyMap<string, ServerAddress>> {
    for (const name of names) if (!this.#decoys.has(name)) this.#decoys.set(name, await this.#openOne(name));
    return new Map([...this.#decoys].map(([name, { address }]) => [name, address]));
  }

  /** Closes all but `names`, with every connection to them. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    for (const [name, { descriptor }] of this.#decoys) {
      if (names.has(name)) continue;
      this.#decoys.delete(name);
      if (descriptor !== undefined) closeDescriptor(descriptor);
      await this.#link?.ask('close', name, { withinMs: ANSWER_MS });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#link?.close('The decoys are closed');
    await this.#thread?.terminate();
    for (const { descriptor } of this.#decoys.values()) {
      if (descriptor !== undefined) closeDescriptor(descriptor);
    }
    this.#decoys.clear();
  }

  async #openOne(name: string): Promise<Decoy> {
    this.#link ??= this.#start();
    if (!hasDescriptors()) {
      const address = await this.#link.ask('open', { name, descriptor: undefined }, { withinMs: ANSWER_MS });
      return { address, descriptor: undefined };
    }
    const { descriptor, port } = await openSocket('127.0.0.1', 0, false);
    try {
      await this.#link.ask('open', { name, descriptor: duplicate(descriptor) }, { withinMs: ANSWER_MS });
    } catch (error) {
      closeDescriptor(descriptor);
      throw error;
    }
    return { address: { host: '127.0.0.1', port }, descriptor };
  }

  #start(): ThreadLink<Offer, DecoyOffer> {
    const thread = startThread(threadEntry('decoy-main'), {
      name: 'decoys',
      workerData: { seed: this.#seed() } satisfies DecoyStart,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    let why = 'it ended by itself';
    thread.on('error', (error) => {
      why = error instanceof Error ? error.message : String(error);
    });
    thread.on('exit', () => this.#onExit(why));
    this.#thread = thread;
    this.#startedAt = now();
    this.#link = new ThreadLink<Offer, DecoyOffer>(thread, {}, () => {});
    return this.#link;
  }

  #onExit(why: string): void {
    this.#link?.close(`The thread of the decoys has ended: ${why}`);
    if (this.#isClosed) return;
    const pauseMs = this.#pause.next(now() - this.#startedAt);
    this.#log.error('The thread of the built-in decoys has died and is replaced', { why, pauseMs });
    this.#timer = setTimeout(() => this.#restart(), pauseMs);
  }

  #restart(): void {
    const link = this.#start();
    for (const [name, { descriptor }] of this.#decoys) {
      const copy = descriptor === undefined ? undefined : duplicate(descriptor);
      link.ask('open', { name, descriptor: copy }, { withinMs: ANSWER_MS }).catch((error: unknown) => {
        this.#log.error('Cannot open a built-in decoy again', {
          decoy: name,
          why: error instanceof Error ? error.message : String(error),
        });
      });
    }
  }
}
