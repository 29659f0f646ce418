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

/**
 * Writes `bytes` from `start` to `end`, which came from `from`, to `to`: as they are or as one chunk. False: wait for
 * onDrain of `to` before more.
 */
export function writeContent(
  to: Connection,
  from: Connection,
  bytes: Buffer,
  start: number,
  end: number,
  isChunked: boolean,
): boolean {
  const length = end - start;
  if (length <= TEXT_BYTES_MAX) return to.writeText(contentText(bytes, start, end, isChunked));
  const content = bytes.subarray(start, end);
  const [before, after] = isChunked ? [`${length.toString(16)}\r\n`, '\r\n'] : ['', ''];
  if (!from.canTake) return to.writeCopy(before, [content], after);
  if (!isChunked) return to.writeTaken(content, from.take());
  to.cork();
  to.writeText(before);
  to.writeTaken(content, from.take());
  const isFree = to.writeText(after);
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
