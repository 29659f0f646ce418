/**
 * Listening sockets that outlive the workers which accept on them.
 *
 * The supervisor opens some sockets for each worker and address, all on the same port (SO_REUSEPORT: the kernel spreads
 * connections over them), and keeps their descriptors. A worker listens on a duplicate. So a worker that dies loses its
 * connections and nothing that still waits to be accepted; and ports below 1024 are bound before privileges are dropped.
 *
 * A socket that a service manager handed over is there once: all workers listen on duplicates of it, and it stays open, for
 * a later configuration, when no listener has it any more.
 *
 * Where descriptors cannot be duplicated (hasDescriptors), the one worker opens its sockets itself.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Config } from '../config/config.ts';
import { closeDescriptor, duplicate, hasDescriptors } from '../linux/descriptor.ts';
import { assertBindable, openTransparentListener } from '../linux/bound-socket.ts';
import { Sockets } from '../linux/sockets.ts';
import { parseAddress } from '../net/address.ts';
import { LISTEN_OPTIONS } from '../net/listener.ts';
import { openDatagramSockets } from './datagram-sockets.ts';
import { inheritedText, matchInherited } from './inherited-sockets.ts';
import type { InheritedSocket } from './inherited-sockets.ts';
import { ListenError, explainListen } from './listen-error.ts';
import type { Bound, ListenSocket } from './messages.ts';

/**
 * Sockets of one address that one worker has: so many connections it accepts in one turn of its event loop. libuv takes
 * one from each socket, however many wait (since its version 1.46). With one socket, those that wait would be served one
 * after the other, each with a look for events and the wake-up of a server of its own (docs/decisions/connections.md).
 */
export const SOCKETS_OF_WORKER = 8;

/** An address with the sockets of all workers. */
interface Opened {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  /** What the configuration says: port 0 for any. */
  readonly asked: Asked;
  /** That at index i belongs to worker i modulo their number. */
  readonly sockets: readonly { readonly id: number; readonly descriptor: number | undefined }[];
  /** Whose duplicates they are. */
  readonly inherited?: InheritedSocket;
}

interface Asked {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  readonly isTransparent: boolean;
  readonly isUdp: boolean;
}

/** Sockets that were opened for a configuration and are not used yet. */
export interface SocketChange {
  /** From now on workers get the sockets of the new configuration. What it gives closes those that are gone. */
  readonly commit: () => () => void;
  readonly rollback: () => void;
}

export class ListenSockets {
  readonly #workers: number;
  #nextId = 0;
  #opened: readonly Opened[] = [];
  readonly #inherited: readonly InheritedSocket[];
  #isClosed = false;

  /** `workers` is how many workers there are. What is inherited belongs to it from then on. */
  constructor(workers: number, inherited: readonly InheritedSocket[] = []) {
    this.#workers = workers;
    this.#inherited = inherited;
  }

  /** Sockets of the service manager that no listener has: who connects there waits for nobody. */
  get unused(): readonly InheritedSocket[] {
    return this.#inherited.filter((socket) => !this.#opened.some(({ inherited }) => inherited === socket));
  }

  get bound(): readonly Bound[] {
    return this.#opened.map(({ listener, host, port }) => ({ listener, host, port }));
  }

