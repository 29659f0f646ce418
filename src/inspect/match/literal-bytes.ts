/** Many literals as two arrays, which threads can share. */
import { Buffer } from 'node:buffer';

/** The bytes of literals behind each other, and where each begins; one more entry is the end. */
export interface LiteralBytes {
  readonly bytes: Uint8Array;
  readonly bytesStart: Int32Array;
}

/** Literals are latin1. */
export function packBytes(literals: readonly string[]): LiteralBytes {
  const bytesStart = new Int32Array(literals.length + 1);
  for (const [index, literal] of literals.entries()) {
    bytesStart[index + 1] = bytesStart[index]! + literal.length; // Made in order.
  }
  const bytes = new Uint8Array(bytesStart[literals.length]!); // The last start.
  for (const [index, literal] of literals.entries()) {
    for (let at = 0; at < literal.length; at++) bytes[bytesStart[index]! + at] = literal.charCodeAt(at); // As above.
  }
  return { bytes, bytesStart };
}

export function literalsOf({ bytes, bytesStart }: LiteralBytes): readonly string[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytesStart.length - 1 }, (_, literal) =>
    all.toString('latin1', bytesStart[literal], bytesStart[literal + 1]),
  );
}
