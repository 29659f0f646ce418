/**
 * Durations as log lines show them: milliseconds with three decimals, `null` where it never came to that.
 *
 * Hot: two and more on every exchange. Most are short and come again, so the short ones are kept ready made.
 */
import { flat } from '../http/flat.ts';
import { threeDigits } from './timestamp.ts';

/** Durations below so many microseconds are kept: texts of some 130 KB when all of them have come up. */
const KEPT_BELOW_US = 4096;

export class Milliseconds {
  readonly #kept = new Array<string | undefined>(KEPT_BELOW_US).fill(undefined);

  /** Decimals beyond the third are cut off. */
  text(ms: number): string {
    // What never happened (-1) is null, and so is what no clock can have measured: 30 years, and what is no number.
    if (!(ms >= 0 && ms < 1e12)) return 'null';
    // A hundredth more makes up for what binary fractions lack: 1.001 is a little less than that.
    const us = Math.floor(ms * 1000 + 0.01);
    return us < KEPT_BELOW_US ? (this.#kept[us] ??= flat(withDecimals(us))) : withDecimals(us);
  }
}

/** Whole numbers are several times cheaper to print than fractions, so it is done in two of them. */
function withDecimals(us: number): string {
  return `${Math.floor(us / 1000)}.${threeDigits(us % 1000)}`;
}
