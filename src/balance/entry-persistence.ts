/**
 * Sessions by a table of entries: which server answered a client, a header, a cookie or an argument last. HAProxy's
 * `stick on` with its stick table.
 *
 * An entry names its server by a hash of what that is called, so it means the same in all threads and after a reload, and
 * that of a server which has gone means nobody.
 */
import { hashText } from '../base/hash.ts';
import type { SessionTable } from '../state/session-table.ts';
import type { Seeker } from './algorithm.ts';
import type { EntryOptions } from './persistence-options.ts';
import type { Persistence, PersistenceParts, PersistentMember } from './persistence.ts';
import { RequestKey } from './request-key.ts';
import type { ServerTable } from './server-table.ts';

/** The end of an entry is moved when this part of its time has passed: not every request has to write. */
const RENEW_PART = 1 / 8;

export class EntryPersistence<M extends PersistentMember> implements Persistence<M> {
  readonly cookieEdit: undefined;
  readonly #key: RequestKey;
  readonly #expireS: number;
  readonly #sessions: SessionTable;
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #table: ServerTable;
  readonly #clock: () => number;
  readonly #members: ReadonlyMap<number, M>;

  constructor(options: EntryOptions, { members, table, sessions, clock }: PersistenceParts<M>) {
    this.#key = new RequestKey(options.key, options.name ?? '');
    this.#expireS = Math.ceil(options.expire / 1000);
    this.#sessions = sessions();
    this.#seedLow = this.#sessions.seedLow;
    this.#seedHigh = this.#sessions.seedHigh;
    this.#table = table;
    this.#clock = clock;
    this.#members = new Map(members.map((member) => [idOf(member), member]));
  }

  find(seeker: Seeker): M | undefined {
    if (!this.#key.find(seeker)) return undefined;
    const at = this.#entry(this.#nowS());
    if (at === -1) return undefined;
    const member = this.#members.get(this.#sessions.value(at));
    return member !== undefined && this.#table.isKept(member.row) ? member : undefined;
  }

  answer(seeker: Seeker, server: M): undefined {
    if (!this.#key.find(seeker)) return undefined;
    const nowS = this.#nowS();
    const at = this.#entry(nowS);
    const id = idOf(server);
    const left = at === -1 || this.#sessions.value(at) !== id ? 0 : this.#sessions.end(at) - nowS;
    if (left > this.#expireS * (1 - RENEW_PART)) return undefined;
    const [low, high] = [this.#key.hashFound(this.#seedLow), this.#key.hashFound(this.#seedHigh)];
    this.#sessions.set(low, high, id, nowS + this.#expireS, nowS);
    return undefined;
  }

  /** The entry of the key that was just found. */
  #entry(nowS: number): number {
    return this.#sessions.find(this.#key.hashFound(this.#seedLow), this.#key.hashFound(this.#seedHigh), nowS);
  }

  #nowS(): number {
    return Math.floor(this.#clock() / 1000);
  }
}

function idOf({ key }: PersistentMember): number {
  return hashText(key, 0, key.length);
}
