/**
 * What recipients may make of a body: decoded, taken apart into files, and named.
 *
 * A body whose Content-Encoding fits is shown once, decoded. Where it does not fit, recipients differ: some give up,
 * some take it as it is, some leave one coding out. Then rules see more than one: decoded as far as that went, and raw.
 */
import { Buffer } from 'node:buffer';
import { decodeContent } from '../body/content-encoding.ts';
import type { BodyLimits } from '../body/limits.ts';
import { readMultipart } from '../body/multipart.ts';
import { lowercase } from '../transforms/case.ts';
import { percentDecode } from './uri-normalize.ts';

/** Codings of one field that are looked at. */
const CODINGS_MAX = 8;

/** The decoded body, or all that it may be. Never empty; the likeliest first. */
export function viewsOf(
  bytes: Uint8Array,
  encodings: readonly string[],
  limits: BodyLimits,
): readonly string[] {
  const codings = codingsOf(encodings);
  if (codings.length === 0) return [latin1(bytes)];
  const whole = decodeContent(bytes, encodings, limits);
  if (whole.kind === 'ok') return [latin1(whole.bytes)];
  const decoded = decodeLeniently(bytes, codings.slice(-limits.encodingsMax), limits);
  return decoded === bytes ? [latin1(bytes)] : [latin1(decoded), latin1(bytes)];
}

/** Undoes the codings that can be undone, the last one first, and leaves those out that cannot. */
function decodeLeniently(bytes: Uint8Array, codings: readonly string[], limits: BodyLimits): Uint8Array {
  let current = bytes;
  for (const name of codings.toReversed()) {
    const like = codingLike(name);
    const layer = decodeContent(current, [like], limits);
    if (layer.bytes.length > 0) current = layer.bytes;
    else if (like === 'gzip') current = inflateBehindHeader(current, limits);
  }
  return current;
}

const GZIP_HEADER_BYTES = 10;
const GZIP_EXTRA = 0x04;
const GZIP_NAME = 0x08;
const GZIP_COMMENT = 0x10;
const GZIP_CHECKSUM = 0x02;

/** What a recipient reads that does not mind reserved flags or a wrong checksum of the header (RFC 1952 §2.3.1). */
function inflateBehindHeader(bytes: Uint8Array, limits: BodyLimits): Uint8Array {
  if (bytes.length < GZIP_HEADER_BYTES || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const flags = bytes[3] ?? 0;
  let start = GZIP_HEADER_BYTES;
  if ((flags & GZIP_EXTRA) !== 0) start += 2 + (bytes[start] ?? 0) + 256 * (bytes[start + 1] ?? 0);
  if ((flags & GZIP_NAME) !== 0) start = behindZero(bytes, start);
  if ((flags & GZIP_COMMENT) !== 0) start = behindZero(bytes, start);
  if ((flags & GZIP_CHECKSUM) !== 0) start += 2;
  const inflated = decodeContent(bytes.subarray(start), ['deflate'], limits).bytes;
  return inflated.length > 0 ? inflated : bytes;
}

function behindZero(bytes: Uint8Array, start: number): number {
  const found = bytes.indexOf(0, start);
  return found < 0 ? bytes.length : found + 1;
}

/** `x-deflate`, `x gzip`, `gzip;`: what contains the name of a coding is taken for it. */
function codingLike(name: string): string {
  if (name.includes('gzip')) return 'gzip';
  return name.includes('deflate') ? 'deflate' : name;
}

function codingsOf(encodings: readonly string[]): readonly string[] {
  const names = encodings.flatMap((field) => field.split(',', CODINGS_MAX));
  return names.map((name) => lowercase(name.trim())).filter((name) => name !== '' && name !== 'identity');
}

export interface BodyFiles {
  readonly contents: readonly string[];
  readonly names: readonly string[];
}

/** Fields of a form are not asked for, only its files. */
const FIELDS_MAX = 0;

/** The uploads of a form; any other body is one file without a name. */
export function filesOfRequest(
  views: readonly string[],
  contentType: string | undefined,
  limits: BodyLimits,
): BodyFiles {
  const [body] = views;
  if (body === undefined) return { contents: [], names: [] };
  if (contentType === undefined || !isMultipart(contentType)) return { contents: views, names: [] };
  const parsed = readMultipart(body, contentType, FIELDS_MAX, limits);
  const contents = parsed.fileContents.map((value) => value.text);
  return {
    // A form that cannot be read is shown as it is.
    contents: parsed.error === undefined ? contents : [...contents, body],
    names: parsed.partFilenames.map((value) => value.text),
  };
}

export function isMultipart(contentType: string | undefined): boolean {
  return contentType !== undefined && lowercase(contentType).startsWith('multipart/');
}

/** `filename` of Content-Disposition, else the last segment of the path that was asked for. */
export function fileName(disposition: string | undefined, target: string | undefined): string | undefined {
  const told = disposition === undefined ? undefined : toldName(disposition);
  if (told !== undefined) return told;
  const end = target?.search(/[?#]/) ?? -1;
  const path = end < 0 ? target : target?.slice(0, end);
  return path === undefined ? undefined : percentDecode(path.slice(path.lastIndexOf('/') + 1), false);
}

function toldName(disposition: string): string | undefined {
  const at = lowercase(disposition).indexOf('filename=');
  if (at < 0) return undefined;
  const value = disposition.slice(at + 'filename='.length);
  if (value.startsWith('"')) return value.slice(1, endOf(value, '"', 1));
  return value.slice(0, endOf(value, ';', 0)).trim();
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
