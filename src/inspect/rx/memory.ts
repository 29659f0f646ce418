/**
 * What the patterns of a rule set share: equal ones are one, and their automata, which grow with the values they see, have
 * one bound together.
 *
 * Attack: values that make every pattern grow to its own bound. When all together exceed theirs, everything is thrown
 * away at once and made again as it is needed: who floods it only costs speed.
 */
import type { PlanNotes } from '../shared/notes.ts';
import type { Program } from './program.ts';
import type { Match, Regex } from './regex.ts';
import type { Pattern } from './syntax.ts';

/** For a rule set when nothing else is said: 24 MiB. */
const BYTES_MAX = 24 * 1024 * 1024;

export interface LastFind {
  readonly regex: Regex;
  readonly value: string;
  readonly start: number;
  readonly match: Match | undefined;
}

export interface PatternFacts {
  readonly captureCount: number;
  /** Whether it runs in linear time (Regex.isLinear). */
  readonly isLinear: boolean;
}

export class RegexMemory {
  /** Grows when everything is to be thrown away. */
  epoch = 0;
  /** The last search for the place of a match. */
  last: LastFind | undefined;
  /** Patterns by their text and options: rule sets say the same thing many times. */
  readonly known: Map<string, Regex> = new Map<string, Regex>();
  /** Trees of patterns that were read: most are asked for once more while the rules are made ready. */
  #trees: Map<Regex, Pattern> | undefined;
  /** How the program of a pattern is made where it need not be read for it. */
  readonly #programs = new Map<Regex, () => Program>();
  /** Until `settle`: patterns that are made later were not noted. */
  #notes: PlanNotes | undefined;
  readonly #bytesMax: number;
  #bytes = 0;

  /** `notes` have what was found out of the same patterns before. */
  constructor(bytesMax: number = BYTES_MAX, notes?: PlanNotes) {
    this.#bytesMax = bytesMax;
    this.#notes = notes;
  }

  /** Tells that so many bytes more are kept. */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return;
    this.#bytes = 0;
    this.epoch++;
  }

  /** Whether trees are kept: then literals are found when they are asked for, else while the tree is there. */
  get isUnsettled(): boolean {
    return this.#trees !== undefined;
  }

  /**
   * Trees that are read are kept from now on, until `settle`: for rules of which many turn out to be switched off. To keep
   * those of thousands costs more than to find their literals.
   */
  unsettle(): void {
    this.#trees ??= new Map();
  }

  /** The rules are ready: trees, which are many times as large as their texts, are read anew when they are needed. */
  settle(): void {
    this.#trees = undefined;
    this.#notes = undefined;
  }

  /** What the form of a pattern says, without reading it if that was noted. */
  factsOf(key: string, read: () => PatternFacts): PatternFacts {
    return this.#notes === undefined ? read() : this.#notes.of(`pattern ${key}`, read);
  }

  treeOf(regex: Regex): Pattern | undefined {
    return this.#trees?.get(regex);
  }

  keepTree(regex: Regex, tree: Pattern): void {
    this.#trees?.set(regex, tree);
  }

  /** The program with which the automaton of a pattern runs; undefined where it is to be read. */
  programOf(regex: Regex): Program | undefined {
    return this.#programs.get(regex)?.();
  }

  keepProgram(regex: Regex, make: () => Program): void {
    this.#programs.set(regex, make);
  }
}
