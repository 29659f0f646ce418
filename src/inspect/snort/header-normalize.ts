/**
 * Header fields as Snort and as Suricata show them to rules.
 *
 *     came                   http.header (Suricata)      http_header (Snort)
 *     Host:  a.example       Host: a.example             Host: a.example
 *     X-A: 1                 X-A: 1, 2                   X-A: 1
 *     Cookie: b=c
 *     x-a: 2                                             x-a: 2
 *                                                        (empty line)
 *
 * Suricata joins fields of one name where the first stands, with a comma and a space, and has no empty line ("HTTP
 * Keywords", "Differences From Snort"). Snort keeps each, ends with the empty line, and decodes escapes. The plus,
 * slashes and backslashes stay in Snort's headers, whatever its manual says of paths: rules look for `http://`, for
 * `xhtml+xml` and for `C:\` there. Both take cookies out.
 */
import type { HeaderFields } from '../inspector.ts';
import { lowercase } from '../transforms/case.ts';
import { decodeSnort } from './uri-normalize.ts';

const CRLF = '\r\n';

/** A field and all later ones of its name. */
export interface JoinedField {
  /** As the first one spells it. */
  readonly name: string;
  readonly lowerName: string;
  readonly value: string;
}

/** Fields by name, in the order of their first ones; Suricata's separator. */
export function joinFields(fields: HeaderFields): readonly JoinedField[] {
  const joined = new Map<string, JoinedField>();
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    const value = fields.value(index);
    const lowerName = lowercase(name);
    const first = joined.get(lowerName);
    if (first === undefined) joined.set(lowerName, { name, lowerName, value });
    // Strings that are put together are not copied until somebody reads them: this is linear.
    else joined.set(lowerName, { ...first, value: `${first.value}, ${value}` });
  }
  return [...joined.values()];
}

/** `http.header`. */
export function suricataHeader(joined: readonly JoinedField[]): string {
  let text = '';
  for (const field of joined) if (!isCookie(field.lowerName)) text += `${field.name}: ${field.value}${CRLF}`;
  return text;
}

/** `http.start` behind its first line: cookies too, and the empty line. */
export function suricataStart(joined: readonly JoinedField[]): string {
  let text = '';
  for (const field of joined) text += `${field.name}: ${field.value}${CRLF}`;
  return text + CRLF;
}

/** `http.header_names`. */
export function headerNames(joined: readonly JoinedField[]): string {
  let text = CRLF;
  for (const field of joined) text += field.name + CRLF;
  return text + CRLF;
}

/** `http.request_header`, `http.response_header`. */
export function headerLines(joined: readonly JoinedField[]): readonly string[] {
  return joined.map((field) => `${field.name}: ${field.value}`);
}

/** The field section as it may have come, with the empty line: for callers that have no better. */
export function writeFields(fields: HeaderFields): string {
  let text = '';
  for (let index = 0; index < fields.count; index++)
    text += `${fields.name(index)}: ${fields.value(index)}${CRLF}`;
  return text + CRLF;
}

/** `http_header` of Snort without a name. */
export function snortHeader(fields: HeaderFields): string {
  let text = '';
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    if (!isCookie(lowercase(name))) text += `${name}: ${fields.value(index)}${CRLF}`;
  }
  return decodeSnort(text) + CRLF;
}

/** All values of a name in lower case, joined; undefined when there is none. */
export function valuesOf(fields: HeaderFields, lowerName: string, separator: string): string | undefined {
  let text: string | undefined;
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    if (name.length !== lowerName.length || lowercase(name) !== lowerName) continue;
    const value = fields.value(index);
    text = text === undefined ? value : text + separator + value;
  }
  return text;
}

function isCookie(lowerName: string): boolean {
  return lowerName === 'cookie' || lowerName === 'set-cookie';
}
