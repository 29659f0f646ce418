/**
 * Bytes written one after the other, and then read as a latin1 string: what decoders build their result with.
 */
import { Buffer } from 'node:buffer';

export class ByteOutput {
  #bytes: Buffer;
  #length = 0;

  /** `expected` is a guess of the length; more is fine. */
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(expected, 16));
  }

  get length(): number {
    return this.#length;
  }

  push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#grow(this.#length + 1);
    this.#bytes[this.#length++] = byte;
  }

  /** Adds a latin1 string. */
  pushText(text: string): void {
    if (this.#length + text.length > this.#bytes.length) this.#grow(this.#length + text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Adds a code point as UTF-8; what is no Unicode scalar value becomes U+FFFD, as in every decoder of UTF-8. */
  pushCodePoint(code: number): void {
    const isScalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    const scalar = isScalar ? code : 0xfffd;
    if (scalar < 0x80) this.push(scalar);
    else this.pushText(Buffer.from(String.fromCodePoint(scalar), 'utf8').toString('latin1'));
  }

  /** Takes the last byte back. */
  pop(): void {
    this.#length--;
  }

  text(): string {
    return this.#bytes.toString('latin1', 0, this.#length);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
