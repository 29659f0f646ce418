/**
 * Names the rules that an exchange may match: shows every value of the exchange to the tests that look at it.
 *
 * It may name a rule that does not match, never leave out one that does: a rule is left out only if a test that it needs
 * was made on all values that it looks at and held for none.
 */
import { Buffer } from 'node:buffer';
import { jsonNames } from '../body/json.ts';
import type { CountTest, Naming } from '../compile/naming.ts';
import { isSelected } from '../interpret/evaluate-link.ts';
import type { HeaderFields, InspectedResponse } from '../inspector.ts';
import { knownVariable, valuesOf } from '../variables/catalog.ts';
import type { Facts } from '../variables/facts.ts';
import type { Places } from '../variables/urlencoded.ts';
import type { Value } from '../variables/value.ts';
import type { Variable } from '../variables/variable.ts';
import { bytesOf } from './marks.ts';
import type { Found, Marks } from './marks.ts';
import type { Kind } from './kind.ts';
import { Members } from './members.ts';
import { isOfLine, LineNamer } from './line-namer.ts';
import { SectionNotes } from './seen-sections.ts';
import type { ValueName, ValueNames } from './value-names.ts';

/** Variables whose values are shown by way of others, which hold the same ones. */
const HEADERS = knownVariable('REQUEST_HEADERS');
const HEADER_NAMES = knownVariable('REQUEST_HEADERS_NAMES');
const COOKIES = knownVariable('REQUEST_COOKIES');
const COOKIE_NAMES = knownVariable('REQUEST_COOKIES_NAMES');
const ARGUMENTS = knownVariable('ARGS');
const ARGUMENT_NAMES = knownVariable('ARGS_NAMES');
const QUERY = knownVariable('ARGS_GET');
const QUERY_NAMES = knownVariable('ARGS_GET_NAMES');
const BODY = knownVariable('ARGS_POST');
const BODY_NAMES = knownVariable('ARGS_POST_NAMES');
const ANSWER_HEADERS = knownVariable('RESPONSE_HEADERS');
const ANSWER_HEADER_NAMES = knownVariable('RESPONSE_HEADERS_NAMES');
const SHARED: ReadonlySet<Variable> = new Set([
  HEADERS,
  HEADER_NAMES,
  COOKIES,
  COOKIE_NAMES,
  ARGUMENTS,
  ARGUMENT_NAMES,
  QUERY,
  QUERY_NAMES,
  BODY,
  BODY_NAMES,
  ANSWER_HEADERS,
  ANSWER_HEADER_NAMES,
]);

/** Bounds on cookies, of which configurations have one or two; who goes on to another begins anew. */
const COOKIES_MAX_KINDS = 8;

/** Variables that are not shown: they change, or putting them together costs more than a rule that asks for them. */
export function isShown(variable: Variable): boolean {
  return !variable.isVolatile && !variable.name.startsWith('FULL_REQUEST');
}

/** A variable that is shown as a whole, with what is asked of its members, or of its only value. */
interface Shown {
  readonly variable: Variable;
  readonly members: Members;
  readonly readText: ((facts: Facts) => string) | undefined;
  readonly kind: Kind | undefined;
}

/** Bytes of the values that are remembered: header fields, paths and the like, and arguments, which vary more. */
const FIELD_BYTES_MAX = 1024;
const ARGUMENT_BYTES_MAX = 64;

/** What fields and cookies of a request satisfy, and the reader that they choose for its body: rules ask that of each. */
interface SectionNote {
  readonly found: Found;
  readonly processor: string;
}

/** What the head of a response satisfies, and for which status that is. */
interface Answered {
  readonly status: number;
  readonly found: Found;
}

/** The fields of a response that never came. */
const NO_ANSWER = { headers: { count: 0, name: () => '', value: () => '' } };

/** What a note costs beside what was found. */
const NOTE_BYTES = 48;

/** Values of longer texts are looked up one by one. */
const PLACED_BYTES_MAX = 262_144;
/** The text in which values stand that are looked up; done with when the call that fills it returns. */
const PLACED_BYTES = Buffer.allocUnsafeSlow(PLACED_BYTES_MAX);

