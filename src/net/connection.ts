/**
 * One TCP connection, to a client or to a server, over `node:net`.
 *
 * It adds to a socket what a proxy needs: reads into a shared buffer instead of a new one each time (node's `onread`),
 * latin1 text writes without a copy in JavaScript, one deadline, byte counts, and one owner that is told what happens.
 * It knows nothing of what the bytes mean.
 *
 *     reading:  socket → shared buffer → owner.onBytes (valid during the call only)
 *               socket → own buffer    → owner.onBytes, which may take() it and hand it to writeTaken of another
 */
import type { Buffer } from 'node:buffer';
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Rostered } from '../base/roster.ts';
import type { CopyBuffers } from './copy-buffers.ts';
import type { Deadlines, Timed } from './deadlines.ts';
import type { GatheredWriter, GatheredWrites } from './gathered-writes.ts';
import type { ReadBuffers } from './read-buffers.ts';
import { learnHandle, openHandle } from './socket-handle.ts';

/** Who is told what happens on a connection. Each method may close it. */
export interface ConnectionOwner {
  /** `bytes` from 0 to `end` arrived. They are gone when the call returns, unless the connection's buffer was taken. */
  onBytes(bytes: Buffer, end: number): void;
  /** The other end will send no more. */
  onEnd(): void;
  /** Everything written has been handed to the system, after a write had answered false. */
  onDrain(): void;
  /** The deadline has passed. It must set another or close the connection. */
  onDeadline(): void;
  /** A connection that was being made is there. */
  onConnect?(): void;
  /** The connection is closed, both ways. Called once; nothing is called after it. */
  onClose(error: Error | undefined): void;
}

/** The owner of a connection that is nobody's any more: whatever it does, nobody wants to know. */
export const NOBODY: ConnectionOwner = {
  onBytes: () => {},
  onEnd: () => {},
  onDrain: () => {},
  onDeadline: () => {},
  onClose: () => {},
};

/** What a connection is counted among. */
export interface ConnectionGroup {
  /** It is closed. */
  leave(connection: Connection): void;
}

/** What all connections of a thread share. */
export interface ConnectionHost {
  readonly buffers: ReadBuffers;
  readonly copies: CopyBuffers;
  readonly deadlines: Deadlines;
  /** Milliseconds that never go back; the clock of the deadlines. */
  readonly clock: () => number;
  /**
   * An owner threw: a defect of ours. The connection on which it happened is closed, because nobody knows what state
   * it is in; every other one goes on.
   */
  readonly onDefect: (error: unknown) => void;
}

/** How long a peer may take nothing of what is still queued when its connection is closed. */
const CLOSE_MS = 10_000;

/** Bytes that may wait in a socket's write queue before a write answers false: four reads. */
const WRITE_QUEUE_BYTES = 262_144;

export class Connection implements Timed, Rostered, GatheredWriter {
  owner: ConnectionOwner;
  deadlineAt: number = Infinity;
  watchIndex = -1;
  rosterIndex = -1;
  bytesIn = 0;
  bytesOut = 0;
  /** What it is counted among until it is closed. */
  group: ConnectionGroup | undefined;
  readonly socket: Socket;

  readonly #host: ConnectionHost;
  #buffer: Buffer;
  #isTaken = false;
  /** The next buffer is asked for because of a read: Node.js has one already. */
  #isAfterRead = false;
  #isBulk = false;
  #isPaused = false;
  #isClosed = false;
  #closesAtDeadline = false;
  /** It was made over TCP and is there: it can be reset. Of an accepted one, its address says so. */
  #isTcp = false;
  /** Text that waits for the end of the turn. Whatever is written meanwhile comes behind it. */
  #gathered = '';
  /** What takesBytes saw last. */
  #unsentBefore = 0;
  #error: Error | undefined;

