/**
 * One UDP socket of a listener: reads the PROXY header of each datagram and hands the rest to the flow of its client.
 *
 *     datagram ─▶ of a trusted peer? ─▶ header ─▶ flow of the client, or a new one ─▶ server
 *
 * A datagram carries its header whole or is dropped: nothing is put together of several, and nothing is guessed. Whoever
 * sends without being trusted, or without a header, gets no answer; it is counted, and told once a second at most.
 */
import { Allowance } from '../base/allowance.ts';
import { identifyConnection } from '../identity/identify.ts';
import type { Client } from '../identity/client.ts';
import { openDatagramListener } from '../linux/bound-socket.ts';
import { Sockets } from '../linux/sockets.ts';
import { canonicalAddress, parseAddress } from '../net/address.ts';
import { DatagramSocket } from '../net/datagram-socket.ts';
import type { DatagramPeer } from '../net/datagram-socket.ts';
import { readDatagramHeader } from '../net/proxy-protocol/datagram.ts';
import type { ListenerContext } from './context.ts';
import type { DatagramOutcome } from './datagram-outcomes.ts';
import { FlowTable } from './flow-table.ts';
import type { ListenerPlace } from './listener-place.ts';
import { RefusalLog } from './refusal-log.ts';
import { UdpFlow } from './udp-flow.ts';

export class UdpListener {
  readonly #context: () => ListenerContext;
  readonly #table = new FlowTable<UdpFlow>();
  readonly #refusals: RefusalLog;
  readonly #onDefect: (error: unknown) => void;
  #socket: DatagramSocket | undefined;
  /** Where datagrams are counted: that of the listener for which one came last. */
  #place: ListenerPlace | undefined;
  #allowance: Allowance | undefined;
  #allowedPerSecond = 0;
  /** As for listeners of TCP. A socket of UDP accepts nothing. */
  onAcceptError: (status: number) => void = () => {};

  /** `context` is that of the present configuration. `onDefect` hears what should not have been thrown. */
  constructor(context: () => ListenerContext, onDefect: (error: unknown) => void) {
    this.#context = context;
    this.#onDefect = onDefect;
    this.#refusals = new RefusalLog(context);
  }

  /** Resolves with the port once it listens; rejects with the system's error. */
  listen(
    bind: { readonly host: string; readonly port: number } | { readonly fd: number; readonly host: string },
  ): Promise<number> {
    const address = parseAddress(bind.host);
    if (address === undefined) throw new Error(`${bind.host} is no address`);
    const fd =
      'fd' in bind ? bind.fd : openDatagramListener(new Sockets(), { address, port: bind.port }, false);
    const socket = new DatagramSocket(
      address.family,
      {
        onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
        // What a peer says against an answer is its own matter: others go on.
        onError: () => this.#count('not-taken'),
        onDefect: this.#onDefect,
      },
      fd,
    );
    this.#socket = socket;
    return Promise.resolve(socket.local.port);
  }

  /** Takes no more, and ends all flows: their answers could not leave. */
  close(): Promise<void> {
    for (const flow of [...this.#table.flows]) flow.end('done');
    this.#socket?.close();
    return Promise.resolve();
  }

  /** Flows that are open. */
  get flows(): number {
    return this.#table.size;
  }

  #onDatagram(bytes: Uint8Array, from: DatagramPeer): void {
    const context = this.#context();
    if (context.isStopping()) return;
    this.#place = context.place;
    const { identity, options } = context;
    const peer = { address: canonicalAddress(from.address), port: from.port };
    if (!identity.trust.hasText(peer.address)) {
      this.#refuse('peer-untrusted', peer, NOT_TRUSTED);
      return;
    }
    const peerKey = `${peer.address} ${peer.port}`;
    if (options.udp.header === 'first') {
      const known = this.#table.find(peerKey);
      if (known !== undefined) {
        this.#pass(known, peer, bytes, options.udp.datagramBytes);
        return;
      }
    }
    const read = readDatagramHeader(bytes);
    if (read.kind === 'bad') {
      this.#refuse('proxy-header-bad', peer, read.text);
      return;
    }
    const client = identifyConnection(identity, peer, read.header);
    const key = options.udp.header === 'first' ? peerKey : `${client.address} ${client.port}`;
    const payload = bytes.subarray(read.end);
    if (payload.length > options.udp.datagramBytes) {
      this.#count('too-long');
      return;
    }
    const flow = this.#table.find(key) ?? this.#begin(context, client, key, peer);
    if (flow !== undefined) this.#pass(flow, peer, payload, options.udp.datagramBytes);
  }

  #pass(flow: UdpFlow, peer: DatagramPeer, payload: Uint8Array, bytesMax: number): void {
    if (payload.length > bytesMax) {
      this.#count('too-long');
      return;
    }
    flow.peer = peer;
    this.#count(flow.toServer(payload) ? 'to-server' : 'not-taken');
  }

  #begin(context: ListenerContext, client: Client, key: string, peer: DatagramPeer): UdpFlow | undefined {
    const { udp, limits } = context.options;
    if (this.#allowance === undefined || this.#allowedPerSecond !== udp.flowsPerSecond) {
      this.#allowedPerSecond = udp.flowsPerSecond;
      this.#allowance = new Allowance(udp.flowsPerSecond, context.host.clock);
    }
    if (!this.#allowance.take()) {
      this.#count('flow-refused');
      return undefined;
    }
    if (this.#table.countOf(client.address) >= udp.flowsPerClient)
      this.#table.oldest(client.address)?.end('flow-evicted');
    if (!this.#takePlace(context, limits.connections)) {
      this.#count('flow-refused');
      context.onRefused();
      return undefined;
    }
    const flow = new UdpFlow(
      {
        context,
        client,
        key,
        table: this.#table,
        onEnd: () => context.place.leaveFlow(),
        reply: (bytes, to) => this.#reply(bytes, to, udp.datagramBytes),
      },
      peer,
    );
    if (!flow.isOver) return flow;
    this.#count('flow-refused');
    return undefined;
  }

  /** A place among all flows of the listener, for which the one used least recently here goes if it has to. */
  #takePlace({ place }: ListenerContext, max: number): boolean {
    if (place.enterFlow(max)) return true;
    this.#table.oldest()?.end('flow-evicted');
    return place.enterFlow(max);
  }

  #reply(bytes: Uint8Array, to: DatagramPeer, bytesMax: number): void {
    if (bytes.length > bytesMax) {
      this.#count('too-long');
      return;
    }
    const isTaken = this.#socket?.sendTo(bytes, to, () => this.#count('not-taken')) === true;
    this.#count(isTaken ? 'to-client' : 'not-taken');
  }

  #count(outcome: DatagramOutcome): void {
    this.#place?.datagrams.add(outcome);
  }

  #refuse(outcome: 'peer-untrusted' | 'proxy-header-bad', peer: DatagramPeer, text: string): void {
    this.#count(outcome);
    this.#refusals.tell(outcome, peer, text);
  }
}

const NOT_TRUSTED = 'The peer is not in identity.trust, and nobody else may send datagrams';
