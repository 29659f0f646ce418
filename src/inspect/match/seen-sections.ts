/**
 * Field sections that came before, with what rules found in each: most requests repeat what their browser has sent before.
 *
 * A section is found by all of its bytes, which are read for that, from where the processor's cache seldom has them. So there
 * is one table for the thread: the rules of all languages, of requests and of responses ask for a section once.
 *
 * A section is kept when it comes for the second time, as far as a few bits tell, so that clients whose sections never
 * repeat leave nothing here and cost nothing.
 */
import { Buffer } from 'node:buffer';
import type { HeaderFields } from '../inspector.ts';
import { SeenTwice } from './seen-twice.ts';

/**
 * Bytes of the sections that are kept and of what is known of them, some 5,000 of those of browsers: the mix of the bench has
 * 1,300, of 400 browsers. Beyond, all are forgotten at once: who makes it so only costs speed.
 */
const BYTES_MAX = 12 * 1024 * 1024;
/** Longer ones are not kept. */
const SECTION_BYTES_MAX = 4096;
/** What an entry costs beside its text: the string's head, the map's cell, the section and its lists. */
const ENTRY_BYTES = 256;
/** Sections that are told from those that come for the first time. */
const MARKS = 32_768;
/** Owners of notes of one section, besides two; when there are more, theirs are forgotten. */
const OTHERS_MAX = 8;

/**
 * A section that came before, and what rule sets found in it. What the first two keep, those of two languages as a rule, stands
 * in the section itself: a list would be one more place of the memory to wait for.
 */
export class SeenSection {
  /** A string of its own: what a client sent would be kept as a whole. */
  readonly text: string;
  #owner: object | undefined;
  #note: unknown;
  #secondOwner: object | undefined;
  #secondNote: unknown;
  #others: Map<object, unknown> | undefined;

  constructor(text: string) {
    this.text = text;
  }

  noteOf(owner: object): unknown {
    if (this.#owner === owner) return this.#note;
    return this.#secondOwner === owner ? this.#secondNote : this.#others?.get(owner);
  }

  setNote(owner: object, note: unknown): void {
    if (this.#owner === undefined || this.#owner === owner) {
      this.#owner = owner;
      this.#note = note;
    } else if (this.#secondOwner === undefined || this.#secondOwner === owner) {
      this.#secondOwner = owner;
      this.#secondNote = note;
    } else {
      const others = (this.#others ??= new Map());
      if (others.size >= OTHERS_MAX) others.clear();
      others.set(owner, note);
    }
  }
}

export class SeenSections {
  readonly #seen = new SeenTwice(MARKS);
  #known = new Map<string, SeenSection>();
  #bytes = 0;
  /** What was asked for last. */
  #fields: HeaderFields | undefined;
  #section: string | undefined;
  #last: SeenSection | undefined;

  /** Undefined for a section that comes for the first time, and where it is not at hand or too long. */
  of(fields: HeaderFields): SeenSection | undefined {
    const { section } = fields;
    // The same message, about which another language asks: it does not come for the second time.
    if (fields !== this.#fields || section !== this.#section) {
      this.#fields = fields;
      this.#section = section;
      this.#last = section === undefined || section === '' ? undefined : this.#find(section);
    }
    return this.#last;
  }

  #find(section: string): SeenSection | undefined {
    const known = this.#known.get(section);
    if (known !== undefined) return known;
    if (section.length > SECTION_BYTES_MAX || !this.#seen.wasSeen(section)) return undefined;
    const made = new SeenSection(Buffer.from(section, 'latin1').toString('latin1'));
    this.count(section.length + ENTRY_BYTES);
    this.#known.set(made.text, made);
    return made;
  }

  /** More is known of a section. */
  count(bytes: number): void {
    if (this.#bytes + bytes > BYTES_MAX) this.forget();
    this.#bytes += bytes;
  }

  forget(): void {
    this.#known = new Map();
    this.#bytes = 0;
  }
}

/** One for the thread. Notes are data, which keep no rule set alive. */
const SEEN_SECTIONS = new SeenSections();

/** What one part of a rule set keeps with sections. */
export class SectionNotes<Note> {
  readonly #sections: SeenSections;

  constructor(sections: SeenSections = SEEN_SECTIONS) {
    this.#sections = sections;
    // Rules were loaded: those of before would keep their places in the sections.
    sections.forget();
  }

  /** As SeenSections has it. */
  sectionOf(fields: HeaderFields): SeenSection | undefined {
    return this.#sections.of(fields);
  }

  of(section: SeenSection): Note | undefined {
    // Nobody else keeps anything under this object.
    return section.noteOf(this) as Note | undefined;
  }

  /** `bytes` is what the note costs. */
  keep(section: SeenSection, note: Note, bytes: number): void {
    section.setNote(this, note);
    this.#sections.count(bytes);
  }
}
