/**
 * The client of the replays: one connection as long as the proxy keeps it, requests one after the other.
 */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { v2Bytes } from '../../support/proxy-vectors.ts';
import { readMessage, valueOf } from './message.ts';
import type { Message, Written } from './message.ts';
import type { ProxyHeaderToSend } from './scenario.ts';

/** Longest wait for a response. Reaching it is a failure, whatever the machine. */
const WAIT_MS = 20_000;

/** What the client got. */
export interface Answer {
  /** Undefined when the connection ended before the response was whole. */
  readonly message: Message | undefined;
  /** Interim responses before it. */
  readonly interim: readonly number[];
  /** Everything that came, for messages about what is wrong. */
  readonly raw: string;
}

export interface AskOptions {
  readonly method: string;
  /** Waits for 100 before the body is sent. */
  readonly waitsForContinue?: boolean;
  /** Sends no more after this: the file leaves the request without an end. */
  readonly endsAfter?: boolean;
}

export class ReplayClient {
  readonly #port: number;
  readonly #proxyHeader: ProxyHeaderToSend | undefined;
  #socket: Socket | undefined;
  #lastAddress = '';

  constructor(port: number, proxyHeader: ProxyHeaderToSend | undefined) {
    this.#port = port;
    this.#proxyHeader = proxyHeader;
  }

  /** `address:port` of this side of the last connection. */
  get lastAddress(): string {
    return this.#lastAddress;
  }

  async ask(written: Written, options: AskOptions): Promise<Answer> {
    const socket = this.#socket ?? (await this.#connect());
    const answer = collect(socket, options.method, () => {
      socket.write(written.body, 'latin1');
    });
    const isWhole = options.waitsForContinue !== true;
    socket.write(isWhole ? written.head + written.body : written.head, 'latin1');
    if (options.endsAfter === true) socket.end();
    const got = await answer;
    const isLast =
      got.message === undefined ||
      got.message.framing === 'close' ||
      valueOf(got.message.fields, 'connection')?.toLowerCase() === 'close';
    if (isLast) this.close();
    return got;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connect(): Promise<Socket> {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {}); // A reset is an end: what counts is what came before it.
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    this.#socket = socket;
    this.#lastAddress = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`;
    if (this.#proxyHeader !== undefined) socket.write(proxyHeader(this.#proxyHeader, socket));
    return socket;
  }
}

/** Reads responses until the final one is whole or the connection ends. */
function collect(socket: Socket, method: string, onContinue: () => void): Promise<Answer> {
  let input = '';
  let raw = '';
  const interim: number[] = [];
  const hasBody = (head: { readonly start: string }): boolean =>
    method !== 'HEAD' && !/^HTTP\/1\.[01] (?:1..|204|304)/.test(head.start);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`No whole response within ${WAIT_MS} ms: ${JSON.stringify(raw.slice(0, 500))}`));
    }, WAIT_MS);
    const look = (isEnded: boolean): void => {
      for (;;) {
        const read = readMessage(input, hasBody, isEnded);
        if (read.kind !== 'ok') {
          if (!isEnded && read.kind === 'need') return;
          stop();
          resolve({ message: undefined, interim, raw });
          return;
        }
        const status = Number(read.message.start.slice(9, 12));
        if (status >= 200) {
          stop();
          resolve({ message: read.message, interim, raw });
          return;
        }
        interim.push(status);
        input = input.slice(read.end);
        if (status === 100) onContinue();
      }
    };
    const onData = (bytes: Buffer): void => {
      input += bytes.toString('latin1');
      raw += bytes.toString('latin1');
      look(false);
    };
    const onEnd = (): void => look(true);
    socket.on('data', onData).on('end', onEnd).on('close', onEnd);
  });
}

function proxyHeader(header: ProxyHeaderToSend, socket: Socket): Buffer {
  const source = header.source ?? `${socket.localAddress ?? ''}:${socket.localPort ?? ''}`;
  const destination = header.destination ?? `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
  const from = split(source);
  const to = split(destination);
  if (header.version === 1)
    return Buffer.from(`PROXY TCP4 ${from.address} ${to.address} ${from.port} ${to.port}\r\n`);
  const rest = Buffer.concat([octets(from.address), octets(to.address), Buffer.alloc(4)]);
  rest.writeUInt16BE(from.port, 8);
  rest.writeUInt16BE(to.port, 10);
  return v2Bytes(0x21, 0x11, rest);
}

function split(endpoint: string): { readonly address: string; readonly port: number } {
  const colon = endpoint.lastIndexOf(':');
  return { address: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1)) };
}

function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
