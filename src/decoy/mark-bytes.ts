/**
 * What a mark holds besides its key, end and visits, as bytes in the memory that threads share.
 *
 *     start, ms  offences  address  rule     exchange  text
 *     8          4         length 2 and UTF-8 each
 */
import { Buffer } from 'node:buffer';
import type { Cause } from './attackers.ts';

/** Fields of a mark that are kept as bytes. */
export interface MarkFields {
  readonly startMs: number;
  readonly offences: number;
  readonly address: string;
  readonly cause: Cause;
}

/** Characters that a text of the cause keeps: a sentence. */
const TEXT_CHARS_MAX = 200;
/** Bytes of each text; those that hold more than ASCII may be cut earlier. */
const ADDRESS_BYTES_MAX = 45;
const RULE_BYTES_MAX = 64;
const EXCHANGE_BYTES_MAX = 32;
const TEXT_BYTES_MAX = 280;

const NUMBERS_BYTES = 12;
const LENGTH_BYTES = 2;

/** 100,000 marks, the default, stay below 60 MB. */
export const MARK_BYTES_MAX: number =
  NUMBERS_BYTES + 4 * LENGTH_BYTES + ADDRESS_BYTES_MAX + RULE_BYTES_MAX + EXCHANGE_BYTES_MAX + TEXT_BYTES_MAX;

export function writeMark({ startMs, offences, address, cause }: MarkFields): Uint8Array {
  const bytes = Buffer.alloc(MARK_BYTES_MAX);
  bytes.writeDoubleLE(startMs, 0);
  bytes.writeUInt32LE(offences, 8);
  let end = NUMBERS_BYTES;
  end = writeText(bytes, end, address, ADDRESS_BYTES_MAX);
  end = writeText(bytes, end, cause.rule, RULE_BYTES_MAX);
  end = writeText(bytes, end, cause.exchange, EXCHANGE_BYTES_MAX);
  end = writeText(bytes, end, cause.text.slice(0, TEXT_CHARS_MAX), TEXT_BYTES_MAX);
  return bytes.subarray(0, end);
}

export function readMark(value: Uint8Array): MarkFields {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  let at = NUMBERS_BYTES;
  const next = (): string => {
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt16LE(at);
    return bytes.toString('utf8', start, at);
  };
  const address = next();
  const cause = { rule: next(), exchange: next(), text: next() };
  return { startMs: bytes.readDoubleLE(0), offences: bytes.readUInt32LE(8), address, cause };
}

/** Whole characters only: `write` stops before one that has no room. */
function writeText(bytes: Buffer, at: number, text: string, bytesMax: number): number {
  const start = at + LENGTH_BYTES;
  const length = bytes.write(text, start, bytesMax, 'utf8');
  bytes.writeUInt16LE(length, at);
  return start + length;
}
