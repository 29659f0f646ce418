/**
 * What was found in whole field sections: most requests of a connection repeat the one before.
 *
 * A section is kept when it is seen for the second time, as far as a few bits tell, so that clients whose sections never
 * repeat leave nothing here and cost nothing.
 */
import { Buffer } from 'node:buffer';
import { SeenTwice } from '../match/seen-twice.ts';
import type { NeedIds } from './need-scan.ts';

/** What is known of a section. */
export interface KnownSection {
  readonly needs: NeedIds;
  /** The fields as rules see them, written once a rule asks. */
  text: string | undefined;
  /** Rules that no request with this section can match: what they ask of its fields alone was found not to hold. */
  failed: Set<number> | undefined;
}

/** Rules that are noted for one section; those beyond are evaluated each time. */
const FAILED_MAX = 64;

/** Notes that what the rule asks of the fields alone does not hold in this section. */
export function noteFailed(section: KnownSection, rule: number): void {
  const failed = (section.failed ??= new Set<number>());
  if (failed.size < FAILED_MAX) failed.add(rule);
}

/**
 * Bytes of the sections that are kept, some 4,000 of those of browsers: the mix of the bench has 1,300, of 400 browsers. Beyond,
 * all are forgotten at once: who makes it so only costs speed.
 */
const BYTES_MAX = 8 * 1024 * 1024;
/** Longer ones are not kept. */
const SECTION_BYTES_MAX = 4096;
/** What an entry costs beside its text: the string's head, the map's cell, and rules that failed, as a rule a few. */
const ENTRY_BYTES = 512;
/** Sections that are told from those that come for the first time. */
const MARKS = 8192;

export class SectionMemo {
  readonly #seen = new SeenTwice(MARKS);
  #known = new Map<string, KnownSection>();
  #bytes = 0;

  get(section: string): KnownSection | undefined {
    return this.#known.get(section);
  }

  set(section: string, needs: NeedIds): void {
    if (section.length > SECTION_BYTES_MAX || !this.#seen.wasSeen(section)) return;
    // Twice, for the text as rules see it.
    const bytes = 2 * section.length + ENTRY_BYTES;
    this.#bytes += bytes;
    if (this.#bytes > BYTES_MAX) {
      this.#known = new Map();
      this.#bytes = bytes;
    }
    // A string of its own: what a client sent would be kept as a whole.
    this.#known.set(Buffer.from(section, 'latin1').toString('latin1'), {
      needs,
      text: undefined,
      failed: undefined,
    });
  }
}
