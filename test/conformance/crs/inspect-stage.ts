/**
 * Shows one request, and the response that a reflecting server gives to it, to an inspector: in process, without sockets.
 */
import { Buffer } from 'node:buffer';
import type { Hit } from '../../../src/base/verdict.ts';
import { BODY_BAD, BodyReader } from '../../../src/http/body-reader.ts';
import { READ_OK } from '../../../src/http/field-section.ts';
import type { FieldSection } from '../../../src/http/field-section.ts';
import { LENGTH_NONE } from '../../../src/http/framing.ts';
import { RequestHead } from '../../../src/http/request-head.ts';
import type { HeaderFields, Inspector } from '../../../src/inspect/inspector.ts';
import { reflect } from './reflect.ts';

export type Inspected =
  | { readonly kind: 'inspected'; readonly hits: readonly Hit[] }
  /** The reader of HTTP refuses it, before any rule sees it. */
  | { readonly kind: 'refused'; readonly code: string };

const HEAD_LIMITS = { headBytes: 65_536, headerCount: 256, targetBytes: 32_768 };
const CHUNK_LIMITS = { chunkExtensionBytes: 1024, trailerBytes: 8192 };

export function inspectStage(inspector: Inspector, request: Buffer): Inspected {
  const head = new RequestHead(HEAD_LIMITS);
  if (head.read(request, 0, request.length) !== READ_OK) return { kind: 'refused', code: head.refusal };
  const body = readBody(head, request);
  if (body === undefined) return { kind: 'refused', code: 'body' };
  const transaction = inspector.begin({
    method: head.method,
    target: head.target,
    version: head.version,
    headers: fieldsOf(head.fields, head.text),
    clientAddress: '127.0.0.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: body, isPrefix: false });
  const response = reflect(head.target, body);
  transaction.responseHead({ status: response.status, headers: listed(response.headers) });
  transaction.responseBody({ bytes: response.body, isPrefix: false });
  transaction.end?.();
  return { kind: 'inspected', hits: transaction.hits };
}

/** The content; what is missing of it is not waited for. Undefined when its framing is broken. */
function readBody(head: RequestHead, request: Buffer): Buffer | undefined {
  const start = Buffer.byteLength(head.text, 'latin1');
  if (head.bodyLength === LENGTH_NONE) return Buffer.alloc(0);
  const reader = new BodyReader(CHUNK_LIMITS);
  reader.begin(head.bodyLength);
  const bytes = Buffer.from(request);
  const pieces: Buffer[] = [];
  let at = start;
  while (!reader.isDone && at < bytes.length) {
    if (reader.feed(bytes, at, bytes.length) === BODY_BAD) return undefined;
    pieces.push(Buffer.from(bytes.subarray(reader.dataStart, reader.dataEnd)));
    at = reader.position;
  }
  return Buffer.concat(pieces);
}

function fieldsOf(fields: FieldSection, text: string): HeaderFields {
  return {
    count: fields.count,
    name: (index) => text.slice(fields.nameStart(index), fields.nameEnd(index)),
    value: (index) => text.slice(fields.valueStart(index), fields.valueEnd(index)),
  };
}

function listed(headers: readonly (readonly [string, string])[]): HeaderFields {
  return {
    count: headers.length,
    name: (index) => headers[index]?.[0] ?? '',
    value: (index) => headers[index]?.[1] ?? '',
  };
}
