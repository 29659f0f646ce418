/** A server of a pool as one worker knows it: where it is, and the connections to it that are open here. */
import type { PersistentMember } from '../balance/persistence.ts';
import type { ServerRow } from '../balance/server-table.ts';
import type { TierMember } from '../balance/tiers.ts';
import type { OriginConnection } from './origin-connection.ts';

/** Where a server listens: TCP or a UNIX socket. */
export type ServerAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ServerFacts {
  readonly name: string;
  readonly address: ServerAddress;
  readonly weight: number;
  /** Its row in the ServerTable. */
  readonly row: ServerRow;
  /** Used only when no ordinary server of its pool takes new sessions. */
  readonly isBackup?: boolean | undefined;
  /** Exchanges and tunnels that it may have at once, over all workers; 0 for no limit. */
  readonly maxConnections: number;
  /** The value of its cookie, where one is configured. */
  readonly cookie?: string | undefined;
  /** Where the address may change: what it is called instead. */
  readonly key?: string | undefined;
}

export class Server implements PersistentMember, TierMember, ServerFacts {
  readonly kind = 'server';
  readonly name: string;
  /** Replaced by moveTo. */
  address: ServerAddress;
  readonly weight: number;
  /** Its address, or its name: in a list without names, those behind one that is taken out keep their keys. */
  readonly key: string;
  readonly row: ServerRow;
  readonly isBackup: boolean;
  readonly maxConnections: number;
  readonly cookie: string | undefined;
  /** Connections of this worker that are open or being opened. */
  open = 0;
  /** Those of them that no exchange uses; the one used last is at the end. */
  readonly idle: OriginConnection[] = [];

  constructor(facts: ServerFacts) {
    this.name = facts.name;
    this.address = facts.address;
    this.weight = facts.weight;
    const { address } = facts;
    this.key = facts.key ?? ('path' in address ? address.path : `${address.host}:${address.port}`);
    this.row = facts.row;
    this.isBackup = facts.isBackup ?? false;
    this.maxConnections = facts.maxConnections;
    this.cookie = facts.cookie;
  }

  /** Its name has another address: what is idle is closed, and what is in use ends with its exchange. */
  moveTo(address: ServerAddress): void {
    this.address = address;
    for (const origin of [...this.idle]) origin.close();
  }
}
