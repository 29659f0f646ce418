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
   * What it became, by the node of its chain of transformations (interpret/transform-tree.ts): kept here, so that it lives
   * exactly as long as the value.
   */
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

  /** Whether `name`, in lower case, is its name. Most names differ in length, so that hardly any is folded. */
  isNamed(name: string): boolean {
    return this.key.length === name.length && this.member === name;
  }
}
