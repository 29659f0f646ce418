/**
 * The workers: all of them use the same edition, and one that dies is replaced.
 *
 *     start → build the edition → use it → serve ──── dies ────▶ what it held is given back (onDied)
 *       ▲                                                             │  another worker accepts on its sockets
 *       └────────────── pause, longer each time ──────────────────────┘  meanwhile
 *
 * The next one is a thread that waits for that (worker-spare.ts), if it is there already.
 *
 * When no worker serves and one has died again and again, there is nothing left to try: `onHopeless`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../base/clock.ts';
import type { ProgramLog } from '../record/program-log.ts';
import type { Built, Edition, ListenSocket, SupervisorOffer, WorkerOffer, WorkerStart } from './messages.ts';
import { RestartPause, threadEntry } from './thread-entry.ts';
import { WorkerHandle } from './worker-handle.ts';
import { startWorkerThread, WorkerSpare } from './worker-spare.ts';

/** Building is attaching rules, below 0.1 s for many thousands. */
const BUILD_MS = 120_000;
/** Opening sockets, and everything else that takes a moment. */
const ANSWER_MS = 30_000;
/** Above the grace of a stop: what a worker may need to close everything that it has cut. */
export const STOP_SLACK_MS = 10_000;
/** Deaths of one worker in a row, none of which lived for long, after which it is no accident. */
const DEATHS_MAX = 5;
/** A worker that has not answered for so long hangs, and is ended like one that died. */
const HANG_MS = 15_000;
const PING_EVERY_MS = 1_000;
/**
 * A worker that hangs is ended and another one serves in its place, or something is wrong that only a new start mends.
 * HANG_MS, and as long again for compiling rules.
 */
const ALIVE_MS = 30_000;

export interface WorkerSetParts {
  readonly count: number;
  readonly heapBytes: () => number;
  readonly startOf: (worker: number) => WorkerStart;
  readonly socketsOf: (worker: number) => readonly ListenSocket[];
  readonly offer: SupervisorOffer;
  readonly log: ProgramLog;
  /** A worker has died: what it held is to be given back before another one has its number. */
  readonly onDied: (worker: number) => void;
  readonly onHopeless: (why: string) => void;
  /** What a thread runs; the worker of this folder when left out. */
  readonly entry?: URL;
  /** How long a worker may not answer: HANG_MS when left out. */
  readonly hangMs?: number;
  /** After how long without an answer it is not alive: ALIVE_MS when left out. */
  readonly aliveMs?: number;
  /** When a thread is made ready to replace a worker: as WorkerSpare has it when left out. */
  readonly spareAfterMs?: number;
}

export class WorkerSet {
  readonly #parts: WorkerSetParts;
  readonly #entry: URL;
  readonly #spare: WorkerSpare;
  readonly #workers: (WorkerHandle | undefined)[];
  readonly #pauses: readonly RestartPause[];
  /** What a worker that is started now is to use. */
  #edition: Edition | undefined;
  #pinging: NodeJS.Timeout | undefined;
  #isStopping = false;
  #sockets: Promise<void> = Promise.resolve();
  /** By worker: nothing works there by an earlier edition. */
  readonly #settled: boolean[];
  readonly #building = new Set<WorkerHandle>();
  /** By worker: when it has answered last. */
  readonly #answeredAt: number[];

  constructor(parts: WorkerSetParts) {
    this.#parts = parts;
    this.#entry = parts.entry ?? threadEntry('worker-main');
    this.#spare = new WorkerSpare(this.#entry, parts.heapBytes, parts.log, parts.spareAfterMs);
    this.#workers = Array.from({ length: parts.count }, () => undefined);
    this.#settled = Array.from({ length: parts.count }, () => true);
    this.#answeredAt = Array.from({ length: parts.count }, now);
    this.#pauses = Array.from({ length: parts.count }, () => new RestartPause());
  }

  /** Workers that serve. */
  get serving(): readonly WorkerHandle[] {
    return this.#living.filter(({ isServing }) => isServing);
  }

  /**
   * True when every worker has answered lately, or is busy with a configuration; for the watchdog of a service manager. A
   * worker that is being replaced has answered when the next one serves.
   */
  get isAlive(): boolean {
    const { aliveMs = ALIVE_MS } = this.#parts;
    return this.#workers.every((worker, number) => {
      if (worker?.isServing === true && this.#building.has(worker)) return true;
      return now() - (this.#answeredAt[number] ?? -Infinity) <= aliveMs;
    });
  }

  /** A thread waits to replace a worker that dies. */
  get hasSpare(): boolean {
    return this.#spare.isThere;
  }

