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
  readonly isCookie: boolean;
  value: string;
}

/** Up to this many fields each is compared with those before it; beyond, a map finds them, so that it stays linear. */
const COMPARED_FIELDS_MAX = 24;

/** Fields by name, in the order of their first ones; Suricata's separator. */
export function joinFields(fields: HeaderFields): readonly JoinedField[] {
  const joined: JoinedField[] = [];
  const byName = fields.count > COMPARED_FIELDS_MAX ? new Map<string, JoinedField>() : undefined;
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    const value = fields.value(index);
    const first = byName === undefined ? findField(joined, name) : byName.get(lowercase(name));
    // Strings that are put together are not copied until somebody reads them: this is linear.
    if (first !== undefined) first.value += `, ${value}`;
    else {
      const field = { name, isCookie: isCookie(name), value };
      joined.push(field);
      byName?.set(lowercase(name), field);
    }
  }
  return joined;
}

function findField(joined: readonly JoinedField[], name: string): JoinedField | undefined {
  for (const field of joined) if (isSameName(field.name, name)) return field;
  return undefined;
}

/** True when two names are the same but for the case of ASCII letters. */
function isSameName(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  return (
    one === other ||
    (((one.charCodeAt(0) ^ other.charCodeAt(0)) & ~0x20) === 0 && lowercase(one) === lowercase(other))
  );
}

/** `http.header`. */
export function suricataHeader(joined: readonly JoinedField[]): string {
  let text = '';
  for (const field of joined) if (!field.isCookie) text += `${field.name}: ${field.value}${CRLF}`;
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
    if (!isCookie(name)) text += `${name}: ${fields.value(index)}${CRLF}`;
  }
  return decodeSnort(text) + CRLF;
}

/** All values of a name in lower case, joined; undefined when there is none. */
export function valuesOf(fields: HeaderFields, lowerName: string, separator: string): string | undefined {
  let text: string | undefined;
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    if (!isSameName(name, lowerName)) continue;
    const value = fields.value(index);
    text = text === undefined ? value : text + separator + value;
  }
  return text;
}

/** `Cookie` and `Set-Cookie`. */
function isCookie(name: string): boolean {
  if (name.length === 6) return isSameName(name, 'cookie');
  return name.length === 10 && isSameName(name, 'set-cookie');
}
