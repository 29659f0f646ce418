/**
 * The access log: lines are collected and written in batches, and the exchange never waits for it.
 *
 *     record → [chunk being filled] → [full chunks] → one write at a time → sink
 *
 * A chunk is handed over when it is full, and when its first line is FLUSH_MS old. What waits has a bound: beyond it
 * lines are dropped and counted, and a line in the log itself says how many as soon as the sink takes some again. A
 * sink that fails (disk full, reader gone) costs the lines of that batch, is reported once per TELL_EVERY_MS, and is
 * tried again with the next batch. Nothing here throws into the exchange.
 */
import { Buffer } from 'node:buffer';
import { now, wallNow } from '../base/clock.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { LogFormat } from './format.ts';
import type { LineSink } from './line-sink.ts';

export interface AccessLogOptions {
  /** Told in one sentence when lines were lost; at most once per TELL_EVERY_MS. */
  readonly report?: (problem: string) => void;
  /** Full chunks that may wait, 256 KiB each: 16 of them, 4 MiB, hold half a second of a busy proxy. */
  readonly chunksMax?: number;
}

/** Each chunk wakes the thread that writes: large ones keep that rare under load. A quiet proxy hands over by FLUSH_MS. */
const CHUNK_BYTES = 262_144;
const CHUNKS_MAX = 16;
const FLUSH_MS = 100;
const TELL_EVERY_MS = 60_000;
/** How long close waits for a sink that takes nothing. */
const CLOSE_MS = 2000;

interface Chunk {
  readonly bytes: Buffer;
  used: number;
  lines: number;
}

export class AccessLog {
  readonly #sink: LineSink;
  readonly #format: LogFormat;
  readonly #report: (problem: string) => void;
  readonly #chunksMax: number;
  #filling: Chunk = newChunk(CHUNK_BYTES);
  #full: Chunk[] = [];
  /** A chunk that was written and can be filled again. */
  #spare: Chunk | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWriting = false;
  /** Resolves when everything that waited has been written or lost. */
  #written: Promise<void> = Promise.resolve();
  #isReopening = false;
  #isClosed = false;
  #dropped = 0;
  /** Dropped lines of which the log does not say yet. */
  #droppedUnsaid = 0;
  #toldAtMs = -Infinity;

  constructor(sink: LineSink, format: LogFormat, options: AccessLogOptions = {}) {
    this.#sink = sink;
    this.#format = format;
    this.#report = options.report ?? (() => {});
    this.#chunksMax = options.chunksMax ?? CHUNKS_MAX;
  }

  /** Lines that were not written, because too many waited or the sink failed. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the line of an exchange. Never waits and never throws. */
  record(record: ExchangeRecord): void {
    if (!this.#isClosed && this.#full.length < this.#chunksMax) {
      this.#append(this.#format.record(record));
      return;
    }
    this.#drop(1);
    this.#tell('write', this.#isClosed ? 'it is closed' : 'it takes lines more slowly than they come');
  }

  /** Writes what is there. Resolves when it is written or lost. */
  flush(): Promise<void> {
    this.#handOver();
    return this.#written;
  }

  /** Opens the file anew between two writes: for log rotation, after the file was renamed. */
  reopen(): Promise<void> {
    this.#isReopening = true;
    this.#startWriting();
    return this.#written;
  }

  /** Writes what is there, for at most CLOSE_MS, and closes the sink. Lines that come later are dropped. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const written = this.flush();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([written, deadline]);
    clearTimeout(timer);
    await this.#sink.close();
  }

  #append(line: string): void {
    if (this.#filling.used + line.length > CHUNK_BYTES) this.#handOver();
    // A line is ASCII, so its length is its bytes. One that is longer than a chunk gets a chunk of its own.
    if (line.length > CHUNK_BYTES) this.#filling = newChunk(line.length);
    const chunk = this.#filling;
    chunk.used += chunk.bytes.write(line, chunk.used, 'latin1');
    chunk.lines++;
    // Not refreshed by later lines: the first line of a chunk decides how long it waits.
    this.#timer ??= setTimeout(() => this.#handOver(), FLUSH_MS).unref();
  }

  /** Moves the chunk being filled to the full ones, and starts writing. */
  #handOver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#filling.lines === 0) return;
    this.#full.push(this.#filling);
    this.#filling = this.#spare ?? newChunk(CHUNK_BYTES);
    this.#spare = undefined;
    this.#startWriting();
  }

  #startWriting(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#written = this.#write();
  }

  /** One write at a time, until nothing waits. */
  async #write(): Promise<void> {
    for (;;) {
      if (this.#isReopening) await this.#reopenSink();
      const chunk = this.#full.shift();
      if (chunk === undefined) {
        this.#isWriting = false;
        return;
      }
      await this.#writeChunk(chunk);
    }
  }

  async #writeChunk(chunk: Chunk): Promise<void> {
    try {
      await this.#sink.write(chunk.bytes.subarray(0, chunk.used));
      this.#sayDropped();
    } catch (error) {
      this.#drop(chunk.lines);
      this.#tell('write', messageOf(error));
    }
    chunk.used = 0;
    chunk.lines = 0;
    if (chunk.bytes.length === CHUNK_BYTES) this.#spare = chunk;
  }

  async #reopenSink(): Promise<void> {
    this.#isReopening = false;
    try {
      await this.#sink.reopen();
    } catch (error) {
      this.#tell('reopen', messageOf(error));
    }
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#droppedUnsaid += lines;
  }

  /** The sink has taken something: now the log can say what is missing in it. */
  #sayDropped(): void {
    if (this.#droppedUnsaid === 0) return;
    const line = this.#format.dropped(this.#droppedUnsaid, wallNow());
    this.#droppedUnsaid = 0;
    this.#append(line);
  }

  #tell(what: string, why: string): void {
    const atMs = now();
    if (atMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = atMs;
    this.#report(`Cannot ${what} the access log: ${why}; ${this.#dropped} lines lost so far`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function newChunk(size: number): Chunk {
  return { bytes: Buffer.allocUnsafe(size), used: 0, lines: 0 };
}
