/** Bits of addresses (`xbits`), of one worker. */
import { ExpiringMap } from '../../state/expiring-map.ts';
import type { HostBits } from './flow.ts';

/** About 150 bytes each. An attacker with many addresses sets one each; the one that ends first makes room. */
const BITS_MAX = 65_536;

export class MemoryHostBits implements HostBits {
  readonly #bits = new ExpiringMap<true>(BITS_MAX);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  isSet(key: string, nowMs: number): boolean {
    return this.#bits.get(key, nowMs) === true;
  }

  set(key: string, untilMs: number): void {
    this.#bits.set(key, true, untilMs, this.#nowMs());
  }

  unset(key: string): void {
    this.#bits.delete(key);
  }
}
