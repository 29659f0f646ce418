/**
 * What is asked of one server: the options of its pool with its own in their place, made ready to use.
 *
 * A definition is plain data, so that two of them can be compared: a check whose definition stays through a reload goes
 * on as if there had been none.
 */
import type { Endpoint } from '../../net/address.ts';
import type { BalanceOptions } from '../balance-options.ts';
import type { HealthOptions, PassiveOptions, ServerHealthOptions } from './options.ts';

/** Where to connect to. */
export interface CheckTarget {
  readonly host: string;
  readonly port: number;
}

export interface CheckDefinition {
  readonly kind: 'tcp' | 'tls' | 'http' | 'https';
  /** Instead of the address and port of the server. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly proxyProtocol: 'off' | 'v1' | 'v2';
  readonly request: CheckRequest;
  readonly expect: HealthOptions['expect'];
  readonly tls: HealthOptions['tls'];
  readonly interval: number;
  readonly fastInterval: number;
  readonly downInterval: number;
  /** Percent. */
  readonly jitter: number;
  readonly timeout: number;
  readonly rise: number;
  readonly fall: number;
}

export interface CheckRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined: the address of the server. */
  readonly host: string | undefined;
  readonly headers: readonly string[];
  readonly body: string | undefined;
}

export interface AgentDefinition {
  readonly address: string | undefined;
  readonly port: number;
  readonly format: 'line' | 'json';
  readonly send: string | undefined;
  readonly interval: number;
  readonly timeout: number;
  readonly jitter: number;
  /**
   * The pool balances by load: the percentage of an answer that says a load, too, is not a second reason to give the
   * server less. Our agent makes both of one number.
   */
  readonly isLoadTaken: boolean;
}

export interface HealthDefinition {
  readonly check: CheckDefinition | undefined;
  readonly agent: AgentDefinition | undefined;
  readonly passive: PassiveOptions;
}

/** What of a pool matters here. */
export interface PoolHealth {
  readonly health: HealthOptions;
  readonly proxyProtocol: 'off' | 'v1' | 'v2';
  readonly balance: Pick<BalanceOptions, 'by'>;
}

export function defineHealth(pool: PoolHealth, own: ServerHealthOptions): HealthDefinition {
  const { health } = pool;
  const check = own.check ?? health.check;
  return {
    check: check === 'off' ? undefined : defineCheck(check, pool, own),
    agent: defineAgent(pool, own),
    passive: health.passive,
  };
}

function defineCheck(
  kind: CheckDefinition['kind'],
  { health, proxyProtocol }: PoolHealth,
  own: ServerHealthOptions,
): CheckDefinition {
  const interval = own.interval ?? health.interval;
  return {
    kind,
    address: own.address,
    port: own.port ?? health.port,
    proxyProtocol: health.proxyProtocol === 'as-pool' ? proxyProtocol : health.proxyProtocol,
    request: {
      method: health.method,
      path: own.path ?? health.path,
      host: own.host ?? health.host,
      headers: health.headers,
      body: health.body,
    },
    expect: health.expect,
    tls: health.tls,
    interval,
    fastInterval: own.fastInterval ?? health.fastInterval ?? interval,
    downInterval: own.downInterval ?? health.downInterval ?? interval,
    jitter: health.jitter,
    timeout: own.timeout ?? health.timeout,
    rise: own.rise ?? health.rise,
    fall: own.fall ?? health.fall,
  };
}

function defineAgent({ health, balance }: PoolHealth, own: ServerHealthOptions): AgentDefinition | undefined {
  const { agent, jitter } = health;
  const port = own.agent.port ?? agent.port;
  if (port === undefined) return undefined;
  return {
    address: own.agent.address ?? agent.address,
    port,
    format: agent.format,
    send: own.agent.send ?? agent.send,
    interval: agent.interval,
    timeout: agent.timeout,
    jitter,
    isLoadTaken: balance.by === 'least-load',
  };
}

/** Where a check or an agent of a server at `server` is reached. */
export function targetOf(
  { address, port }: { readonly address: string | undefined; readonly port: number | undefined },
  server: Endpoint,
): CheckTarget {
  return { host: address ?? server.address.text, port: port ?? server.port };
}

export function isSameDefinition(one: unknown, other: unknown): boolean {
  // Both were made by the functions above, so their keys stand in the same order.
  return JSON.stringify(one) === JSON.stringify(other);
}
