/**
 * What was found in whole field sections: most requests of a connection repeat the one before.
 *
 * A section is kept when it is seen for the second time, as far as a few bits tell, so that clients whose sections never
 * repeat leave nothing here and cost nothing.
 */
import { Buffer } from 'node:buffer';
import type { NeedIds } from './need-scan.ts';

/** What is known of a section. */
export interface KnownSection {
  readonly needs: NeedIds;
  /** The fields as rules see them, written once a rule asks. */
  text: string | undefined;
}

/** Sections that are kept; beyond, all are forgotten at once. */
const SECTIONS_MAX = 256;
/** Longer ones are not kept: with the number above this bounds the memory to 1 MiB. */
const SECTION_BYTES_MAX = 4096;
/** Bytes of a section that go into its mark. */
const SAMPLES = 32;
const MARKS = 4096;

export class SectionMemo {
  readonly #marks = new Int32Array(MARKS);
  #known = new Map<string, KnownSection>();

  get(section: string): KnownSection | undefined {
    return this.#known.get(section);
  }

  set(section: string, needs: NeedIds): void {
    if (section.length > SECTION_BYTES_MAX) return;
    const mark = markOf(section);
    const slot = mark & (MARKS - 1);
    if (this.#marks[slot] !== mark) {
      this.#marks[slot] = mark;
      return;
    }
    if (this.#known.size >= SECTIONS_MAX) this.#known = new Map();
    // A string of its own: what a client sent would be kept as a whole.
    this.#known.set(Buffer.from(section, 'latin1').toString('latin1'), { needs, text: undefined });
  }
}

/** A number of the length and of some bytes, never 0. */
function markOf(section: string): number {
  let mark = section.length;
  const step = Math.max(1, Math.floor(section.length / SAMPLES));
  for (let at = 0; at < section.length; at += step) {
    mark = (Math.imul(mark, 0x9e3779b1) ^ section.charCodeAt(at)) | 0;
  }
  mark ^= mark >>> 15;
  return mark === 0 ? 1 : mark;
}
