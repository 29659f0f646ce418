/**
 * The texts in which the literals of a message are looked for, besides header fields one by one: coverage.ts says which
 * buffer stands in which.
 *
 * What normalising does not change is not made a second time; most targets and bodies are of that kind.
 */
import { Buffer } from 'node:buffer';
import type { HeaderFields, InspectedRequest } from '../inspector.ts';
import { isMultiBuffer } from './buffers.ts';
import type { HttpBuffers } from './buffers.ts';
import type { CompiledRule } from './compile.ts';
import { coverageOf } from './coverage.ts';
import { writeFields } from './header-normalize.ts';
import type { BufferReference, Direction } from './rule.ts';
import { decodeSnort, decodeSnortQuery, isPlainTarget } from './uri-normalize.ts';

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
  for (const { groups } of rules) {
    for (const { buffer } of groups) {
      const coverage = coverageOf({ ...buffer, transforms: [] }, direction);
      if (typeof coverage === 'string') continue;
      const key = `${buffer.kind}:${buffer.name ?? ''}`;
      if (coverage.isInLine) line.set(key, buffer);
      if (coverage.field !== undefined) fields.set(key, buffer);
      if (coverage.isInBody) body.set(key, buffer);
    }
  }
  return { line: [...line.values()], fields: [...fields.values()], body: [...body.values()] };
}

/** As the buffers have it: three words, or two where no version was said. */
export function startLineOf({ method, target, version }: InspectedRequest): string {
  return version === '' ? `${method} ${target}` : `${method} ${target} ${version}`;
}

/** Whether the start line holds every form of the target: normalising leaves it as it is. */
export function isPlainRequest({ method, target }: InspectedRequest): boolean {
  return method !== 'CONNECT' && isPlainTarget(target);
}

/** What the start line does not hold. */
export function targetTexts(
  { target }: InspectedRequest,
  used: UsedBuffers,
  buffers: HttpBuffers,
): readonly string[] {
  const texts: string[] = [];
  for (const { kind, name } of used.line) {
    // The whole message holds nothing of the line but itself.
    if (kind === 'payload' || kind === 'http_start' || isMultiBuffer(kind)) continue;
    const text = buffers.buffer(kind, name);
    if (text !== target) add(texts, text);
  }
  return texts;
}

/** Every buffer of header fields, for sections with fields that some of them join. */
export function joinedTexts(
  fields: HeaderFields,
  used: UsedBuffers,
  buffers: HttpBuffers,
): readonly string[] {
  const texts = [writeFields(fields)];
  for (const { kind, name } of used.fields) {
    if (kind === 'payload') continue;
    add(texts, isMultiBuffer(kind) ? buffers.each(kind).join('\r\n') : buffers.buffer(kind, name));
  }
  return texts;
}

/** A body that is not empty: as it came, and what decoding and taking apart makes of it. */
export function bodyTexts(bytes: Uint8Array, used: UsedBuffers, buffers: HttpBuffers): readonly string[] {
  const texts = [Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')];
  for (const { kind } of used.body) {
    if (kind === 'payload') continue;
    // The files of a form are slices of the first view; of any other body they are its views, of which the last but
    // the first is the body as it came.
    const first = buffers.buffer('snort_raw_body');
    add(texts, first);
    if (kind === 'snort_client_body' && first !== undefined) add(texts, decodeSnort(first));
    if (kind === 'snort_param' && first !== undefined) add(texts, decodeSnortQuery(first));
    if (kind === 'file_name') add(texts, buffers.each(kind).join('\n'));
  }
  return texts;
}

function add(texts: string[], text: string | undefined): void {
  if (text !== undefined && !texts.includes(text)) texts.push(text);
}
