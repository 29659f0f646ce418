/**
 * Writes a header section by splicing: what stays is copied in runs as long as possible, order, case and duplicates kept.
 */
import type { FieldSection } from './field-section.ts';
import { lookAlikeOf, UNKNOWN_HEADER } from './known-headers.ts';

/** Which fields to leave out. */
export interface Removal {
  /** By number in known-headers.ts: 1 for those to leave out. */
  readonly known: Uint8Array;
  /** Lower-case names to leave out as well, such as those that Connection lists. */
  readonly names: ReadonlySet<string> | undefined;
  /** 1 for known headers whose look-alikes are left out too: known-headers.ts, lookAlikeOf. */
  readonly aliases: Uint8Array | undefined;
}

/**
 * The lines of `fields` that stay, from offset `start` of `text` (so that a start line before the fields comes along) to
 * the end of the section, without the empty line.
 */
export function spliceFields(text: string, start: number, fields: FieldSection, removal: Removal): string {
  const isPlain = removal.names === undefined && !fields.hasAliasByte;
  const known = removal.known;
  let out = '';
  let run = start;
  for (let index = 0; index < fields.count; index++) {
    const id = fields.id(index);
    const stays = isPlain || id !== UNKNOWN_HEADER ? known[id] === 0 : isKept(text, fields, index, removal);
    if (stays && (isPlain || !isNamed(text, fields, index, removal))) continue;
    const lineStart = fields.nameStart(index);
    if (run < lineStart) out += text.slice(run, lineStart);
    run = fields.lineEnd(index);
  }
  if (run < fields.sectionEnd) out += text.slice(run, fields.sectionEnd);
  return out;
}

/** A set of known headers as a table by number. */
export function headerSet(...ids: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const id of ids) table[id] = 1;
  return table;
}

/** A look-alike of a header that only we may set would let the client set it. */
function isKept(text: string, fields: FieldSection, index: number, removal: Removal): boolean {
  if (!fields.hasAliasByte || removal.aliases === undefined) return true;
  return removal.aliases[lookAlikeOf(text.slice(fields.nameStart(index), fields.nameEnd(index)))] === 0;
}

function isNamed(text: string, fields: FieldSection, index: number, removal: Removal): boolean {
  if (removal.names === undefined) return false;
  return removal.names.has(text.slice(fields.nameStart(index), fields.nameEnd(index)).toLowerCase());
}
