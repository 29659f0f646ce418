/**
 * What the admin API shows. These shapes are a promise to scripts: add to them, and rename nothing.
 *
 * Texts of the network are latin1 in them, one character a byte, as everywhere inside; the API writes pure ASCII.
 */
import { Buffer } from 'node:buffer';
import type { HealthView } from '../balance/health/view.ts';
import type { Mark } from '../decoy/attackers.ts';
import { redactHit, redactTarget } from '../inspect/redact.ts';
import type { ProxyAddress, ProxyHeader } from '../net/proxy-protocol/header.ts';
import { isUnixAddress } from '../net/proxy-protocol/header.ts';
import { formatEndpoint } from '../net/address.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';

/** `GET /v1/status` */
export interface StatusView {
  readonly version: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The configuration file. */
  readonly configuration: string;
  /** Threads that serve connections: how many there should be, how many have answered just now, how many have died. */
  readonly workers: { readonly count: number; readonly answering: number; readonly died: number };
  readonly listeners: readonly ListenerView[];
  /** Pools, and decoys after them. */
  readonly pools: readonly PoolView[];
  /** Exchanges that have ended, by their verdict. */
  readonly exchanges: Readonly<Record<ExchangeRecord['verdict'], number>>;
  readonly attackers: { readonly count: number; readonly max: number; readonly dropped: number };
  readonly accessLog: { readonly dropped: number };
}

export interface ListenerView {
  readonly name: string;
  readonly protocol: 'http' | 'tcp' | 'udp';
  /** `192.0.2.1:80`, as they were bound. */
  readonly addresses: readonly string[];
  /** Connections that are open. */
  readonly connections: number;
}

export interface PoolView {
  readonly name: string;
  readonly isDecoy: boolean;
  /** The pool that serves while no server of this one takes requests, as configured; null without one. */
  readonly fallback: string | null;
  /** The pool that serves in its place at the moment; null while it serves itself, and when nobody does. */
  readonly servedBy: string | null;
  readonly servers: readonly ServerView[];
}

export interface ServerView {
  readonly name: string;
  readonly address: string;
  /** Used only when no other server of the pool takes requests. */
  readonly isBackup: boolean;
  /** As configured. */
  readonly weight: number;
  /** As it is now, with what an operator, its agent and slow start make of it. */
  readonly effectiveWeight: number;
  /** Its share in slow start, above 0 and below 1; null where it has all of its weight. */
  readonly slowStart: number | null;
  /** Connections that are open: those in use, and those kept for the next request. */
  readonly busy: number;
  readonly idle: number;
  /** Null for the built-in decoy, which is a part of this process. */
  readonly health: HealthView | null;
}

/** `GET /v1/attackers?limit=N`: the latest marks, and how many there are. */
export interface AttackersView {
  readonly total: number;
  readonly attackers: readonly Mark[];
}

/** `GET /v1/exchanges/ID` */
export type ExchangeView = Omit<ExchangeRecord, 'client'> & {
  readonly client: Omit<ExchangeRecord['client'], 'proxyHeader'> & {
    readonly proxyHeader: ProxyHeaderView | null;
  };
};

export interface ProxyHeaderView {
  readonly version: 1 | 2;
  readonly command: ProxyHeader['command'];
  readonly transport: ProxyHeader['transport'];
  /** `192.0.2.1:80`, a path after `unix:`, or null. */
  readonly source: string | null;
  readonly destination: string | null;
  readonly tlvs: readonly { readonly type: number; readonly hex: string }[];
}

/** `POST /v1/reload`, when the new configuration is in use. */
export interface ReloadView {
  readonly warnings: readonly string[];
}

/** Every answer that is no success. */
export interface ErrorView {
  readonly error: { readonly code: string; readonly message: string };
}

/** Secrets are taken out here at the latest: what is shown leaves the process. */
export function exchangeView(record: ExchangeRecord): ExchangeView {
  const { proxyHeader, ...client } = record.client;
  return {
    ...record,
    target: redactTarget(record.target),
    referer: redactTarget(record.referer),
    hits: record.hits.map(redactHit),
    client: { ...client, proxyHeader: proxyHeader === undefined ? null : proxyHeaderView(proxyHeader) },
  };
}

function proxyHeaderView(header: ProxyHeader): ProxyHeaderView {
  return {
    version: header.version,
    command: header.command,
    transport: header.transport,
    source: addressText(header.source),
    destination: addressText(header.destination),
    tlvs: header.tlvs.map((tlv) => ({ type: tlv.type, hex: Buffer.from(tlv.value).toString('hex') })),
  };
}

function addressText(address: ProxyAddress | undefined): string | null {
  if (address === undefined) return null;
  return isUnixAddress(address) ? `unix:${address.path}` : formatEndpoint(address);
}
