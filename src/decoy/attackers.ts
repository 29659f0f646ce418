/**
 * Marks: which clients are attackers, until when, and because of what.
 *
 * A mark is of an IPv4 address, or of the /64 of an IPv6 address. It ends a fixed time after the last offence that
 * was seen: the visits of a marked client are counted but do not lengthen it, because they are not inspected, and an
 * address that has gone to somebody else must come free although they keep visiting. Only a new offence or an operator
 * moves the end, and never to an earlier time; forgive takes a mark away.
 *
 * Trusted proxies and clients that are always allowed (`never`) are not marked, not even as part of a marked /64: an
 * attacker behind a proxy could otherwise have everybody behind it sent to the decoy. The number of marks has a
 * bound: when it is reached, the mark that ends first makes room, and `dropped` counts it.
 *
 * Hot: isMarked runs once per exchange. Without marks it is one comparison, for an unmarked IPv4 address one lookup
 * in a Map; neither allocates or reads the clock.
 */
import { networkKey, parseAddress } from '../net/address.ts';
import type { CidrSet } from '../net/cidr.ts';
import { ExpiringMap } from '../state/expiring-map.ts';
import { ownCopy } from '../state/own-copy.ts';

export interface AttackersOptions {
  /** How long a mark lasts after the last offence, when whoever marks says nothing else. */
  readonly markForMs: number;
  /** Most marks at one time. */
  readonly max: number;
  /** Addresses that are never marked: trusted proxies and clients that are always allowed. */
  readonly never: CidrSet;
}

/** What caused a mark. `rule` and `exchange` are empty when an operator marked. */
export interface Cause {
  readonly rule: string;
  readonly exchange: string;
  /** For people. May hold bytes of the network: escape before it is written anywhere. */
  readonly text: string;
}

export interface Mark {
  readonly kind: 'mark';
  /** What is marked: an IPv4 address, or an IPv6 network as `2001:db8:1:2::/64`. */
  readonly key: string;
  /** The address that offended first. */
  readonly address: string;
  /** The first offence, and what it was. */
  readonly startMs: number;
  readonly cause: Cause;
  /** Milliseconds since 1970; the mark holds before it and not at it. */
  readonly endMs: number;
  /** How often it was marked, the first time included. */
  readonly offences: number;
  /** Exchanges that found the mark. */
  readonly visits: number;
  /** The last offence or visit. */
  readonly lastSeenMs: number;
}

export interface Refusal {
  readonly kind: 'refused';
  /** `no-address`: a client on a UNIX socket has none. `bad-address`: the text is none. `never`: see AttackersOptions. */
  readonly code: 'no-address' | 'bad-address' | 'never';
  readonly text: string;
}

/** Longest text that a mark keeps: a sentence. 100,000 marks, the default, then stay below 100 MB. */
const TEXT_CHARS_MAX = 200;

type HeldMark = { -readonly [Key in keyof Mark]: Mark[Key] };

export class Attackers {
  #options: AttackersOptions;
  readonly #clock: () => number;
  readonly #marks: ExpiringMap<HeldMark>;
  /** The last IPv6 address asked for and its key: a connection asks for the same one again and again. */
  #lastAddress = '';
  #lastKey = '';
  #dropped = 0;

  constructor(options: AttackersOptions, clock: () => number) {
    this.#options = options;
    this.#clock = clock;
    this.#marks = new ExpiringMap(options.max);
  }

  /** Marks held; some may have ended. */
  get size(): number {
    return this.#marks.size;
  }

