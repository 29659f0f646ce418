/**
 * The texts in which the literals of a message are looked for, besides header fields one by one: coverage.ts says which
 * buffer stands in which.
 *
 * What normalising does not change is not made a second time; most targets and bodies are of that kind.
 */
import { Buffer } from 'node:buffer';
import type { HeaderFields, InspectedRequest } from '../inspector.ts';
import { isMultipart } from './body-views.ts';
import { isMultiBuffer } from './buffers.ts';
import type { BufferKind, HttpBuffers } from './buffers.ts';
import type { CompiledRule } from './compile.ts';
import { coverageOf } from './coverage.ts';
import { valuesOf, writeFields } from './header-normalize.ts';
import type { BufferReference, Direction } from './rule.ts';
import { PAIR_SEQUEL_BYTES_MAX } from './sequel.ts';
import {
  decodeSnortAround,
  decodeSnortQuery,
  isPlainTarget,
  isTargetPart,
  normalizeSnortUri,
  normalizeSuricataUri,
  snortUriPart,
  splitTarget,
} from './uri-normalize.ts';
import type { TargetParts } from './uri-normalize.ts';

/** Buffers that some rule looks at, by their place; each once. */
export interface UsedBuffers {
  readonly line: readonly BufferReference[];
  readonly fields: readonly BufferReference[];
  readonly body: readonly BufferReference[];
}

export function usedBuffers(rules: readonly CompiledRule[], direction: Direction): UsedBuffers {
  const line = new Map<string, BufferReference>();
  const fields = new Map<string, BufferReference>();
  const body = new Map<string, BufferReference>();
  const buffers = new Set(rules.flatMap(({ groups }) => groups.map(({ buffer }) => buffer)));
  for (const buffer of buffers) {
    const plain = { ...buffer, transforms: [] };
    const coverage = coverageOf(plain, direction);
    if (typeof coverage === 'string') continue;
    const key = `${buffer.kind}:${buffer.name ?? ''}`;
    if (coverage.isInLine) line.set(key, plain);
    if (coverage.field !== undefined) fields.set(key, plain);
    if (coverage.isInBody) body.set(key, plain);
  }
  return { line: [...line.values()], fields: [...fields.values()], body: [...body.values()] };
}

/** The start line with its end; the target stands between spaces, without a version once more. */
export function lineText({ method, target, version }: InspectedRequest): string {
  if (version === '') return `${method} ${target}\r\n ${target} \n`;
  return `${method} ${target} ${version}\r\n`;
}

/**
 * Whether the start line holds every form of the target: normalising leaves it as it is. `bytes` has the line from its
 * beginning.
 */
export function isPlainRequest({ method, target }: InspectedRequest, bytes: Uint8Array): boolean {
  const start = method.length + 1;
  return method !== 'CONNECT' && isPlainTarget(bytes, start, start + target.length);
}

/** The normalised forms of a target that is not plain, each between spaces as in the start line. */
export function targetTexts({ method, target }: InspectedRequest, used: UsedBuffers): readonly string[] {
  const texts: string[] = [];
  const parts = splitTarget(method, target);
  for (const { kind, name } of used.line) {
    const text = targetText(kind, name, parts, target);
    if (text !== undefined && text !== target) add(texts, ` ${text} `);
  }
  return texts;
}

/** Undefined for what the start line holds, or another buffer does: a parameter stands in the query. */
function targetText(
  kind: BufferKind,
  name: string | undefined,
  parts: TargetParts,
  target: string,
): string | undefined {
  if (kind === 'http_uri') return normalizeSuricataUri(parts, target);
  if (kind === 'snort_param') return normalizeSnortUri(parts, target);
  if (kind !== 'snort_uri') return undefined;
  if (name === undefined) return normalizeSnortUri(parts, target);
  return isTargetPart(name) ? snortUriPart(parts, name) : undefined;
}

/** Every buffer of header fields, for sections with fields that some of them join; a value behind its name. */
export function joinedTexts(
  fields: HeaderFields,
  { fields: used }: UsedBuffers,
  direction: Direction,
  buffers: HttpBuffers,
): readonly string[] {
  const texts = [writeFields(fields)];
  for (const buffer of used) {
    const { kind, name } = buffer;
    if (kind === 'payload') continue;
    const coverage = coverageOf(buffer, direction);
    const before = typeof coverage === 'string' ? '' : coverage.before;
    const text = isMultiBuffer(kind) ? buffers.each(kind).join('\r\n') : buffers.buffer(kind, name);
    if (text !== undefined) add(texts, before + text);
  }
  return texts;
}

/**
 * A body that is not empty: as it came, and what decoding and taking apart makes of it, if a rule looks at that, as far as
 * literals of so many bytes, with a sequel, tell it from what came. Most bodies have no coding and no files, so that their
 * buffers need not be made.
 */
export function bodyTexts(
  bytes: Uint8Array,
  fields: HeaderFields,
  { body: used }: UsedBuffers,
  direction: Direction,
  literalBytesMax: number,
  buffersOf: () => HttpBuffers,
): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const texts = [text];
  const isAsItCame = fields.lacks?.('content-encoding') === true;
  for (const { kind } of used) {
    if (kind === 'payload') continue;
    // The files of a form are slices of the first view; of any other body they are its views, of which the last but
    // the first is the body as it came.
    const first = isAsItCame ? text : buffersOf().buffer('snort_raw_body');
    if (first !== text) add(texts, first);
    if (kind === 'snort_client_body' && first !== undefined)
      add(texts, decodeSnortAround(first, literalBytesMax + PAIR_SEQUEL_BYTES_MAX, literalBytesMax));
    if (kind === 'snort_param' && first !== undefined) add(texts, decodeSnortQuery(first));
    if (kind === 'file_name' && (direction === 'to_client' || hasFiles(fields)))
      add(texts, buffersOf().each(kind).join('\n'));
  }
  return texts;
}

/** Whether the text of the body as it came is all that bodyTexts gives. */
export function isLookedAtAsItCame(fields: HeaderFields, { body: used }: UsedBuffers): boolean {
  return (
    used.every(({ kind }) => kind === 'payload' || isOneView(kind)) &&
    fields.lacks?.('content-encoding') === true
  );
}

/** Buffers of which bodyTexts makes no text of their own where there is no coding. */
function isOneView(kind: BufferKind): boolean {
  return kind !== 'snort_client_body' && kind !== 'snort_param' && kind !== 'file_name';
}

function hasFiles(fields: HeaderFields): boolean {
  if (fields.lacks?.('content-type') === true) return false;
  return isMultipart(valuesOf(fields, 'content-type', ', '));
}

function add(texts: string[], text: string | undefined): void {
  if (text !== undefined && !texts.includes(text)) texts.push(text);
}
