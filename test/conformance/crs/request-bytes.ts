/**
 * The bytes that a stage sends, with the help that go-ftw gives: a type for data that has none, form data escaped where
 * it is not, the line ends of multipart data, a length, and `Connection: close`.
 */
import { Buffer } from 'node:buffer';
import type { Stage } from './load-tests.ts';

const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const FORM = 'application/x-www-form-urlencoded';

export function requestBytes(stage: Stage): Buffer {
  if (stage.encoded !== undefined) return Buffer.from(stage.encoded, 'base64');
  const headers = [...stage.headers];
  const valuesOf = (name: string): readonly string[] =>
    headers.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value.toLowerCase());
  let body: Buffer = Buffer.from(stage.data, 'utf8');
  if (!stage.isRaw && body.length > 0) {
    if (valuesOf('content-type').length === 0) headers.push(['Content-Type', FORM]);
    if (valuesOf('content-type').includes(FORM)) body = escapeForm(body);
  }
  if (valuesOf('content-type').some((type) => type.includes('multipart/form-data;'))) body = endLines(body);
  if (!stage.isRaw) {
    if (valuesOf('connection').length === 0) headers.push(['Connection', 'close']);
    const hasLength = valuesOf('content-length').length > 0;
    if (!hasLength && (body.length > 0 || METHODS_WITH_BODY.has(stage.method))) {
      headers.push(['Content-Length', String(body.length)]);
    }
  }
  const lines = [
    `${stage.method} ${stage.uri} ${stage.version}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8'), body]);
}

function endLines(body: Buffer): Buffer {
  return Buffer.from(body.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** Escapes keys and values, unless the data is escaped already: then un-escaping changes it. */
function escapeForm(body: Buffer): Buffer {
  const text = body.toString('latin1');
  if (unescapeForm(text) !== text) return body;
  const escaped = text.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return queryEscape(pair);
    return `${queryEscape(pair.slice(0, equals))}=${queryEscape(pair.slice(equals + 1))}`;
  });
  return Buffer.from(escaped.join('&'), 'latin1');
}

/** What a form's reader would make of it; undefined when it is malformed. */
function unescapeForm(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

/** As Go's url.QueryEscape does it. */
function queryEscape(text: string): string {
  return text.replace(/[^A-Za-z0-9_.~-]/g, (character) =>
    character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