  /** Marks that made room for others before their end. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * The mark of a client, if it has one. Call it once per exchange: it counts the visit. The mark goes on changing:
   * whoever keeps it copies it.
   */
  isMarked(address: string): Mark | undefined {
    if (this.#marks.size === 0) return undefined;
    const key = address.includes(':') ? this.#ipv6Key(address) : address;
    return this.#marks.has(key) ? this.#visit(address, key) : undefined;
  }

  /**
   * Marks the client at `address`, or moves the end of the mark that it has.
   *
   * `forMs` stands in for the configured time. An end never moves to an earlier time: forgive first.
   */
  mark(address: string, cause: Cause, forMs: number = this.#options.markForMs): Mark | Refusal {
    const key = this.#keyToMark(address);
    if (typeof key !== 'string') return key;
    const nowMs = this.#clock();
    const known = this.#marks.get(key, nowMs);
    const mark = known ?? newMark(key, parseAddress(address)?.text ?? key, cause, nowMs);
    mark.offences++;
    mark.lastSeenMs = nowMs;
    mark.endMs = Math.max(mark.endMs, nowMs + forMs);
    if (this.#marks.set(key, mark, mark.endMs, nowMs) !== undefined) this.#dropped++;
    return { ...mark };
  }

  /** Takes the mark away from an address, or from a key as list shows it. False when there was none. */
  forgive(address: string): boolean {
    const key = this.#markedKey(address);
    if (this.#marks.get(key, this.#clock()) === undefined) return false;
    return this.#marks.delete(key);
  }

  /** Copies of all marks, the latest first. */
  list(): Mark[] {
    const marks = this.#marks.values(this.#clock()).map((mark) => ({ ...mark }));
    return marks.sort((left, right) => right.startMs - left.startMs);
  }

  /** Takes over the options of a new configuration. Marks that it does not allow leave; the others keep their end. */
  configure(options: AttackersOptions): void {
    this.#options = options;
    this.#marks.resize(options.max);
    for (const mark of this.#marks.values(this.#clock())) {
      if (options.never.hasText(mark.address)) this.#marks.delete(mark.key);
    }
  }

  #visit(address: string, key: string): Mark | undefined {
    const nowMs = this.#clock();
    const mark = this.#marks.get(key, nowMs);
    // The /64 of an attacker can hold a trusted proxy, and a trusted proxy is no attacker.
    if (mark === undefined || this.#options.never.hasText(address)) return undefined;
    mark.visits++;
    mark.lastSeenMs = nowMs;
    return mark;
  }

  #keyToMark(text: string): string | Refusal {
    if (text === '') return refusal('no-address', 'Cannot mark a client that has no address');
    const address = parseAddress(text);
    if (address === undefined) return refusal('bad-address', 'Cannot mark a client: no IP address is given');
    // The text of an address can be a part of a header.
    if (!this.#options.never.has(address)) return ownCopy(networkKey(address), TEXT_CHARS_MAX);
    return refusal('never', `Cannot mark "${address.text}": it is a trusted proxy or always allowed`);
  }

  /** A key is its own key, so that what list shows can be forgiven. */
  #markedKey(text: string): string {
    const address = parseAddress(text.endsWith('/64') ? text.slice(0, -3) : text);
    return address === undefined ? '' : networkKey(address);
  }

  #ipv6Key(address: string): string {
    if (address === this.#lastAddress) return this.#lastKey;
    const parsed = parseAddress(address);
    this.#lastAddress = address;
    this.#lastKey = parsed === undefined ? '' : networkKey(parsed);
    return this.#lastKey;
  }
}

function newMark(key: string, address: string, cause: Cause, nowMs: number): HeldMark {
  return {
    kind: 'mark',
    key,
    address: ownCopy(address, TEXT_CHARS_MAX),
    startMs: nowMs,
    cause: {
      rule: ownCopy(cause.rule, TEXT_CHARS_MAX),
      exchange: ownCopy(cause.exchange, TEXT_CHARS_MAX),
      text: ownCopy(cause.text, TEXT_CHARS_MAX),
    },
    endMs: 0,
    offences: 0,
    visits: 0,
    lastSeenMs: nowMs,
  };
}

function refusal(code: Refusal['code'], text: string): Refusal {
  return { kind: 'refused', code, text };
}
