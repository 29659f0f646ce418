/**
 * The access log to a syslog server, over UDP (RFC 5426) or TCP (RFC 6587, octet counting).
 *
 * A write waits until the system has taken its messages; what comes meanwhile waits in the access log, within its
 * bounds. A TCP connection that fails is made again, so that a server which is started anew costs nothing but what was on
 * its way: TCP has no answer that says what arrived.
 */
import type { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import type { Socket as DatagramSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { wallNow } from '../base/clock.ts';
import type { LineSink } from './line-sink.ts';
import type { MessageOptions } from './syslog-message.ts';
import { framed, SyslogMessages } from './syslog-message.ts';

/** Over the network. A daemon on this machine: unix-syslog.ts. */
export interface SyslogOptions extends MessageOptions {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** How long a server may take to accept a connection, and to take what is written. */
const CONNECT_MS = 5000;
const WRITE_MS = 10_000;
/** After a failed connection: the next try, and how many before the lines are given up. */
const RETRY_MS = 1000;
const TRIES = 5;

export function openSyslog(options: SyslogOptions): LineSink {
  const messages = new SyslogMessages(options);
  return options.transport === 'udp' ? new UdpSink(options, messages) : new TcpSink(options, messages);
}

class UdpSink implements LineSink {
  readonly #options: SyslogOptions;
  readonly #messages: SyslogMessages;
  readonly #socket: DatagramSocket;

  constructor(options: SyslogOptions, messages: SyslogMessages) {
    this.#options = options;
    this.#messages = messages;
    this.#socket = createSocket(options.host.includes(':') ? 'udp6' : 'udp4');
    // Each send has its own answer.
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  async write(lines: Uint8Array): Promise<void> {
    const messages = this.#messages.of(lines, wallNow());
    await Promise.all(messages.map((message) => this.#send(message)));
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #send(message: Buffer): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#socket.send(message, port, host, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}

class TcpSink implements LineSink {
  readonly #options: SyslogOptions;
  readonly #messages: SyslogMessages;
  readonly #closing = new AbortController();
  #socket: Socket | undefined;

  constructor(options: SyslogOptions, messages: SyslogMessages) {
    this.#options = options;
    this.#messages = messages;
  }

  async write(lines: Uint8Array): Promise<void> {
    const socket = await this.#connected();
    await this.#writeAll(socket, framed(this.#messages.of(lines, wallNow())));
  }

  /** Connects anew with the next write: after a server has moved. */
  reopen(): Promise<void> {
    this.#socket?.end();
    this.#socket = undefined;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing.abort();
    // What is written was taken by the system, which sends it before the end.
    this.#socket?.destroySoon();
    return Promise.resolve();
  }

  async #connected(): Promise<Socket> {
    for (let tries = 1; ; tries++) {
      if (this.#closing.signal.aborted) throw new Error('the log was closed');
      if (this.#socket?.writable === true) return this.#socket;
      try {
        this.#socket = await this.#connect();
        return this.#socket;
      } catch (error) {
        if (tries === TRIES) throw error;
        await sleep(RETRY_MS, undefined, { signal: this.#closing.signal, ref: false });
      }
    }
  }

  #connect(): Promise<Socket> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      const timer = setTimeout(() => socket.destroy(new Error('the server does not accept')), CONNECT_MS);
      // A log alone is no reason to go on running.
      socket.unref();
      timer.unref();
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(socket);
      });
      // Later errors are those of a write, which has its own answer.
      socket.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      // A server that ends the connection is not written to again.
      socket.on('end', () => socket.destroy());
      socket.resume();
    });
  }

  #writeAll(socket: Socket, bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        clearTimeout(timer);
        socket.off('close', onClose);
        if (error == null) resolve();
        else reject(error);
      };
      const onClose = (): void => settle(new Error('the server closed the connection'));
      const timer = setTimeout(() => socket.destroy(new Error('the server takes nothing')), WRITE_MS).unref();
      socket.once('close', onClose);
      socket.write(bytes, settle);
    });
  }
}
