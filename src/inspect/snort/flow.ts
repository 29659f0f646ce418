/**
 * What rules may know of the connection that carries the bytes, and the bits that they keep on it.
 */
import type { BitOwner, Direction } from './rule.ts';

export interface FlowEndpoint {
  /** As text; an IPv4-mapped IPv6 address is written as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** One direction of one exchange, as rules are asked about it. */
export interface FlowView {
  readonly direction: Direction;
  readonly client: FlowEndpoint;
  readonly server: FlowEndpoint;
  /** The application protocol: `http`, `http2`, `tls`; undefined on a plain TCP listener. */
  readonly protocol: string | undefined;
  /** Bytes so far from each side. */
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** Nobody tells events of a parser: rules that ask for them are not run. */
  /** Bits and integers of this connection. Lives as long as the connection. */
  readonly state: FlowState;
  /** Bits kept by address; undefined where nobody keeps them: nothing is ever set then. */
  readonly hostBits: HostBits | undefined;
  readonly nowMs: number;
}

/** Bits kept longer than a connection (`xbits`). `key` names the owner; made with `bitOwnerKey`. */
export interface HostBits {
  isSet(key: string, nowMs: number): boolean;
  set(key: string, untilMs: number): void;
  unset(key: string): void;
  /** Sets it if it is not set, and unsets it if it is. */
  toggle(key: string, untilMs: number): void;
}

/** Names of bits and integers on one connection. Rules choose them, so that their number is bounded by the rules. */
export class FlowState {
  /** Made when something is set: most connections set nothing. */
  #bits: Set<string> | undefined;
  #integers: Map<string, number> | undefined;

  #changes = 0;

  /** How often something was changed. */
  get changes(): number {
    return this.#changes;
  }

  /** True until something was set. */
  get isEmpty(): boolean {
    return this.#bits === undefined && this.#integers === undefined;
  }

  hasBit(name: string): boolean {
    return this.#bits?.has(name) === true;
  }

  setBit(name: string): void {
    const bits = (this.#bits ??= new Set());
    if (!bits.has(name)) this.#changes++;
    bits.add(name);
  }

  unsetBit(name: string): void {
    if (this.#bits?.delete(name) === true) this.#changes++;
  }

  integer(name: string): number | undefined {
    return this.#integers?.get(name);
  }

  setInteger(name: string, value: number): void {
    const integers = (this.#integers ??= new Map());
    if (integers.get(name) !== value) this.#changes++;
    integers.set(name, value);
  }
}

export function sourceOf(flow: FlowView): FlowEndpoint {
  return flow.direction === 'to_server' ? flow.client : flow.server;
}

export function destinationOf(flow: FlowView): FlowEndpoint {
  return flow.direction === 'to_server' ? flow.server : flow.client;
}

/** The key of a bit in HostBits: whose it is, and its name. */
export function bitOwnerKey(flow: FlowView, owner: BitOwner, name: string): string {
  const source = sourceOf(flow).address;
  const destination = destinationOf(flow).address;
  switch (owner) {
    case 'ip_src':
      return `${name} ${source}`;
    case 'ip_dst':
      return `${name} ${destination}`;
    case 'ip_pair':
      // The same pair in both directions.
      return source < destination ? `${name} ${source} ${destination}` : `${name} ${destination} ${source}`;
    case 'tx':
      return name;
  }
}
