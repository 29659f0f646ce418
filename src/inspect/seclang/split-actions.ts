/**
 * The last word of SecRule taken apart: `id:1,phase:2,t:none,msg:'one, two',setvar:'tx.a=+1'`.
 *
 * A value is quoted when it begins with a single quote, and then ends with one; `\'` within is a quote. A quote
 * elsewhere is a character: `msg:it's` needs no care.
 */
import { isBlank, offsetOf, partOf, quoted } from './pieces.ts';
import type { Piece } from './pieces.ts';
import type { RuleText } from './rule-text.ts';

export interface ActionPiece extends Piece {
  /** In lower case. */
  readonly name: string;
  /** Without its quotes; undefined when there is no colon. */
  readonly value: string | undefined;
  /** The offset in the file of the value, or of the action. */
  readonly valueOffset: number;
}

/** Reports an open quote; the answer holds what could be read. */
export function splitActions(text: RuleText, list: Piece): readonly ActionPiece[] {
  const actions: ActionPiece[] = [];
  const end = list.text.length;
  let at = skipBlanks(list.text, 0);
  while (at < end) {
    const close = endOfAction(list.text, at);
    if (close === undefined) {
      const shown = quoted(list.text.slice(at));
      text.report(
        offsetOf(partOf(list, at, end)),
        'quote-open',
        `Cannot read action ${shown}: its quote is not closed`,
      );
      break;
    }
    actions.push(readAction(partOf(list, at, close)));
    // A comma may end the list.
    at = skipBlanks(list.text, close + 1);
  }
  return actions;
}

/** Where the comma behind an action is, or the end of the list; undefined when a quote is not closed. */
function endOfAction(text: string, start: number): number | undefined {
  const comma = commaFrom(text, start);
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon > comma) return comma;
  const value = skipBlanks(text, colon + 1);
  if (text.charAt(value) !== "'") return commaFrom(text, value);
  const quote = closingQuote(text, value + 1);
  return quote === undefined ? undefined : commaFrom(text, quote + 1);
}

function commaFrom(text: string, start: number): number {
  const comma = text.indexOf(',', start);
  return comma < 0 ? text.length : comma;
}

function closingQuote(text: string, start: number): number | undefined {
  for (let at = text.indexOf("'", start); at >= 0; at = text.indexOf("'", at + 1)) {
    if (text.charAt(at - 1) !== '\\' || at === start) return at;
  }
  return undefined;
}

function readAction(piece: Piece): ActionPiece {
  const { text } = piece;
  const colon = text.indexOf(':');
  if (colon < 0)
    return { ...piece, name: text.toLowerCase(), value: undefined, valueOffset: offsetOf(piece) };
  const value = partOf(piece, colon + 1, text.length);
  return {
    ...piece,
    name: text.slice(0, colon).trimEnd().toLowerCase(),
    value: withoutQuotes(value.text),
    valueOffset: offsetOf(value),
  };
}

/** Text behind the closing quote stays, quotes and all: readers of values then refuse it. */
function withoutQuotes(value: string): string {
  if (!value.startsWith("'") || closingQuote(value, 1) !== value.length - 1) return value;
  const inner = value.slice(1, -1);
  return inner.includes("\\'") ? inner.replaceAll("\\'", "'") : inner;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}
