/**
 * Follows the extensions of a chunk byte by byte (RFC 9112 §7.1.1), from after the first `;` up to the CR.
 *
 *     chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
 *
 * Extensions mean nothing to us and are not passed on, but one that is malformed is refused: a server in front of us that
 * reads `;a="` as the beginning of a quoted string may see the line, and so the chunk, end elsewhere. White space is
 * taken where the grammar has it, after the first `;`.
 */
import { CLASS, CR, FIELD, HTAB, SP, TOKEN } from './characters.ts';

export const EXTENSION_START = 0;
const NAME = 1;
const NAME_END = 2;
const VALUE_START = 3;
const VALUE = 4;
const VALUE_END = 5;
const QUOTED = 6;
const QUOTED_PAIR = 7;
const QUOTED_END = 8;
/** The byte was the CR that ends the line. */
export const EXTENSION_END = 9;
export const EXTENSION_BAD = 10;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The state after `byte`. */
export function nextExtensionState(state: number, byte: number): number {
  switch (state) {
    case EXTENSION_START:
      return isBlank(byte) ? EXTENSION_START : isToken(byte) ? NAME : EXTENSION_BAD;
    case NAME:
      if (isToken(byte)) return NAME;
      return byte === EQUALS ? VALUE_START : endOfItem(byte, NAME_END);
    case NAME_END:
      return byte === EQUALS ? VALUE_START : afterBlank(byte, NAME_END);
    case VALUE_START:
      if (isBlank(byte)) return VALUE_START;
      return byte === QUOTE ? QUOTED : isToken(byte) ? VALUE : EXTENSION_BAD;
    case VALUE:
      return isToken(byte) ? VALUE : endOfItem(byte, VALUE_END);
    case VALUE_END:
      return afterBlank(byte, VALUE_END);
    case QUOTED:
      if (byte === QUOTE) return QUOTED_END;
      return byte === BACKSLASH ? QUOTED_PAIR : isText(byte) ? QUOTED : EXTENSION_BAD;
    case QUOTED_PAIR:
      return isText(byte) ? QUOTED : EXTENSION_BAD;
    case QUOTED_END:
      return endOfItem(byte, VALUE_END);
    default:
      return EXTENSION_BAD;
  }
}

/** After a name or a value: the line ends, the next extension begins, or white space in front of something follows. */
function endOfItem(byte: number, blankState: number): number {
  return byte === CR ? EXTENSION_END : afterBlank(byte, blankState);
}

/** White space before the end of the line is not in the grammar. */
function afterBlank(byte: number, blankState: number): number {
  if (byte === SEMICOLON) return EXTENSION_START;
  return isBlank(byte) ? blankState : EXTENSION_BAD;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function isToken(byte: number): boolean {
  return (CLASS[byte]! & TOKEN) !== 0; // Every byte is in the table.
}

function isText(byte: number): boolean {
  return (CLASS[byte]! & FIELD) !== 0;
}
