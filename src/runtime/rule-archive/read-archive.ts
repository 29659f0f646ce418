/** An archive from a URL or a file, bounded in bytes and time. */
import { open } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { Buffer } from 'node:buffer';
import { systemReason } from '../../base/system-reason.ts';

/** Releases have less than one megabyte. */
const ARCHIVE_BYTES_MAX = 16 * 1024 * 1024;
/** Unpacked they have some four. It bounds what a bomb can do. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;
const FETCH_MS = 60_000;

/** An archive that cannot be had. The message is for people. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

export function isUrl(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

export async function readArchive(from: string): Promise<Uint8Array> {
  return isUrl(from) ? await fetchBytes(from) : await readBytes(from);
}

/** Throws ArchiveError for what is not compressed by gzip, or becomes too large. */
export function unpack(archive: Uint8Array): Uint8Array {
  try {
    return gunzipSync(archive, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (error) {
    throw new ArchiveError(`Cannot unpack the archive: ${messageOf(error)}`);
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'follow' });
    if (!response.ok || response.body === null) throw new ArchiveError(`the answer is ${response.status}`);
    return await collect(response.body);
  } catch (error) {
    throw new ArchiveError(`Cannot fetch ${url}: ${messageOf(error)}`);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      return await collect(file.readableWebStream());
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ArchiveError(`Cannot read ${path}: ${systemReason(error)}`);
  }
}

async function collect(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream) {
    const bytes = piece instanceof ArrayBuffer ? new Uint8Array(piece) : piece;
    if (!(bytes instanceof Uint8Array)) throw new ArchiveError('it is no stream of bytes');
    length += bytes.length;
    if (length > ARCHIVE_BYTES_MAX) throw new ArchiveError('it has more than 16 MiB');
    pieces.push(bytes);
  }
  return Buffer.concat(pieces, length);
}

/** Failures of fetch have their reason below. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
