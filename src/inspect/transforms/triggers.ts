/**
 * Which transformations may change a value at all, for all of them in one pass over it.
 *
 * Safety argument: each transformation names a class of trigger bytes and promises that it answers its argument unchanged
 * when no byte of it is in the class. So a bit that is not set is a proof, and a bit that is set may be wrong, which
 * costs a call that answers its argument. Where a change needs a sequence (two slashes, two spaces), the class holds one
 * byte that each such sequence has. test/fuzz/transforms.test.ts holds every transformation to its promise.
 */

/** A character class, such as /[%+]/: the trigger bytes. */
export type TriggerClass = RegExp;

/** 1 for each byte of the class. */
export function bytesOf(triggers: TriggerClass): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (triggers.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** For each byte the bits of all transformations that it triggers. */
export function combineTriggers(
  transformations: readonly { readonly triggerBit: number; readonly mayChange: Uint8Array | undefined }[],
): Uint32Array {
  const combined = new Uint32Array(256);
  for (const { triggerBit, mayChange } of transformations) {
    for (let byte = 0; byte < 256; byte++) if (mayChange?.[byte] === 1) combined[byte]! |= triggerBit; // 256 entries.
  }
  return combined;
}
