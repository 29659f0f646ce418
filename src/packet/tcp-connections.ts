/**
 * Sorts TCP segments into connections, says who the client is, and gives each side's bytes in order.
 *
 * The client is who sent SYN. Where the capture begins later it is the one with the port that is no service (a port
 * below 1024 is one), and else the one that was seen first.
 *
 * Bounded: connections, and what each holds. A connection that makes room loses only what it has held behind gaps.
 */
import { Buffer } from 'node:buffer';
import type { IpPacket } from './ip.ts';
import { Reassembler, REASSEMBLE_LIMITS } from './reassemble.ts';
import type { ByteSink, ReassembleLimits } from './reassemble.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from './tcp.ts';
import type { TcpSegment } from './tcp.ts';

export interface TcpEndpoint {
  /** 4 or 16 bytes, network order. */
  readonly address: Uint8Array;
  readonly port: number;
}

export interface TcpConnection {
  readonly client: TcpEndpoint;
  readonly server: TcpEndpoint;
  /** True when the SYN of the client was seen: nothing of its beginning is missing. */
  readonly isWhole: boolean;
  readonly fromClient: Reassembler;
  readonly fromServer: Reassembler;
  isClosed: boolean;
}

/** Makes the sinks of a connection as soon as it is known. */
export interface TcpObserver {
  open(
    client: TcpEndpoint,
    server: TcpEndpoint,
  ): { readonly fromClient: ByteSink; readonly fromServer: ByteSink };
  /** Both sides have ended, one has reset, or `closeAll` was called. Nothing comes after it. */
  close(connection: TcpConnection): void;
}

export interface TcpLimits {
  readonly connections: number;
  readonly reassemble: ReassembleLimits;
}

export const TCP_LIMITS: TcpLimits = { connections: 65_536, reassemble: REASSEMBLE_LIMITS };

/** IANA calls these system ports: servers have them, clients do not. */
const SERVICE_PORT_MAX = 1023;

export class TcpConnections {
  readonly #observer: TcpObserver;
  readonly #limits: TcpLimits;
  /** By the two endpoints, the smaller first. */
  readonly #table = new Map<string, TcpConnection>();

  constructor(observer: TcpObserver, limits: TcpLimits = TCP_LIMITS) {
    this.#observer = observer;
    this.#limits = limits;
  }

  get size(): number {
    return this.#table.size;
  }

  /** Takes the next segment. The bytes are kept while they wait for others: not a reused buffer. */
  add(packet: IpPacket, segment: TcpSegment): void {
    const source: TcpEndpoint = { address: packet.source, port: segment.sourcePort };
    const destination: TcpEndpoint = { address: packet.destination, port: segment.destinationPort };
    const key = keyOf(source, destination);
    const connection = this.#find(key, source, destination, segment);
    if (connection === undefined) return;
    const isClient = isSame(source, connection.client);
    this.#take(connection, isClient ? connection.fromClient : connection.fromServer, segment);
    const isOver = connection.fromClient.isAtEnd && connection.fromServer.isAtEnd;
    if (isOver || (segment.flags & TCP_RST) !== 0) this.#close(key, connection);
  }

  /** Ends what is left, in the order in which it began. */
  closeAll(): void {
    for (const [key, connection] of this.#table) this.#close(key, connection);
  }

  #find(
    key: string,
    source: TcpEndpoint,
    destination: TcpEndpoint,
    segment: TcpSegment,
  ): TcpConnection | undefined {
    const known = this.#table.get(key);
    const isOpening = (segment.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
    // A SYN where a connection has carried bytes: the same two ports are used again.
    const isReused = isOpening && known !== undefined && known.fromClient.offset > segment.payload.length;
    if (known !== undefined && !isReused) return known;
    if (known !== undefined) this.#close(key, known);
    const isEmpty = segment.payload.length === 0 && (segment.flags & TCP_SYN) === 0;
    return isEmpty ? undefined : this.#open(key, source, destination, segment, isOpening);
  }

  #open(
    key: string,
    source: TcpEndpoint,
    destination: TcpEndpoint,
    segment: TcpSegment,
    isWhole: boolean,
  ): TcpConnection {
    if (this.#table.size >= this.#limits.connections) this.#closeOldest();
    const isFromClient = isClientSide(source, destination, segment);
    const client = isFromClient ? source : destination;
    const server = isFromClient ? destination : source;
    const sinks = this.#observer.open(client, server);
    const connection: TcpConnection = {
      client,
      server,
      isWhole,
      fromClient: new Reassembler(sinks.fromClient, this.#limits.reassemble),
      fromServer: new Reassembler(sinks.fromServer, this.#limits.reassemble),
      isClosed: false,
    };
    this.#table.set(key, connection);
    return connection;
  }

  #take(connection: TcpConnection, stream: Reassembler, segment: TcpSegment): void {
    if (connection.isClosed) return;
    const isSyn = (segment.flags & TCP_SYN) !== 0;
    // A SYN takes one number; bytes may come with it (RFC 7413).
    const sequence = isSyn ? (segment.sequence + 1) >>> 0 : segment.sequence;
    if (isSyn) stream.open(sequence);
    stream.push(sequence, segment.payload);
    if ((segment.flags & TCP_FIN) !== 0) stream.finish(sequence + segment.payload.length);
  }

  #closeOldest(): void {
    const oldest = this.#table.entries().next().value;
    if (oldest !== undefined) this.#close(oldest[0], oldest[1]);
  }

  #close(key: string, connection: TcpConnection): void {
    this.#table.delete(key);
    if (connection.isClosed) return;
    connection.fromClient.skipGaps();
    connection.fromServer.skipGaps();
    connection.isClosed = true;
    this.#observer.close(connection);
  }
}

function isClientSide(source: TcpEndpoint, destination: TcpEndpoint, segment: TcpSegment): boolean {
  if ((segment.flags & TCP_SYN) !== 0) return (segment.flags & TCP_ACK) === 0;
  const isSourceService = source.port <= SERVICE_PORT_MAX;
  const isDestinationService = destination.port <= SERVICE_PORT_MAX;
  return isSourceService === isDestinationService || isDestinationService;
}

function isSame(one: TcpEndpoint, other: TcpEndpoint): boolean {
  return one.port === other.port && Buffer.compare(one.address, other.address) === 0;
}

function keyOf(source: TcpEndpoint, destination: TcpEndpoint): string {
  const one = `${Buffer.from(source.address).toString('latin1')} ${source.port}`;
  const other = `${Buffer.from(destination.address).toString('latin1')} ${destination.port}`;
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
