/**
 * The built-in decoy as a server on loopback, so that the proxy treats it like any other pool: same code, same
 * connections, same timing. What it answers is decided in answer.ts.
 *
 * It listens on 127.0.0.1 and takes requests from whoever is on this host. That is harmless: it knows no secrets,
 * keeps nothing and does nothing but answer. Bounds: connections, time per request, body bytes looked at.
 */
import { setImmediate } from 'node:timers';
import { now, wallNow } from '../../base/clock.ts';
import { httpDate } from '../../http/date.ts';
import { RequestHead } from '../../http/request-head.ts';
import { Connection, NOBODY } from '../../net/connection.ts';
import type { ConnectionHost } from '../../net/connection.ts';
import { Deadlines } from '../../net/deadlines.ts';
import { Listener } from '../../net/listener.ts';
import { CopyBuffers } from '../../net/copy-buffers.ts';
import { ReadBuffers } from '../../net/read-buffers.ts';
import { DecoyConnection, SpareHeads } from './decoy-connection.ts';
import type { DecoyHost } from './decoy-connection.ts';
import { makeSite } from './site.ts';
import type { Site } from './site.ts';

export interface BuiltInDecoyOptions {
  /** Secret and lasting: everything that the decoy shows is made of it. See site.ts. */
  readonly seed: string;
  /** The `Server` field of every answer, `nginx` when nothing is said. Only printable ASCII. */
  readonly serverHeader?: string;
  /** A descriptor that listens on loopback already; from then on it belongs to the decoy. */
  readonly descriptor?: number;
}

export interface BuiltInDecoy {
  readonly address: { readonly host: string; readonly port: number };
  /** Ends every connection. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 4096;
/** Above any bound that a listener can have on its heads, so that this server is never the one to refuse. */
const LIMITS = { headBytes: 2 * 1024 * 1024, targetBytes: 2 * 1024 * 1024, headerCount: 12_000 };

export async function startBuiltInDecoy(options: BuiltInDecoyOptions): Promise<BuiltInDecoy> {
  const site = makeSite({ seed: options.seed, serverHeader: options.serverHeader ?? 'nginx' });
  const server = new DecoyServer(site);
  const { descriptor } = options;
  const port = await server.listen(descriptor === undefined ? { host: HOST, port: 0 } : { fd: descriptor });
  return { address: { host: HOST, port }, close: () => server.close() };
}

const HOST = '127.0.0.1';

class DecoyServer {
  readonly #listener = new Listener((handle) => this.#accept(handle));
  readonly #connections = new Set<DecoyConnection>();
  readonly #net: ConnectionHost = {
    buffers: new ReadBuffers(),
    copies: new CopyBuffers(),
    deadlines: new Deadlines(now),
    clock: now,
    // It ends the thread, which is replaced, and is in the log then.
    onDefect: (error) => {
      setImmediate(() => {
        throw error instanceof Error ? error : new Error(String(error));
      });
    },
  };
  readonly #host: DecoyHost;
  #date = '';
  #dateSecond = 0;

  constructor(site: Site) {
    this.#host = {
      site,
      heads: new SpareHeads(() => new RequestHead(LIMITS)),
      date: () => this.#dateNow(),
      onClose: (connection) => this.#connections.delete(connection),
    };
  }

  /** Resolves with the port. */
  listen(bind: { readonly host: string; readonly port: number } | { readonly fd: number }): Promise<number> {
    return this.#listener.listen(bind);
  }

  close(): Promise<void> {
    const closed = this.#listener.close();
    for (const { connection } of this.#connections) connection.destroy();
    return closed;
  }

  #accept(handle: object): void {
    const connection = new Connection(this.#net, NOBODY, handle);
    if (this.#connections.size >= CONNECTIONS_MAX) {
      connection.destroy();
      return;
    }
    connection.socket.setNoDelay(true);
    this.#connections.add(new DecoyConnection(this.#host, connection));
  }

  /** The same text for a second. */
  #dateNow(): string {
    const ms = wallNow();
    const second = Math.floor(ms / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = httpDate(ms);
    }
    return this.#date;
  }
}
