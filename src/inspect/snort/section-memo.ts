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

/** Sections that are kept; beyond, all are forgotten at once. */
const SECTIONS_MAX = 256;
/** Longer ones are not kept: with the number above this bounds the memory to 1 MiB. */
const SECTION_BYTES_MAX = 4096;

export class SectionMemo {
  readonly #seen = new SeenTwice(4096);
  #known = new Map<string, KnownSection>();

  get(section: string): KnownSection | undefined {
    return this.#known.get(section);
  }

  set(section: string, needs: NeedIds): void {
    if (section.length > SECTION_BYTES_MAX || !this.#seen.wasSeen(section)) return;
    if (this.#known.size >= SECTIONS_MAX) this.#known = new Map();
    // A string of its own: what a client sent would be kept as a whole.
    this.#known.set(Buffer.from(section, 'latin1').toString('latin1'), {
      needs,
      text: undefined,
      failed: undefined,
    });
  }
}
