/**
 * From which address the connections of a pool to its servers are made: the key `source` of a pool at run time.
 *
 *     keep: the client's address and port ──taken──▶ its address, any port ──▶ our own (fallback: own), or failure
 *     free:                                          its address, any port ──▶ our own (fallback: own), or failure
 *
 * Each arrow is taken when the system refuses, before the connection or on it. The server is told nothing in between:
 * nothing was sent yet. An address that could silently become another one when it is bound (`0.0.0.0`) is never bound.
 */
import type { SourceOptions } from '../balance/source-options.ts';
import type { Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import { openSourceDatagrams, openSourceSocket } from '../linux/bound-socket.ts';
import { explain } from '../linux/probe.ts';
import type { Sockets } from '../linux/sockets.ts';
import { canonicalAddress, formatEndpoint, parseAddress } from '../net/address.ts';
import type { Connection } from '../net/connection.ts';
import type { Address, Endpoint } from '../net/address.ts';
import { isAnyAddress, isLoopback, isOneHost } from '../net/address-kind.ts';

/** What a connection is made with. `own` lets the system choose; `fd` is a socket that has not connected yet. */
export type SourceSocket =
  | { readonly kind: 'own' }
  | { readonly kind: 'socket'; readonly fd: number }
  | { readonly kind: 'failed'; readonly because: Reason };

type Rung = 'port' | 'address' | 'own' | 'failed';

const OWN: SourceSocket = { kind: 'own' };

/** Errors of connect(2) that are about our end of the connection. */
const OWN_END_ERRORS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EADDRINUSE', 'EINVAL']);

export class SourcePolicy {
  /** False where nothing is asked for: then no connection costs anything more. */
  readonly isSet: boolean;
  /** True when a connection belongs to one client, because its address says so. */
  readonly isPrivate: boolean;
  /** In lower case; empty for none. */
  readonly header: string;
  readonly options: SourceOptions;
  readonly sockets: Sockets | undefined;
  /** The one address of all connections, if it is neither ours nor the client's. */
  readonly fixed: Address | undefined;
  /** The server that was connected to last, and its address. */
  #host = '';
  #hostAddress: Address | undefined;

  /** `sockets` is undefined where libc cannot be called. */
  constructor(options: SourceOptions, sockets: Sockets | undefined) {
    this.options = options;
    this.sockets = sockets;
    this.header = (options.header ?? '').toLowerCase();
    this.isPrivate = options.from === 'client' || this.header !== '';
    this.isSet = this.isPrivate || options.from !== 'own' || options.mark !== 0;
    this.fixed = parseAddress(options.from);
  }

  /**
   * The attempts of one exchange or session. `sender` is who sent the request, `named` the value of `header` in it.
   */
  begin(client: Client, sender: Client, named: string | undefined): SourceAttempt {
    return new SourceAttempt(this, this.#wanted(client, sender, named));
  }

  /** The address of a server, read only when it is another than the last; undefined for a name. */
  addressOf(host: string): Address | undefined {
    if (host !== this.#host) {
      this.#host = host;
      this.#hostAddress = parseAddress(host);
    }
    return this.#hostAddress;
  }

  #wanted(client: Client, sender: Client, named: string | undefined): Endpoint | undefined | 'none' {
    const { options, fixed } = this;
    if (!this.isPrivate) return fixed === undefined ? undefined : { address: fixed, port: 0 };
    const isBelieved = named !== undefined && options.trust.hasText(sender.address);
    const header = isBelieved ? parseAddress(named.trim()) : undefined;
    const address = header ?? parseAddress(client.address);
    if (address === undefined) return 'none';
    if (options.except.has(address)) return undefined;
    // A header names no port, and neither does X-Forwarded-For: port 0 is one that the system chooses.
    return { address, port: options.port === 'keep' && header === undefined ? client.port : 0 };
  }
}

export class SourceAttempt {
  readonly #policy: SourcePolicy;
  readonly #wanted: Endpoint | undefined | 'none';
  /** What two connections have in common that may stand in for each other. */
  readonly key: string;
  #rung: Rung;
  /** Why it is not as the configuration wishes; undefined while it is. */
  because: Reason | undefined;

  constructor(policy: SourcePolicy, wanted: Endpoint | undefined | 'none') {
    this.#policy = policy;
    this.#wanted = wanted;
    this.key = wanted === undefined || wanted === 'none' ? '' : formatEndpoint(wanted);
    this.#rung = this.#first();
  }

  /** The family that a server must have to be connected to as wished; undefined for any. */
  get family(): 4 | 6 | undefined {
    return this.#wanted === undefined || this.#wanted === 'none' ? undefined : this.#wanted.address.family;
  }

  /** True when the connection has the address that was wished for, and that alone: the system chooses the port. */
  get isOfAddress(): boolean {
    const wanted = this.#wanted;
    return this.#rung === 'address' && wanted !== undefined && wanted !== 'none' && wanted.port === 0;
  }

  /** True when the connection has the port of the client. */
  get keepsPort(): boolean {
    return this.#rung === 'port';
  }

  /** A socket for a connection to this server, or one for datagrams, or why there is none. */
  open(
    server: { readonly host: string } | { readonly path: string },
    transport: 'tcp' | 'udp' = 'tcp',
  ): SourceSocket {
    // A UNIX socket has no addresses.
    if (!('host' in server)) return OWN;
    const to = this.#policy.addressOf(server.host);
    const problem = this.#problem(to);
    if (problem !== undefined) this.#fallBack(problem);
    for (;;) {
      if (this.#rung === 'failed') return { kind: 'failed', because: this.because ?? UNKNOWN };
      try {
        return this.#open(to, transport);
      } catch (error) {
        const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
        this.#fallBack({
          code: isTaken ? 'source-port' : 'source-refused',
          text: `${this.#name()}: ${explain(error)}`,
        });
      }
    }
  }

  /** The connection could not be made. True when `error` was about our end, and `open` has something else to try. */
  onConnectFailed(error: Error | undefined): boolean {
    const code = error !== undefined && 'code' in error ? String(error.code) : '';
    if (!OWN_END_ERRORS.has(code) || this.#rung === 'own' || this.#rung === 'failed') return false;
    this.#fallBack({ code: 'source-port', text: `${this.#name()}: connect failed: ${code}` });
    return true;
  }

  #open(to: Address | undefined, transport: 'tcp' | 'udp'): SourceSocket {
    const { sockets, isPrivate, options } = this.#policy;
    const wanted = this.#rung === 'own' || this.#wanted === 'none' ? undefined : this.#wanted;
    if (wanted === undefined && options.mark === 0) return OWN;
    if (sockets === undefined) throw new Error('sockets cannot be bound on this system');
    const open = transport === 'tcp' ? openSourceSocket : openSourceDatagrams;
    const fd = open(sockets, {
      family: to?.family ?? 4,
      from: wanted === undefined ? undefined : { ...wanted, port: this.#rung === 'port' ? wanted.port : 0 },
      isTransparent: isPrivate,
      mark: options.mark,
    });
    return { kind: 'socket', fd };
  }

  /** Why the address cannot be used for this server, whatever the system says. */
  #problem(to: Address | undefined): Reason | undefined {
    if (this.#rung === 'own' || this.#rung === 'failed' || this.#wanted === undefined) return undefined;
    if (this.#wanted === 'none') return { code: 'source-address', text: 'The client has no IP address' };
    const { address } = this.#wanted;
    if (to === undefined) return undefined;
    if (address.family !== to.family) {
      const text = `${this.#name()}: the server has an address of IPv${to.family}`;
      return { code: 'source-family', text };
    }
    if (isAnyAddress(address) || !isOneHost(address))
      return { code: 'source-address', text: `${this.#name()}: it is not the address of one host` };
    if (isLoopback(address) && !isLoopback(to))
      return { code: 'source-address', text: `${this.#name()}: no other host can answer to it` };
    return undefined;
  }

  #first(): Rung {
    if (this.#wanted === undefined) return 'own';
    return this.#wanted !== 'none' && this.#wanted.port !== 0 ? 'port' : 'address';
  }

  #fallBack(because: Reason): void {
    // Another port of the same address helps against a port that is taken, and against nothing else.
    if (this.#rung === 'port' && because.code === 'source-port') {
      this.#rung = 'address';
      return;
    }
    this.because = because;
    const { fallback } = this.#policy.options;
    this.#rung = fallback === 'own' && this.#rung !== 'own' ? 'own' : 'failed';
  }

  #name(): string {
    return `Cannot connect from ${this.key === '' ? 'an own address' : this.key}`;
  }
}

/** Our end of a connection: `192.0.2.7:50123`. */
export function localEndpoint({ socket }: Connection): string {
  return endpointText(socket.localAddress, socket.localPort);
}

/** The other end. */
export function peerEndpoint({ socket }: Connection): string {
  return endpointText(socket.remoteAddress, socket.remotePort);
}

function endpointText(host = '', port = 0): string {
  const address = canonicalAddress(host);
  if (address === '') return '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const UNKNOWN: Reason = { code: 'source-refused', text: 'The address could not be used' };
