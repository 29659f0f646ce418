/**
 * Collections of rules (IP, GLOBAL, SESSION, USER, RESOURCE): a bounded number of them, each of a bounded size, ended by
 * their time. Each is one entry of a RecordMap, so that whoever changes a member changes it alone: of two threads that count
 * at once, none is lost.
 *
 * A collection is there from the first write on, and ends when nothing was written for its time. A write that does not fit
 * is not made; it is counted, and whoever wrote is told.
 */
import { NO_MEMBERS, readMember, readMembers, withMember, withoutMember } from './members.ts';
import type { Member } from './members.ts';
import { LocalRecordMap } from './record-map.ts';
import type { RecordMap } from './record-map.ts';

/** Collections of all kinds together: an attacker with many addresses makes one each. */
export const COLLECTIONS_MAX = 65_536;
/** Bytes of all members of one collection. A counter takes 44 and its name. */
export const COLLECTION_BYTES_MAX = 8192;

export class Collection {
  readonly #records: RecordMap;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #nowMs: () => number;

  constructor(records: RecordMap, name: string, timeoutMs: number, nowMs: () => number) {
    this.#records = records;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#nowMs = nowMs;
  }

  /** The members that have not ended. */
  members(): ReadonlyMap<string, string> {
    const nowMs = this.#nowMs();
    return readMembers(this.#records.get(this.#name, nowMs) ?? NO_MEMBERS, nowMs);
  }

  get(name: string): string | undefined {
    const nowMs = this.#nowMs();
    return readMember(this.#records.get(this.#name, nowMs) ?? NO_MEMBERS, name, nowMs)?.text;
  }

  /** Sets what `make` makes of the text that is there. False when it could not be kept. */
  change(name: string, make: (known: string | undefined) => string): boolean {
    return this.#write(name, (known, nowMs) => ({
      text: make(known?.text),
      endMs: known?.endMs ?? Infinity,
      writtenMs: nowMs,
    }));
  }

  delete(name: string): void {
    const nowMs = this.#nowMs();
    this.#records.update(this.#name, nowMs, (present) =>
      present === undefined
        ? undefined
        : { value: withoutMember(present, name, nowMs), endMs: nowMs + this.#timeoutMs },
    );
  }

  /** The member ends after so many seconds. */
  expire(name: string, seconds: number): void {
    this.#write(name, (known, nowMs) =>
      known === undefined ? undefined : { ...known, endMs: nowMs + seconds * 1000 },
    );
  }

  /** The number in the member sinks by `amount` for every `seconds` since it was written, not below 0. */
  deprecate(name: string, amount: number, seconds: number): void {
    this.#write(name, (known, nowMs) => {
      if (known === undefined || seconds <= 0) return undefined;
      const periods = Math.floor((nowMs - known.writtenMs) / (seconds * 1000));
      if (periods < 1) return undefined;
      const text = String(Math.max(0, (Number.parseInt(known.text, 10) || 0) - amount * periods));
      return { ...known, text, writtenMs: known.writtenMs + periods * seconds * 1000 };
    });
  }

  /** False when what `make` says could not be kept; undefined is kept as it is. */
  #write(name: string, make: (known: Member | undefined, nowMs: number) => Member | undefined): boolean {
    const nowMs = this.#nowMs();
    const made = { isKept: false };
    const change = this.#records.update(this.#name, nowMs, (present = NO_MEMBERS) => {
      const member = make(readMember(present, name, nowMs), nowMs);
      made.isKept = member === undefined;
      if (member === undefined) return undefined;
      const value = withMember(present, name, member, nowMs, this.#records.valueBytesMax);
      if (value === undefined) return undefined;
      made.isKept = true;
      return { value, endMs: nowMs + this.#timeoutMs };
    });
    if (change === 'done' && made.isKept) return true;
    this.#records.refuse();
    return false;
  }
}

export class Collections {
  readonly #records: RecordMap;
  readonly #scope: string;
  readonly #nowMs: () => number;

  /** In the memory of this thread when nothing else is said. `scope` keeps those of different rule sets apart. */
  constructor(
    records: RecordMap = new LocalRecordMap(COLLECTIONS_MAX, COLLECTION_BYTES_MAX),
    scope: string = '',
    nowMs: () => number = Date.now,
  ) {
    this.#records = records;
    this.#scope = scope;
    this.#nowMs = nowMs;
  }

  /** The collection of this kind and key; it lives for so many seconds from the last write on. */
  open(kind: string, key: string, timeoutSeconds: number): Collection {
    return new Collection(this.#records, `${this.#scope}/${kind}:${key}`, timeoutSeconds * 1000, this.#nowMs);
  }
}
