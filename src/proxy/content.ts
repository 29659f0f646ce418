/**
 * Moves message content from one connection to the other with as little copying as its size is worth.
 *
 * - Small: as text together with its framing, in one write that the system usually takes at once.
 * - Large, in a buffer that can be taken: handed on without a copy.
 * - Large, in the shared buffer: copied, because the next read of any connection overwrites it.
 */
import type { Buffer } from 'node:buffer';
import type { Connection } from '../net/connection.ts';

/**
 * Up to this many bytes go as text. Node.js writes latin1 text of up to 16 KiB from its stack, without an allocation;
 * the rest is room for a message head in the same write.
 */
export const TEXT_BYTES_MAX = 12_288;

/** A body of which more than this is to come is read into buffers that can be taken. */
export const BULK_BYTES = 32_768;

/** Content as it came in a buffer, and whether it goes on as a chunk. */
interface Content {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly isChunked: boolean;
}

/**
 * Writes content that came from `from` to `to`, between `before` and `after`, text of one byte a character. False: wait
 * for onDrain of `to` before more.
 */
export function writeContent(
  to: Connection,
  from: Connection,
  { bytes, start, end, isChunked }: Content,
  before = '',
  after = '',
): boolean {
  const length = end - start;
  if (length <= TEXT_BYTES_MAX)
    return to.writeText(before + contentText(bytes, start, end, isChunked) + after);
  const content = bytes.subarray(start, end);
  const first = isChunked ? `${before}${length.toString(16)}\r\n` : before;
  const last = isChunked ? `\r\n${after}` : after;
  if (!from.canTake) return to.writeCopy(first, [content], last);
  if (first === '' && last === '') return to.writeTaken(content, from.take());
  to.cork();
  if (first !== '') to.writeText(first);
  const isFree = to.writeTaken(content, from.take());
  if (last !== '') to.writeText(last);
  to.uncork();
  return isFree;
}

/** Small content as text with its framing. */
export function contentText(bytes: Buffer, start: number, end: number, isChunked: boolean): string {
  const text = bytes.toString('latin1', start, end);
  return isChunked ? `${(end - start).toString(16)}\r\n${text}\r\n` : text;
}

/** The end of a chunked body (RFC 9112 §7.1). `trailers` are whole lines. */
export function lastChunk(trailers: string): string {
  return `0\r\n${trailers}\r\n`;
}
