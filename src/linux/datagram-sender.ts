/**
 * Sends datagrams to one socket of the Unix domain, one after the other, without ever holding up the thread.
 *
 * A receiver that has too many that wait is asked again for a while; a receiver that is not there is told to whoever
 * sends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemError } from './ffi.ts';
import { UnixDatagrams, unixAddress } from './unix-datagram.ts';

/** A receiver that takes nothing now: how long until the next try, and how many of them. Together 2 s. */
const FULL_WAIT_MS = 5;
const FULL_WAITS_MAX = 400;

export class DatagramSender {
  readonly #datagrams = new UnixDatagrams();
  readonly #address: Uint8Array;
  readonly #descriptor: number;
  #isClosed = false;

  /** Throws, with a message for people, where the path cannot be an address or libc cannot be called. */
  constructor(path: string) {
    const address = unixAddress(path);
    if (address === undefined)
      throw new Error(
        `Cannot send to ${JSON.stringify(path)}: it is neither an absolute path nor a name that begins with "@", of at most 107 bytes`,
      );
    this.#address = address;
    this.#descriptor = this.#datagrams.open();
  }

  /** Resolves when the system has taken it. The caller waits for one before it sends the next. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let waits = 0; !this.trySend(bytes); waits++) {
      if (waits === FULL_WAITS_MAX) throw new Error('the receiver takes nothing');
      await sleep(FULL_WAIT_MS, undefined, { ref: false });
    }
  }

  /** False when the receiver has too many that wait. Throws a SystemError when there is none. */
  trySend(bytes: Uint8Array): boolean {
    if (this.#isClosed) throw new Error('it was closed');
    try {
      this.#datagrams.send(this.#descriptor, bytes, this.#address);
      return true;
    } catch (error) {
      if (error instanceof SystemError && (error.code === 'EAGAIN' || error.code === 'ENOBUFS')) return false;
      throw error;
    }
  }

  /** Gives up what waits. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#datagrams.close(this.#descriptor);
  }
}
