/**
 * Times as log lines show them: `2026-01-31T23:59:59.999Z` (RFC 3339, UTC).
 *
 * Hot: one per exchange. The date costs a microsecond to make and changes once a second, so it is kept.
 */

/** The last three digits, ready made. */
const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, value) =>
  String(value).padStart(3, '0'),
);

export class Timestamps {
  #second = NaN;
  /** `2026-01-31T23:59:59.` */
  #prefix = '';

  /** `atMs` is milliseconds since 1970; what lies outside the range of dates is shown as its nearest end. */
  format(atMs: number): string {
    const second = Math.floor(atMs / 1000);
    if (second !== this.#second) this.#setSecond(second);
    return `${this.#prefix}${threeDigits(Math.floor(atMs) - second * 1000)}Z`;
  }

  #setSecond(second: number): void {
    this.#second = second;
    // A Date beyond 8.64e15 ms throws (ECMA-262 §21.4.1.1), and a log must not.
    const atMs = Math.min(Math.max(Number.isNaN(second) ? 0 : second * 1000, -8.64e15), 8.64e15);
    this.#prefix = new Date(atMs).toISOString().slice(0, -4);
  }
}

/** `value` from 0 to 999 in three digits. */
export function threeDigits(value: number): string {
  return THREE_DIGITS[value] ?? '000';
}
