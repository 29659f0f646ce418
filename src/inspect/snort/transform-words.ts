/**
 * The transforms of Suricata: which there are, and how a rule says them. What they do stands in transform.ts.
 */
import { bufferReference, setBuffer } from './draft.ts';
import type { RuleDraft } from './draft.ts';
import { unquoted } from './arguments.ts';
import { OptionError, quotedText } from './mistake.ts';
import { makeTransform, TRANSFORM_NAMES } from './transform.ts';

export function isTransform(name: string): boolean {
  return TRANSFORM_NAMES.has(name);
}

/** A transform changes the sticky buffer that stands before it; several are applied in their order. */
export function readTransform(draft: RuleDraft, name: string, value: string): void {
  if (!draft.isSticky) {
    throw new OptionError(`Cannot read ${name}: no buffer stands before it`, 'option-place');
  }
  const transform = { name, argument: unquoted(value) };
  // Made here only to learn what is wrong with it; the compiled rule makes its own.
  if (makeTransform(transform) === undefined) {
    throw new OptionError(`Cannot read ${name} ${quotedText(value)}: its argument is wrong`);
  }
  const { kind, name: part, transforms } = draft.buffer;
  setBuffer(draft, bufferReference(kind, part, [...transforms, transform]));
}