export class Namer {
  readonly #counts: readonly CountTest[];
  /** By the phase in which they are made, from 1; some are made twice. */
  readonly #countsIn: readonly (readonly CountTest[])[];
  readonly #headers: Members;
  readonly #answerHeaders: Members;
  readonly #cookies: Members;
  readonly #query: Members;
  readonly #body: Members;
  /** By the phase in which they are known, from 1. */
  readonly #shown: readonly (readonly Shown[])[];
  /** Those that are known from the head, and known better when there is a body. */
  readonly #shownAgain: readonly Shown[];
  readonly #counted: Int32Array;
  /** Names of arguments in JSON. */
  readonly jsonNames: ValueNames = jsonNames();
  /** By the bound on cookies: for that of the last exchange, and for each that there was. */
  #sections = new SectionNotes<SectionNote>();
  #cookiesMax = -1;
  readonly #sectionsBy = new Map<number, SectionNotes<SectionNote>>();
  readonly #answerSections = new SectionNotes<Answered>();
  readonly #line: LineNamer;
  /** Variables that are known from the head, without those of the request line. */
  readonly #headShown: readonly Shown[];
  /** What a request without a body satisfies, and a response; and an exchange without a response. */
  #withoutBody: Found | undefined;
  #withoutAnswer: Found | undefined;
  #withoutAnswerBody: Found | undefined;

