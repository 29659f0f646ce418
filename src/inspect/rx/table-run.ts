/**
 * The loop of the lazy automata: from state to state by a table, as long as the table knows where to go.
 */
import { copyText, PIECE_BYTES, TEXT_BYTES } from '../match/text-bytes.ts';

/** Where a run is in the value, and in which state. */
export interface Cursor {
  at: number;
  state: number;
}

/** From this many bytes on a copy of the value is read: each byte costs half, the copy as much as 30 bytes do. */
const COPIED_BYTES_MIN = 48;

/** Whether the value is read from its copy. */
export function copyForRun(text: string): boolean {
  if (text.length < COPIED_BYTES_MIN || text.length > PIECE_BYTES) return false;
  copyText(text, 0);
  return true;
}

/**
 * Goes on until a negative entry of the table, or `end`. `isCopied` says that copyForRun did, and nothing was copied
 * since.
 */
export function runTable(
  cursor: Cursor,
  table: Int32Array,
  classOf: Uint8Array,
  text: string,
  end: number,
  isCopied: boolean,
): void {
  if (isCopied) runBytes(cursor, table, classOf, end);
  else runText(cursor, table, classOf, text, end);
}

// A state has a row, and every byte a column.

function runBytes(cursor: Cursor, table: Int32Array, classOf: Uint8Array, end: number): void {
  const bytes = TEXT_BYTES;
  let { at, state } = cursor;
  for (; at < end; at++) {
    const next = table[state + classOf[bytes[at]!]!]!;
    if (next < 0) break;
    state = next;
  }
  cursor.at = at;
  cursor.state = state;
}

function runText(cursor: Cursor, table: Int32Array, classOf: Uint8Array, text: string, end: number): void {
  let { at, state } = cursor;
  for (; at < end; at++) {
    const next = table[state + classOf[text.charCodeAt(at) & 0xff]!]!;
    if (next < 0) break;
    state = next;
  }
  cursor.at = at;
  cursor.state = state;
}
