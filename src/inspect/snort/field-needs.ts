/**
 * Which needs the header fields of a request meet. Browsers send the same fields with every request, so that what a field
 * or a whole section has met before is remembered; one that was never seen is scanned.
 *
 * Safety argument: fields are looked at one by one, as "Name: value" between two line ends, and once more decoded. Every
 * buffer of header fields is made of these and line ends, unless a name stands there twice: some buffers join such
 * fields. Then all buffers are made and scanned.
 */
import { Buffer } from 'node:buffer';
import type { HeaderFields } from '../inspector.ts';
import { Memo } from '../match/memo.ts';
import { SectionNotes } from '../match/seen-sections.ts';
import { lowercase } from '../transforms/case.ts';
import { ANY_BUT_COOKIES, ANY_FIELD } from './coverage.ts';
import { NO_NEEDS } from './need-scan.ts';
import type { NeedIds, NeedScan } from './need-scan.ts';
import type { RuleIndexTables } from './rule-index.ts';
import { keepNeeds } from './section-memo.ts';
import type { KnownSection } from './section-memo.ts';
import { decodeSnort } from './uri-normalize.ts';

const CRLF = '\r\n';

/** Names that are known. Those that clients make up push out the others, all at once. */
const NAMES_MAX = 2048;
/** Longer names are not kept: their fields are looked at as if they were repeated. */
const NAME_BYTES_MAX = 256;

/** Longer values are not remembered. */
const VALUE_BYTES_MAX = 1024;

export class FieldNeeds {
  readonly #scan: NeedScan;
  /** For each need the field that it is about, in lower case. */
  readonly #fieldOf: readonly (string | undefined)[];
  readonly #memo = new Memo();
  readonly #sections = new SectionNotes<KnownSection>();
  #names = new Map<string, FieldName>();
  /** Names that differ in case only share one. */
  #spelled = new Map<string, Spelled>();
  /** Counts sections. */
  #section = 0;

  constructor(scan: NeedScan, { fieldOf, fieldNames }: RuleIndexTables) {
    this.#scan = scan;
    this.#fieldOf = Array.from(fieldOf, (place) => fieldNames[place]);
  }

  /** What is known of the whole section. */
  known(fields: HeaderFields): KnownSection | undefined {
    const section = this.#sections.sectionOf(fields);
    return section === undefined ? undefined : this.#sections.of(section);
  }

  /** For a section of which nothing is known. `joined` makes the buffers in which fields of one name are put together. */
  of(fields: HeaderFields, joined: () => readonly string[]): NeedIds {
    const found = this.#find(fields, joined);
    this.#keep(fields, found);
    return found;
  }

  /**
   * The same for fields some of whose values seldom come twice: no field is remembered, and one scan goes over all of them.
   * Servers repeat a section as a whole for a second at a time.
   */
  ofUnseen(fields: HeaderFields, joined: () => readonly string[]): NeedIds {
    this.#begin();
    let text = CRLF;
    let hasRepeated = false;
    for (let index = 0; index < fields.count; index++) {
      const name = fields.name(index);
      hasRepeated = this.#isRepeated(name) || hasRepeated;
      text += `${name}: ${fields.value(index)}${CRLF}`;
    }
    const own = this.#scanBoth(text);
    const found = hasRepeated ? this.#scanAll(joined(), own) : own;
    this.#keep(fields, found);
    return found;
  }

  #keep(fields: HeaderFields, needs: NeedIds): void {
    const section = this.#sections.sectionOf(fields);
    if (section !== undefined) keepNeeds(this.#sections, section, needs);
  }

  #find(fields: HeaderFields, joined: () => readonly string[]): NeedIds {
    this.#begin();
    let found: NeedIds = NO_NEEDS;
    let hasRepeated = false;
    for (let index = 0; index < fields.count; index++) {
      const name = fields.name(index);
      const field = this.#names.get(name) ?? this.#addName(name);
      hasRepeated = this.#isAgain(field) || hasRepeated;
      const value = fields.value(index);
      const ids =
        field === undefined ? this.#look(lowercase(name), name, value) : this.#idsOf(field, name, value);
      if (ids !== NO_NEEDS) found = found === NO_NEEDS ? ids : [...found, ...ids];
    }
    return hasRepeated ? this.#scanAll(joined(), found) : found;
  }

  #begin(): void {
    this.#section++;
    if (this.#names.size <= NAMES_MAX) return;
    this.#names = new Map();
    this.#spelled = new Map();
  }

  #isRepeated(name: string): boolean {
    return this.#isAgain(this.#names.get(name) ?? this.#addName(name));
  }

  /** Whether the name was in this section before; true for what is too long to be known. */
  #isAgain(known: FieldName | undefined): boolean {
    if (known === undefined || known.spelled.section === this.#section) return true;
    known.spelled.section = this.#section;
    return false;
  }

  #addName(name: string): FieldName | undefined {
    if (name.length > NAME_BYTES_MAX) return undefined;
    // A string of its own: what a client sent would be kept as a whole.
    const own = Buffer.from(name, 'latin1').toString('latin1');
    const lower = lowercase(own);
    const spelled = this.#spelled.get(lower) ?? { lower, section: 0 };
    this.#spelled.set(lower, spelled);
    const made: FieldName = { spelled, known: new Map(), epoch: this.#memo.epoch };
    this.#names.set(own, made);
    return made;
  }

  #idsOf(field: FieldName, name: string, value: string): NeedIds {
    if (value.length > VALUE_BYTES_MAX) return this.#look(field.spelled.lower, name, value);
    if (field.epoch !== this.#memo.epoch) {
      field.known = new Map();
      field.epoch = this.#memo.epoch;
    }
    const known = field.known.get(value);
    if (known !== undefined) return known;
    const found = this.#look(field.spelled.lower, name, value);
    field.known.set(this.#memo.keep(value), found);
    return found;
  }

  #look(lower: string, name: string, value: string): NeedIds {
    const found = this.#scanBoth(`${CRLF}${name}: ${value}${CRLF}`);
    if (found === NO_NEEDS) return NO_NEEDS;
    const meant = found.filter((id) => isMeant(this.#fieldOf[id], lower));
    return meant.length === 0 ? NO_NEEDS : [...new Set(meant)];
  }

  /** As it came, and decoded. */
  #scanBoth(text: string): NeedIds {
    const found = this.#scan.scan(text, NO_NEEDS);
    const decoded = decodeSnort(text);
    return decoded === text ? found : this.#scan.scan(decoded, found);
  }

  #scanAll(texts: readonly string[], before: NeedIds): NeedIds {
    let found = before;
    for (const text of texts) found = this.#scan.scan(CRLF + text + CRLF, found);
    return found;
  }
}

interface FieldName {
  readonly spelled: Spelled;
  known: Map<string, NeedIds>;
  epoch: number;
}

interface Spelled {
  readonly lower: string;
  /** The section in which it was last seen. */
  section: number;
}

function isMeant(field: string | undefined, lower: string): boolean {
  if (field === ANY_FIELD) return true;
  return field === ANY_BUT_COOKIES ? lower !== 'cookie' && lower !== 'set-cookie' : field === lower;
}
