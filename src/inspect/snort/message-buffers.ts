/**
 * The buffers of one message as rules see them: each is made once, transformed once and folded once, however many rules
 * look at it.
 */
import { lowercase } from '../transforms/case.ts';
import { isMultiBuffer } from './buffers.ts';
import type { HttpBuffers } from './buffers.ts';
import type { CompiledBuffer, CompiledGroup } from './compile.ts';

/** One value of a buffer. */
export class BufferText {
  readonly text: string;
  /** What rules have cost on it so far (match-group.ts). */
  work = 0;
  #folded: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get isFolded(): boolean {
    return this.#folded !== undefined;
  }

  /** In lower case (ASCII), with the same offsets. */
  get folded(): string {
    return (this.#folded ??= lowercase(this.text));
  }
}

const NONE: readonly BufferText[] = [];

/** Lives as long as its message is inspected. */
export class MessageBuffers {
  /** Because of which the last rule that was evaluated did not match; undefined when it was for something else. */
  failed: CompiledGroup | undefined;
  /** What rules have cost on them so far, in thirds of a nanosecond (match-group.ts). */
  work = 0;
  readonly #buffers: HttpBuffers;
  readonly #known = new Map<CompiledBuffer, readonly BufferText[]>();

  constructor(buffers: HttpBuffers) {
    this.#buffers = buffers;
  }

  /** The values of a buffer: none when the message has not got it. */
  texts(buffer: CompiledBuffer): readonly BufferText[] {
    const known = this.#known.get(buffer);
    if (known !== undefined) return known;
    const texts = this.#make(buffer);
    this.#known.set(buffer, texts);
    return texts;
  }

  #make(buffer: CompiledBuffer): readonly BufferText[] {
    const { kind, name, run } = buffer;
    if (isMultiBuffer(kind)) return this.#buffers.each(kind).flatMap((value) => transformed(value, run));
    const value = this.#buffers.buffer(kind, name);
    return value === undefined ? NONE : transformed(value, run);
  }
}

function transformed(value: string, run: CompiledBuffer['run']): readonly BufferText[] {
  let current: string | undefined = value;
  for (const transform of run) {
    if (current === undefined) return NONE;
    current = transform(current);
  }
  return current === undefined ? NONE : [new BufferText(current)];
}
