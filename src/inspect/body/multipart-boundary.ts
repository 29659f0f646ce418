/**
 * The boundary of a multipart body, out of the Content-Type (RFC 2046 §5.1.1).
 *
 * Servers find it in many ways, from a proper parser of parameters to a search for the word "boundary". What they could
 * find differently is an error; the boundary that most would find is answered all the same.
 */
import { trimSpace } from './content-type.ts';
import type { FlagsBeingSet } from './multipart-flags.ts';

export interface Boundary {
  /** Empty when there is none, or none that could be one. */
  readonly text: string;
  readonly error: string | undefined;
}

/** `field` is the whole Content-Type. */
export function readBoundary(field: string, flags: FlagsBeingSet): Boundary {
  const word = /boundary/i.exec(field);
  if (word === null) return { text: '', error: 'boundary is missing' };
  const lead = field.slice(0, word.index);
  if (!lead.includes(';')) flags.missingSemicolon = true;
  const leadError = trimSpace(lead).endsWith(';') ? undefined : 'no semicolon comes before the boundary';
  const caseError = word[0] === 'boundary' ? undefined : 'the boundary parameter is not in lower case';
  const value = readValue(field, word.index + word[0].length, flags);
  // RFC 2231 §3 and §4: whoever knows these takes them instead, or puts them together.
  const extendedError = /boundary[ \t]*\*/i.test(field) ? 'boundary is extended or in pieces' : undefined;
  return { text: value.text, error: value.error ?? leadError ?? caseError ?? extendedError };
}

function readValue(field: string, start: number, flags: FlagsBeingSet): Boundary {
  const equals = skipSpace(field, start);
  if (field.charAt(equals) !== '=') return { text: '', error: 'boundary is malformed' };
  const valueStart = skipSpace(field, equals + 1);
  if (equals > start || valueStart > equals + 1) flags.boundaryWhitespace = true;
  return field.charAt(valueStart) === '"'
    ? readQuoted(field, valueStart + 1, flags)
    : readUnquoted(field, valueStart);
}

function readUnquoted(field: string, start: number): Boundary {
  const end = field.indexOf(';', start);
  return checkBoundary(trimSpace(field.slice(start, end < 0 ? field.length : end)), field.slice(start));
}

function readQuoted(field: string, start: number, flags: FlagsBeingSet): Boundary {
  flags.boundaryQuoted = true;
  const end = field.indexOf('"', start);
  if (end < 0) return { text: '', error: 'boundary is malformed' };
  const rest = trimSpace(field.slice(end + 1));
  const boundary = checkBoundary(field.slice(start, end), field.slice(start));
  return rest === '' || rest.startsWith(';')
    ? boundary
    : { text: boundary.text, error: 'boundary is malformed' };
}

/**
 * RFC 2046 §5.1.1, without the space: no client sends it, and trimming it is where servers differ. `behind` is what
 * follows the `=`: a second boundary there is one that another server may take.
 */
function checkBoundary(text: string, behind: string): Boundary {
  if (text.length > 70 || !/^[0-9A-Za-z'()+_,./:=?-]+$/.test(text))
    return { text: '', error: 'boundary is missing or malformed' };
  const isTwice = /boundary[ \t]*=/i.test(behind);
  // PHP ends an unquoted boundary at a comma.
  const error = text.includes(',') ? 'boundary is ambiguous' : undefined;
  return { text, error: isTwice ? 'there is more than one boundary' : error };
}

function skipSpace(field: string, start: number): number {
  let at = start;
  while (field.charCodeAt(at) === 0x20 || field.charCodeAt(at) === 0x09) at++;
  return at;
}
