/**
 * An XML body as the values that `XML:/*` and `XML://@*` select.
 *
 * `/*` is the whole text, as for XPath; and where there are several, each text by itself as well. Servers take the texts of
 * elements one by one, and an operator that reads a value from its beginning, as a detector of SQL does, sees in the whole
 * only what the first elements make of it.
 */
import { Value } from '../variables/value.ts';
import { UNREAD_BODY } from './body.ts';
import type { ParsedBody } from './body.ts';
import { readXml } from './xml.ts';
import type { XmlLimits } from './xml.ts';

/** Texts that are values of their own, as many as arguments by default; those behind them are one more. */
const TEXTS_MAX = 1000;

export function readXmlBody(text: string, limits: XmlLimits): ParsedBody {
  const { content, texts, attributes, others, error } = readXml(text, limits);
  const xml = content === undefined ? [] : [new Value('/*', content)];
  if (texts.length > 1) xml.push(...eachText(texts));
  for (const attribute of attributes) xml.push(new Value('//@*', attribute.text));
  xml.push(...others);
  return { ...UNREAD_BODY, processor: 'XML', xml, error };
}

function eachText(texts: readonly Value[]): readonly Value[] {
  const values = texts.slice(0, TEXTS_MAX).map(({ text }) => new Value('/*', text));
  const rest = texts.slice(TEXTS_MAX).map(({ text }) => text);
  if (rest.length > 0) values.push(new Value('/*', rest.join('')));
  return values;
}
