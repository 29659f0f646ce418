/**
 * Takes over, in one worker, the addresses that the supervisor has found for servers that are named.
 *
 * Looking costs a load of one number for each of them, so that it can be done often, and nothing has to be told.
 */
import type { ServerAddresses } from '../balance/server-addresses.ts';
import type { Endpoint } from '../net/address.ts';
import type { Server, ServerAddress } from '../proxy/server.ts';

/** How often addresses are looked at, in milliseconds. */
const FOLLOW_MS = 100;

/** The address of a server whose name has none: nothing listens on port 0, so that connecting there fails at once. */
export const NOWHERE: ServerAddress = { host: '127.0.0.1', port: 0 };

export class AddressFollower {
  readonly #addresses: ServerAddresses;
  /** With the version of the address that each has. */
  readonly #servers = new Map<Server, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(addresses: ServerAddresses) {
    this.#addresses = addresses;
  }

  /** Before `start`. */
  add(server: Server): void {
    this.#servers.set(server, -1);
  }

  start(): void {
    if (this.#servers.size === 0 || this.#timer !== undefined) return;
    this.#look();
    this.#timer = setInterval(() => this.#look(), FOLLOW_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [server, known] of this.#servers) {
      const version = this.#addresses.version(server.row);
      if (version === known) continue;
      this.#servers.set(server, version);
      const address = this.#addresses.get(server.row);
      server.moveTo(address === undefined ? NOWHERE : serverAddress(address));
    }
  }
}

export function serverAddress({ address, port }: Endpoint): ServerAddress {
  return { host: address.text, port };
}
