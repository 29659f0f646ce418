/**
 * Writes the head of a request as a server gets it: hop-by-hop fields gone, ours set, the rest as the client sent it.
 */
import type { PoolOptions } from '../balance/options.ts';
import type { CookieEdit } from '../balance/persistence.ts';
import { HAS_NAMES, HAS_UPGRADE, namedForRemoval } from '../http/connection-options.ts';
import { flat } from '../http/flat.ts';
import { LENGTH_CHUNKED } from '../http/framing.ts';
import * as known from '../http/known-headers.ts';
import type { MessageHead } from '../http/message-head.ts';
import type { RequestHead } from '../http/request-head.ts';
import { headerSet, spliceFields } from '../http/splice.ts';
import { FORM_ABSOLUTE, FORM_ORIGIN } from '../http/target.ts';

/**
 * Fields that belong to one connection (RFC 9110 §7.6.1), whoever names them. `Transfer-Encoding` and `Upgrade` are
 * written anew where they apply. `HTTP2-Settings` goes too, so that no server is talked into h2c past the inspection.
 */
const HOP_BY_HOP: readonly number[] = [
  known.CONNECTION,
  known.KEEP_ALIVE,
  known.PROXY_CONNECTION,
  known.PROXY_AUTHENTICATE,
  known.PROXY_AUTHORIZATION,
  known.TE,
  known.TRANSFER_ENCODING,
  known.UPGRADE,
  known.HTTP2_SETTINGS,
];
/** Fields that say who the client is. They are ours to set: what came is dropped, or kept from a trusted peer. */
const IDENTITY: readonly number[] = [
  known.X_FORWARDED_FOR,
  known.X_FORWARDED_PROTO,
  known.X_FORWARDED_HOST,
  known.FORWARDED,
];
/** Where exchanges are traced, the server gets ours: what came is decided about in tracing/tracer.ts. */
const TRACE: readonly number[] = [known.TRACEPARENT, known.TRACESTATE];
/** Fields whose look-alikes with `_` or `.` are removed. */
const ALIASES: Uint8Array = headerSet(
  ...IDENTITY,
  ...HOP_BY_HOP,
  known.HOST,
  known.CONTENT_LENGTH,
  known.CONTENT_TYPE,
  known.AUTHORIZATION,
  known.COOKIE,
  known.EXPECT,
  known.TRAILER,
  known.X_REAL_IP,
  known.X_FORWARDED_PORT,
);

/** What the writer has to know besides the head. */
export interface RequestFacts {
  /** The client that the connection says: what `append` adds. Canonical text. */
  readonly peerAddress: string;
  /** The client that identity decided: what `replace` sends. */
  readonly clientAddress: string;
  /** True when the peer is trusted, so that what it says about its own clients is kept by `append`. */
  readonly isPeerTrusted: boolean;
  readonly scheme: 'http' | 'https';
  /** Names what stands in for a Host that an HTTP/1.0 client did not send. */
  readonly local: { readonly localHost: () => string };
  /** Expect goes on to the server; false when we have answered 100 ourselves. */
  readonly sendsExpect: boolean;
  /** The protocol to ask for with Upgrade; empty for none. */
  readonly upgrade: string;
  /** The lines that name the trace; empty where nothing is traced. They are different for each request. */
  readonly trace: string;
}

/**
 * What a field section became when it was written last. A client that sends the same one again (http/message-head.ts)
 * gets the same lines again, as long as everything else that they were made of is the same.
 */
export class WrittenFields {
  #policy: RequestHeaderPolicy | undefined;
  #fields = '';
  #peerAddress = '';
  #clientAddress = '';
  #isPeerTrusted = false;
  #scheme = '';
  #text = '';
  #isFlat = false;

  /** The lines that `policy` made of these fields for these facts; undefined when it was not that. */
  recall(policy: RequestHeaderPolicy, fields: string, facts: RequestFacts): string | undefined {
    const isSame =
      this.#policy === policy &&
      this.#fields === fields &&
      this.#peerAddress === facts.peerAddress &&
      this.#clientAddress === facts.clientAddress &&
      this.#isPeerTrusted === facts.isPeerTrusted &&
      this.#scheme === facts.scheme;
    if (!isSame) return undefined;
    if (!this.#isFlat) {
      this.#text = flat(this.#text);
      this.#isFlat = true;
    }
    return this.#text;
  }

