/**
 * A value of the exchange that rules look at, with what it became after each chain of transformations.
 */
import { foldAscii } from '../match/phrase-automaton.ts';

export class Value {
  /** The member's name as it arrived, e.g. the name of an argument; empty where there is none. */
  readonly key: string;
  /** latin1: one character is one byte. */
  readonly text: string;
  /**
   * What interpret/ computed from this value, by the number of the chain of transformations: kept here, so that it
   * lives exactly as long as the value.
   */
  readonly results: (Result | undefined)[] = [];

  /** What it became, by the number of the chain of transformations (interpret/chains.ts). */
  texts: Map<number, string> | undefined;
  #member: string | undefined;

  constructor(key: string, text: string) {
    this.key = key;
    this.text = text;
  }

  /** The key as selectors and exclusions compare it: without regard to ASCII case. */
  get member(): string {
    return (this.#member ??= foldAscii(this.key));
  }
}

export interface Result {
  readonly text: string;
  /** The tests that may match this text, as bits; undefined until somebody asks. */
  candidates: Uint32Array | undefined;
}
