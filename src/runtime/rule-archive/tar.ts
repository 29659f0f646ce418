/**
 * Reads a tar archive in memory: POSIX ustar and pax (IEEE Std 1003.1-2017, "pax Interchange Format"), and GNU's long
 * names, as `git archive` and GNU tar write them.
 *
 * Whatever the bytes are, it ends: each header moves on by at least one block, nothing is read beyond the end, and counts
 * and sizes are bounded. What it does not know is an error and not skipped, because skipping is where readers of one
 * archive come to see different files.
 *
 *     header block (512) │ content, padded to 512 │ header │ … │ two blocks of zeros
 */
import { Buffer } from 'node:buffer';

export interface TarEntry {
  /** As it is written, checked by nobody. */
  readonly path: string;
  /** `other`: links, devices, and whatever else is no file and no folder. */
  readonly kind: 'file' | 'folder' | 'other';
  readonly bytes: Uint8Array;
}

export interface TarLimits {
  readonly entriesMax: number;
}

/** An archive that cannot be read. The message is for people. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** Throws TarError for what is no archive, or is cut. */
export function readTar(archive: Uint8Array, { entriesMax }: TarLimits): readonly TarEntry[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  let at = 0;
  for (let count = 0; ; count++) {
    if (count > entriesMax)
      throw new TarError(`Cannot read the archive: it has more than ${entriesMax} entries`);
    const header = blockAt(bytes, at);
    if (isZero(header)) return entries;
    const size = readHeaderSize(header);
    const contentAt = at + BLOCK;
    if (contentAt + size > bytes.length) throw new TarError('Cannot read the archive: it is cut');
    const content = bytes.subarray(contentAt, contentAt + size);
    at = contentAt + Math.ceil(size / BLOCK) * BLOCK;
    const type = header.toString('latin1', TYPE_AT, TYPE_AT + 1);
    if (type === 'g') continue;
    if (type === 'x') longName = paxPath(content) ?? longName;
    else if (type === 'L') longName = cText(content);
    else {
      entries.push({ path: longName ?? nameOf(header), kind: kindOf(type), bytes: content });
      longName = undefined;
    }
  }
}

const BLOCK = 512;
const NAME_BYTES = 100;
const SIZE_AT = 124;
const CHECKSUM_AT = 148;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const PREFIX_BYTES = 155;

function blockAt(bytes: Buffer, at: number): Buffer {
  if (at + BLOCK > bytes.length) throw new TarError('Cannot read the archive: it is cut');
  return bytes.subarray(at, at + BLOCK);
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** The size of the content, of a header that is one. */
function readHeaderSize(header: Buffer): number {
  if (header.toString('latin1', MAGIC_AT, MAGIC_AT + 5) !== 'ustar')
    throw new TarError('Cannot read the archive: it is not a tar archive');
  // The checksum is the sum of all bytes, its own field taken as spaces.
  let sum = 8 * 0x20;
  for (let index = 0; index < BLOCK; index++) {
    if (index < CHECKSUM_AT || index >= CHECKSUM_AT + 8) sum += header[index] ?? 0;
  }
  if (sum !== octalAt(header, CHECKSUM_AT, 8))
    throw new TarError('Cannot read the archive: the checksum of a header is wrong');
  return octalAt(header, SIZE_AT, 12);
}

/** Digits, ended by a space or NUL. GNU's form for sizes above 8 GiB is refused with all else. */
function octalAt(header: Buffer, start: number, length: number): number {
  const text = header.toString('latin1', start, start + length);
  const digits = /^ *([0-7]{1,12})[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) throw new TarError('Cannot read the archive: a number in a header is malformed');
  return Number.parseInt(digits, 8);
}

function nameOf(header: Buffer): string {
  const name = cText(header.subarray(0, NAME_BYTES));
  const prefix = cText(header.subarray(PREFIX_AT, PREFIX_AT + PREFIX_BYTES));
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Text up to the first NUL. */
function cText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** The record `path` of a pax header: `LENGTH path=VALUE\n`, LENGTH counting all of it. */
function paxPath(content: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < content.length;) {
    const match = /^([0-9]{1,9}) ([^=]{1,100})=/.exec(content.toString('latin1', at, at + 120));
    const length = Number(match?.[1] ?? 0);
    if (match === null || length <= match[0].length || at + length > content.length)
      throw new TarError('Cannot read the archive: a pax header is malformed');
    if (match[2] === 'path') path = content.toString('utf8', at + match[0].length, at + length - 1);
    // Whoever reads the size from the header and whoever reads it here would see two archives.
    if (match[2] === 'size') throw new TarError('Cannot read the archive: a pax header gives a size');
    at += length;
  }
  return path;
}

function kindOf(type: string): TarEntry['kind'] {
  if (type === '0' || type === '\0') return 'file';
  return type === '5' ? 'folder' : 'other';
}
