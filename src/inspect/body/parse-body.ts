/**
 * Chooses the reader for a body and never fails open: what is not understood beyond doubt carries an error, and then
 * the raw bytes are inspected as well.
 */
import { readPairs } from '../variables/urlencoded.ts';
import type { InspectionLimits } from '../limits.ts';
import { UNREAD_BODY } from './body.ts';
import type { ParsedBody } from './body.ts';
import { readTypedField } from './content-type.ts';
import type { TypedField } from './content-type.ts';
import { readJson } from './json.ts';
import { readMultipart } from './multipart.ts';

/** Charsets in which every byte of ASCII is itself; in others the bytes do not mean what the rules look for. */
const PLAIN_CHARSETS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'iso-8859-1',
  'iso-8859-15',
  'windows-1252',
]);

/**
 * `types` and `encodings` are all Content-Type and Content-Encoding fields of the request; `valuesMax` is how many
 * arguments may still be split out.
 */
export function parseBody(
  text: string,
  types: readonly string[],
  encodings: readonly string[],
  limits: InspectionLimits,
  valuesMax: number,
): ParsedBody {
  if (text === '') return UNREAD_BODY;
  const field = readTypedField(types[0] ?? '');
  const parsed = parseAs(text, field, limits, valuesMax);
  const doubt = findDoubt(types, encodings, field, parsed);
  return doubt === undefined ? parsed : { ...parsed, error: parsed.error ?? doubt };
}

function parseAs(text: string, field: TypedField, limits: InspectionLimits, valuesMax: number): ParsedBody {
  if (field.type === 'application/x-www-form-urlencoded') {
    return { ...UNREAD_BODY, processor: 'URLENCODED', ...readPairs(text, valuesMax) };
  }
  if (field.type === 'multipart/form-data') {
    return readMultipart(text, field.parameters.get('boundary') ?? '', valuesMax);
  }
  const isJson =
    field.type === 'application/json' || field.type === 'text/json' || field.type.endsWith('+json');
  return isJson ? readJson(text, valuesMax, limits.jsonDepthMax) : UNREAD_BODY;
}

/** Why the reading may not be the origin's, though the body was well-formed. */
function findDoubt(
  types: readonly string[],
  encodings: readonly string[],
  field: TypedField,
  parsed: ParsedBody,
): string | undefined {
  if (types.length > 1) return 'there is more than one Content-Type';
  if (encodings.some((encoding) => encoding.trim().toLowerCase() !== 'identity'))
    return 'the body is encoded';
  if (parsed.processor === '') return undefined;
  if (field.error !== undefined) return `Content-Type: ${field.error}`;
  const charset = field.parameters.get('charset')?.toLowerCase();
  return charset === undefined || PLAIN_CHARSETS.has(charset)
    ? undefined
    : 'the charset is not one that is read';
}
