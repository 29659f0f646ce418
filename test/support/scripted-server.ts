/**
 * A server that does exactly what a test says, byte by byte.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Message } from './message.ts';
import { until, Wire } from './wire.ts';

/**
 * What happens on one connection; `index` counts connections from 0. When the script has ended, the connection stays open
 * until the other end closes it.
 */
export type Script = (wire: Wire, index: number) => Promise<void> | void;

export interface ScriptedServer {
  readonly port: number;
  /** Every connection that came, in order. */
  readonly connections: readonly Wire[];
  /** All bytes that came, on all connections. */
  readonly received: number;
  /** Resolves with a connection once it is there. */
  connection(index: number): Promise<Wire>;
  /** Closes everything. Rejects with the first error of a script. */
  close(): Promise<void>;
}

/**
 * Starts a server on loopback that runs `script` on each connection. `fd`: a socket that is bound already, instead of a port.
 */
export async function scriptedServer(
  script: Script,
  place: { readonly port: number } | { readonly fd: number } = { port: 0 },
): Promise<ScriptedServer> {
  const connections: Wire[] = [];
  const errors: unknown[] = [];
  let isClosing = false;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const wire = new Wire(socket);
    const index = connections.push(wire) - 1;
    void Promise.resolve()
      .then(() => script(wire, index))
      .then(() => {
        if (wire.ending === undefined) socket.once('end', () => wire.end());
        else wire.end();
      })
      .catch((error: unknown) => {
        if (!isClosing) errors.push(error);
        wire.reset();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', ...place }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // Not a pipe: it listens on a port.
    connections,
    get received() {
      return connections.reduce((sum, wire) => sum + wire.received, 0);
    },
    connection: async (index) => {
      await until(`connection ${index} has come`, () => connections[index] !== undefined);
      const wire = connections[index];
      assert(wire !== undefined);
      return wire;
    },
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const wire of connections) wire.close();
      await closed;
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** A script that answers every request on a connection with what `answer` gives, and keeps it open. */
export function answering(
  answer: (request: Message, wire: Wire, index: number) => string | Uint8Array | undefined,
): Script {
  return async (wire, index) => {
    for (;;) {
      const request = await wire.readRequest();
      if (request === undefined) break;
      const bytes = answer(request, wire, index);
      if (bytes !== undefined) wire.send(bytes);
    }
    wire.end();
  };
}