  constructor(naming: Naming) {
    const { counts } = naming;
    const members = (values: readonly Variable[], names: readonly Variable[], max: number): Members =>
      new Members(naming, values, names, max);
    this.#counts = counts;
    this.#headers = members([HEADERS], [HEADER_NAMES], FIELD_BYTES_MAX);
    this.#cookies = members([COOKIES], [COOKIE_NAMES], FIELD_BYTES_MAX);
    this.#query = members([ARGUMENTS, QUERY], [ARGUMENT_NAMES, QUERY_NAMES], ARGUMENT_BYTES_MAX);
    this.#body = members([ARGUMENTS, BODY], [ARGUMENT_NAMES, BODY_NAMES], ARGUMENT_BYTES_MAX);
    this.#answerHeaders = members([ANSWER_HEADERS], [ANSWER_HEADER_NAMES], FIELD_BYTES_MAX);
    this.#counted = new Int32Array(counts.length);
    // Counts of header fields are made in passing.
    const countable = counts.filter(({ target }) => target.variable !== HEADERS);
    this.#countsIn = [1, 2, 3, 4].map((phase) =>
      countable.filter(
        ({ target: { variable } }) =>
          variable.phase === phase || (phase === 2 && variable.body !== undefined && variable.phase < 2),
      ),
    );
    const asked = [...askedFor(naming)].filter((variable) => !SHARED.has(variable) && isShown(variable));
    const shown = asked.map((variable) => {
      const max = variable.body === undefined ? FIELD_BYTES_MAX : ARGUMENT_BYTES_MAX;
      const kind = naming.kindFor([variable], '', max);
      return { variable, members: members([variable], [], max), readText: variable.readText, kind };
    });
    this.#shown = [1, 2, 3, 4].map((phase) => shown.filter(({ variable }) => variable.phase === phase));
    this.#headShown = (this.#shown[0] ?? []).filter(({ variable }) => !isOfLine(variable.name));
    const ofLine = shown.flatMap(({ variable: { name, readText }, kind }) =>
      isOfLine(name) && readText !== undefined && kind !== undefined ? [{ name, readText, kind }] : [],
    );
    const kindOfLine = (names: readonly string[]): Kind => {
      const kind = naming.kindFor(names.map(knownVariable), '', FIELD_BYTES_MAX);
      if (kind === undefined) throw new Error(`No test looks at ${names.join(' and ')}`);
      return kind;
    };
    this.#line = new LineNamer(ofLine, naming.context, kindOfLine, (facts, marks) => {
      const { values, places } = facts.query;
      this.#namePlaced(values, places, this.#query, marks);
    });
    this.#shownAgain = shown.filter(({ variable }) => variable.phase === 1 && variable.body !== undefined);
  }

  /** What the phase, 1 to 4, adds to the values of those before. What never came is empty. */
  name(phase: number, facts: Facts, marks: Marks): void {
    switch (phase) {
      case 1:
        this.#nameHead(facts, marks);
        return;
      case 2:
        this.#nameBody(facts, marks);
        return;
      case 3:
        this.#nameResponseHead(facts, marks);
        return;
      case 4:
        this.#nameResponseBody(facts, marks);
    }
  }

  /** Everything that is known from the head of a request. */
  #nameHead(facts: Facts, marks: Marks): void {
    this.#nameSection(facts, marks);
    this.#line.name(facts, marks);
    this.#nameShown(this.#headShown, facts, marks);
    this.#nameCounts(facts, marks, 1);
  }

  /** What the body adds. */
  #nameBody(facts: Facts, marks: Marks): void {
    if (facts.isBodyEmpty && !facts.isBodyPrefix) {
      marks.addAll((this.#withoutBody ??= this.#nameNothing(facts, marks)));
      return;
    }
    const { values, places } = facts.parsedBody;
    this.#namePlaced(values, places, this.#body, marks);
    this.#nameShown(this.#shown[1], facts, marks);
    this.#nameShown(this.#shownAgain, facts, marks);
    this.#nameCounts(facts, marks, 2);
  }

  /** Without a body every variable of phase 2 has the same value in all exchanges. */
  #nameNothing(facts: Facts, marks: Marks): Found {
    const found = marks.fresh();
    this.#nameShown(this.#shown[1], facts, found);
    for (const test of this.#countsIn[1] ?? []) {
      if (test.target.variable.phase === 2) this.#nameCount(test, facts, found);
    }
    return found.found;
  }

  /**
   * Servers repeat their fields for a second at a time. All that is known in phase 3 depends on nothing but status and fields,
   * so that it is remembered as a whole.
   */
  #nameResponseHead(facts: Facts, marks: Marks): void {
    const { response } = facts;
    if (response === undefined) {
      marks.addAll((this.#withoutAnswer ??= this.#nameAnswer(NO_ANSWER, facts, marks.fresh()).found));
      return;
    }
    const section = this.#answerSections.sectionOf(response.headers);
    const known = section === undefined ? undefined : this.#answerSections.of(section);
    if (known?.status === response.status) {
      marks.addAll(known.found);
      return;
    }
    const { found } = this.#nameAnswer(response, facts, marks.fresh());
    marks.addAll(found);
    // The same fields with another status are rare: the first is kept.
    if (section === undefined || known !== undefined) return;
    const kept = found.within(section.text);
    this.#answerSections.keep(section, { status: response.status, found: kept }, bytesOf(kept) + NOTE_BYTES);
  }

  #nameAnswer({ headers }: Pick<InspectedResponse, 'headers'>, facts: Facts, marks: Marks): Marks {
    for (let index = 0; index < headers.count; index++) {
      const name = headers.name(index);
      const { kind, nameMatches } = this.#answerHeaders.named(name);
      if (kind !== undefined) addMatches(kind, headers.value(index), marks);
      marks.add(nameMatches, name);
    }
    this.#nameShown(this.#shown[2], facts, marks);
    this.#nameCounts(facts, marks, 3);
    return marks;
  }

  #nameResponseBody(facts: Facts, marks: Marks): void {
    if (facts.isResponseBodyPrefix || !facts.isResponseBodyEmpty) this.#nameAnswerBody(facts, marks);
    else marks.addAll((this.#withoutAnswerBody ??= this.#nameAnswerBody(facts, marks.fresh()).found));
  }

  #nameAnswerBody(facts: Facts, marks: Marks): Marks {
    this.#nameShown(this.#shown[3], facts, marks);
    this.#nameCounts(facts, marks, 4);
    return marks;
  }

  /** Header fields and cookies: for a section that was seen before, all at once. */
  #nameSection(facts: Facts, marks: Marks): void {
    const sections = this.#sectionsFor(facts.cookiesMax);
    const section = sections.sectionOf(facts.request.headers);
    if (section === undefined) {
      this.#nameFieldsAndCookies(facts, marks);
      return;
    }
    const known = sections.of(section);
    if (known !== undefined) {
      marks.addAll(known.found);
      facts.recallProcessor(known.processor);
      return;
    }
    const own = marks.fresh();
    this.#nameFieldsAndCookies(facts, own);
    const found = own.found.within(section.text);
    sections.keep(section, { found, processor: facts.declaredProcessor }, bytesOf(found) + NOTE_BYTES);
    marks.addAll(found);
  }

  /** For exchanges of which no more cookies than that are read: a bound of the configuration, mostly the same. */
  #sectionsFor(cookiesMax: number): SectionNotes<SectionNote> {
    if (cookiesMax !== this.#cookiesMax) {
      this.#cookiesMax = cookiesMax;
      if (this.#sectionsBy.size >= COOKIES_MAX_KINDS) this.#sectionsBy.clear();
      this.#sections = this.#sectionsBy.get(cookiesMax) ?? new SectionNotes<SectionNote>();
      this.#sectionsBy.set(cookiesMax, this.#sections);
    }
    return this.#sections;
  }

  #nameFieldsAndCookies(facts: Facts, marks: Marks): void {
    this.#nameFields(facts.request.headers, marks);
    nameValues(facts.cookies.values, this.#cookies, marks);
  }

  #nameFields(fields: HeaderFields, marks: Marks): void {
    const counted = this.#counted;
    counted.fill(0);
    const { count } = fields;
    for (let index = 0; index < count; index++) {
      const name = fields.name(index);
      const { kind, nameMatches, counts } = this.#headers.named(name);
      if (kind !== undefined) addMatches(kind, fields.value(index), marks);
      marks.add(nameMatches, name);
      for (const place of counts) counted[place]!++; // Places of counts.
    }
    for (let place = 0; place < this.#counts.length; place++) {
      const test = this.#counts[place]!; // Below the length.
      if (test.target.variable === HEADERS && test.holds(counted[place]!)) marks.add([test.id], '');
    }
  }

  /** Values that stand in one text, and are mostly known, are looked up there. */
  #namePlaced(values: readonly Value[], places: Places | undefined, members: Members, marks: Marks): void {
    if (places === undefined || places.text.length > PLACED_BYTES.length) nameValues(values, members, marks);
    else if (places.names === undefined) this.#namePairs(places, members, marks);
    else this.#nameNamed(values, places, places.names, members, marks);
  }

  #namePairs({ text, ends }: Places, members: Members, marks: Marks): void {
    const bytes = PLACED_BYTES;
    bytes.write(text, 'latin1');
    for (let index = 0; index < ends.length; index += 4) {
      const start = ends[index]!; // Ends come in fours.
      const end = ends[index + 1]!;
      const { kind, nameMatches } = members.namedAt(bytes, start, end, text);
      if (nameMatches.length > 0) marks.add(nameMatches, text.slice(start, end));
      if (kind !== undefined) addPlaced(kind, bytes, text, ends[index + 2]!, ends[index + 3]!, marks);
    }
  }

  #nameNamed(
    values: readonly Value[],
    { text, ends }: Places,
    names: readonly ValueName[],
    members: Members,
    marks: Marks,
  ): void {
    const bytes = PLACED_BYTES;
    bytes.write(text, 'latin1');
    for (let index = 0; index < values.length; index++) {
      const name = names[index]!; // One for each value, and ends in twos.
      const { kind, nameMatches } = members.ofName(name);
      if (nameMatches.length > 0) marks.add(nameMatches, name.text);
      if (kind === undefined) continue;
      const start = ends[2 * index]!;
      if (start >= 0) addPlaced(kind, bytes, text, start, ends[2 * index + 1]!, marks);
      else addMatches(kind, values[index]!.text, marks);
    }
  }

  #nameShown(shown: readonly Shown[] | undefined, facts: Facts, marks: Marks): void {
    for (const { variable, members, readText, kind } of shown ?? []) {
      if (readText === undefined) nameValues(variable.read(facts), members, marks);
      else if (kind !== undefined) addMatches(kind, readText(facts), marks);
    }
  }

  #nameCounts(facts: Facts, marks: Marks, phase: number): void {
    for (const test of this.#countsIn[phase - 1]!) this.#nameCount(test, facts, marks); // Phases 1 to 4.
  }

  #nameCount({ id, target, holds }: CountTest, facts: Facts, marks: Marks): void {
    let count = 0;
    for (const value of valuesOf(facts, target.variable)) if (isSelected(value, target)) count++;
    if (holds(count)) marks.add([id], '');
  }
}

function nameValues(values: readonly Value[], members: Members, marks: Marks): void {
  for (const value of values) {
    const { kind, nameMatches } = members.named(value.key);
    if (kind !== undefined) addMatches(kind, value.text, marks);
    marks.add(nameMatches, value.key);
  }
}

function addMatches(kind: Kind, text: string, marks: Marks): void {
  marks.add(kind.matches(text), text);
}

function addPlaced(
  kind: Kind,
  bytes: Uint8Array,
  text: string,
  start: number,
  end: number,
  marks: Marks,
): void {
  const ids = kind.matchesAt(bytes, start, end) ?? kind.learnAt(bytes, start, end, text.slice(start, end));
  if (ids.length > 0) marks.add(ids, text.slice(start, end));
}

/** Every variable that a test looks at. */
function askedFor(naming: Naming): ReadonlySet<Variable> {
  return new Set(
    naming.links.flatMap(({ planned }) =>
      planned.link.targets.filter(({ isCount }) => !isCount).map(({ variable }) => variable),
    ),
  );
}
