/**
 * Rules by their texts, read and compiled when they are first asked for: of thousands, a worker asks for few.
 *
 * Nothing can be wrong with them: they are those of a set that was read and compiled before, and what their texts do not
 * say (language, place, priority) is kept beside them.
 */
import { Buffer } from 'node:buffer';
import { RegexMemory } from '../rx/memory.ts';
import { RuleCompiler } from './compile.ts';
import type { CompiledRule } from './compile.ts';
import { ruleText } from './lexer.ts';
import type { RuleList } from './message-plan.ts';
import { readRuleAgain } from './parse.ts';
import type { SnortFile } from './parse.ts';
import type { Dialect } from './rule.ts';
import type { SnortVariables } from './variables.ts';

/** What a store goes by. Rules are known by their place; nothing changes, so that threads can share it. */
export interface StoredRules {
  /** The texts behind each other, in UTF-8, and where each begins; one more entry is the end. */
  readonly texts: Uint8Array;
  readonly textStart: Int32Array;
  /** Names of files. */
  readonly files: readonly string[];
  /** For each rule WORDS numbers: file, line, column, start and end in it, priority, dialect, whether it is enabled. */
  readonly known: Int32Array;
}

const WORDS = 8;
const DIALECTS: readonly Dialect[] = ['snort2', 'snort3', 'suricata'];

/** `files` are those that the rules were read from. */
export function storeRules(rules: RuleList, files: readonly SnortFile[]): StoredRules {
  const names = files.map(({ name }) => name);
  const textOf = new Map(files.map(({ name, text }) => [name, text]));
  const known = new Int32Array(WORDS * rules.length);
  const textStart = new Int32Array(rules.length + 1);
  const texts: Buffer[] = [];
  for (let index = 0; index < rules.length; index++) {
    const { rule } = rules.at(index)!; // Below the length.
    const { place, start, end, priority, dialect, isEnabled } = rule;
    const text = textOf.get(place.file);
    if (text === undefined) throw new Error(`Cannot share rule ${rule.sid}: its file is not at hand`);
    const bytes = Buffer.from(ruleText(text, start, end));
    texts.push(bytes);
    textStart[index + 1] = textStart[index]! + bytes.length; // Made in order.
    const file = names.indexOf(place.file);
    known.set(
      [file, place.line, place.column, start, end, priority, DIALECTS.indexOf(dialect), isEnabled ? 1 : 0],
      WORDS * index,
    );
  }
  return { texts: new Uint8Array(Buffer.concat(texts)), textStart, files: names, known };
}

export class RuleStore implements RuleList {
  readonly length: number;
  readonly #stored: StoredRules;
  readonly #compiler: RuleCompiler;
  readonly #made: (CompiledRule | undefined)[];

  constructor(stored: StoredRules, variables: SnortVariables) {
    this.length = stored.textStart.length - 1;
    this.#stored = stored;
    this.#compiler = new RuleCompiler(variables, new RegexMemory());
    this.#made = new Array<CompiledRule | undefined>(this.length).fill(undefined);
  }

  at(place: number): CompiledRule | undefined {
    if (place >= this.length) return undefined;
    return (this.#made[place] ??= this.#make(place));
  }

  #make(place: number): CompiledRule {
    const { files, known } = this.#stored;
    const [file = 0, line = 0, column = 0, start = 0, end = 0, priority = 0, dialect = 0, isEnabled] =
      known.subarray(WORDS * place, WORDS * (place + 1));
    const rule = readRuleAgain(this.#textOf(place), {
      dialect: DIALECTS[dialect]!, // As it was stored.
      isEnabled: isEnabled === 1,
      place: { file: files[file] ?? '', line, column },
      priority,
      start,
      end,
    });
    return this.#compiler.compile(rule);
  }

  #textOf(place: number): string {
    const { texts, textStart } = this.#stored;
    return Buffer.from(texts.subarray(textStart[place], textStart[place + 1])).toString();
  }
}

/** Some rules of a store. */
export class RuleSelection implements RuleList {
  readonly #rules: RuleList;
  readonly #places: Int32Array;

  constructor(rules: RuleList, places: Int32Array) {
    this.#rules = rules;
    this.#places = places;
  }

  get length(): number {
    return this.#places.length;
  }

  at(place: number): CompiledRule | undefined {
    const known = this.#places[place];
    return known === undefined ? undefined : this.#rules.at(known);
  }
}
