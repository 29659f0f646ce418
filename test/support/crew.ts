/** Servers that say who they are, and that can be stopped and started again at the same port. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { ownPort } from './own-port.ts';

/** One of them. It answers every request with its name. */
export class CrewServer {
  readonly name: string;
  port = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async start(): Promise<void> {
    if (this.port === 0) this.port = await ownPort();
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  /** Its connections are reset, and new ones are refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let rest = '';
    socket.on('data', (bytes) => {
      const heads = (rest + bytes.toString('latin1')).split('\r\n\r\n');
      rest = heads.pop() ?? '';
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${this.name.length}\r\n\r\n${this.name}`;
      socket.write(answer.repeat(heads.length));
    });
  }
}

/** Starts servers of these names. They end with the test. */
export async function startCrew(t: TestContext, ...names: readonly string[]): Promise<readonly CrewServer[]> {
  const crew = names.map((name) => new CrewServer(name));
  for (const server of crew) {
    await server.start();
    t.after(() => server.stop());
  }
  return crew;
}
