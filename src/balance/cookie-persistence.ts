/**
 * Sessions by a cookie that names the server: ours (`insert`), one of the servers whose value becomes ours (`rewrite`), or
 * the servers' session cookie with ours in front (`prefix`).
 *
 *     insert, rewrite    NAME=VALUE           with times: NAME=VALUE|LAST|FIRST
 *     prefix             NAME=VALUE~THEIRS
 *
 * A value that is not that of a server of this pool is no cookie, whoever made it: it is never looked up elsewhere, never
 * logged, and the client is balanced. The values are configured, or a keyed hash of the server's address: a value must not
 * tell what the servers are called or how many there are, and nobody can make that of a server which was never assigned.
 *
 * Follows HAProxy in what it sets and when (`cookie NAME insert indirect nocache …`).
 */
import { createHmac } from 'node:crypto';
import { changeCookies, changeSetCookies, findCookie } from '../http/cookies.ts';
import { CACHE_CONTROL } from '../http/known-headers.ts';
import type { MessageHead } from '../http/message-head.ts';
import type { Seeker } from './algorithm.ts';
import { readDate, writeDate } from './cookie-dates.ts';
import type { CookieOptions } from './persistence-options.ts';
import type {
  CookieEdit,
  Persistence,
  PersistenceParts,
  PersistentMember,
  ResponseEdit,
} from './persistence.ts';
import type { ServerTable } from './server-table.ts';

/** 96 bits of the hash. */
const VALUE_CHARS = 16;
/** Times further ahead than this are no times; nearer ones are clocks that differ. */
const AHEAD_MAX_S = 86_400;
const PREFIX_END = '~';
const DATE_START = '|';

/** What a cookie says. */
interface Claim<M> {
  readonly server: M;
  /** Seconds since 1970; 0 for not said. */
  readonly lastS: number;
  readonly firstS: number;
}

export class CookiePersistence<M extends PersistentMember> implements Persistence<M> {
  readonly cookieEdit: CookieEdit | undefined;
  readonly #options: CookieOptions;
  readonly #maxIdleS: number;
  readonly #maxLifeS: number;
  readonly #table: ServerTable;
  readonly #clock: () => number;
  readonly #values: ReadonlyMap<M, string>;
  /** Several servers may share a value: the first of them that is in service is meant. */
  readonly #members: ReadonlyMap<string, readonly M[]>;
  readonly #attributes: string;
  readonly #place = { valueStart: 0, valueEnd: 0 };

  constructor(options: CookieOptions, { name, members, table, secret, clock }: PersistenceParts<M>) {
    this.#options = options;
    this.#maxIdleS = options.maxIdle === 'off' ? 0 : Math.ceil(options.maxIdle / 1000);
    this.#maxLifeS = options.maxLife === 'off' ? 0 : Math.ceil(options.maxLife / 1000);
    this.#table = table;
    this.#clock = clock;
    this.#attributes = attributesOf(options);
    const key = options.secret ?? secret;
    this.#values = new Map(members.map((member) => [member, member.cookie ?? hidden(key, name, member.key)]));
    this.#members = Map.groupBy(members, (member) => this.#valueOf(member));
    this.cookieEdit = editOf(options);
  }

  find(seeker: Seeker): M | undefined {
    return this.#claim(seeker)?.server;
  }

  answer(seeker: Seeker, server: M, response: MessageHead | undefined): ResponseEdit | undefined {
    if (response === undefined) return undefined;
    const value = this.#valueOf(server);
    switch (this.#options.mode) {
      case 'insert':
        return this.#insert(seeker, server, response);
      case 'rewrite':
        return this.#change(response, () => value);
      case 'prefix':
        return this.#change(response, (theirs) => value + PREFIX_END + theirs);
    }
  }

  #change(response: MessageHead, change: (value: string) => string): ResponseEdit | undefined {
    const lines = changeSetCookies(response, this.#options.name, change);
    return lines === undefined ? undefined : { dropsCookies: true, lines };
  }

  /** Our cookie where the client has none that names this server, or where its times are to be renewed. */
  #insert(seeker: Seeker, server: M, response: MessageHead): ResponseEdit | undefined {
    const others = changeSetCookies(response, this.#options.name, () => undefined);
    const own = this.#ownLines(seeker, server, response);
    if (others === undefined && own === '') return undefined;
    return { dropsCookies: others !== undefined, lines: (others ?? '') + own };
  }