  /**
   * Opens every address of a configuration that is not open yet, or none. What it has no more stays open until `commit`,
   * `rollback` closes what was opened for it. Fails with a message for people.
   */
  async open(config: Config): Promise<SocketChange> {
    const left = [...this.#opened];
    const asked = askedBy(config);
    const kept = asked.map((one) => {
      const same = left.filter((opened) => isSamePlace(opened.asked, one));
      // Port 0 can be there several times. A listener that has another name now keeps its socket, too.
      const opened = same.find(({ listener }) => listener === one.listener) ?? same[0];
      if (opened !== undefined) left.splice(left.indexOf(opened), 1);
      return opened;
    });
    const wanted = asked.filter(({ isUdp }, index) => kept[index] === undefined && !isUdp);
    const free = this.#inherited.filter((socket) => !kept.some((one) => one?.inherited === socket));
    const matched = new Map(matchInherited(wanted, free).map((socket, index) => [wanted[index], socket]));
    const next: Opened[] = [];
    const fresh: Opened[] = [];
    try {
      for (const [index, one] of asked.entries()) {
        const opened = kept[index] ?? (await this.#openOne(one, matched.get(one)));
        if (kept[index] === undefined) fresh.push(opened);
        next.push({ ...opened, listener: one.listener });
      }
    } catch (error) {
      closeAll(fresh);
      throw error;
    }
    return {
      commit: () => {
        this.#opened = next;
        return () => closeAll(left);
      },
      rollback: () => closeAll(fresh),
    };
  }

  /** The sockets of one worker. */
  ofWorker(worker: number): readonly ListenSocket[] {
    return this.#opened.flatMap(({ listener, host, port, sockets }) =>
      sockets
        .filter((_, index) => index % this.#workers === worker)
        .map((socket) => ({ listener, host, port, ...socket })),
    );
  }

  /** Closes the supervisor's descriptors: what waits in a socket that no worker has is reset. */
  close(): void {
    closeAll(this.#opened);
    this.#opened = [];
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { descriptor } of this.#inherited) closeDescriptor(descriptor);
  }

  async #openOne(asked: Asked, inherited: InheritedSocket | undefined): Promise<Opened> {
    if (asked.isUdp) return this.#openDatagrams(asked);
    return inherited === undefined ? await this.#openAddress(asked) : this.#inherit(asked, inherited);
  }

  #openDatagrams(asked: Asked): Opened {
    const { listener, host } = asked;
    try {
      const { port, descriptors } = openDatagramSockets(host, asked.port, this.#workers);
      const sockets = descriptors.map((descriptor) => ({ id: this.#nextId++, descriptor }));
      return { listener, host, port, asked, sockets };
    } catch (error) {
      throw new ListenError(explainListen(listener, host, asked.port, error));
    }
  }

  #inherit(asked: Asked, inherited: InheritedSocket): Opened {
    const { listener, isTransparent } = asked;
    if (isTransparent && !inherited.isTransparent) {
      const what = inheritedText(inherited);
      throw new ListenError(
        `Cannot use the ${what} for listener "${listener}": the listener is transparent and the socket is not; set Transparent=yes in the socket unit`,
      );
    }
    const { host, port, descriptor } = inherited;
    const sockets = Array.from({ length: this.#workers }, () => ({ id: this.#nextId++, descriptor }));
    return { listener, host, port, asked, sockets, inherited };
  }

  async #openAddress(asked: Asked): Promise<Opened> {
    const { listener, host, port, isTransparent } = asked;
    if (!hasDescriptors())
      return { listener, host, port, asked, sockets: [{ id: this.#nextId++, descriptor: undefined }] };
    const descriptors: number[] = [];
    try {
      // Sockets that share a port would share it with another Sallyport, too.
      if (port !== 0) assertFree(asked);
      let bound = port;
      for (let index = 0; index < this.#workers * SOCKETS_OF_WORKER; index++) {
        const opened = await openSocket(host, bound, true, isTransparent);
        descriptors.push(opened.descriptor);
        bound = opened.port;
      }
      const sockets = descriptors.map((descriptor) => ({ id: this.#nextId++, descriptor }));
      return { listener, host, port: bound, asked, sockets };
    } catch (error) {
      for (const descriptor of descriptors) closeDescriptor(descriptor);
      throw new ListenError(explainListen(listener, host, port, error));
    }
  }
}

function askedBy({ listeners }: Config): readonly Asked[] {
  return Object.entries(listeners).flatMap(([listener, { bind, transparent, protocol }]) =>
    bind.map(({ address, port }) => ({
      listener,
      host: address.text,
      port,
      isTransparent: transparent,
      isUdp: protocol === 'udp',
    })),
  );
}

function isSamePlace(left: Asked, right: Asked): boolean {
  return left.host === right.host && left.port === right.port && left.isUdp === right.isUdp;
}

/** What is inherited stays open. */
function closeAll(opened: readonly Opened[]): void {
  for (const { sockets, inherited } of opened) {
    if (inherited !== undefined) continue;
    for (const { descriptor } of sockets) if (descriptor !== undefined) closeDescriptor(descriptor);
  }
}

function assertFree({ host, port, isTransparent }: Asked): void {
  const address = parseAddress(host);
  if (address === undefined) throw new Error(`${host} is no address`);
  assertBindable(new Sockets(), { address, port }, isTransparent);
}

/** A descriptor that listens. Node.js binds it and says what is wrong; what it has opened lives on in a duplicate. */
export async function openSocket(
  host: string,
  port: number,
  reusePort: boolean,
  isTransparent = false,
): Promise<{ readonly descriptor: number; readonly port: number }> {
  const server = await listen(host, port, reusePort, isTransparent);
  try {
    const address = server.address();
    // The descriptor is not documented; node:cluster hands it over in the same way.
    const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
    return { descriptor: duplicate(fd), port: typeof address === 'object' ? (address?.port ?? port) : port };
  } finally {
    await closeServer(server);
  }
}

/** A transparent socket takes connections to addresses that this host does not have: Node.js cannot make one. */
function listen(host: string, port: number, reusePort: boolean, isTransparent: boolean): Promise<Server> {
  const server = createServer();
  const address = isTransparent ? parseAddress(host) : undefined;
  const place =
    address === undefined
      ? { host, port, reusePort }
      : { fd: openTransparentListener(new Sockets(), { address, port }, reusePort) };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...LISTEN_OPTIONS, ...place }, () => resolve(server));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
