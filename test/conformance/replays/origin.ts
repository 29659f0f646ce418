/**
 * The server of the replays: finds the transaction by its uuid, answers what the file says, and keeps what it got.
 */
import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { readMessage, valueOf, writeResponse } from './message.ts';
import type { Message } from './message.ts';
import type { Transaction } from './scenario.ts';

export interface OriginOptions {
  /** Every connection begins with a PROXY protocol header. */
  readonly readsProxyHeader: boolean;
  /** What becomes of the delays in the files. */
  readonly delayMs: (delay: number) => number;
}

/** What the server got of a transaction. */
export interface Arrived {
  /** Undefined when the request never became whole. */
  readonly message: Message | undefined;
  /** Source and destination of the PROXY header, as text; undefined when none was asked for. */
  readonly proxyHeader: string | undefined;
}

export class ReplayOrigin {
  readonly port: number;
  readonly arrived: Map<string, Arrived> = new Map();
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #transactions: ReadonlyMap<string, Transaction>;
  readonly #options: OriginOptions;
  #next: Transaction | undefined;

  static async start(transactions: readonly Transaction[], options: OriginOptions): Promise<ReplayOrigin> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ReplayOrigin(server, transactions, options);
  }

  private constructor(server: Server, transactions: readonly Transaction[], options: OriginOptions) {
    this.#server = server;
    this.#options = options;
    this.#transactions = new Map(transactions.map((transaction) => [transaction.uuid, transaction]));
    // A server that listens on TCP has an address with a port.
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** The transaction that the client begins now: one that resets connections does so before anything is read. */
  expect(transaction: Transaction): void {
    this.#next = transaction;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {}); // What breaks a connection shows in what was not received.
    if (this.#next?.response.resets === true) {
      socket.resetAndDestroy();
      return;
    }
    const conversation = new Conversation(socket, this.#transactions, this.arrived, this.#options);
    socket.on('data', (bytes: Buffer) => conversation.onBytes(bytes.toString('latin1')));
  }
}

/** One connection from the proxy. */
class Conversation {
  readonly #socket: Socket;
  readonly #transactions: ReadonlyMap<string, Transaction>;
  readonly #arrived: Map<string, Arrived>;
  readonly #options: OriginOptions;
  #input = '';
  #proxyHeader: string | undefined;
  #hasContinued = false;

  constructor(
    socket: Socket,
    transactions: ReadonlyMap<string, Transaction>,
    arrived: Map<string, Arrived>,
    options: OriginOptions,
  ) {
    this.#socket = socket;
    this.#transactions = transactions;
    this.#arrived = arrived;
    this.#options = options;
  }

  onBytes(bytes: string): void {
    this.#input += bytes;
    if (this.#options.readsProxyHeader && this.#proxyHeader === undefined && !this.#readProxyHeader()) return;
    for (;;) {
      const read = readMessage(this.#input, () => true, false);
      if (read.kind === 'bad' || (read.kind === 'need' && read.head === undefined)) return;
      const fields = read.kind === 'need' ? read.head?.fields : read.message.fields;
      const uuid = valueOf(fields ?? [], 'uuid') ?? '';
      if (read.kind === 'need') {
        this.#onHead(uuid, fields ?? []);
        return;
      }
      this.#input = this.#input.slice(read.end);
      this.#hasContinued = false;
      this.#arrived.set(uuid, { message: read.message, proxyHeader: this.#proxyHeader });
      this.#answer(uuid);
    }
  }

  #onHead(uuid: string, fields: Message['fields']): void {
    if (!this.#arrived.has(uuid))
      this.#arrived.set(uuid, { message: undefined, proxyHeader: this.#proxyHeader });
    if (valueOf(fields, 'expect')?.toLowerCase() !== '100-continue' || this.#hasContinued) return;
    this.#hasContinued = true;
    this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #answer(uuid: string): void {
    const transaction = this.#transactions.get(uuid);
    if (transaction === undefined) {
      this.#socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const { head, body, endsWithClose } = writeResponse(transaction.response);
    const bytes = Buffer.from(head + body, 'latin1');
    const send = (): void => {
      if (endsWithClose) this.#socket.end(bytes);
      else this.#socket.write(bytes);
    };
    const delayMs = this.#options.delayMs(transaction.response.delayMs);
    if (delayMs === 0) {
      send();
      return;
    }
    const timer = setTimeout(send, delayMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Takes the header off the input; false while it is not whole (PROXY protocol §2.1, §2.2, IPv4 only). */
  #readProxyHeader(): boolean {
    const v1 = /^PROXY TCP4 (\S+) (\S+) (\d+) (\d+)\r\n/.exec(this.#input);
    if (v1 !== null) {
      this.#proxyHeader = `${v1[1] ?? ''}:${v1[3] ?? ''} ${v1[2] ?? ''}:${v1[4] ?? ''}`;
      this.#input = this.#input.slice(v1[0].length);
      return true;
    }
    const bytes = Buffer.from(this.#input, 'latin1');
    if (bytes.length < 16 || !this.#input.startsWith('\r\n\r\n\0\r\nQUIT\n\x21\x11')) return false;
    const end = 16 + bytes.readUInt16BE(14);
    if (bytes.length < end) return false;
    const address = (at: number, port: number): string =>
      `${[...bytes.subarray(at, at + 4)].join('.')}:${bytes.readUInt16BE(port)}`;
    this.#proxyHeader = `${address(16, 24)} ${address(20, 26)}`;
    this.#input = this.#input.slice(end);
    return true;
  }
}
