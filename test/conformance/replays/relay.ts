/**
 * For the controls: a proxy that changes what it passes on, made of a relay that does so behind an honest one.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Passes bytes on between proxy and server, and replaces a text in what the server sends. */
export class CorruptingRelay {
  changes = 0;
  readonly #from: string;
  readonly #to: string;
  readonly #server: Server = createServer();
  readonly #sockets: Set<Socket> = new Set();

  constructor(from: string, to: string) {
    assert.equal(from.length, to.length);
    this.#from = from;
    this.#to = to;
  }

  async start(serverPort: number): Promise<number> {
    this.#server.on('connection', (client) => {
      const server = connect(serverPort, '127.0.0.1');
      for (const socket of [client, server]) this.#sockets.add(socket.on('error', () => client.destroy()));
      client.pipe(server);
      server.on('data', (bytes: Buffer) => client.write(this.#corrupt(bytes.toString('latin1')), 'latin1'));
      server.on('end', () => client.end());
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has an address with a port.
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #corrupt(text: string): string {
    const changed = text.replaceAll(this.#from, this.#to);
    if (changed !== text) this.changes++;
    return changed;
  }
}
