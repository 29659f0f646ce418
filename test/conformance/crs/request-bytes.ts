/**
 * The bytes that a stage sends, with the help that go-ftw gives (shared README, "Running the CRS regression tests").
 */
import { Buffer } from 'node:buffer';
import type { Stage } from './load-tests.ts';

const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const FORM = 'application/x-www-form-urlencoded';

export function requestBytes(stage: Stage): Buffer {
  if (stage.encoded !== undefined) return Buffer.from(stage.encoded, 'base64');
  const headers = [...stage.headers];
  const valueOf = (name: string): string | undefined =>
    headers.find(([known]) => known.toLowerCase() === name)?.[1];
  let body: Buffer = Buffer.from(stage.data, 'utf8');
  if (!stage.isRaw) {
    if (body.length > 0 && valueOf('content-type') === undefined) headers.push(['Content-Type', FORM]);
    body = prepareBody(body, valueOf('content-type') ?? '');
    if (valueOf('content-length') === undefined && (body.length > 0 || METHODS_WITH_BODY.has(stage.method))) {
      headers.push(['Content-Length', String(body.length)]);
    }
    if (valueOf('connection') === undefined) headers.push(['Connection', 'close']);
  }
  const lines = [
    `${stage.method} ${stage.uri} ${stage.version}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8'), body]);
}

function prepareBody(body: Buffer, type: string): Buffer {
  if (type.startsWith('multipart/form-data')) {
    return Buffer.from(body.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  }
  return type === FORM && body.length > 0 ? escapeForm(body) : body;
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

/** Go's url.QueryEscape. */
function queryEscape(text: string): string {
  return text.replace(/[^A-Za-z0-9_.~-]/g, (character) =>
    character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
