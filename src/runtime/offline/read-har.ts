/**
 * HAR files (HTTP Archive 1.2), as browsers and `sallyport evidence export` write them: exchanges in JSON.
 *
 * A HAR tells what was meant and not each byte: bodies of responses are decoded already, the order of fields may be lost,
 * and requests over HTTP/2 have fields whose names begin with a colon. What inspection needs is put together again.
 */
import { Buffer } from 'node:buffer';
import {
  EXCHANGES_MAX,
  fieldValue,
  fieldValues,
  latin1Of,
  NO_BYTES,
  StoredExchangeError,
} from './stored-exchange.ts';
import type { Field, StoredExchange, StoredRequest, StoredResponse } from './stored-exchange.ts';

/** Tells by the beginning of a file, in latin1. */
export function isHar(beginning: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*\{/.test(beginning);
}

/** Throws StoredExchangeError for what is no HAR. */
export function readHar(text: string): readonly StoredExchange[] {
  const entries = listAt(recordAt(parse(text), 'log', 'the file'), 'entries', 'log');
  if (entries.length === 0) throw new StoredExchangeError('Cannot read the HAR: it has no entries');
  if (entries.length > EXCHANGES_MAX)
    throw new StoredExchangeError(`Cannot read the HAR: it has more than ${EXCHANGES_MAX} entries`);
  return entries.map((entry, index) =>
    readEntry(asRecord(entry, `entry ${index + 1}`), `entry ${index + 1}`),
  );
}

type Json = Readonly<Record<string, unknown>>;

function parse(text: string): Json {
  try {
    return asRecord(JSON.parse(text.replace(/^\ufeff/, '')), 'the file');
  } catch (error) {
    if (error instanceof StoredExchangeError) throw error;
    throw new StoredExchangeError('Cannot read the HAR: it is not JSON', { cause: error });
  }
}

function readEntry(entry: Json, where: string): StoredExchange {
  const notes: string[] = [];
  const request = readRequest(recordAt(entry, 'request', where), `${where}, request`, notes);
  const response = entry['response'];
  // 0 is a response that never came.
  const hasResponse = isRecord(response) && typeof response['status'] === 'number' && response['status'] > 0;
  return hasResponse
    ? { request, response: readResponse(response, `${where}, response`), notes }
    : { request, notes };
}

function readRequest(request: Json, where: string, notes: string[]): StoredRequest {
  const url = latin1Of(textAt(request, 'url', where));
  const [, authority = '', rest = ''] = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:\/\/([^/?#]*)([^#]*)/.exec(url) ?? [];
  const fields = readFields(request, where);
  const named = fields.filter(([name]) => !name.startsWith(':'));
  const host = fieldValue(fields, 'host') || fieldValue(fields, ':authority') || authority;
  if (fieldValue(named, 'host') === '') named.unshift(['Host', host]);
  const version = typeof request['httpVersion'] === 'string' ? request['httpVersion'].toUpperCase() : '';
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0' && version !== '')
    notes.push(`It was sent over ${latin1Of(version).slice(0, 16)}, and is inspected as HTTP/1.1`);
  const body = readPostData(request['postData'], where);
  // Where another version of HTTP, or a browser, left out what HTTP/1.1 cannot do without: rules ask for it.
  const hasFraming = ['content-length', 'transfer-encoding'].some(
    (name) => fieldValues(named, name).length > 0,
  );
  if (body.length > 0 && !hasFraming) named.push(['Content-Length', String(body.length)]);
  return {
    method: latin1Of(textAt(request, 'method', where)),
    target: rest === '' ? '/' : rest.startsWith('/') ? rest : `/${rest}`,
    version: version === 'HTTP/1.0' ? version : 'HTTP/1.1',
    host,
    fields: named,
    body,
  };
}

/** The text, or the parameters put together again where a browser has kept only them. */
function readPostData(postData: unknown, where: string): Uint8Array {
  if (!isRecord(postData)) return NO_BYTES;
  const { text, encoding, params } = postData;
  if (typeof text === 'string' && (text !== '' || !Array.isArray(params))) return bytesOf(text, encoding);
  if (!Array.isArray(params)) return NO_BYTES;
  const pairs = params.map((param) => {
    const record = asRecord(param, `${where}, params`);
    const value = record['value'];
    return `${encodeURIComponent(textAt(record, 'name', where))}=${encodeURIComponent(typeof value === 'string' ? value : '')}`;
  });
  return Buffer.from(pairs.join('&'), 'latin1');
}

function readResponse(response: Json, where: string): StoredResponse {
  const content = isRecord(response['content']) ? response['content'] : {};
  const text = content['text'];
  return {
    status: Number(response['status']),
    // The content is decoded: a field that says otherwise would have it decoded once more.
    fields: readFields(response, where).filter(
      ([name]) => !name.startsWith(':') && name.toLowerCase() !== 'content-encoding',
    ),
    body: typeof text === 'string' ? bytesOf(text, content['encoding']) : NO_BYTES,
  };
}

function bytesOf(text: string, encoding: unknown): Uint8Array {
  return Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
}

function readFields(message: Json, where: string): Field[] {
  return listAt(message, 'headers', where).map((header) => {
    const record = asRecord(header, `${where}, headers`);
    return [latin1Of(textAt(record, 'name', where)), latin1Of(textAt(record, 'value', where))] as const;
  });
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown, where: string): Json {
  if (isRecord(value)) return value;
  throw new StoredExchangeError(`Cannot read the HAR: ${where} is not an object`);
}

function recordAt(record: Json, key: string, where: string): Json {
  return asRecord(record[key], `"${key}" of ${where}`);
}

function listAt(record: Json, key: string, where: string): readonly unknown[] {
  const value = record[key];
  if (Array.isArray(value)) return value;
  throw new StoredExchangeError(`Cannot read the HAR: "${key}" of ${where} is not a list`);
}

function textAt(record: Json, key: string, where: string): string {
  const value = record[key];
  if (typeof value === 'string') return value;
  throw new StoredExchangeError(`Cannot read the HAR: "${key}" of ${where} is not a text`);
}
