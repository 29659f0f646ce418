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
 * Marks are in memory that all threads share: what one thread marks, every other sees at its next look.
 *
 * Hot: isMarked runs once per exchange. Without marks it is one load, for an unmarked IPv4 address a hash and mostly one
 * more; neither allocates or reads the clock.
 */
import { networkKey, parseAddress } from '../net/address.ts';
import type { CidrSet } from '../net/cidr.ts';
import { SharedExpiringMap } from '../state/shared-expiring-map.ts';
import type { MapShape, SharedEntry } from '../state/shared-records.ts';
import { MARK_BYTES_MAX, readMark, writeMark } from './mark-bytes.ts';

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
  /**
   * `no-address`: a client on a UNIX socket has none. `bad-address`: the text is none. `never`: see AttackersOptions.
   * `busy`: a thread has died while it changed the marks, and they are not put right yet.
   */
  readonly code: 'no-address' | 'bad-address' | 'never' | 'busy';
  readonly text: string;
}

/** The same marks for another thread: plain data. */
export interface SharedMarks {
  readonly shared: SharedArrayBuffer;
  readonly capacity: number;
}

export class Attackers {
  #options: AttackersOptions;
  readonly #clock: () => number;
  readonly #marks: SharedExpiringMap;
  /** The last IPv6 address asked for and its key: a connection asks for the same one again and again. */
  #lastAddress = '';
  #lastKey = '';

  constructor(
    options: AttackersOptions,
    clock: () => number,
    marks: SharedExpiringMap = SharedExpiringMap.create(shapeOf(options.max)),
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#marks = marks;
  }

  /** In a thread: the marks that the first one made. `holder` is a number that no other living thread has, from 2 on. */
  static sharing(
    options: AttackersOptions,
    clock: () => number,
    { shared, capacity }: SharedMarks,
    holder: number,
  ): Attackers {
    return new Attackers(options, clock, new SharedExpiringMap(shared, shapeOf(capacity), holder));
  }

  /** For `sharing`. */
  get memory(): SharedMarks {
    return { shared: this.#marks.shared, capacity: this.#marks.shape.capacity };
  }

  /** Marks held; some may have ended. */
  get size(): number {
    return this.#marks.size;
  }

  /** Marks that made room for others before their end. */
  get dropped(): number {
    return this.#marks.dropped;
  }

  /** The mark of a client, if it has one, as it was before. Call it once per exchange: it counts the visit. */
  isMarked(address: string): Mark | undefined {
    if (this.#marks.size === 0) return undefined;
    const key = address.includes(':') ? this.#ipv6Key(address) : address;
    const entry = this.#marks.get(key);
    return entry === undefined ? undefined : this.#visit(address, entry);
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
    let made: Mark | undefined;
    const change = this.#marks.update(key, nowMs, (present) => {
      const known = present === undefined ? undefined : markOf(present);
      const value = writeMark({
        startMs: known?.startMs ?? nowMs,
        offences: (known?.offences ?? 0) + 1,
        address: known?.address ?? parseAddress(address)?.text ?? key,
        cause: known?.cause ?? cause,
      });
      const endMs = Math.max(known?.endMs ?? 0, nowMs + forMs);
      made = markOf({ key, value, endMs, visits: known?.visits ?? 0, seenMs: 0 });
      return { value, endMs };
    });
    if (change === 'busy' || made === undefined)
      return refusal('busy', `Cannot mark "${address}" now: a thread has died and is being replaced`);
    this.#marks.touch(key, nowMs);
    return { ...made, lastSeenMs: nowMs };
  }

  /** Takes the mark away from an address, or from a key as list shows it. False when there was none. */
  forgive(address: string): boolean {
    return this.#marks.delete(this.#markedKey(address), this.#clock());
  }

  /** All marks, the latest first. */
  list(): Mark[] {
    return this.#marks
      .entries(this.#clock())
      .map(markOf)
      .sort((left, right) => right.startMs - left.startMs);
  }

  /**
   * Takes over the options of a new configuration, in each thread. What all share is changed by `applyBounds`.
   */
  configure(options: AttackersOptions): void {
    this.#options = options;
  }

  /** Marks that the options do not allow leave; the others keep their end. Once is enough for all threads. */
  applyBounds(): void {
    this.#marks.resize(this.#options.max);
    for (const { key, address } of this.list()) {
      if (this.#options.never.hasText(address)) this.#marks.delete(key, 0);
    }
  }

  /** A thread has died: what it held of the marks is put right and given back. */
  releaseHolder(holder: number): void {
    this.#marks.releaseHolder(holder);
  }

  #visit(address: string, entry: SharedEntry): Mark | undefined {
    const nowMs = this.#clock();
    // The /64 of an attacker can hold a trusted proxy, and a trusted proxy is no attacker.
    if (entry.endMs <= nowMs || this.#options.never.hasText(address)) return undefined;
    this.#marks.visit(entry.key, nowMs);
    return markOf(entry);
  }

  #keyToMark(text: string): string | Refusal {
    if (text === '') return refusal('no-address', 'Cannot mark a client that has no address');
    const address = parseAddress(text);
    if (address === undefined) return refusal('bad-address', 'Cannot mark a client: no IP address is given');
    if (!this.#options.never.has(address)) return networkKey(address);
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

function shapeOf(capacity: number): MapShape {
  return { capacity, valueBytes: MARK_BYTES_MAX };
}

function markOf({ key, value, endMs, visits, seenMs }: SharedEntry): Mark {
  const { startMs, offences, address, cause } = readMark(value);
  return {
    kind: 'mark',
    key,
    address,
    startMs,
    cause,
    endMs,
    offences,
    visits,
    lastSeenMs: Math.max(startMs, seenMs),
  };
}

function refusal(code: Refusal['code'], text: string): Refusal {
  return { kind: 'refused', code, text };
}
