/**
 * Chooses the reader for a body and never fails open: what is not understood beyond doubt carries an error, and then
 * the raw bytes are inspected as well.
 */
import { Buffer } from 'node:buffer';
import type { ValueNames } from '../match/value-names.ts';
import type { Value } from '../variables/value.ts';
import { readPairs } from '../variables/urlencoded.ts';
import { UNREAD_BODY } from './body.ts';
import type { BodyProcessor, ParsedBody } from './body.ts';
import { hasPlainCharset, hasWideMark, isPlainCharset } from './charset.ts';
import { decodeContent, isEncoded } from './content-encoding.ts';
import { readTypedField } from './content-type.ts';
import type { TypedField } from './content-type.ts';
import { readJson } from './json.ts';
import { DEFAULT_BODY_LIMITS } from './limits.ts';
import type { BodyLimits } from './limits.ts';
import { readMultipart } from './multipart.ts';
import { processorFor } from './processor.ts';
import { readXmlBody } from './xml-body.ts';

export { processorFor } from './processor.ts';

/**
 * `types` and `encodings` are all Content-Type and Content-Encoding fields of the request; `valuesMax` is how many
 * arguments may still be split out; limits that are not given have their defaults. `forcedProcessor` is what a rule
 * chose instead of the type (`ctl:requestBodyProcessor`, `ctl:forceRequestBodyVariable` with URLENCODED); `separator`
 * is SecArgumentSeparator; `names` are those of members of JSON that were read before.
 */
export function parseBody(
  text: string,
  types: readonly string[],
  encodings: readonly string[],
  limits: Partial<BodyLimits>,
  valuesMax: number,
  forcedProcessor?: BodyProcessor,
  separator = '&',
  names?: ValueNames,
): ParsedBody {
  const chosen = processorFor(types);
  const processor = forcedProcessor ?? chosen;
  if (text === '') return processor === '' ? UNREAD_BODY : { ...UNREAD_BODY, processor };
  const bounds: BodyLimits = { ...DEFAULT_BODY_LIMITS, ...limits };
  const decoded = decode(text, encodings, bounds);
  // Where nothing at all could be decoded, it is read as an origin reads it that does not decode.
  const read = decoded === undefined || decoded.text === '' ? text : decoded.text;
  const contentType = types[0] ?? '';
  const parsed = parseAs(processor, read, contentType, bounds, valuesMax, separator, names);
  const error =
    decoded?.error ??
    parsed.error ??
    doubtOfHead(types, processor, chosen) ??
    doubtOfText(read, processor, contentType, parsed.values);
  const isForced = processor !== chosen;
  if (error === parsed.error && decoded === undefined && !isForced) return parsed;
  const multipart =
    processor === 'MULTIPART' && error !== undefined
      ? { ...parsed.multipart, strictError: true }
      : parsed.multipart;
  return { ...parsed, error, isForced, decoded: decoded?.text, multipart };
}

function parseAs(
  processor: '' | BodyProcessor,
  text: string,
  contentType: string,
  limits: BodyLimits,
  valuesMax: number,
  separator: string,
  names: ValueNames | undefined,
): ParsedBody {
  switch (processor) {
    case '':
      return UNREAD_BODY;
    case 'URLENCODED':
      return readForm(text, limits, valuesMax, separator, names);
    case 'MULTIPART':
      return readMultipart(text, contentType, valuesMax, limits);
    case 'JSON':
      return readJson(text, valuesMax, limits.jsonDepthMax, names);
    case 'XML':
      return readXmlBody(text, limits);
  }
}

/**
 * A form. JSON and XML are sent as forms, too: `curl -d` says no other type, and many a server looks at the bytes alone. What
 * begins like one of them is read as such besides, whose mistakes are none of a form.
 */
function readForm(
  text: string,
  limits: BodyLimits,
  valuesMax: number,
  separator: string,
  names: ValueNames | undefined,
): ParsedBody {
  const form: ParsedBody = {
    ...UNREAD_BODY,
    processor: 'URLENCODED',
    ...readPairs(text, valuesMax, separator),
  };
  const opening = /^(?:\xef\xbb\xbf)?[ \t\r\n]*([[{<])/.exec(text)?.[1];
  if (opening === undefined) return form;
  if (opening === '<') return { ...form, xml: readXmlBody(text, limits).xml };
  const room = Math.max(0, valuesMax - form.values.length);
  const members = readJson(text, room, limits.jsonDepthMax, names).values;
  // What is no JSON from its first value on is all rest, and told by the pairs.
  const isNone = members.length === 1 && members[0]?.key === '' && room > 0;
  return isNone ? form : { ...form, values: [...form.values, ...members], places: undefined };
}

interface DecodedText {
  readonly text: string;
  readonly error: string | undefined;
}

/** The text without its codings; undefined when there are none. */
function decode(text: string, encodings: readonly string[], limits: BodyLimits): DecodedText | undefined {
  if (!isEncoded(encodings)) return undefined;
  const decoded = decodeContent(Buffer.from(text, 'latin1'), encodings, limits);
  const { buffer, byteOffset, byteLength } = decoded.bytes;
  return {
    text: Buffer.from(buffer, byteOffset, byteLength).toString('latin1'),
    error: decoded.kind === 'bad' ? decoded.error : undefined,
  };
}

/** Why the head leaves it open how the origin reads the body. */
function doubtOfHead(
  types: readonly string[],
  processor: '' | BodyProcessor,
  chosen: '' | BodyProcessor,
): string | undefined {
  if (types.length > 1) return 'there is more than one Content-Type';
  const contentType = types[0];
  if (contentType === undefined) return undefined;
  const field = readTypedField(contentType);
  // Who forces a reader knows that the type is of no use.
  if (processor !== '' && processor === chosen && field.error !== undefined)
    return `Content-Type: ${field.error}`;
  return doubtOfCharset(contentType, field);
}

function doubtOfCharset(contentType: string, field: TypedField): string | undefined {
  if (!hasPlainCharset(contentType, field)) return 'the charset is not one that is read';
  // Beside a charset, the rest of the field matters: another reader may find another one in it.
  const isTold = field.parameters.has('charset');
  return isTold && field.error !== undefined ? `Content-Type: ${field.error}` : undefined;
}

/** Why the bytes may not mean what they look like. */
function doubtOfText(
  text: string,
  processor: '' | BodyProcessor,
  contentType: string,
  values: readonly Value[],
): string | undefined {
  // Images and the like begin with any bytes.
  const isText = processor !== '' || contentType === '' || /^\s*text\//i.test(contentType);
  if (isText && hasWideMark(text)) return 'the body begins with the mark of UTF-16 or UTF-32';
  // In a form this field says the charset of the others (WHATWG HTML §4.10.21.5, RFC 7578 §4.6).
  const isForm = processor === 'URLENCODED' || processor === 'MULTIPART';
  return isForm && values.some(({ key, text }) => key === '_charset_' && !isPlainCharset(text))
    ? 'the charset is not one that is read'
    : undefined;
}