  /**
   * `handle` is the system's side of an accepted connection; without one the socket is to be connected. `fd` is one that
   * was made beforehand and has not connected yet: it must do so before anything else runs.
   */
  constructor(host: ConnectionHost, owner: ConnectionOwner, handle: object | undefined, fd?: number) {
    this.#host = host;
    this.owner = owner;
    this.#buffer = host.buffers.shared;
    const made = fd === undefined ? undefined : openHandle(fd);
    const options = {
      allowHalfOpen: true,
      writableHighWaterMark: WRITE_QUEUE_BYTES,
      onread: {
        // Node.js goes on with the buffer that it has when it gets none, and a buffer costs it 0.1 µs to take over.
        buffer: () => this.#changedBuffer() as Buffer,
        callback: (count: number) => this.#onRead(count),
      },
      // Node.js names only its own class here; a handle of an accepted connection is what net.Server itself passes.
      handle: (handle ?? made) as SocketConstructorOpts['handle'],
      ...(fd === undefined || made !== undefined ? {} : { fd }),
    };
    this.socket = new Socket(options);
    if (fd !== undefined) learnHandle(this.socket);
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('end', () => {
      if (!this.#isClosed) this.#guard(() => this.owner.onEnd());
    });
    this.socket.on('drain', () => {
      if (!this.#isClosed) this.#guard(() => this.owner.onDrain());
    });
    this.socket.on('close', () => this.#onClose());
    host.deadlines.watch(this);
  }

  /** Makes a connection, with the socket `fd` if there is one; the owner hears onConnect or onClose. */
  static connect(
    host: ConnectionHost,
    owner: ConnectionOwner,
    to: { readonly host: string; readonly port: number } | { readonly path: string },
    fd?: number,
  ): Connection {
    const connection = new Connection(host, owner, undefined, fd);
    const socket = connection.socket;
    socket.once('connect', () => {
      if (connection.#isClosed) return;
      connection.#isTcp = !('path' in to);
      socket.setNoDelay(true);
      connection.#guard(() => connection.owner.onConnect?.());
    });
    if ('path' in to) socket.connect({ path: to.path });
    else socket.connect({ host: to.host, port: to.port });
    return connection;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True from the moment that it begins to close; isClosed and onClose come when it is. */
  get isClosing(): boolean {
    return this.socket.destroyed;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Bytes written that the system has not taken yet. */
  get queuedBytes(): number {
    return this.socket.writableLength + this.#gathered.length;
  }

  /** True when a write has answered false and onDrain has not come since. */
  get isFull(): boolean {
    return this.socket.writableNeedDrain;
  }

  /**
   * True when the other end has taken bytes since the last call. A deadline for writes asks when it is set and again
   * when it has passed: who takes little is slow, who takes nothing is gone.
   */
  takesBytes(): boolean {
    const before = this.#unsentBefore;
    this.#unsentBefore = this.#unsent;
    return this.#unsentBefore !== before;
  }

  /** Writes text of one byte a character. False: wait for onDrain before more. */
  writeText(latin1: string): boolean {
    this.writeGathered();
    this.bytesOut += latin1.length;
    return this.socket.write(latin1, 'latin1');
  }

  /** Writes text together with what others write in this turn of the event loop. `at` is the time of its clock. */
  gatherText(latin1: string, gathered: GatheredWrites, at: number): void {
    this.writeGathered();
    this.bytesOut += latin1.length;
    this.#gathered = latin1;
    gathered.add(this, at);
  }

  writeGathered(): void {
    if (this.#gathered === '') return;
    const latin1 = this.#gathered;
    this.#gathered = '';
    this.socket.write(latin1, 'latin1');
  }

  /** Writes bytes that nobody changes any more. False: wait for onDrain before more. */
  writeBytes(bytes: Uint8Array): boolean {
    this.writeGathered();
    this.bytesOut += bytes.length;
    return this.socket.write(bytes);
  }

  /**
   * Writes text of one byte a character, pieces and text again, as one and from a copy: the pieces may be gone when it
   * returns. False: wait for onDrain before more.
   */
  writeCopy(before: string, pieces: readonly Uint8Array[], after: string): boolean {
    const { copies } = this.#host;
    let length = before.length + after.length;
    for (const piece of pieces) length += piece.length;
    const copy = copies.take(length);
    let at = copy.write(before, 0, 'latin1');
    for (const piece of pieces) {
      copy.set(piece, at);
      at += piece.length;
    }
    copy.write(after, at, 'latin1');
    const isFree = this.writeBytes(copy.subarray(0, length));
    // What the system did not take at once it reads later: then the copy is left to the garbage collector.
    if (this.socket.writableLength === 0) copies.give(copy);
    return isFree;
  }

  /** Writes a part of a buffer that was taken from another connection, and gives the buffer back when it is sent. */
  writeTaken(bytes: Uint8Array, taken: Buffer): boolean {
    this.writeGathered();
    this.bytesOut += bytes.length;
    return this.socket.write(bytes, (error) => {
      // After an error the system may still read the buffer: leave it to the garbage collector.
      if (error === null || error === undefined) this.#host.buffers.release(taken);
    });
  }

  /** Several writes until `uncork` go to the system as one. */
  cork(): void {
    this.writeGathered();
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  /** From the next read on, reads go to buffers of its own, which can be taken: for large bodies. */
  setBulk(isBulk: boolean): void {
    this.#isBulk = isBulk;
  }

  /** True when the bytes of the present onBytes are in a buffer that can be taken. */
  get canTake(): boolean {
    return this.#buffer !== this.#host.buffers.shared && !this.#isTaken;
  }

  /** Takes over the buffer of the present onBytes. It must end in writeTaken of some connection. */
  take(): Buffer {
    this.#isTaken = true;
    return this.#buffer;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  /** Sends what is queued and says that no more will come; the other direction stays open. */
  end(): void {
    this.writeGathered();
    this.socket.end();
  }

  /**
   * Closes when what is queued is sent, or when nothing of it was taken for CLOSE_MS; the owner is told nothing more but
   * onClose.
   */
  closeAfterWrites(): void {
    this.writeGathered();
    this.#isPaused = false;
    this.deadlineAt = this.#host.clock() + CLOSE_MS;
    this.#closesAtDeadline = true;
    this.takesBytes();
    this.socket.destroySoon();
  }

  /** Closes at once; what is queued is lost, unless it only waited for the end of the turn. The owner hears onClose. */
  destroy(): void {
    this.writeGathered();
    this.socket.destroy();
  }

  /** Closes at once with a TCP reset, so that the other end cannot take a cut message for a whole one. */
  reset(): void {
    // Without an address it is not connected, or it is a UNIX socket, which knows no reset.
    if (!this.#isTcp && this.socket.remoteAddress === undefined) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  onDeadline(): void {
    if (!this.#closesAtDeadline) this.#guard(() => this.owner.onDeadline());
    else if (this.takesBytes()) this.deadlineAt = this.#host.clock() + CLOSE_MS;
    else this.destroy();
  }

  /**
   * A number that changes with every byte that the system takes. A write counts in writableLength until all of it is
   * taken, which at a slow reader can last for minutes; what the handle counts is finer, and where it is missing (it is
   * not documented; Node.js looks at it for its own socket timeouts) only the precision is.
   */
  get #unsent(): number {
    const { _handle } = this.socket as { readonly _handle?: { readonly writeQueueSize?: number } | null };
    return this.socket.writableLength + (_handle?.writeQueueSize ?? 0);
  }

  #onRead(count: number): boolean {
    this.bytesIn += count;
    this.#isAfterRead = true;
    if (this.#isClosed) return true;
    try {
      this.owner.onBytes(this.#buffer, count);
    } catch (error) {
      this.#onDefect(error);
    }
    return true;
  }

  /** The buffer of the next read; undefined when it is that of the last. */
  #changedBuffer(): Buffer | undefined {
    const before = this.#isAfterRead ? this.#buffer : undefined;
    this.#isAfterRead = false;
    const next = this.#nextBuffer();
    return next === before ? undefined : next;
  }

  #nextBuffer(): Buffer {
    const shared = this.#host.buffers.shared;
    const isOwn = this.#buffer !== shared;
    if (this.#isTaken) {
      this.#isTaken = false;
      this.#buffer = this.#isBulk ? this.#host.buffers.acquire() : shared;
    } else if (this.#isBulk && !isOwn) {
      this.#buffer = this.#host.buffers.acquire();
    } else if (!this.#isBulk && isOwn) {
      this.#host.buffers.release(this.#buffer);
      this.#buffer = shared;
    }
    return this.#buffer;
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.deadlines.unwatch(this);
    this.group?.leave(this);
    try {
      this.owner.onClose(this.#error);
    } catch (error) {
      this.#host.onDefect(error);
    }
    // What is over should not be kept by what Node.js still has of the socket.
    this.owner = NOBODY;
    this.group = undefined;
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onDefect(error);
    }
  }

  #onDefect(error: unknown): void {
    this.#host.onDefect(error);
    this.destroy();
  }
}