  store(policy: RequestHeaderPolicy, fields: string, facts: RequestFacts, text: string): void {
    this.#policy = policy;
    this.#fields = fields;
    this.#peerAddress = facts.peerAddress;
    this.#clientAddress = facts.clientAddress;
    this.#isPeerTrusted = facts.isPeerTrusted;
    this.#scheme = facts.scheme;
    this.#text = text;
    this.#isFlat = false;
  }
}

export class RequestHeaderPolicy {
  readonly #options: PoolOptions['headers'];
  readonly #cookieEdit: CookieEdit | undefined;
  /** What ends the lines that are the same for the next request: nothing, where the trace comes behind them. */
  readonly #end: string;
  readonly #removed: Uint8Array;
  readonly #removedWithExpect: Uint8Array;
  readonly #removedWithHost: Uint8Array;

  /** `isTraced`: exchanges are traced, and `RequestFacts.trace` says how. */
  constructor(options: PoolOptions['headers'], cookieEdit?: CookieEdit, isTraced = false) {
    this.#options = options;
    this.#cookieEdit = cookieEdit;
    this.#end = isTraced ? '' : '\r\n';
    const removed = [...HOP_BY_HOP, ...IDENTITY, ...(isTraced ? TRACE : [])];
    this.#removed = headerSet(...removed);
    this.#removedWithExpect = headerSet(...removed, known.EXPECT);
    this.#removedWithHost = headerSet(...removed, known.EXPECT, known.HOST);
  }

  /** The whole head as latin1, with the empty line. `written` saves the work for fields that come again. */
  write(head: RequestHead, facts: RequestFacts, written?: WrittenFields): string {
    const text = this.#repeatable(head, facts, written);
    return this.#end === '' ? `${text}${facts.trace}\r\n` : text;
  }

  /** Everything up to the trace, or to the empty line where there is none. */
  #repeatable(head: RequestHead, facts: RequestFacts, written: WrittenFields | undefined): string {
    const isRewritten = head.form === FORM_ABSOLUTE || head.isHttp10;
    if (isRewritten) return this.#rewrite(head, facts);
    const line = head.text.slice(head.lineStart, head.fields.start);
    const fields = head.remembered;
    // Only where the lines depend on nothing but the fields and the facts that are compared.
    const isPlain =
      head.form === FORM_ORIGIN && !head.expectsContinue && facts.upgrade === '' && fields !== '';
    if (written === undefined || !isPlain) return line + this.#fields(head, facts);
    const before = written.recall(this, fields, facts);
    if (before !== undefined) return line + before;
    const text = this.#fields(head, facts);
    written.store(this, fields, facts, text);
    return line + text;
  }

  /** All lines after the request line. */
  #fields(head: RequestHead, facts: RequestFacts): string {
    const known = head.expectsContinue && !facts.sendsExpect ? this.#removedWithExpect : this.#removed;
    return this.#spliced(head, known) + this.#own(head, facts);
  }

  /** A head in origin-form and HTTP/1.1 of one that is not: request line and Host are ours. */
  #rewrite(head: RequestHead, facts: RequestFacts): string {
    return (
      rewriteLine(head, facts) +
      (head.expectsContinue && facts.sendsExpect ? 'Expect: 100-continue\r\n' : '') +
      this.#spliced(head, this.#removedWithHost) +
      this.#own(head, facts)
    );
  }

  /** The fields that stay, without those that are `known` to be removed. */
  #spliced(head: RequestHead, removed: Uint8Array): string {
    const { fields, text } = head;
    const names = namesOf(head);
    const cookies = names?.has('cookie') === true ? undefined : this.#cookieEdit?.(head);
    const known = cookies === undefined ? removed : withCookie(removed);
    return spliceFields(text, fields.start, fields, { known, names, aliases: ALIASES }) + (cookies ?? '');
  }

  /** The lines that we add, and what ends them. */
  #own(head: RequestHead, facts: RequestFacts): string {
    let own = this.#identity(head, facts);
    if (head.bodyLength === LENGTH_CHUNKED) own += 'Transfer-Encoding: chunked\r\n';
    if (facts.upgrade !== '') own += `Connection: Upgrade\r\nUpgrade: ${facts.upgrade}\r\n`;
    return own + this.#end;
  }

  #identity(head: RequestHead, facts: RequestFacts): string {
    const options = this.#options;
    let out = '';
    if (options.xForwardedFor !== 'off') {
      out += `X-Forwarded-For: ${this.#chain(head, facts, options.xForwardedFor)}\r\n`;
    }
    if (options.xForwardedProto !== 'off') out += `X-Forwarded-Proto: ${facts.scheme}\r\n`;
    if (options.xForwardedHost !== 'off' && head.host !== '') out += `X-Forwarded-Host: ${head.host}\r\n`;
    if (options.forwarded !== 'off') out += `Forwarded: ${forwarded(head, facts, options.forwarded)}\r\n`;
    return out;
  }

  #chain(head: RequestHead, facts: RequestFacts, mode: 'append' | 'replace'): string {
    if (mode === 'replace') return facts.clientAddress === '' ? 'unknown' : facts.clientAddress;
    const own = facts.peerAddress === '' ? 'unknown' : facts.peerAddress;
    if (!facts.isPeerTrusted || head.fields.times(known.X_FORWARDED_FOR) === 0) return own;
    return `${fieldValues(head, known.X_FORWARDED_FOR).join(', ')}, ${own}`;
  }
}

