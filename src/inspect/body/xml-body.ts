/**
 * An XML body as the values that `XML:/*` and `XML://@*` select.
 */
import { Value } from '../variables/value.ts';
import { UNREAD_BODY } from './body.ts';
import type { ParsedBody } from './body.ts';
import { readXml } from './xml.ts';
import type { XmlLimits } from './xml.ts';

export function readXmlBody(text: string, limits: XmlLimits): ParsedBody {
  const { content, attributes, others, error } = readXml(text, limits);
  const xml = attributes.map((attribute) => new Value('//@*', attribute.text));
  if (content !== undefined) xml.unshift(new Value('/*', content));
  xml.push(...others);
  return { ...UNREAD_BODY, processor: 'XML', xml, error };
}
