/**
 * One connection of a `tcp` listener: a server is chosen, or waited for, and connected to, and bytes are relayed both ways.
 *
 * Nothing is read from the client until the server is there, except what came behind its PROXY header.
 *
 * Where rules are about the bytes, each read is shown to them before it is passed on: the bytes that complete a match
 * never arrive. Those before may have; who was to be deceived then has his connection cut, and is marked. As long as
 * nothing has passed either way, the connection goes on at the decoy, which gets all that the client has sent.
 */
import { Buffer } from 'node:buffer';
import type { Seeker } from '../balance/algorithm.ts';
import { now } from '../base/clock.ts';
import type { Hit, Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import type { StreamEnds, StreamInspection } from '../inspect/snort/inspect-stream.ts';
import type { Direction } from '../inspect/snort/rule.ts';
import { canonicalAddress, formatEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { Connection, NOBODY } from '../net/connection.ts';
import type { ConnectionOwner } from '../net/connection.ts';
import { isShortage } from '../net/shortage.ts';
import type { TurnWait } from '../net/turn-end.ts';
import type { ListenerContext } from './context.ts';
import { FAILURES } from './failure.ts';
import type { Pool } from './pool.ts';
import { destinationOf, writeProxyHeader } from './proxy-header.ts';
import { noteAnswer, noteFailure, noteTime } from './server-outcome.ts';
import type { Server } from './server.ts';
import { tcpRecord } from './tcp-record.ts';
import { localEndpoint, peerEndpoint } from './source-policy.ts';
import type { SourceAttempt } from './source-policy.ts';
import type { ExchangeTrace } from './tracing/exchange-trace.ts';
import { tunnelContext } from './tunnel-context.ts';
import { Tunnel } from './tunnel.ts';
import type { Waiter } from './waiting-line.ts';

/** Why a session never became a tunnel. */
type NoTunnel =
  | 'client-gone'
  | 'no-server'
  | 'queue-full'
  | 'queue-timeout'
  | 'source-unavailable'
  | 'system-limit'
  | 'destination-refused'
  | 'destinations-full'
  | 'origin-connect-failed'
  | 'origin-timeout-connect';

export class TcpSession implements ConnectionOwner, Seeker {
  readonly connection: Connection;
  readonly head: undefined;
  #context: ListenerContext;
  readonly #client: Client;
  #pool: Pool | undefined;
  /** The pool that was meant, where `#pool` serves in its place. */
  #meant: Pool | undefined;
  readonly #decoy: Pool | undefined;
  /** Where the client connected to, if something depends on it. */
  readonly #destination: Endpoint | undefined;
  /** Our end of a connection to an original destination, as the loop guard knows it. */
  #guarded = '';
  readonly #beganAt: number = now();
  #id = '';
  readonly #trace: ExchangeTrace | undefined;
  /** The server that was chosen last. */
  #server: Server | undefined;
  /** Where it has a place now. */
  #place: Server | undefined;
  #wait: Waiter | undefined;
  /** It waits for the end of the turn, to connect to its server. */
  #turn: TurnWait | undefined;
  #origin: Connection | undefined;
  /** What came before the server was there: at most one read. */
  readonly #early: Buffer[] = [];
  #hasClientEnded = false;
  /** Undefined where nothing is inspected, and at the decoy. */
  #inspection: StreamInspection | undefined;
  #hits: readonly Hit[] = [];
  #verdict: 'continue' | 'deceive' | 'drop' = 'continue';
  #because: Reason | undefined;
  /** Whether bytes of either side have been passed on. */
  #hasPassed = false;
  #tunnel: Tunnel | undefined;
  /** From which address it connects, where the pool asks for one. */
  #source: SourceAttempt | undefined;
  #sourceText = '';
  #attempts = 0;
  #retriedFor = '';
  #hasBeenShort = false;
  #choosingAt = -1;
  #chosenAt = -1;
  #connectedAt = -1;
  /** The server that its session belonged to when the last choice was made. */
  #bound: Server | undefined;
  #isPersistent = false;
  #isOver = false;

  constructor(context: ListenerContext, connection: Connection, client: Client) {
    this.#context = context;
    this.connection = connection;
    this.#client = client;
    this.#trace = context.tracer?.beginSession();
    const { pool, decoy } = context.routes.find('', '', '');
    this.#decoy = decoy;
    const mark = context.streams === undefined ? undefined : context.attackers?.isMarked(client.address);
    this.#pool = mark !== undefined && decoy !== undefined ? decoy : pool;
    if (this.#pool === decoy && mark !== undefined) {
      this.#verdict = 'deceive';
      this.#because = { code: 'marked', text: `The client is marked: ${mark.cause.text}` };
    } else this.#inspection = context.streams?.begin(endsOf(connection, client));
    if (context.asksForDestination) this.#destination = destinationOf(client, connection);
    connection.owner = this;
    connection.deadlineAt = Infinity;
    connection.pause();
    context.host.counts.clients++;
    context.users.count++;
    this.#choose();
  }

  get clientAddress(): string {
    return this.#client.address;
  }

  onBytes(bytes: Buffer, end: number): void {
    this.#early.push(Buffer.from(bytes.subarray(0, end)));
  }

  onEnd(): void {
    this.#hasClientEnded = true;
  }

  onDrain(): void {}

  onDeadline(): void {
    if (this.#wait !== undefined) this.#end('queue-timeout', undefined);
  }

  onClose(): void {
    this.#end('client-gone', undefined);
  }

  /** A place at a server of the pool, or one in its queue. */
  #choose(): void {
    const pool = this.#pool;
    this.#choosingAt = now();
    this.#bound = pool?.boundTo(this);
    const server = pool?.take(this, this.#bound, this.#server);
    if (pool === undefined) this.#end('no-server', undefined);
    else if (server !== undefined) this.#connect(pool, server);
    else this.#queueUp(pool);
  }

  #queueUp(pool: Pool): void {
    const bound = pool.waitsFor(this, this.#bound, this.#server);
    if (bound === undefined && !pool.isOpen) {
      this.#fallBack(pool);
      return;
    }
    const endWait = (): void => {
      this.#wait = undefined;
      this.connection.deadlineAt = Infinity;
    };
    const wait: Waiter = {
      seeker: this,
      bound,
      avoid: this.#server,
      onPlace: (server) => {
        endWait();
        this.#connect(pool, server);
      },
      onNoServer: () => {
        endWait();
        this.#choose();
      },
    };
    this.#wait = wait;
    this.connection.deadlineAt = this.#choosingAt + pool.options.timeouts.queue;
    if (pool.wait(wait)) return;
    endWait();
    this.#end('queue-full', undefined);
  }

  /** No server of the pool takes connections: another pool does, if there is one. Ways of fallbacks have an end. */
  #fallBack(pool: Pool): void {
    const other = pool.fallbackFor(this);
    if (other === undefined) {
      this.#end('no-server', undefined);
      return;
    }
    this.#meant ??= pool;
    this.#pool = other;
    this.#choose();
  }

  #connect(pool: Pool, chosen: Server): void {
    this.#source = pool.source.isSet ? pool.source.begin(this.#client, this.#client, undefined) : undefined;
    const family = this.#source?.family;
    const moved = family === undefined ? chosen : pool.moveToFamily(chosen, family);
    this.#server = moved;
    this.#place = moved;
    const server = pool.destinations?.find(this.#destination, peerEndpoint(this.connection)) ?? moved;
    if (server.kind === 'none') {
      this.#end(server.code, server.because);
      return;
    }
    this.#server = server;
    this.#attempts++;
    this.#chosenAt = now();
    this.#turn = this.#context.host.turnEnd.wait(() => this.#connectTo(pool, server));
  }

  #connectTo(pool: Pool, server: Server): void {
    const socket = this.#source?.open(server.address);
    if (socket?.kind === 'failed') {
      this.#end('source-unavailable', socket.because);
      return;
    }
    server.open++;
    const origin = Connection.connect(
      this.#context.host,
      this.#originOwner(pool, server),
      server.address,
      socket?.kind === 'socket' ? socket.fd : undefined,
    );
    origin.deadlineAt = this.#chosenAt + pool.options.timeouts.connect;
    this.#context.host.counts.origins++;
    this.#origin = origin;
  }

  #originOwner(pool: Pool, server: Server): ConnectionOwner {
    const onFailed = (
      code: 'origin-connect-failed' | 'origin-timeout-connect',
      error: Error | undefined,
    ): void => {
      this.#closeOrigin(server);
      if (this.#isOver) return;
      if (this.#source?.onConnectFailed(error) === true) {
        this.#connectTo(pool, server);
        return;
      }
      const isShort = error !== undefined && isShortage(error);
      if (isShort) this.#context.host.freeIdle();
      if (isShort && !this.#hasBeenShort && this.#source === undefined) {
        // As with exchanges: what was freed is there now, and it costs no retry.
        this.#hasBeenShort = true;
        this.#turn = this.#context.host.turnEnd.wait(() => this.#connectTo(pool, server));
        return;
      }
      if (!isShort) noteFailure(pool, server, code);
      const end = isShort ? 'system-limit' : code;
      const cause = code === 'origin-connect-failed' ? 'connect-failed' : 'connect-timeout';
      this.#givePlace();
      if (pool.retries.allows(cause, this.#attempts, false)) {
        this.#retriedFor = cause;
        this.#choose();
      } else this.#end(end, error === undefined ? undefined : { code: end, text: error.message });
    };
    return {
      onConnect: () => this.#start(pool, server),
      onBytes: () => {},
      onEnd: () => {},
      onDrain: () => {},
      onDeadline: () => {
        const origin = this.#origin;
        if (origin !== undefined) origin.owner = NOBODY;
        origin?.destroy();
        onFailed('origin-timeout-connect', undefined);
      },
      onClose: (error) => onFailed('origin-connect-failed', error),
    };
  }

  #start(pool: Pool, server: Server): void {
    const origin = this.#origin;
    if (origin === undefined) return;
    this.#connectedAt = now();
    noteAnswer(pool, server, 0);
    // What it says to whom is not read: how long it took to accept is all that is known of its speed.
    noteTime(pool, server, this.#chosenAt, this.#connectedAt);
    this.#isPersistent = this.#bound === server;
    pool.persistence?.answer(this, server, undefined);
    if (this.#source !== undefined) this.#sourceText = localEndpoint(origin);
    // With its own port, it is the client's connection over again, and cannot come back beside that.
    if (pool.destinations !== undefined && this.#source?.keepsPort !== true) {
      this.#guarded = localEndpoint(origin);
      this.#context.host.loops.add(this.#guarded, server.key);
    }
    if (pool.options.proxyProtocol !== 'off') {
      const facts = { uniqueId: this.#name(), authority: '' };
      origin.writeBytes(writeProxyHeader(pool.options, this.#client, this.connection, facts));
    }
    for (const bytes of this.#early) if (!this.#mayPass('to_server', bytes)) return;
    for (const bytes of this.#early.splice(0)) {
      this.#hasPassed = true;
      origin.writeBytes(bytes);
    }
    if (this.#hasClientEnded) origin.end();
    this.#context = tunnelContext(this.#context);
    const { host, options, place } = this.#context;
    host.counts.tunnels++;
    const tunnel = new Tunnel(
      this.connection,
      origin,
      options.timeouts.tunnelIdle,
      (end) => {
        this.#leaveTunnel();
        this.#closeOrigin(server);
        this.#record(end, end === 'done' ? undefined : { code: end, text: FAILURES[end].text });
      },
      this.#hasClientEnded,
      this.#inspection === undefined ? undefined : (from, bytes) => this.#guard(from, bytes),
    );
    this.#tunnel = tunnel;
    place.tunnels.add(tunnel);
  }

  #leaveTunnel(): void {
    if (this.#tunnel === undefined) return;
    this.#context.host.counts.tunnels--;
    this.#context.place.tunnels.remove(this.#tunnel);
    this.#tunnel = undefined;
  }

  #guard(from: 'client' | 'origin', bytes: Uint8Array): boolean {
    // What opens the connection may go to the decoy instead.
    if (from === 'client' && !this.#hasPassed) this.#early.push(Buffer.from(bytes));
    if (!this.#mayPass(from === 'client' ? 'to_server' : 'to_client', bytes)) return false;
    this.#early.length = 0;
    this.#hasPassed = true;
    return true;
  }

  /** Shows bytes to the rules. False: they are not passed on, and the session goes on elsewhere or is over. */
  #mayPass(direction: Direction, bytes: Uint8Array): boolean {
    const verdict = this.#inspection?.feed(direction, bytes);
    if (verdict === undefined || verdict.do === 'continue') return true;
    const { because } = verdict;
    if (verdict.do === 'deceive') this.#mark(because);
    const decoy = this.#decoy;
    const canMove = verdict.do === 'deceive' && decoy !== undefined && !this.#hasPassed;
    this.#because = because;
    this.#verdict = canMove ? 'deceive' : 'drop';
    if (canMove) this.#moveTo(decoy);
    else this.#drop(because);
    return false;
  }

  #mark({ code, text }: Reason): void {
    const rule = this.#inspection?.hits.at(-1)?.rule ?? code;
    this.#context.attackers?.mark(this.#client.address, { rule, exchange: this.#name(), text });
  }

  /** What the client has sent waits for the decoy, as it did for the server. */
  #moveTo(decoy: Pool): void {
    this.#leaveInspection();
    this.#leaveServer();
    this.#givePlace();
    this.connection.owner = this;
    this.#pool = decoy;
    this.#meant = undefined;
    this.#server = undefined;
    this.#attempts = 0;
    this.#choose();
  }

  #drop(because: Reason): void {
    this.#leaveInspection();
    this.#leaveServer();
    this.connection.owner = NOBODY;
    this.connection.reset();
    this.#record('done', because);
  }

  #leaveServer(): void {
    this.#tunnel?.release();
    this.#leaveTunnel();
    const origin = this.#origin;
    if (origin === undefined || this.#server === undefined) return;
    origin.owner = NOBODY;
    origin.reset();
    this.#closeOrigin(this.#server);
  }

  /** Rules that waited for the end have their say; it comes too late to stop anything but the next connection. */
  #endInspection(): void {
    const inspection = this.#inspection;
    if (inspection === undefined) return;
    const verdict = inspection.end();
    if (verdict.do === 'deceive') this.#mark(verdict.because);
    this.#leaveInspection();
  }

  #leaveInspection(): void {
    this.#hits = this.#inspection?.hits ?? this.#hits;
    this.#inspection = undefined;
  }

  #closeOrigin(server: Server): void {
    if (this.#origin === undefined) return;
    this.#origin = undefined;
    server.open--;
    if (this.#guarded !== '') this.#context.host.loops.remove(this.#guarded, server.key);
    this.#guarded = '';
    this.#pool?.destinations?.forget(server);
    this.#context.host.counts.origins--;
  }

  #givePlace(): void {
    const place = this.#place;
    if (place === undefined) return;
    this.#place = undefined;
    this.#pool?.give(place);
  }

  /** Ends a session that never became a tunnel. */
  #end(code: NoTunnel, reason: Reason | undefined): void {
    if (this.#isOver) return;
    if (this.#wait !== undefined) this.#pool?.leave(this.#wait);
    this.#wait = undefined;
    this.#turn?.leave();
    const origin = this.#origin;
    if (origin !== undefined && this.#server !== undefined) {
      origin.owner = NOBODY;
      origin.destroy();
      this.#closeOrigin(this.#server);
    }
    this.connection.owner = NOBODY;
    this.connection.reset();
    this.#record(code, reason ?? { code, text: FAILURES[code].text });
  }

  #record(end: string, because: Reason | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#givePlace();
    this.#context.host.counts.clients--;
    this.#context.users.count--;
    this.#endInspection();
    const { record: take, tracer } = this.#context;
    if (take === undefined && tracer === undefined) return;
    const record = tcpRecord(this.#context, this.connection, this.#client, {
      id: this.#name(),
      beganAt: this.#beganAt,
      destination: this.#destination === undefined ? '' : formatEndpoint(this.#destination),
      pool: this.#pool?.name ?? '',
      poolMeant: this.#meant?.name ?? '',
      server: this.#server?.name ?? '',
      choosingAt: this.#choosingAt,
      chosenAt: this.#chosenAt,
      connectedAt: this.#connectedAt,
      attempts: this.#attempts,
      retriedFor: this.#retriedFor,
      isPersistent: this.#isPersistent,
      verdict: this.#verdict,
      because: because ?? this.#because ?? { code: '', text: '' },
      hits: this.#hits,
      source: this.#sourceText,
      sourceBecause: this.#source?.because,
      trace: this.#trace,
      end,
    });
    take?.(record);
    if (this.#trace !== undefined) tracer?.ended(record, this.#trace);
  }

  #name(): string {
    if (this.#id === '') this.#id = this.#context.host.ids.next(performance.timeOrigin + this.#beganAt);
    return this.#id;
  }
}

/** Both ends as rules see them: the server is where the client connected to. */
function endsOf({ socket }: Connection, { address, port }: Client): StreamEnds {
  const { localAddress = '', localPort = 0 } = socket;
  return { client: { address, port }, server: { address: canonicalAddress(localAddress), port: localPort } };
}
