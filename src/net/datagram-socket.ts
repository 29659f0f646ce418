/**
 * A UDP socket over `node:dgram`, made of a descriptor or from scratch, that works within the call where it can.
 *
 * `node:dgram` looks every address up as if it were a name, and waits a turn for it. Addresses here are addresses: the
 * look-up of this socket answers at once, so that a datagram is sent, and an error known, when `send` returns.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';

export interface DatagramPeer {
  readonly address: string;
  readonly port: number;
}

export interface DatagramOwner {
  onDatagram(bytes: Uint8Array, from: RemoteInfo): void;
  /** The system says that something is wrong: nobody listens at the other end, mostly. */
  onError(error: Error): void;
  /** One of the others threw: a defect of ours, which costs one datagram. */
  onDefect(error: unknown): void;
}

/** Bytes that may wait in the queue of a socket which the system takes no more from. */
const QUEUED_BYTES_MAX = 1_048_576;

export class DatagramSocket {
  readonly #socket: Socket;
  #isConnected = false;
  #isClosed = false;
  /** What was sent before the connection was there: it is there within a turn. */
  #early: Uint8Array[] = [];

  /** `fd` is one that was made beforehand; from then on it belongs to this socket. */
  constructor(family: 4 | 6, owner: DatagramOwner, fd?: number) {
    this.#socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      lookup: (address, _options, found) => found(null, address, family),
    });
    const guarded = (run: () => void): void => {
      try {
        run();
      } catch (error) {
        owner.onDefect(error);
      }
    };
    this.#socket.on('message', (bytes, from) => guarded(() => owner.onDatagram(bytes, from)));
    this.#socket.on('error', (error) => guarded(() => owner.onError(error)));
    if (fd !== undefined) this.#socket.bind({ fd, exclusive: true });
  }

  /** Where it is bound. */
  get local(): DatagramPeer {
    if (this.#isClosed) return { address: '', port: 0 };
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** From now on it sends to this address alone, and takes datagrams from it alone. */
  connect(to: DatagramPeer): void {
    this.#socket.connect(to.port, to.address, () => {
      if (this.#isClosed) return;
      this.#isConnected = true;
      for (const bytes of this.#early.splice(0)) this.#socket.send(bytes);
    });
  }

  /** Sends on a connected socket. False: it was not taken, and is lost, as datagrams are. */
  send(bytes: Uint8Array): boolean {
    if (this.#isClosed) return false;
    if (!this.#isConnected) {
      if (this.#early.length >= EARLY_MAX) return false;
      this.#early.push(Uint8Array.from(bytes));
      return true;
    }
    if (this.#socket.getSendQueueSize() > QUEUED_BYTES_MAX) return false;
    this.#socket.send(bytes);
    return true;
  }

  /** Sends on one that is not connected. `onFailed` hears what the system says against it. */
  sendTo(bytes: Uint8Array, { address, port }: DatagramPeer, onFailed: () => void): boolean {
    if (this.#isClosed || this.#socket.getSendQueueSize() > QUEUED_BYTES_MAX) return false;
    this.#socket.send(bytes, port, address, (error) => {
      if (error !== null) onFailed();
    });
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#early = [];
    this.#socket.close();
  }
}

/** Datagrams that may wait for the connection. */
const EARLY_MAX = 8;
