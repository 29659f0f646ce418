/**
 * One connection of a `tcp` listener: a server is chosen, connected to, and bytes are relayed both ways.
 *
 * Nothing is read from the client until the server is there, except what came behind its PROXY header.
 */
import { Buffer } from 'node:buffer';
import type { Seeker } from '../balance/algorithm.ts';
import { now } from '../base/clock.ts';
import type { Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import { Connection, NOBODY } from '../net/connection.ts';
import type { ConnectionOwner } from '../net/connection.ts';
import type { ListenerContext } from './context.ts';
import { FAILURES } from './failure.ts';
import type { Pool, Server } from './pool.ts';
import { writeProxyHeader } from './proxy-header.ts';
import { tcpRecord } from './tcp-record.ts';
import { localEndpoint } from './source-policy.ts';
import type { SourceAttempt } from './source-policy.ts';
import { Tunnel } from './tunnel.ts';

export class TcpSession implements ConnectionOwner, Seeker {
  readonly connection: Connection;
  readonly head: undefined;
  readonly #context: ListenerContext;
  readonly #client: Client;
  readonly #pool: Pool | undefined;
  readonly #beganAt: number = now();
  #id = '';
  #server: Server | undefined;
  #origin: Connection | undefined;
  /** What came before the server was there: at most one read. */
  readonly #early: Buffer[] = [];
  #hasClientEnded = false;
  /** From which address it connects, where the pool asks for one. */
  #source: SourceAttempt | undefined;
  #sourceText = '';
  #attempts = 0;
  #chosenAt = -1;
  #connectedAt = -1;
  #isOver = false;

  constructor(context: ListenerContext, connection: Connection, client: Client) {
    this.#context = context;
    this.connection = connection;
    this.#client = client;
    this.#pool = context.routes.find('', '', '').pool;
    connection.owner = this;
    connection.deadlineAt = Infinity;
    connection.pause();
    context.host.counts.clients++;
    this.#connect();
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

  onDeadline(): void {}

  onClose(): void {
    this.#end('client-gone', undefined);
  }

  #connect(): void {
    const pool = this.#pool;
    const server = pool?.chooseFree(this, this.#server);
    if (pool === undefined || server === undefined) {
      this.#end('no-server', undefined);
      return;
    }
    this.#server = server;
    this.#attempts++;
    this.#chosenAt = now();
    this.#source = pool.source.isSet ? pool.source.begin(this.#client, this.#client, undefined) : undefined;
    this.#connectTo(pool, server);
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
      this.#releaseOrigin(server);
      if (this.#isOver) return;
      if (this.#source?.onConnectFailed(error) === true) this.#connectTo(pool, server);
      else if (this.#attempts <= pool.options.retries) this.#connect();
      else this.#end(code, error === undefined ? undefined : { code, text: error.message });
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
    pool.persistence?.answer(this, server, undefined);
    if (this.#source !== undefined) this.#sourceText = localEndpoint(origin);
    if (pool.options.proxyProtocol !== 'off') {
      const facts = { uniqueId: this.#name(), authority: '' };
      origin.writeBytes(writeProxyHeader(pool.options, this.#client, this.connection, facts));
    }
    for (const bytes of this.#early.splice(0)) origin.writeBytes(bytes);
    if (this.#hasClientEnded) origin.end();
    const { host, options, tunnels } = this.#context;
    host.counts.tunnels++;
    const tunnel = new Tunnel(
      this.connection,
      origin,
      options.timeouts.tunnelIdle,
      (end) => {
        host.counts.tunnels--;
        tunnels.delete(tunnel);
        this.#releaseOrigin(server);
        this.#record(end, end === 'done' ? undefined : { code: end, text: FAILURES[end].text });
      },
      this.#hasClientEnded,
    );
    tunnels.add(tunnel);
  }

  #releaseOrigin(server: Server): void {
    if (this.#origin === undefined) return;
    this.#origin = undefined;
    this.#pool?.release(server);
    this.#context.host.counts.origins--;
  }

  /** Ends a session that never became a tunnel. */
  #end(
    code:
      'client-gone' | 'no-server' | 'source-unavailable' | 'origin-connect-failed' | 'origin-timeout-connect',
    reason: Reason | undefined,
  ): void {
    if (this.#isOver) return;
    const origin = this.#origin;
    if (origin !== undefined && this.#server !== undefined) {
      origin.owner = NOBODY;
      origin.destroy();
      this.#releaseOrigin(this.#server);
    }
    this.connection.owner = NOBODY;
    this.connection.reset();
    this.#record(code, reason ?? { code, text: FAILURES[code].text });
  }

  #record(end: string, because: Reason | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.host.counts.clients--;
    if (this.#context.record === undefined) return;
    this.#context.record(
      tcpRecord(this.#context, this.connection, this.#client, {
        id: this.#name(),
        beganAt: this.#beganAt,
        pool: this.#pool?.name ?? '',
        server: this.#server?.name ?? '',
        chosenAt: this.#chosenAt,
        connectedAt: this.#connectedAt,
        attempts: this.#attempts,
        verdict: 'continue',
        because: because ?? { code: '', text: '' },
        source: this.#sourceText,
        sourceBecause: this.#source?.because,
        end,
      }),
    );
  }

  #name(): string {
    if (this.#id === '') this.#id = this.#context.host.ids.next(performance.timeOrigin + this.#beganAt);
    return this.#id;
  }
}
