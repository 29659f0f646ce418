/**
 * Names the tests that the variables of a request line satisfy.
 *
 * All but the line itself stand in the target, or are made of a part of it, so that the target is looked through once. A line
 * that comes again is one look-up; method and version, which hardly vary, are looked at once for each pair.
 *
 * Safety argument: what the target says of a part of it is only used for texts that stand in it byte by byte, which is
 * looked at for each (`includes`). It may say too much, never too little (text-state.ts). The bytes of the line are those of
 * the target with those of method and version, and so are its literals but for those with spaces.
 */
import { joinedProfile } from './byte-profile.ts';
import type { ByteProfile } from './byte-profile.ts';
import type { Facts } from '../variables/facts.ts';
import type { Kind, KindContext } from './kind.ts';
import { Marks } from './marks.ts';
import type { Found } from './marks.ts';
import { Remembered } from './remembered.ts';
import type { TextSet } from './remembered.ts';
import { TextState } from './text-state.ts';

/** A variable that depends on nothing but the request line. */
export interface LineVariable {
  readonly name: string;
  readonly readText: (facts: Facts) => string;
  readonly kind: Kind;
}

/** Variables that are the same for all lines with one method and one version. */
const OF_WORDS: ReadonlySet<string> = new Set(['REQUEST_METHOD', 'REQUEST_PROTOCOL']);
const LINE = 'REQUEST_LINE';
/** Pairs of a method and a version that are known, each with a bound on arguments. */
const WORDS_MAX = 8;
/** All others, in an order in which those that are mostly the same text stand together. */
const OF_TARGET: readonly string[] = [
  'REQUEST_URI_RAW',
  'REQUEST_URI',
  'REQUEST_FILENAME',
  'REQUEST_BASENAME',
  'QUERY_STRING',
];

/** Whether the variable depends on nothing but the request line. */
export function isOfLine(name: string): boolean {
  return name === LINE || OF_WORDS.has(name) || OF_TARGET.includes(name);
}

/** Lines with the same method, version and bound on arguments. */
interface Words {
  readonly method: string;
  readonly version: string;
  readonly argumentsMax: number;
  readonly lines: TextSet;
  /** What method and version satisfy. */
  readonly found: Found;
  /** Of the bytes of the line without the target. */
  readonly profile: ByteProfile;
  /** Whether tests of the line have literals in them. */
  readonly hasLiterals: boolean;
}

export class LineNamer {
  readonly #context: KindContext;
  readonly #ofWords: readonly LineVariable[];
  readonly #ofTarget: readonly LineVariable[];
  /** What is asked of the line as a whole. */
  readonly #line: Kind | undefined;
  readonly #kindFor: (names: readonly string[]) => Kind;
  /** Of variables of the target that are the same text, by the bits of their places. */
  readonly #kinds: (Kind | undefined)[] = [];
  readonly #nameArguments: (facts: Facts, marks: Marks) => void;
  readonly #remembered = new Remembered();
  /** Of a query that is not there, as most are not. */
  readonly #empty: TextState;
  /** In no order; forgotten together when there are too many. */
  #words: Words[] = [];

  /** `kindFor` answers the kind of some of the variables; `nameArguments` marks what the arguments of the query satisfy. */
  constructor(
    variables: readonly LineVariable[],
    context: KindContext,
    kindFor: (names: readonly string[]) => Kind,
    nameArguments: (facts: Facts, marks: Marks) => void,
  ) {
    this.#context = context;
    this.#empty = new TextState('', context);
    this.#ofWords = variables.filter(({ name }) => OF_WORDS.has(name));
    this.#ofTarget = OF_TARGET.flatMap((sought) => variables.filter(({ name }) => name === sought));
    this.#line = variables.find(({ name }) => name === LINE)?.kind;
    this.#kindFor = kindFor;
    this.#nameArguments = nameArguments;
  }

