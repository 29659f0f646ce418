/**
 * What happens first on an accepted connection: bounds, the PROXY header where one is due, and who the client is.
 *
 * A peer that is trusted to send a PROXY header must send one, in time; from any other peer none is read: its bytes go
 * to the protocol of the listener, which refuses them. Nothing is ever guessed.
 */
import type { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import { Gather } from '../http/gather.ts';
import { identifyConnection, readsProxyHeader } from '../identity/identify.ts';
import { Connection, NOBODY } from '../net/connection.ts';
import type { ConnectionOwner } from '../net/connection.ts';
import type { ProxyHeader } from '../net/proxy-protocol/header.ts';
import { readProxyHeader } from '../net/proxy-protocol/read.ts';
import { ClientConnection } from './client-connection.ts';
import type { ListenerContext } from './context.ts';
import { recordRefusedArrival } from './refused-arrival.ts';
import { TcpSession } from './tcp-session.ts';

/** Takes a connection that was accepted; `handle` is what the listener got from the system. */
export function arrive(context: ListenerContext, handle: object): void {
  const connection = new Connection(context.host, NOBODY, handle);
  if (context.isStopping() || !context.place.enter(connection, context.options.limits.connections)) {
    context.onRefused();
    connection.destroy();
    return;
  }
  connection.socket.setNoDelay(true);
  const { remoteAddress, remotePort } = connection.socket;
  // A peer that has reset its connection by now has no address, and nobody to serve.
  if (remoteAddress === undefined) {
    connection.destroy();
    return;
  }
  const peer = { address: remoteAddress, port: remotePort ?? 0 };
  if (context.identity.untrusted === 'refuse' && !context.identity.trust.hasText(remoteAddress)) {
    const client = identifyConnection(context.identity, peer, undefined);
    const text = 'The peer is not in identity.trust, and the listener serves nobody else';
    connection.destroy();
    recordRefusedArrival(context, connection, client, now(), { code: 'peer-untrusted', text });
    return;
  }
  if (readsProxyHeader(context.identity, remoteAddress))
    connection.owner = new Arrival(context, connection, peer);
  else serve(context, connection, peer, undefined);
}

/** Hands the connection to the protocol of its listener. `rest` is what came behind the PROXY header. */
function serve(
  context: ListenerContext,
  connection: Connection,
  peer: { readonly address: string; readonly port: number },
  header: ProxyHeader | undefined,
): ConnectionOwner {
  const client = identifyConnection(context.identity, peer, header);
  if (context.options.protocol === 'tcp') return new TcpSession(context, connection, client);
  return new ClientConnection(context, connection, client);
}

/** Reads the PROXY header of a trusted peer. */
class Arrival implements ConnectionOwner {
  readonly #context: ListenerContext;
  readonly #connection: Connection;
  readonly #peer: { readonly address: string; readonly port: number };
  readonly #beganAt: number = now();
  /** At most the reader's own bound: it refuses what is longer. */
  readonly #partial: Gather = new Gather();

  constructor(
    context: ListenerContext,
    connection: Connection,
    peer: { readonly address: string; readonly port: number },
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#peer = peer;
    connection.deadlineAt = this.#beganAt + context.identity.proxyHeaderTimeout;
  }

  onBytes(bytes: Buffer, end: number): void {
    this.#partial.append(bytes, 0, end);
    const input = this.#partial.bytes.subarray(0, this.#partial.length);
    const { proxyProtocol } = this.#context.identity;
    if (proxyProtocol === 'off') return;
    const read = readProxyHeader(input, proxyProtocol);
    if (read.kind === 'need') return;
    if (read.kind === 'bad') {
      this.#refuse('proxy-header-bad', read.text);
      return;
    }
    const owner = serve(this.#context.place.context, this.#connection, this.#peer, read.value);
    const rest = input.subarray(read.end);
    if (rest.length > 0) owner.onBytes(rest, rest.length);
  }

  onEnd(): void {
    this.#refuse('proxy-header-missing', 'The peer closed the connection before its PROXY header was whole');
  }

  onDrain(): void {}

  onDeadline(): void {
    this.#refuse(
      'proxy-header-missing',
      'The peer sent no whole PROXY header within identity.proxyHeaderTimeout',
    );
  }

  onClose(): void {}

  #refuse(code: string, text: string): void {
    this.#connection.owner = NOBODY;
    this.#connection.destroy();
    const client = identifyConnection(
      { ...this.#context.identity, proxyProtocol: 'off' },
      this.#peer,
      undefined,
    );
    recordRefusedArrival(this.#context, this.#connection, client, this.#beganAt, { code, text });
  }
}
