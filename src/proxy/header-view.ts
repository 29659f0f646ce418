/** The fields of a head as inspection sees them: read from the head, so only good until the next message is. */
import type { FieldSection } from '../http/field-section.ts';
import { KNOWN_NAMES } from '../http/known-headers.ts';
import type { MessageHead } from '../http/message-head.ts';
import type { HeaderFields } from '../inspect/inspector.ts';

/** The numbers of known headers by their names in lower case. */
const NUMBERS: ReadonlyMap<string, number> = new Map(
  [...KNOWN_NAMES.entries()].slice(1).map(([number, name]) => [name, number]),
);

export class HeaderView implements HeaderFields {
  readonly #fields: FieldSection;
  readonly #text: string;
  /**
   * Texts that were asked for: the rules of all languages ask for the same, and a text that is looked up in maps has its
   * hash from the first of them.
   */
  #names: (string | undefined)[] | undefined;
  #values: (string | undefined)[] | undefined;
  /** Sections that are too long to be remembered have none. */
  readonly section: string;

  constructor(head: MessageHead) {
    this.#fields = head.fields;
    this.#text = head.text;
    this.section = head.remembered;
  }

  get count(): number {
    return this.#fields.count;
  }

  lacks(lowerName: string): boolean {
    const number = NUMBERS.get(lowerName);
    return number !== undefined && this.#fields.first(number) < 0;
  }

  name(index: number): string {
    const names = (this.#names ??= []);
    return (names[index] ??= this.#text.slice(this.#fields.nameStart(index), this.#fields.nameEnd(index)));
  }

  value(index: number): string {
    const values = (this.#values ??= []);
    return (values[index] ??= this.#text.slice(this.#fields.valueStart(index), this.#fields.valueEnd(index)));
  }
}
