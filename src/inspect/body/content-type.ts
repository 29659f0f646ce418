/**
 * `type/subtype; name=value; name="value"` (RFC 9110 §8.3.1), and the parameters of Content-Disposition, which have the
 * same form. Strict: what two parsers could read differently is an error, so that it gets flagged.
 */

export type Parameters = ReadonlyMap<string, string>;

export interface TypedField {
  /** What comes before the first `;`, in lower case. */
  readonly type: string;
  readonly parameters: Parameters;
  /** Why the field is ambiguous; undefined when it is not. What could be read is still given. */
  readonly error: string | undefined;
}

/** Parameters of one field; real ones have three at the most. */
const PARAMETERS_MAX = 10;

export function readTypedField(field: string): TypedField {
  const parameters = new Map<string, string>();
  const semicolon = field.indexOf(';');
  const type = trimSpace(semicolon < 0 ? field : field.slice(0, semicolon)).toLowerCase();
  let error = /^[!#$%&'*+.^_`|~0-9a-z/-]+$/.test(type) ? undefined : 'type is malformed';
  let at = semicolon;
  while (at >= 0 && at < field.length) {
    const parameter = readParameter(field, at + 1);
    if (parameter === undefined) return { type, parameters, error: 'parameter is malformed' };
    if (parameters.has(parameter.name)) error ??= `parameter ${parameter.name} is given twice`;
    else parameters.set(parameter.name, parameter.value);
    if (parameters.size > PARAMETERS_MAX) return { type, parameters, error: 'too many parameters' };
    error ??= parameter.error;
    at = parameter.end;
  }
  return { type, parameters, error };
}

/** Without the spaces and tabs around it. String's own `trim` takes the byte 0xa0 for a space too. */
export function trimSpace(text: string): string {
  const start = skipSpace(text, 0);
  let end = text.length;
  while (end > start && (text.charCodeAt(end - 1) === 0x20 || text.charCodeAt(end - 1) === 0x09)) end--;
  return text.slice(start, end);
}

interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly error: string | undefined;
  /** At the next semicolon, or at the end of the field. */
  readonly end: number;
}

function readParameter(field: string, start: number): Parameter | undefined {
  const nameStart = skipSpace(field, start);
  const nameEnd = skipToken(field, nameStart);
  if (nameEnd === nameStart || field.charAt(nameEnd) !== '=') return undefined;
  const name = field.slice(nameStart, nameEnd).toLowerCase();
  const value =
    field.charAt(nameEnd + 1) === '"' ? readQuoted(field, nameEnd + 2) : readToken(field, nameEnd + 1);
  if (value === undefined) return undefined;
  const end = skipSpace(field, value.end);
  if (end < field.length && field.charAt(end) !== ';') return undefined;
  return { name, value: value.text, error: value.error, end };
}

type Piece = { readonly text: string; readonly error: string | undefined; readonly end: number };

function readToken(field: string, start: number): Piece | undefined {
  const end = skipToken(field, start);
  return end === start ? undefined : { text: field.slice(start, end), error: undefined, end };
}

/** Browsers write a quote as %22, others as \": a backslash is read in two ways, so it is kept and flagged. */
function readQuoted(field: string, start: number): Piece | undefined {
  for (let at = start; at < field.length; at++) {
    const character = field.charAt(at);
    if (character === '\\') at++;
    if (character !== '"') continue;
    const text = field.slice(start, at);
    return { text, error: text.includes('\\') ? 'quoted value has a backslash' : undefined, end: at + 1 };
  }
  return undefined;
}

function skipSpace(field: string, start: number): number {
  let at = start;
  while (field.charAt(at) === ' ' || field.charAt(at) === '\t') at++;
  return at;
}

/** 1 for the bytes of a token (RFC 9110 §5.6.2). */
const IS_TOKEN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

function skipToken(field: string, start: number): number {
  let at = start;
  while (at < field.length && IS_TOKEN[field.charCodeAt(at)] === 1) at++;
  return at;
}
