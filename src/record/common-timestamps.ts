/**
 * Times as the logs of web servers show them, in UTC: `31/Jan/2026:23:59:59 +0000` (Apache, nginx) and
 * `31/Jan/2026:23:59:59.999` (HAProxy).
 *
 * Hot: one per exchange. What changes once a second is kept.
 */
import { threeDigits } from './timestamp.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export class CommonTimestamps {
  #second = NaN;
  /** `31/Jan/2026:23:59:59` */
  #text = '';

  /** `atMs` is milliseconds since 1970; what lies outside the range of dates is shown as its nearest end. */
  seconds(atMs: number): string {
    const second = Math.floor(atMs / 1000);
    if (second !== this.#second) this.#setSecond(second);
    return this.#text;
  }

  milliseconds(atMs: number): string {
    const text = this.seconds(atMs);
    return `${text}.${threeDigits(Math.floor(atMs) - this.#second * 1000)}`;
  }

  #setSecond(second: number): void {
    this.#second = second;
    // A Date beyond 8.64e15 ms is none (ECMA-262 §21.4.1.1), and of none there is nothing to show.
    const date = new Date(Math.min(Math.max(Number.isNaN(second) ? 0 : second * 1000, -8.64e15), 8.64e15));
    const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()] ?? ''}/${date.getUTCFullYear()}`;
    this.#text = `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
