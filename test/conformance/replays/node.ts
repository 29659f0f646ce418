/**
 * A part of a YAML file that knows where it stands, so that what is wrong with it can be found. Every scalar is text.
 */
import assert from 'node:assert/strict';

export class Node {
  readonly path: string;
  readonly #value: unknown;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.path = path;
  }

  get isText(): boolean {
    return typeof this.#value === 'string';
  }

  get isList(): boolean {
    return Array.isArray(this.#value);
  }

  allow(...names: readonly string[]): void {
    for (const name of Object.keys(this.#map())) assert(names.includes(name), `${this.path}.${name}`);
  }

  has(name: string): boolean {
    return name in this.#map();
  }

  child(name: string): Node {
    assert(this.has(name), `${this.path}.${name} is not there`);
    return new Node(this.#map()[name], `${this.path}.${name}`);
  }

  list(name: string): Node[] {
    return this.child(name).items();
  }

  items(): Node[] {
    assert(Array.isArray(this.#value), this.path);
    return this.#value.map((item: unknown, index) => new Node(item, `${this.path}[${index}]`));
  }

  text(name: string, otherwise?: string): string {
    if (otherwise !== undefined && !this.has(name)) return otherwise;
    return this.child(name).asText();
  }

  asText(): string {
    assert(typeof this.#value === 'string', this.path);
    return this.#value;
  }

  #map(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    assert(typeof value === 'object' && value !== null && !Array.isArray(value), this.path);
    // Just checked to be an object; its values are checked where they are used.
    return value as Readonly<Record<string, unknown>>;
  }
}
