/**
 * Listening sockets that outlive the workers which accept on them.
 *
 * The supervisor opens one socket for each worker and address, all on the same port (SO_REUSEPORT: the kernel spreads
 * connections over them), and keeps its descriptors. A worker listens on a duplicate. So a worker that dies loses its
 * connections and nothing that still waits to be accepted; ports below 1024 are bound before privileges are dropped; and
 * a socket that a service manager handed over is used like any other.
 *
 * Where descriptors cannot be duplicated (hasDescriptors), the one worker opens its sockets itself.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Config } from '../config/config.ts';
import { closeDescriptor, duplicate, hasDescriptors } from '../linux/descriptor.ts';
import { openTransparentListener } from '../linux/bound-socket.ts';
import { Sockets } from '../linux/sockets.ts';
import { parseAddress } from '../net/address.ts';
import { LISTEN_OPTIONS } from '../net/listener.ts';
import { ListenError, explainListen } from './listen-error.ts';
import type { Bound, ListenSocket } from './messages.ts';

/** An address with one socket for each worker. */
interface Opened {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  /** The port in the configuration: 0 for any. */
  readonly asked: number;
  /** By the number of the worker. */
  readonly sockets: readonly { readonly id: number; readonly descriptor: number | undefined }[];
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

  /** `workers` is how many workers there are. */
  constructor(workers: number) {
    this.#workers = workers;
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
    const next: Opened[] = [];
    const fresh: Opened[] = [];
    try {
      for (const [listener, { bind, transparent }] of Object.entries(config.listeners)) {
        for (const { address, port } of bind) {
          const index = left.findIndex((one) => one.host === address.text && one.asked === port);
          const [kept] = index === -1 ? [] : left.splice(index, 1);
          const opened = kept ?? (await this.#openAddress(listener, address.text, port, transparent));
          if (kept === undefined) fresh.push(opened);
          next.push({ ...opened, listener });
        }
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
    return this.#opened.flatMap(({ listener, host, port, sockets }) => {
      const socket = sockets[worker];
      return socket === undefined ? [] : [{ listener, host, port, ...socket }];
    });
  }

  /** Closes the supervisor's descriptors: what waits in a socket that no worker has is reset. */
  close(): void {
    closeAll(this.#opened);
    this.#opened = [];
  }

  async #openAddress(listener: string, host: string, port: number, isTransparent: boolean): Promise<Opened> {
    if (!hasDescriptors())
      return { listener, host, port, asked: port, sockets: [{ id: this.#nextId++, descriptor: undefined }] };
    const descriptors: number[] = [];
    try {
      // Sockets that share a port would share it with another Sallyport, too.
      if (this.#workers > 1 && port !== 0) await assertFree(host, port, isTransparent);
      let bound = port;
      for (let worker = 0; worker < this.#workers; worker++) {
        const opened = await openSocket(host, bound, this.#workers > 1, isTransparent);
        descriptors.push(opened.descriptor);
        bound = opened.port;
      }
      const sockets = descriptors.map((descriptor) => ({ id: this.#nextId++, descriptor }));
      return { listener, host, port: bound, asked: port, sockets };
    } catch (error) {
      for (const descriptor of descriptors) closeDescriptor(descriptor);
      throw new ListenError(explainListen(listener, host, port, error));
    }
  }
}

function closeAll(opened: readonly Opened[]): void {
  for (const { descriptor } of opened.flatMap(({ sockets }) => sockets)) {
    if (descriptor !== undefined) closeDescriptor(descriptor);
  }
}

async function assertFree(host: string, port: number, isTransparent: boolean): Promise<void> {
  await closeServer(await listen(host, port, false, isTransparent));
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
