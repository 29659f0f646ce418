/**
 * The last exchanges, in memory, so that `sallyport explain ID` can say why one got its verdict.
 *
 * Two rings: the last exchanges of all kinds, and the last that were not simply let through, so that a busy hour does
 * not push out the one refusal that somebody asks about. Looking up searches both; adding is on the measured path and
 * makes one small object.
 *
 * Memory: texts of a record can be parts of the head or the body that they came from, and would keep all of it. What
 * an attacker can fill is copied, so that a held body is never kept; an exchange that was let through without a hit
 * keeps its head at most, 1,000 × 32 KiB in the worst case and some 1 KiB each as a rule.
 */
import type { Client } from '../identity/client.ts';
import type { Hit } from '../base/verdict.ts';
import { copyRecord } from '../proxy/exchange-record.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { ownCopy } from '../state/own-copy.ts';

/** Exchanges in each ring. */
const KEPT = 1000;
/** Text of a copied record, in characters: 1,000 of them stay below 40 MB even when every text is as long. */
const TEXT_CHARS_MAX = 2048;
/** Hits of a copied record. */
const HITS_MAX = 32;

export class RecentExchanges {
  readonly #all: Ring;
  readonly #judged: Ring;

  constructor(kept: number = KEPT) {
    this.#all = new Ring(kept);
    this.#judged = new Ring(kept);
  }

  add(record: ExchangeRecord): void {
    if (record.verdict === 'continue' && record.hits.length === 0) {
      this.#all.add(copyRecord(record));
      return;
    }
    const copy = copyOf(record);
    this.#all.add(copy);
    this.#judged.add(copy);
  }

  find(id: string): ExchangeRecord | undefined {
    return this.#all.find(id) ?? this.#judged.find(id);
  }

  /** The last exchanges that were not simply let through, the latest first. */
  judged(countMax: number): ExchangeRecord[] {
    return this.#judged.latest(countMax);
  }
}

class Ring {
  readonly #records: (ExchangeRecord | undefined)[];
  /** Where the next record goes. */
  #next = 0;

  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new RangeError(`Cannot keep exchanges: ${size} is no count`);
    this.#records = new Array<ExchangeRecord | undefined>(size).fill(undefined);
  }

  add(record: ExchangeRecord): void {
    this.#records[this.#next] = record;
    this.#next = this.#next + 1 === this.#records.length ? 0 : this.#next + 1;
  }

  find(id: string): ExchangeRecord | undefined {
    return this.#records.find((record) => record?.id === id);
  }

  latest(countMax: number): ExchangeRecord[] {
    const inOrder = [...this.#records.slice(this.#next), ...this.#records.slice(0, this.#next)];
    return inOrder
      .filter((record) => record !== undefined)
      .slice(-countMax)
      .reverse();
  }
}

function copyOf(record: ExchangeRecord): ExchangeRecord {
  return {
    ...copyRecord(record),
    client: copyOfClient(record.client),
    method: copy(record.method),
    host: copy(record.host),
    target: copy(record.target),
    userAgent: copy(record.userAgent),
    referer: copy(record.referer),
    because: { code: record.because.code, text: copy(record.because.text) },
    hits: record.hits.slice(0, HITS_MAX).map(copyOfHit),
    // A client can have said it, in its head.
    trace: copy(record.trace),
  };
}

function copyOfClient(client: Client): Client {
  const own = { ...client, address: copy(client.address), because: copy(client.because) };
  if (client.hops === undefined) return own;
  return {
    ...own,
    hops: client.hops.map(({ element, address }) => ({ element: copy(element), address: copy(address) })),
  };
}

/** A rule's own texts are shared by all its hits; only what came out of the exchange is copied. */
function copyOfHit(hit: Hit): Hit {
  const { message, target, matched, data } = hit;
  const own = { ...hit, message: copy(message), target: copy(target), matched: copy(matched) };
  return data === undefined ? own : { ...own, data: copy(data) };
}

function copy(text: string): string {
  return ownCopy(text, TEXT_CHARS_MAX);
}
