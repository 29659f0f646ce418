/**
 * Relays bytes both ways between two connections, untouched: TCP listeners, WebSocket after its 101, CONNECT.
 *
 * Each direction has its own end: when one side says that it will send no more, the other is told, and the opposite
 * direction goes on. The tunnel is over when both have ended, when either is gone, or when nothing passed for a while.
 */
import { now } from '../base/clock.ts';
import type { Rostered } from '../base/roster.ts';
import { NOBODY } from '../net/connection.ts';
import type { Connection, ConnectionOwner } from '../net/connection.ts';
import { BULK_BYTES, TEXT_BYTES_MAX, writeContent } from './content.ts';

/** How a tunnel ended. */
export type TunnelEnd = 'done' | 'tunnel-timeout' | 'client-gone' | 'origin-cut';

/** Sees bytes before they pass. False: they do not, and the tunnel has been released meanwhile. */
export type TunnelGuard = (from: 'client' | 'origin', bytes: Uint8Array) => boolean;

export class Tunnel implements Rostered {
  rosterIndex = -1;
  readonly #client: Connection;
  readonly #origin: Connection;
  readonly #idleMs: number;
  readonly #onEnd: (end: TunnelEnd) => void;
  readonly #guard: TunnelGuard | undefined;
  #hasClientEnded = false;
  #hasOriginEnded = false;
  #isOver = false;

  /** Takes over both connections. `onEnd` is called once, when both are closed or being closed.
   * `hasClientEnded`: the client has already said that it will send no more. */
  constructor(
    client: Connection,
    origin: Connection,
    idleMs: number,
    onEnd: (end: TunnelEnd) => void,
    hasClientEnded = false,
    guard?: TunnelGuard,
  ) {
    this.#client = client;
    this.#origin = origin;
    this.#idleMs = idleMs;
    this.#onEnd = onEnd;
    this.#hasClientEnded = hasClientEnded;
    this.#guard = guard;
    client.owner = this.#side(client, origin, 'client');
    origin.owner = this.#side(origin, client, 'origin');
    origin.deadlineAt = Infinity;
    this.#touch();
    client.resume();
    origin.resume();
  }

  /** Ends it at once, as when the proxy stops. */
  close(): void {
    this.#finish('done');
  }

  /** Gives the client's connection back, paused, and cuts the one to the server. `onEnd` is not called. */
  release(): void {
    this.#isOver = true;
    this.#origin.owner = NOBODY;
    this.#origin.reset();
    this.#client.owner = NOBODY;
    this.#client.deadlineAt = Infinity;
    this.#client.pause();
  }

  #side(from: Connection, to: Connection, role: 'client' | 'origin'): ConnectionOwner {
    return {
      onBytes: (bytes, end) => {
        this.#touch();
        if (this.#guard?.(role, bytes.subarray(0, end)) === false) return;
        if (!writeContent(to, from, { bytes, start: 0, end, isChunked: false })) from.pause();
        // Large reads follow each other: from now on they come in buffers that need no copy.
        if (end >= BULK_BYTES) from.setBulk(true);
        else if (end <= TEXT_BYTES_MAX) from.setBulk(false);
      },
      onEnd: () => this.#onSideEnd(role, to),
      onDrain: () => {
        this.#touch();
        to.resume();
      },
      onDeadline: () => this.#finish('tunnel-timeout'),
      onClose: (error) => {
        if (error === undefined && this.#hasClientEnded && this.#hasOriginEnded) this.#finish('done');
        else this.#finish(role === 'client' ? 'client-gone' : 'origin-cut');
      },
    };
  }

  #onSideEnd(role: 'client' | 'origin', to: Connection): void {
    if (role === 'client') this.#hasClientEnded = true;
    else this.#hasOriginEnded = true;
    to.end();
    if (this.#hasClientEnded && this.#hasOriginEnded) this.#finish('done');
  }

  #touch(): void {
    this.#client.deadlineAt = now() + this.#idleMs;
  }

  #finish(end: TunnelEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close(this.#client, end, end === 'client-gone');
    this.#close(this.#origin, end, end === 'origin-cut');
    this.#onEnd(end);
  }

  /** A tunnel that broke is broken on the other side too, so that nobody takes the part that came for the whole. */
  #close(connection: Connection, end: TunnelEnd, isGone: boolean): void {
    connection.owner = NOBODY;
    if (isGone) connection.destroy();
    else if (end === 'done') connection.closeAfterWrites();
    else if (end === 'tunnel-timeout') connection.destroy();
    else connection.reset();
  }
}
