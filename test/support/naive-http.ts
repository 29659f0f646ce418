/**
 * HTTP/1.x once more, as expressions over a whole text: slow, never incremental, and written from the RFCs without a look
 * at the readers. The fuzz targets hold the readers against it.
 */

export interface NaiveHead {
  /** Request line or status line, without its CR LF. */
  readonly line: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Bytes, -1 for none, -2 for chunked. */
  readonly bodyLength: number;
  /** Length of the head, with an empty line before it. */
  readonly length: number;
  readonly host: string;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
const TEXT = '[\\t\\x20-\\x7e\\x80-\\xff]';
const FIELDS = `((?:${TOKEN}+:${TEXT}*\\r\\n)*)\\r\\n`;
const REQUEST = new RegExp(
  `^(\\r\\n)?((${TOKEN}{1,32}) ([!"$-~\\x80-\\xff]+) HTTP/1\\.([01]))\\r\\n${FIELDS}`,
);
const RESPONSE = new RegExp(`^()(HTTP/1\\.[01] [1-5][0-9]{2}(?: ${TEXT}*)?)\\r\\n${FIELDS}`);
const HOST = "(?:[0-9A-Za-z\\-._~!$&'()*+;=]+|\\[[0-9A-Fa-f:.]{2,}\\])";
const AUTHORITY = new RegExp(`^${HOST}(?::([0-9]{0,5}))?$`);

/** The head at the start of `text`, or undefined when there is no valid one. Bounds are not looked at. */
export function naiveRequest(text: string): NaiveHead | undefined {
  const match = REQUEST.exec(text);
  if (match === null) return undefined;
  const [whole, , line = '', method = '', target = '', minor = '', lines = ''] = match;
  const fields = splitFields(lines);
  const bodyLength = naiveLength(fields, minor === '0');
  const host = naiveHost(method, target, valuesOf(fields, 'host'), minor === '0');
  if (bodyLength === undefined || host === undefined || !isConnectionGood(fields)) return undefined;
  return { line, fields, bodyLength, length: whole.length, host };
}

/** The same for a response. */
export function naiveResponse(text: string): NaiveHead | undefined {
  const match = RESPONSE.exec(text);
  if (match === null) return undefined;
  const [whole, , line = '', lines = ''] = match;
  const fields = splitFields(lines);
  const bodyLength = naiveLength(fields, line.startsWith('HTTP/1.0'));
  if (bodyLength === undefined || !isConnectionGood(fields)) return undefined;
  return { line, fields, bodyLength, length: whole.length, host: '' };
}

const CHUNK_TOKEN = `${TOKEN}+`;
const QUOTED = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const EXTENSION = `;[ \\t]*${CHUNK_TOKEN}(?:[ \\t]*=[ \\t]*(?:${CHUNK_TOKEN}|${QUOTED}))?`;
const CHUNK_LINE = new RegExp(`([0-9A-Fa-f]{1,16})(${EXTENSION}(?:[ \\t]*${EXTENSION})*)?\\r\\n`, 'y');
const TRAILERS = new RegExp(FIELDS, 'y');
const MAY_TRAIL = new Set(['date', 'server']);

/**
 * The chunked body at the start of `text`, or undefined when there is no valid whole one. `known` are the names of fields
 * that must not come as trailers.
 */
export function naiveChunked(
  text: string,
  known: readonly string[],
): { body: string; trailers: string; length: number; extensionBytes: number } | undefined {
  let body = '';
  let at = 0;
  let extensionBytes = 0;
  for (;;) {
    CHUNK_LINE.lastIndex = at;
    const line = CHUNK_LINE.exec(text);
    if (line === null) return undefined;
    const size = BigInt(`0x${line[1] ?? ''}`);
    // What is counted is what comes after the semicolon, the CR included.
    extensionBytes += line[2]?.length ?? 0;
    at += line[0].length;
    if (size === 0n) break;
    if (BigInt(text.length) < BigInt(at) + size + 2n) return undefined;
    const end = at + Number(size);
    if (text.slice(end, end + 2) !== '\r\n') return undefined;
    body += text.slice(at, end);
    at = end + 2;
  }
  TRAILERS.lastIndex = at;
  const section = TRAILERS.exec(text);
  if (section === null) return undefined;
  const trailers = section[1] ?? '';
  for (const [name] of splitFields(trailers)) {
    const taken = name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
    if (known.includes(taken) && !MAY_TRAIL.has(taken)) return undefined;
  }
  return { body, trailers, length: at + section[0].length, extensionBytes };
}

/** Names and values of the lines of a field section. */
export function splitFields(lines: string): [string, string][] {
  return lines
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
    });
}

function valuesOf(fields: readonly (readonly [string, string])[], wanted: string): string[] {
  return fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

function naiveLength(fields: readonly (readonly [string, string])[], isHttp10: boolean): number | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + encodings.length === 0) return -1;
  if (lengths.length + encodings.length > 1) return undefined;
  if (encodings.length === 1) return !isHttp10 && /^chunked$/i.test(encodings[0] ?? '') ? -2 : undefined;
  const digits = lengths[0] ?? '';
  return /^(0|[1-9][0-9]*)$/.test(digits) && BigInt(digits) < 2n ** 53n ? Number(digits) : undefined;
}

function naiveHost(
  method: string,
  target: string,
  hosts: readonly string[],
  isHttp10: boolean,
): string | undefined {
  if (hosts.length > 1 || (hosts.length === 0 && !isHttp10)) return undefined;
  const host = hosts[0] ?? '';
  if (hosts.length === 1 && !isAuthority(host)) return undefined;
  const absolute = /^(https?):\/\/([^/?]*)/i.exec(target);
  if (method === 'CONNECT') {
    if (!isAuthority(target) || !/:[0-9]+$/.test(target)) return undefined;
    return host === '' || isSame(host, target, ':443') ? target : undefined;
  }
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return host;
  if (absolute === null || !isAuthority(absolute[2] ?? '')) return undefined;
  const named = absolute[2] ?? '';
  const port = absolute[1]?.toLowerCase() === 'http' ? ':80' : ':443';
  return host === '' || isSame(host, named, port) ? named : undefined;
}

function isAuthority(text: string): boolean {
  const match = AUTHORITY.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65_535;
}

function isSame(one: string, other: string, port: string): boolean {
  const full = (text: string): string => (/:[0-9]*$/.test(text) ? text : `${text}${port}`).toLowerCase();
  return full(one) === full(other);
}

function isConnectionGood(fields: readonly (readonly [string, string])[]): boolean {
  const item = new RegExp(`^[ \\t]*(?:${TOKEN}+)?[ \\t]*$`);
  return valuesOf(fields, 'connection').every((value) => value.split(',').every((part) => item.test(part)));
}
