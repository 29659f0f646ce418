/**
 * One flow of datagrams: a client, who is named by PROXY headers, and a server, which sees the client's address.
 *
 *     proxy in front ──▶ listener ──▶ flow: a socket with the client's address ──▶ server
 *                    ◀── listener ◀──                                         ◀──
 *
 * A flow ends when nothing has passed for `udp.idle`, when the server says that nobody listens there, or when room is
 * needed. What is sent back carries no PROXY header: that is for the one who began (PROXY protocol §2), and the proxy in
 * front knows the client by the port from which it sent.
 */
import type { Seeker } from '../balance/algorithm.ts';
import type { Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import { canonicalAddress, formatEndpoint, parseAddress } from '../net/address.ts';
import { DatagramSocket } from '../net/datagram-socket.ts';
import type { DatagramOwner, DatagramPeer } from '../net/datagram-socket.ts';
import type { Timed } from '../net/deadlines.ts';
import type { ListenerContext } from './context.ts';
import { FAILURES } from './failure.ts';
import type { FlowTable, TableFlow } from './flow-table.ts';
import type { Pool } from './pool.ts';
import { noteAnswer, noteFailure, noteTime } from './server-outcome.ts';
import type { Server } from './server.ts';
import type { SourceAttempt } from './source-policy.ts';
import { tcpRecord } from './tcp-record.ts';

export type FlowEnd =
  'done' | 'internal' | 'flow-evicted' | 'no-server' | 'source-unavailable' | 'origin-connect-failed';

export interface FlowParts {
  readonly context: ListenerContext;
  readonly client: Client;
  readonly key: string;
  readonly table: FlowTable<UdpFlow>;
  /** Gives the place of the flow back. */
  readonly onEnd: () => void;
  /** Sends to the proxy in front. */
  readonly reply: (bytes: Uint8Array, to: DatagramPeer) => void;
}

export class UdpFlow implements TableFlow, Timed, Seeker, DatagramOwner {
  readonly key: string;
  readonly head: undefined;
  readonly clientAddress: string;
  deadlineAt: number = Infinity;
  watchIndex = -1;
  bytesIn = 0;
  bytesOut = 0;
  /** Whence the last datagram of the client came: answers go there. */
  peer: DatagramPeer;

  readonly #parts: FlowParts;
  readonly #beganAt: number;
  #pool: Pool | undefined;
  /** The pool that was meant, where `#pool` serves in its place. */
  #meant: Pool | undefined;
  #server: Server | undefined;
  #place: Server | undefined;
  #source: SourceAttempt | undefined;
  #sourceText = '';
  #socket: DatagramSocket | undefined;
  #connectedAt = -1;
  #firstByteAt = -1;
  #isOver = false;

  /** It is in the table of its parts, unless it has ended at once: there was no server, or no address. */
  constructor(parts: FlowParts, peer: DatagramPeer) {
    const { context, client, key } = parts;
    this.#parts = parts;
    this.key = key;
    this.peer = peer;
    this.clientAddress = client.address;
    this.#beganAt = context.host.clock();
    context.users.count++;
    context.host.counts.tunnels++;
    this.#open();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** False: the system did not take it. */
  toServer(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket?.send(bytes) !== true) return false;
    this.bytesIn += bytes.length;
    this.#rest();
    return true;
  }

  onDatagram(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#firstByteAt === -1) {
      this.#firstByteAt = this.#parts.context.host.clock();
      if (this.#pool !== undefined && this.#server !== undefined) {
        noteAnswer(this.#pool, this.#server, 0);
        noteTime(this.#pool, this.#server, this.#beganAt, this.#firstByteAt);
      }
    }
    this.bytesOut += bytes.length;
    this.#rest();
    this.#parts.table.touch(this);
    this.#parts.reply(bytes, this.peer);
  }

  onError(error: Error): void {
    if (this.#isOver) return;
    if (this.#pool !== undefined && this.#server !== undefined)
      noteFailure(this.#pool, this.#server, 'origin-connect-failed');
    this.end('origin-connect-failed', { code: 'origin-connect-failed', text: error.message });
  }

  onDefect(error: unknown): void {
    this.#parts.context.host.onDefect(error);
    this.end('internal');
  }

  onDeadline(): void {
    try {
      this.end('done');
    } catch (error) {
      this.#parts.context.host.onDefect(error);
    }
  }

  end(code: FlowEnd, because?: Reason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { context, table } = this.#parts;
    const { host } = context;
    table.remove(this);
    host.deadlines.unwatch(this);
    context.users.count--;
    host.counts.tunnels--;
    if (this.#socket !== undefined && this.#server !== undefined) {
      this.#socket.close();
      this.#server.open--;
      host.counts.origins--;
    }
    if (this.#place !== undefined) this.#pool?.give(this.#place);
    this.#parts.onEnd();
    this.#record(code, because);
  }

  #open(): void {
    const { context, client } = this.#parts;
    const meant = context.routes.find('', '', '').pool;
    // Nobody waits for a place: a datagram that comes late is worth less than none.
    const own = meant?.take(this, meant.boundTo(this), undefined);
    const fallback = own === undefined && meant?.isOpen === false ? meant.fallbackFor(this) : undefined;
    const chosen = own ?? fallback?.take(this, fallback.boundTo(this), undefined);
    const pool = fallback ?? meant;
    this.#pool = pool;
    this.#meant = fallback === undefined ? undefined : meant;
    if (pool === undefined || chosen === undefined) {
      this.end('no-server');
      return;
    }
    this.#place = chosen;
    this.#source = pool.source.isSet ? pool.source.begin(client, client, undefined) : undefined;
    const family = this.#source?.family;
    const server = family === undefined ? chosen : pool.moveToFamily(chosen, family);
    this.#place = server;
    this.#server = server;
    const { address } = server;
    const to = 'host' in address ? parseAddress(address.host) : undefined;
    if (!('host' in address) || to === undefined) {
      this.end('no-server');
      return;
    }
    const opened = this.#source?.open(address, 'udp');
    if (opened?.kind === 'failed') {
      this.end('source-unavailable', opened.because);
      return;
    }
    const fd = opened?.kind === 'socket' ? opened.fd : undefined;
    this.#socket = new DatagramSocket(to.family, this, fd);
    server.open++;
    context.host.counts.origins++;
    context.host.deadlines.watch(this);
    this.#rest();
    this.#connectedAt = this.#beganAt;
    this.#parts.table.add(this);
    this.#socket.connect({ address: address.host, port: address.port });
    if (this.#source !== undefined) this.#sourceText = textOf(this.#socket.local);
  }

  #rest(): void {
    const { host, options } = this.#parts.context;
    this.deadlineAt = host.clock() + options.udp.idle;
  }

  #record(end: FlowEnd, because: Reason | undefined): void {
    const { context, client } = this.#parts;
    if (context.record === undefined) return;
    const beganAt = this.#beganAt;
    context.record(
      tcpRecord(context, this, client, {
        protocol: 'udp',
        id: context.host.ids.next(performance.timeOrigin + beganAt),
        beganAt,
        destination: '',
        pool: this.#pool?.name ?? '',
        poolMeant: this.#meant?.name ?? '',
        server: this.#server?.name ?? '',
        choosingAt: beganAt,
        chosenAt: beganAt,
        connectedAt: this.#connectedAt,
        firstByteAt: this.#firstByteAt,
        attempts: this.#server === undefined ? 0 : 1,
        retriedFor: '',
        isPersistent: false,
        verdict: 'continue',
        because: because ?? (end === 'done' ? NO_REASON : { code: end, text: FAILURES[end].text }),
        hits: [],
        source: this.#sourceText,
        sourceBecause: this.#source?.because,
        trace: undefined,
        end,
      }),
    );
  }
}

const NO_REASON: Reason = { code: '', text: '' };

function textOf({ address: text, port }: DatagramPeer): string {
  const address = parseAddress(canonicalAddress(text));
  return address === undefined ? '' : formatEndpoint({ address, port });
}
