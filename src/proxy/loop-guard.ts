/**
 * What keeps a proxy that goes to original destinations from being its own client.
 *
 * A connection that it has made can come back to it: the address is one of this host, or a route leads back. The first is
 * known by the addresses that the host has; both by our end of the connection, which arrives as the peer's. Each worker
 * knows its own connections: with several, a loop ends at the latest when a round comes to one that has been there.
 */
import { networkInterfaces } from 'node:os';
import { canonicalAddress } from '../net/address.ts';

/** How long the addresses of this host are taken to be as they were. */
const OWN_MS = 1000;

export class LoopGuard {
  readonly #clock: () => number;
  readonly #read: () => Iterable<string>;
  #own: ReadonlySet<string> = new Set();
  #readAt = -Infinity;
  /** Open connections to original destinations: one entry each. */
  readonly #outgoing = new Set<string>();

  /** Milliseconds that never go back. */
  constructor(clock: () => number, read: () => Iterable<string> = readOwn) {
    this.#clock = clock;
    this.#read = read;
  }

  /** True for an address that this host has on a device. */
  isOwn(address: string): boolean {
    const at = this.#clock();
    if (at - this.#readAt >= OWN_MS) {
      this.#own = new Set(this.#read());
      this.#readAt = at;
    }
    return this.#own.has(address);
  }

  /** A connection is there, from `local` to `destination`. Both as formatEndpoint writes them. */
  add(local: string, destination: string): void {
    this.#outgoing.add(`${local} ${destination}`);
  }

  remove(local: string, destination: string): void {
    this.#outgoing.delete(`${local} ${destination}`);
  }

  /** True when what has come from `peer` for `destination` is the other end of a connection of ours. */
  isOurs(peer: string, destination: string): boolean {
    return this.#outgoing.size > 0 && this.#outgoing.has(`${peer} ${destination}`);
  }
}

function readOwn(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => canonicalAddress(address)),
  );
}
