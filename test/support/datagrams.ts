/** UDP sockets of a test: what they have received, in its order. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { writeProxyV2 } from '../../src/net/proxy-protocol/v2-write.ts';
import { parseEndpoint } from '../../src/net/address.ts';
import type { Endpoint } from '../../src/net/address.ts';
import { until } from './wire.ts';

export interface Received {
  readonly text: string;
  readonly from: string;
  readonly port: number;
}

export class Datagrams {
  readonly socket: Socket;
  readonly received: Received[] = [];
  /** What a server does with each. */
  onDatagram: (bytes: Buffer, from: RemoteInfo) => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (bytes, from) => {
      this.received.push({ text: bytes.toString('latin1'), from: from.address, port: from.port });
      this.onDatagram(bytes, from);
    });
    socket.on('error', () => {});
  }

  /** Bound to a port of loopback, or made of a descriptor that is bound; closed after the test. */
  static async open(
    t: TestContext,
    place: { readonly host: string } | { readonly fd: number; readonly family: 4 | 6 },
  ): Promise<Datagrams> {
    const isV6 = 'host' in place ? place.host.includes(':') : place.family === 6;
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', recvBufferSize: 8_388_608 });
    const datagrams = new Datagrams(socket);
    await new Promise<void>((resolve) => {
      if ('host' in place) socket.bind({ address: place.host, port: 0 }, resolve);
      else socket.bind({ fd: place.fd, exclusive: true }, resolve);
    });
    let isClosed = false;
    socket.once('close', () => (isClosed = true));
    t.after(() => {
      if (!isClosed) socket.close();
    });
    return datagrams;
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(bytes: Uint8Array | string, port: number, address = '127.0.0.1'): void {
    this.socket.send(bytes, port, address);
  }

  /** The datagram number `index`, once it is there. */
  async datagram(index: number): Promise<Received> {
    await until(`datagram ${index} has come`, () => this.received.length > index);
    const received = this.received[index];
    assert(received !== undefined);
    return received;
  }
}

/** A header of version 2 that names `client`, in front of `payload`. */
export function proxied(
  client: string,
  payload: Uint8Array | string,
  to: string = client.startsWith('[') ? '[2001:db8::9]:53' : '192.0.2.9:53',
): Buffer {
  const header = writeProxyV2({
    command: 'proxy',
    transport: 'dgram',
    source: endpoint(client),
    destination: endpoint(to),
  });
  return Buffer.concat([header, Buffer.from(payload as string, 'latin1')]);
}

/** One that names nobody. */
export function local(payload: string): Buffer {
  return Buffer.concat([writeProxyV2({ command: 'local' }), Buffer.from(payload, 'latin1')]);
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  assert(parsed !== undefined, text);
  return parsed;
}
