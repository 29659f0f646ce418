/** The fields of a head as inspection sees them: read from the head, so only good until the next message is. */
import type { FieldSection } from '../http/field-section.ts';
import type { MessageHead } from '../http/message-head.ts';
import type { HeaderFields } from '../inspect/inspector.ts';

export class HeaderView implements HeaderFields {
  readonly #fields: FieldSection;
  readonly #text: string;
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

  name(index: number): string {
    return this.#text.slice(this.#fields.nameStart(index), this.#fields.nameEnd(index));
  }

  value(index: number): string {
    return this.#text.slice(this.#fields.valueStart(index), this.#fields.valueEnd(index));
  }
}