  name(facts: Facts, marks: Marks): void {
    const { target } = facts.request;
    const words = this.#wordsOf(facts);
    marks.addAll(words.found);
    const known = words.lines.get(target);
    if (known !== undefined) {
      marks.addAll(known);
      return;
    }
    const found = marks.fresh();
    const whole = this.#nameLine(words, facts, found);
    this.#nameTarget(whole, facts, found);
    if (facts.target.query !== '')
      this.#context.recent.within(whole, () => this.#nameArguments(facts, found));
    words.lines.set(target, found.found);
    marks.addAll(found.found);
  }

  /** Answers the state of the target. */
  #nameLine(words: Words, facts: Facts, marks: Marks): TextState {
    const { method, target, version } = facts.request;
    const line = this.#line;
    const text = `${method} ${target} ${version}`;
    if (line?.runsSpaced === false) {
      const around = new TextState(text, this.#context);
      marks.add(line.matchesOf(around), text);
      return new TextState(target, this.#context, around);
    }
    const whole = new TextState(target, this.#context);
    if (line === undefined) return whole;
    const state = new TextState(text, this.#context, undefined, joinedProfile(whole, words.profile));
    if (!words.hasLiterals) state.setUnspaced(whole);
    marks.add(line.matchesOf(state), text);
    return whole;
  }

  #wordsOf(facts: Facts): Words {
    const { method, version } = facts.request;
    const { argumentsMax } = facts;
    for (const words of this.#words)
      if (words.method === method && words.version === version && words.argumentsMax === argumentsMax)
        return words;
    if (this.#words.length >= WORDS_MAX) this.#words = [];
    const words = this.#makeWords(facts);
    this.#words.push(words);
    return words;
  }

  #makeWords(facts: Facts): Words {
    const { method, version } = facts.request;
    const { argumentsMax } = facts;
    const found = new Marks(this.#context.tests.length);
    for (const { readText, kind } of this.#ofWords) {
      const text = readText(facts);
      found.add(kind.matches(text), text);
    }
    const profile = new TextState(`${method} ${version}`, this.#context);
    const hasLiterals = this.#line?.hasLiterals(profile) ?? false;
    const lines = this.#remembered.under(`${method} ${version} ${argumentsMax}`);
    return { method, version, argumentsMax, lines, found: found.found, profile, hasLiterals };
  }

  /** Variables that are the same text, as three of them mostly are, are asked about as one. */
  #nameTarget(whole: TextState, facts: Facts, marks: Marks): void {
    const variables = this.#ofTarget;
    let state = whole;
    let same = 0;
    for (let place = 0; place < variables.length; place++) {
      const text = variables[place]!.readText(facts); // Below the length.
      if (text !== state.text) {
        this.#nameSame(same, state, marks);
        same = 0;
        state = text === '' ? this.#empty : this.#stateOf(text, whole, state);
      }
      same |= 1 << place;
    }
    this.#nameSame(same, state, marks);
  }

  /** `same` has a bit for each place among the variables of the target. */
  #nameSame(same: number, state: TextState, marks: Marks): void {
    if (same === 0) return;
    const { text } = state;
    const kind = (this.#kinds[same] ??= this.#kindOfSame(same));
    marks.add(text === '' ? kind.matches(text) : kind.matchesOf(state), text);
  }

  #kindOfSame(same: number): Kind {
    const names = this.#ofTarget.flatMap(({ name }, place) => ((same & (1 << place)) === 0 ? [] : [name]));
    return this.#kindFor(names);
  }

  /** `before` is the state of the variable before, of which the text may be the end, as it may be of the target. */
  #stateOf(text: string, whole: TextState, before: TextState): TextState {
    if (text === whole.text) return whole;
    const isEnd = before.text.endsWith(text);
    const around = (isEnd && before === whole) || whole.text.includes(text) ? whole : undefined;
    const profile = isEnd ? before : whole.text.endsWith(text) ? whole : undefined;
    return new TextState(text, this.#context, around, profile);
  }
}
