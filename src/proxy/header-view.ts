/** The fields of a head as inspection sees them. */
import type { FieldSection } from '../http/field-section.ts';
import type { HeaderFields } from '../inspect/inspector.ts';

export class HeaderView implements HeaderFields {
  readonly #fields: FieldSection;
  readonly #text: string;

  constructor(fields: FieldSection, text: string) {
    this.#fields = fields;
    this.#text = text;
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
