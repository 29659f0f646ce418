/**
 * Shows one request, and the response that a reflecting server gives to it, to an inspector: in process, without sockets,
 * in the order in which the proxy does it.
 */
import { Buffer } from 'node:buffer';
import type { Hit } from '../../../src/base/verdict.ts';
import { BODY_BAD, BodyReader } from '../../../src/http/body-reader.ts';
import { READ_OK } from '../../../src/http/field-section.ts';
import type { FieldSection } from '../../../src/http/field-section.ts';
import { LENGTH_NONE } from '../../../src/http/framing.ts';
import { REFUSALS } from '../../../src/http/refusal.ts';
import { RequestHead } from '../../../src/http/request-head.ts';
import type { HeaderFields, InspectedRequest, Inspector } from '../../../src/inspect/inspector.ts';
import { reflect } from './reflect.ts';
import { listedFields } from '../../../src/inspect/listed-fields.ts';

/** What came of a request. */
export interface Seen {
  /** What the client gets; 0 when its request never became whole. */
  readonly status: number;
  /** Why the reader of HTTP refused it, before any rule saw it. */
  readonly refusal: string | undefined;
  readonly hits: readonly Hit[];
}

/** The defaults of a listener. */
const HEAD_LIMITS = { headBytes: 32_768, headerCount: 100, targetBytes: 8192 };
const CHUNK_LIMITS = { chunkExtensionBytes: 1024, trailerBytes: 8192 };

export function inspectStage(inspector: Inspector, bytes: Buffer): Seen {
  const read = readRequest(bytes);
  if (typeof read === 'string') return refused(read);
  const transaction = inspector.begin(read.request);
  transaction.requestHead();
  const { body } = read;
  if (body === 'refused') return refused('body');
  let status = 0;
  if (body !== 'cut') {
    transaction.requestBody({ bytes: body, isPrefix: false });
    const response = reflect(read.request.target, body);
    ({ status } = response);
    transaction.responseHead({ status, headers: listedFields(response.headers) });
    if (transaction.wantsResponseBody) transaction.responseBody({ bytes: response.body, isPrefix: false });
  }
  transaction.end();
  return { status, refusal: undefined, hits: transaction.hits };
}

/** A request as inspection is shown it. */
export interface ReadRequest {
  readonly request: InspectedRequest;
  readonly body: Buffer | 'refused' | 'cut';
}

/** The first request of `bytes`, or the code of its refusal. */
export function readRequest(bytes: Buffer): ReadRequest | string {
  const head = new RequestHead(HEAD_LIMITS);
  if (head.read(bytes, 0, bytes.length) !== READ_OK) return head.refusal;
  const request: InspectedRequest = {
    method: head.method,
    target: head.target,
    version: head.version,
    headers: fieldsOf(head.fields, head.text),
    clientAddress: '127.0.0.1',
  };
  return { request, body: readBody(head, bytes) };
}

function refused(code: string): Seen {
  // Codes of the readers are keys of the table; a body is refused with 400.
  const status = (REFUSALS as Readonly<Record<string, { readonly status: number }>>)[code]?.status ?? 400;
  return { status, refusal: code, hits: [] };
}

/** The content of the message that begins `request`; what follows it is not its business. */
function readBody(head: RequestHead, request: Buffer): Buffer | 'refused' | 'cut' {
  if (head.bodyLength === LENGTH_NONE) return Buffer.alloc(0);
  const reader = new BodyReader(CHUNK_LIMITS);
  reader.begin(head.bodyLength);
  const bytes = Buffer.from(request); // The reader moves content within what it is given.
  const pieces: Buffer[] = [];
  let at = Buffer.byteLength(head.text, 'latin1');
  while (!reader.isDone && at < bytes.length) {
    if (reader.feed(bytes, at, bytes.length) === BODY_BAD) return 'refused';
    pieces.push(Buffer.from(bytes.subarray(reader.dataStart, reader.dataEnd)));
    at = reader.position;
  }
  return reader.isDone ? Buffer.concat(pieces) : 'cut';
}

function fieldsOf(fields: FieldSection, text: string): HeaderFields {
  return {
    count: fields.count,
    name: (index) => text.slice(fields.nameStart(index), fields.nameEnd(index)),
    value: (index) => text.slice(fields.valueStart(index), fields.valueEnd(index)),
  };
}
