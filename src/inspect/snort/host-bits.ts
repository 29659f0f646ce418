/** Bits of addresses (`xbits`), each an entry of a RecordMap, which may be one for several threads. */
import { LocalRecordMap } from '../../state/record-map.ts';
import type { RecordMap } from '../../state/record-map.ts';
import type { HostBits } from './flow.ts';

/** An attacker with many addresses sets one each; the one that ends first makes room. */
export const HOST_BITS_MAX = 65_536;

const NOTHING = new Uint8Array();

export class RecordedHostBits implements HostBits {
  readonly #records: RecordMap;
  readonly #scope: string;
  readonly #nowMs: () => number;

  /** `scope` keeps the bits of different rule sets apart. */
  constructor(records: RecordMap, scope: string, nowMs: () => number) {
    this.#records = records;
    this.#scope = scope;
    this.#nowMs = nowMs;
  }

  isSet(key: string, nowMs: number): boolean {
    return this.#records.get(`${this.#scope}/${key}`, nowMs) !== undefined;
  }

  set(key: string, untilMs: number): void {
    this.#change(key, this.#nowMs(), () => untilMs);
  }

  toggle(key: string, untilMs: number): void {
    const nowMs = this.#nowMs();
    this.#change(key, nowMs, (isSet) => (isSet ? nowMs : untilMs));
  }

  unset(key: string): void {
    this.#records.delete(`${this.#scope}/${key}`, this.#nowMs());
  }

  #change(key: string, nowMs: number, endOf: (isSet: boolean) => number): void {
    const change = this.#records.update(`${this.#scope}/${key}`, nowMs, (present) => ({
      value: NOTHING,
      endMs: endOf(present !== undefined),
    }));
    if (change === 'busy') this.#records.refuse();
  }
}

/** For this thread alone. */
export function localHostBits(nowMs: () => number): HostBits {
  return new RecordedHostBits(new LocalRecordMap(HOST_BITS_MAX, 0), '', nowMs);
}
