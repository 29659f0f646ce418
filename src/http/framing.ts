/**
 * How long a message's body is, by its header fields alone (RFC 9112 §6). Ambiguity is refused, never resolved.
 */
import { CLASS, DIGIT } from './characters.ts';
import { isSameText } from './connection-options.ts';
import type { FieldSection, RefusalCode } from './field-section.ts';
import { CONTENT_LENGTH, TRANSFER_ENCODING } from './known-headers.ts';

/** No body-length field is there. */
export const LENGTH_NONE = -1;
/** `Transfer-Encoding: chunked`. */
export const LENGTH_CHUNKED = -2;

/** Digits of 2^53. */
const DIGITS_MAX = 16;

/**
 * Length of the body in bytes, LENGTH_NONE, LENGTH_CHUNKED, or why the message is refused.
 *
 * Stricter than RFC 9112 §6.3 allows a proxy to be: equal Content-Lengths are not merged, and a message with both
 * fields is not repaired, because an origin that repairs it the other way would see another message.
 */
export function readBodyLength(
  fields: FieldSection,
  bytes: Uint8Array,
  base: number,
  isHttp10: boolean,
): number | RefusalCode {
  const lengths = fields.times(CONTENT_LENGTH);
  const encodings = fields.times(TRANSFER_ENCODING);
  if (lengths === 0 && encodings === 0) return LENGTH_NONE;
  if (encodings > 0) {
    if (lengths > 0) return 'length-and-encoding';
    if (isHttp10) return 'transfer-encoding-http10';
    if (encodings > 1) return 'transfer-encoding-bad';
    const index = fields.first(TRANSFER_ENCODING);
    const isChunked = isSameText(
      bytes,
      base + fields.valueStart(index),
      base + fields.valueEnd(index),
      'chunked',
    );
    return isChunked ? LENGTH_CHUNKED : 'transfer-encoding-bad';
  }
  if (lengths > 1) return 'content-length-differs';
  const index = fields.first(CONTENT_LENGTH);
  return readDecimal(bytes, base + fields.valueStart(index), base + fields.valueEnd(index));
}

function readDecimal(bytes: Uint8Array, start: number, end: number): number | RefusalCode {
  if (start === end || end - start > DIGITS_MAX) return 'content-length-bad';
  // A leading zero is allowed by RFC 9110 §8.6, but an origin that reads it as octal would see another length.
  if (end - start > 1 && bytes[start] === 0x30) return 'content-length-bad';
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((CLASS[byte]! & DIGIT) === 0) return 'content-length-bad';
    value = value * 10 + (byte - 0x30);
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : 'content-length-bad';
}
