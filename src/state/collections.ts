/**
 * Collections of rules (IP, GLOBAL, SESSION, USER, RESOURCE) in memory: a bounded number of them, each with a bounded
 * number of members, ended by their time.
 */
import { ExpiringMap } from './expiring-map.ts';

/** Collections of all kinds together: an attacker with many addresses makes one each. */
const COLLECTIONS_MAX = 65_536;
/** Members of one collection. Beyond, new ones are not made. */
const MEMBERS_MAX = 256;
/** Bytes of a member's name and text together; longer texts are cut. */
const MEMBER_BYTES_MAX = 4096;

interface Member {
  readonly text: string;
  readonly endMs: number;
  readonly writtenMs: number;
}

export class MemoryCollection {
  readonly #members = new Map<string, Member>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The members that have not ended. */
  members(): ReadonlyMap<string, string> {
    const nowMs = this.#nowMs();
    const alive = new Map<string, string>();
    for (const [name, member] of this.#members) {
      if (member.endMs <= nowMs) this.#members.delete(name);
      else alive.set(name, member.text);
    }
    return alive;
  }

  set(name: string, text: string): void {
    const known = this.#members.get(name);
    if (known === undefined && this.#members.size >= MEMBERS_MAX) return;
    const nowMs = this.#nowMs();
    const isAlive = known !== undefined && known.endMs > nowMs;
    const cut = text.slice(0, Math.max(0, MEMBER_BYTES_MAX - name.length));
    this.#members.set(name, { text: cut, endMs: isAlive ? known.endMs : Infinity, writtenMs: nowMs });
  }

  delete(name: string): void {
    this.#members.delete(name);
  }

  /** The member ends after so many seconds. */
  expire(name: string, seconds: number): void {
    const known = this.#members.get(name);
    if (known !== undefined) this.#members.set(name, { ...known, endMs: this.#nowMs() + seconds * 1000 });
  }

  /** The number in the member sinks by `amount` for every `seconds` since it was written, not below 0. */
  deprecate(name: string, amount: number, seconds: number): void {
    const known = this.#members.get(name);
    const nowMs = this.#nowMs();
    if (known === undefined || seconds <= 0) return;
    const periods = Math.floor((nowMs - known.writtenMs) / (seconds * 1000));
    if (periods < 1) return;
    const text = String(Math.max(0, (Number.parseInt(known.text, 10) || 0) - amount * periods));
    this.#members.set(name, {
      text,
      endMs: known.endMs,
      writtenMs: known.writtenMs + periods * seconds * 1000,
    });
  }
}

export class MemoryCollections {
  readonly #collections = new ExpiringMap<MemoryCollection>(COLLECTIONS_MAX);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#collections.size;
  }

  /** The collection of this kind and key, made when it is new; it lives for so many seconds from now on. */
  open(kind: string, key: string, timeoutSeconds: number): MemoryCollection {
    const nowMs = this.#nowMs();
    const name = `${kind}:${key}`;
    const collection = this.#collections.get(name, nowMs) ?? new MemoryCollection(this.#nowMs);
    this.#collections.set(name, collection, nowMs + timeoutSeconds * 1000, nowMs);
    return collection;
  }
}