function withCookie(removed: Uint8Array): Uint8Array {
  const table = removed.slice();
  table[known.COOKIE] = 1;
  return table;
}

function namesOf(head: RequestHead): ReadonlySet<string> | undefined {
  return (head.connection & HAS_NAMES) === 0 ? undefined : namedForRemoval(head.fields, head.text);
}

/** The protocol that the client may be given with Upgrade, or an empty string. */
export function upgradeOf(head: RequestHead): string {
  if ((head.connection & HAS_UPGRADE) === 0 || head.isHttp10 || head.fields.times(known.UPGRADE) !== 1)
    return '';
  const protocol = head.value(known.UPGRADE);
  // One protocol only, and not HTTP/2 in clear text: inside that tunnel nothing would be inspected.
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~/-]{1,64}$/.test(protocol) || /^h2c?$/i.test(protocol)) return '';
  return protocol;
}

/** Each value of a field, in order. */
export function fieldValues(head: MessageHead, id: number): string[] {
  const fields = head.fields;
  const values: string[] = [];
  for (let index = fields.first(id); index !== -1 && index < fields.count; index++) {
    if (fields.id(index) === id)
      values.push(head.text.slice(fields.valueStart(index), fields.valueEnd(index)));
  }
  return values;
}

/** The request line in origin-form and HTTP/1.1, and the Host that the target or the client named. */
function rewriteLine(head: RequestHead, facts: RequestFacts): string {
  const host = head.host === '' ? facts.local.localHost() : head.host;
  return `${head.method} ${originForm(head)} HTTP/1.1\r\nHost: ${host}\r\n`;
}

/** The target as a server expects it: path and query (RFC 9112 §3.2.1). */
export function originForm(head: RequestHead): string {
  const target = head.target;
  if (head.form !== FORM_ABSOLUTE) return target;
  const authority = target.indexOf('://') + 3;
  const rest = target.slice(authority).search(/[/?]/);
  if (rest === -1) return head.method === 'OPTIONS' ? '*' : '/';
  const path = target.slice(authority + rest);
  return path.startsWith('/') ? path : `/${path}`;
}

/** RFC 7239 §4: one element for the hop that we saw. */
function forwarded(head: RequestHead, facts: RequestFacts, mode: 'append' | 'replace'): string {
  const address = mode === 'replace' ? facts.clientAddress : facts.peerAddress;
  const host = head.host === '' ? '' : `;host=${quote(head.host)}`;
  const own = `for=${node(address)};proto=${facts.scheme}${host}`;
  if (mode === 'replace' || !facts.isPeerTrusted || head.fields.times(known.FORWARDED) === 0) return own;
  return `${fieldValues(head, known.FORWARDED).join(', ')}, ${own}`;
}

/** RFC 7239 §6: IPv6 in brackets, and so in quotes. */
function node(address: string): string {
  if (address === '') return 'unknown';
  return address.includes(':') ? `"[${address}]"` : address;
}

function quote(value: string): string {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
