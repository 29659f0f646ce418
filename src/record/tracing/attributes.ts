/**
 * Attributes of spans as OTLP writes them in JSON. Text of the network is escaped byte by byte, as in the access log, and
 * cut: no request can make a span long.
 */
import { escapeJson } from '../../base/escape.ts';
import { cut } from '../format.ts';

/** Bytes of a text that came from the network. */
const TEXT_CHARS_MAX = 1024;

export class Attributes {
  #json = '';

  /** Left out where there is nothing to say. */
  text(key: string, value: string): this {
    return value === '' ? this : this.#add(key, `{"stringValue":"${textOf(value)}"}`);
  }

  /** A 64-bit integer is a string in OTLP. */
  integer(key: string, value: number): this {
    return this.#add(key, `{"intValue":"${value}"}`);
  }

  /** Left out where it is false. */
  truth(key: string, value: boolean): this {
    return value ? this.#add(key, '{"boolValue":true}') : this;
  }

  texts(key: string, values: readonly string[]): this {
    const items = values.map((value) => `{"stringValue":"${textOf(value)}"}`);
    return this.#add(key, `{"arrayValue":{"values":[${items.join(',')}]}}`);
  }

  /** `[…]`. */
  toJson(): string {
    return `[${this.#json}]`;
  }

  #add(key: string, value: string): this {
    this.#json += `${this.#json === '' ? '' : ','}{"key":"${key}","value":${value}}`;
    return this;
  }
}

function textOf(value: string): string {
  return escapeJson(cut(value, TEXT_CHARS_MAX));
}