  /** Starts the threads of all workers. */
  spawn(): void {
    for (const number of this.#workers.keys()) this.#startOne(number);
  }

  /** Builds the first edition in each of them; what is wrong with it is the answer. */
  async start(edition: Edition): Promise<Built> {
    const workers = this.#living;
    if (workers.length < this.#workers.length) throw new Error('A worker ended before it had anything to do');
    const built = await Promise.all(workers.map((worker) => this.#build(worker, edition)));
    const bad = built.find(({ kind }) => kind === 'bad');
    if (bad !== undefined) return bad;
    this.#edition = edition;
    return { kind: 'ok' };
  }

  /** All workers use what they have built, and serve. */
  async serve(): Promise<void> {
    await Promise.all(this.#living.map((worker) => this.#use(worker)));
    this.#pinging = setInterval(() => this.#pingAll(), PING_EVERY_MS);
    this.#prepareSpare();
  }

  /**
   * Builds another edition in all workers, beside the one in use; what is wrong with it is the answer. One after the other:
   * a worker that attaches rules serves nothing meanwhile.
   */
  async build(edition: Edition): Promise<Built> {
    const [first, ...others] = this.serving;
    if (first === undefined) throw new Error('No worker serves now');
    const built = await this.#buildAside(first, edition);
    if (built.kind === 'bad') return built;
    for (const worker of others) {
      // One that dies meanwhile is replaced by one that builds what is in use then.
      await this.#buildAside(worker, edition).catch(() => {});
    }
    return built;
  }

  /** All workers use the edition that they have built, and workers that are started from now on, too. */
  async use(edition: Edition): Promise<void> {
    this.#edition = edition;
    await this.#onSockets(async () => {
      const asked = this.serving.map(async (worker) => {
        try {
          await this.#use(worker);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          this.#parts.log.error('A worker could not use a configuration and is ended', {
            worker: worker.number,
            why,
          });
          await worker.terminate(`it could not use a configuration: ${why}`);
        }
      });
      await Promise.all(asked);
    });
    await this.#spreadSockets();
    this.#prepareSpare();
  }

  /** True when nothing works any more by an earlier edition, in any worker. */
  get isSettled(): boolean {
    return this.#settled.every((isSettled) => isSettled);
  }

  /** The answers of all workers that give one in time. */
  async askAll<Name extends keyof WorkerOffer>(
    name: Name,
    argument: Parameters<WorkerOffer[Name]>[0],
    withinMs: number,
  ): Promise<Awaited<ReturnType<WorkerOffer[Name]>>[]> {
    const answers = await Promise.allSettled(
      this.serving.map(({ link }) => link.ask(name, argument, { withinMs })),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  /** Ends all: connections have so long to end by themselves. Called again with less, it is that from then on. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#pinging);
    const withinMs = graceMs + STOP_SLACK_MS;
    await this.#spare.close();
    await Promise.allSettled(this.serving.map(({ link }) => link.ask('stop', graceMs, { withinMs })));
    await Promise.all(this.#living.map((worker) => worker.terminate()));
  }

  get #living(): readonly WorkerHandle[] {
    return this.#workers.filter((worker) => worker !== undefined);
  }

  #startOne(number: number): WorkerHandle {
    const { startOf, heapBytes, offer, log } = this.#parts;
    const spare = this.#spare.take();
    const thread = spare ?? startWorkerThread(this.#entry, heapBytes(), `worker ${number}`);
    const worker = new WorkerHandle(
      { thread, isSpare: spare !== undefined },
      startOf(number),
      offer,
      (error) => {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        log.error('A defect in Sallyport; please report it', { stack });
      },
    );
    this.#workers[number] = worker;
    void worker.ended.then((why) => this.#onEnded(worker, why));
    return worker;
  }

  #prepareSpare(): void {
    this.#spare.prepare(() => {
      if (this.#edition === undefined) throw new Error('Workers serve without an edition');
      return this.#edition;
    });
  }

  async #build(worker: WorkerHandle, edition: Edition): Promise<Built> {
    this.#building.add(worker);
    try {
      return await worker.link.ask('build', edition, { withinMs: BUILD_MS });
    } finally {
      this.#building.delete(worker);
    }
  }

  /** Builds while another worker accepts what arrives on the sockets of this one. */
  async #buildAside(worker: WorkerHandle, edition: Edition): Promise<Built> {
    this.#building.add(worker);
    try {
      await this.#spreadSockets();
      return await this.#build(worker, edition);
    } finally {
      this.#building.delete(worker);
      await this.#spreadSockets();
    }
  }

  async #use(worker: WorkerHandle): Promise<void> {
    const sockets = this.#parts.socketsOf(worker.number);
    await worker.link.ask('use', sockets, { withinMs: ANSWER_MS });
    worker.isServing = true;
    this.#answeredAt[worker.number] = now();
    this.#settled[worker.number] = false;
  }

  async #onEnded(worker: WorkerHandle, why: string): Promise<void> {
    const { number } = worker;
    if (this.#workers[number] !== worker) return;
    this.#workers[number] = undefined;
    this.#settled[number] = true;
    this.#parts.onDied(number);
    // One that dies while the first edition is built is told to who waits for that.
    if (this.#isStopping || this.#edition === undefined) return;
    const pause = this.#pauses[number];
    if (pause === undefined) throw new Error(`There is no worker ${number}`);
    const pauseMs = pause.next(now() - worker.startedAt);
    this.#parts.log.error('A worker has died and is replaced', { worker: number, why, pauseMs });
    if (this.serving.length === 0 && pause.failures >= DEATHS_MAX) {
      this.#parts.onHopeless(`workers die as soon as they are started: ${why}`);
      return;
    }
    // Beside the replacement: who accepts there may be busy for a while.
    void this.#spreadSockets();
    if (pauseMs > 0) await sleep(pauseMs);
    await this.#replace(number);
  }

  async #replace(number: number): Promise<void> {
    if (this.#isStopping || this.#edition === undefined) return;
    const worker = this.#startOne(number);
    try {
      let edition: Edition;
      do {
        edition = this.#edition;
        const built = await this.#build(worker, edition);
        if (built.kind === 'bad') throw new Error(built.problems.join('\n'));
        // A reload may have come meanwhile.
      } while (edition !== this.#edition);
      await this.#use(worker);
      this.#parts.log.info('A worker serves again', { worker: number });
      this.#prepareSpare();
      await this.#spreadSockets();
    } catch (error) {
      // It was ended like all others.
      if (this.#hasStopped()) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.log.error('Cannot replace a worker', { worker: number, why });
      await worker.terminate(why);
    }
  }

  /** Asked after a wait, when it may have changed. */
  #hasStopped(): boolean {
    return this.#isStopping;
  }

  /**
   * Every worker accepts on its own sockets, and the first of them on those of workers that do not serve now or are busy
   * with building, so that nobody has to wait there. One that builds cannot be asked, and keeps what it has.
   */
  #spreadSockets(): Promise<void> {
    return this.#onSockets(async () => {
      const serving = this.serving.filter((worker) => !this.#building.has(worker));
      const numbers = new Set(serving.map(({ number }) => number));
      const orphans = [...this.#workers.keys()].filter((number) => !numbers.has(number));
      const asked = serving.map(({ number, link }, index) => {
        const sockets = [number, ...(index === 0 ? orphans : [])].flatMap((one) =>
          this.#parts.socketsOf(one),
        );
        return link.ask('listen', sockets, { withinMs: ANSWER_MS });
      });
      for (const answer of await Promise.allSettled(asked)) {
        if (answer.status === 'fulfilled' || this.#isStopping) continue;
        this.#parts.log.warn('A worker does not accept where it should', { why: String(answer.reason) });
      }
    });
  }

  /** One after the other: a worker opens and closes sockets for one wish at a time. */
  #onSockets(work: () => Promise<void>): Promise<void> {
    const done = this.#sockets.then(work);
    this.#sockets = done.catch(() => {});
    return done;
  }

  #pingAll(): void {
    const withinMs = this.#parts.hangMs ?? HANG_MS;
    for (const worker of this.serving) {
      if (this.#building.has(worker)) continue;
      const ping = worker.link.ask('ping', undefined, { withinMs }).then(({ isSettled }) => {
        if (this.#workers[worker.number] !== worker) return;
        this.#settled[worker.number] = isSettled;
        this.#answeredAt[worker.number] = now();
      });
      ping.catch(() => this.#onSilent(worker));
    }
  }

  /**
   * It hangs: another worker accepts on its sockets at once, and it is ended. A thread that hangs outside of JavaScript ends
   * when it comes back, if ever; until then it is not replaced, and the watchdog is not fed (isAlive).
   */
  #onSilent(worker: WorkerHandle): void {
    if (this.#isStopping || !worker.isServing || this.#building.has(worker)) return;
    worker.isServing = false;
    this.#parts.log.error('A worker does not answer and is ended', { worker: worker.number });
    void this.#spreadSockets();
    void worker.terminate('it did not answer');
  }
}