  #ownLines(seeker: Seeker, server: M, response: MessageHead): string {
    const claim = this.#claim(seeker);
    const isKnown = claim !== undefined && this.#valueOf(claim.server) === this.#valueOf(server);
    const nowS = this.#nowS();
    if (isKnown && !this.#mustRenew(claim, nowS)) return '';
    const dates = this.#dates(isKnown ? claim.firstS : 0, nowS);
    const line = `Set-Cookie: ${this.#options.name}=${this.#valueOf(server)}${dates}${this.#attributes}\r\n`;
    return this.#options.noCache && isCacheable(response) ? `${line}Cache-Control: private\r\n` : line;
  }

  /** Also where times are there that are not asked for, or are missing that are: the configuration has changed. */
  #mustRenew({ lastS, firstS }: Claim<M>, nowS: number): boolean {
    if ((this.#maxIdleS > 0 || lastS > 0) && lastS < nowS) return true;
    return this.#maxLifeS > 0 ? firstS === 0 : firstS > 0;
  }

  #dates(firstS: number, nowS: number): string {
    if (this.#maxIdleS === 0 && this.#maxLifeS === 0) return '';
    const last = DATE_START + writeDate(nowS);
    return this.#maxLifeS === 0 ? last : last + DATE_START + writeDate(firstS === 0 ? nowS : firstS);
  }

  /** What the client's cookie says, if that is worth something. Without one nothing is allocated. */
  #claim(seeker: Seeker): Claim<M> | undefined {
    const { head } = seeker;
    const place = this.#place;
    if (head === undefined || !findCookie(head, this.#options.name, place)) return undefined;
    const text = head.text.slice(place.valueStart, place.valueEnd);
    const isPrefix = this.#options.mode === 'prefix';
    const end = text.indexOf(isPrefix ? PREFIX_END : DATE_START);
    const server = this.#inService(end === -1 ? text : text.slice(0, end));
    if (server === undefined) return undefined;
    if (isPrefix || end === -1) return { server, lastS: 0, firstS: 0 };
    const [last = '', first = ''] = text.slice(end + 1).split(DATE_START);
    const claim = { server, lastS: readDate(last), firstS: readDate(first) };
    return this.#isOver(claim) ? undefined : claim;
  }

  #isOver({ lastS, firstS }: Claim<M>): boolean {
    const nowS = this.#nowS();
    const isPast = (thenS: number, maxS: number): boolean =>
      thenS > 0 && maxS > 0 && (nowS - thenS > maxS || thenS - nowS > AHEAD_MAX_S);
    return isPast(firstS, this.#maxLifeS) || isPast(lastS, this.#maxIdleS);
  }

  #inService(value: string): M | undefined {
    return this.#members.get(value)?.find(({ row }) => this.#table.isKept(row));
  }

  #valueOf(member: M): string {
    return this.#values.get(member)!; // Every member has one.
  }

  #nowS(): number {
    return Math.floor(this.#clock() / 1000);
  }
}

/** A value that tells nothing of its server, and that nobody can make who does not know the key. */
function hidden(key: string, pool: string, server: string): string {
  return createHmac('sha256', key)
    .update(`cookie\0${pool}\0${server}`)
    .digest('base64url')
    .slice(0, VALUE_CHARS);
}

function attributesOf({ domain, httpOnly, secure, sameSite }: CookieOptions): string {
  const words = { off: '', strict: 'Strict', lax: 'Lax', none: 'None' } as const;
  return (
    '; path=/' +
    (domain === undefined ? '' : `; domain=${domain}`) +
    (httpOnly ? '; HttpOnly' : '') +
    (secure ? '; Secure' : '') +
    (sameSite === 'off' ? '' : `; SameSite=${words[sameSite]}`)
  );
}

function editOf({ mode, indirect, name }: CookieOptions): CookieEdit | undefined {
  if (mode === 'prefix') return (head) => changeCookies(head, name, withoutPrefix);
  return mode === 'insert' && indirect ? (head) => changeCookies(head, name, () => undefined) : undefined;
}

/** Theirs alone, whosever value stands in front: the servers never see one. */
function withoutPrefix(value: string): string {
  return value.slice(value.indexOf(PREFIX_END) + 1);
}

/** False when the server has said that no shared cache may keep the response. */
function isCacheable(response: MessageHead): boolean {
  const value = response.value(CACHE_CONTROL);
  return !/(?:^|[\s,])(?:private|no-store)\b/i.test(value);
}
