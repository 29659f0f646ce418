/**
 * Names the tests that the variables of a request line satisfy.
 *
 * They all stand in the line, or are made of a part of it, so that the line as a whole is looked through once. A line that
 * comes again is one look-up; method and version, which hardly vary, are looked at once for each pair.
 *
 * Safety argument: what the line says of a part of it is only used for texts that stand in the line byte by byte, which is
 * looked at for each (`includes`). It may say too much, never too little (text-state.ts).
 */
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
/** All others. */
const OF_TARGET: ReadonlySet<string> = new Set([
  'QUERY_STRING',
  'REQUEST_BASENAME',
  'REQUEST_FILENAME',
  'REQUEST_LINE',
  'REQUEST_URI',
  'REQUEST_URI_RAW',
]);

/** Whether the variable depends on nothing but the request line. */
export function isOfLine(name: string): boolean {
  return OF_WORDS.has(name) || OF_TARGET.has(name);
}

/** Lines with the same method, version and bound on arguments. */
interface Words {
  readonly method: string;
  readonly version: string;
  readonly argumentsMax: number;
  readonly lines: TextSet;
  /** What method and version satisfy. */
  readonly found: Found;
}

export class LineNamer {
  readonly #context: KindContext;
  readonly #ofWords: readonly LineVariable[];
  readonly #ofTarget: readonly LineVariable[];
  readonly #nameArguments: (facts: Facts, marks: Marks) => void;
  readonly #remembered = new Remembered(true);
  /** Of the last line. */
  #words: Words | undefined;

  /** `nameArguments` marks what the arguments of the query satisfy. */
  constructor(
    variables: readonly LineVariable[],
    context: KindContext,
    nameArguments: (facts: Facts, marks: Marks) => void,
  ) {
    this.#context = context;
    this.#ofWords = variables.filter(({ name }) => OF_WORDS.has(name));
    // The whole line first: what becomes of a part stands in what becomes of the line.
    this.#ofTarget = variables
      .filter(({ name }) => !OF_WORDS.has(name))
      .sort((left, right) => Number(right.name === 'REQUEST_LINE') - Number(left.name === 'REQUEST_LINE'));
    this.#nameArguments = nameArguments;
  }

  name(facts: Facts, marks: Marks): void {
    const { method, target, version } = facts.request;
    let words = this.#words;
    if (words?.method !== method || words.version !== version || words.argumentsMax !== facts.argumentsMax)
      words = this.#words = this.#wordsOf(facts);
    marks.addAll(words.found);
    const known = words.lines.get(target);
    if (known !== undefined) {
      marks.addAll(known);
      return;
    }
    const found = marks.fresh();
    const whole = new TextState(`${method} ${target} ${version}`, this.#context);
    this.#nameTarget(whole, facts, found);
    if (facts.target.query !== '')
      this.#context.recent.within(whole, () => this.#nameArguments(facts, found));
    words.lines.set(target, found.found);
    marks.addAll(found.found);
  }

  #wordsOf(facts: Facts): Words {
    const { method, version } = facts.request;
    const { argumentsMax } = facts;
    const found = new Marks(this.#context.tests.length);
    for (const { readText, kind } of this.#ofWords) {
      const text = readText(facts);
      found.add(kind.matches(text), text);
    }
    const lines = this.#remembered.under(`${method} ${version} ${argumentsMax}`);
    return { method, version, argumentsMax, lines, found: found.found };
  }

  #nameTarget(whole: TextState, facts: Facts, marks: Marks): void {
    let last = whole;
    for (const { readText, kind } of this.#ofTarget) {
      const text = readText(facts);
      // Three of them are mostly the same text.
      if (text !== last.text) last = text === whole.text ? whole : this.#stateOf(text, whole);
      marks.add(kind.matchesOf(last), text);
    }
  }

  #stateOf(text: string, whole: TextState): TextState {
    return whole.text.includes(text)
      ? new TextState(text, this.#context, whole)
      : new TextState(text, this.#context);
  }
}
