/**
 * The buffers of Snort and Suricata, made from requests and responses as the proxy has them, and from TCP streams.
 *
 * Each is made when a rule first asks for it, and then kept: a buffer is the same whatever was asked for before. Those
 * of the body are undefined until `setBody`, which the caller makes once.
 *
 * What a buffer holds is one row of a table: Suricata's user guide, "HTTP Keywords"; Snort's manual, "Detection rules"
 * of http_inspect.
 */
import { Buffer } from 'node:buffer';
import type { HeaderFields, InspectedBody, InspectedRequest, InspectedResponse } from '../inspector.ts';
import { lowercase } from '../transforms/case.ts';
import type { BufferKind, HttpBuffers, MultiBufferKind } from './buffers.ts';
import * as headers from './header-normalize.ts';
import { NO_FIELDS, RequestParts, ResponseParts } from './message-parts.ts';
import type { BufferOptions, MessageParts } from './message-parts.ts';
import * as uri from './uri-normalize.ts';

export type { BufferOptions } from './message-parts.ts';

type SingleKind = Exclude<BufferKind, MultiBufferKind>;
type Make<Parts> = (parts: Parts, name: string | undefined) => string | undefined;
type Table<Parts> = ReadonlyMap<SingleKind, Make<Parts>>;

/** What a buffer holds that is the same in both directions. */
const COMMON: Table<MessageParts> = new Map<SingleKind, Make<MessageParts>>([
  ['payload', (parts) => parts.wholeHead + latin1(parts.body)],
  ['http_header', (parts) => headers.suricataHeader(parts.joined)],
  ['http_raw_header', (parts) => parts.rawFields],
  ['http_header_names', (parts) => headers.headerNames(parts.joined)],
  ['http_start', (parts) => `${parts.startLine}\r\n${headers.suricataStart(parts.joined)}`],
  ['http_cookie', (parts) => parts.value(parts.cookieName)],
  ['http_connection', (parts) => parts.value('connection')],
  ['http_content_type', (parts) => parts.value('content-type')],
  ['http_content_len', (parts) => parts.value('content-length')],
  ['snort_header', (parts, name) => snortFields(parts.fields, name)],
  [
    'snort_raw_header',
    (parts, name) => (name === undefined ? parts.rawFields : rawValue(parts.fields, name)),
  ],
  ['snort_cookie', (parts) => decodedValue(parts.fields, parts.cookieName)],
  ['snort_raw_cookie', (parts) => rawValue(parts.fields, parts.cookieName)],
  [
    'snort_trailer',
    (parts, name) => (parts.trailers.count === 0 ? undefined : snortFields(parts.trailers, name)),
  ],
  [
    'snort_raw_trailer',
    (parts, name) => {
      if (parts.trailers.count === 0) return undefined;
      return name === undefined ? headers.writeFields(parts.trailers) : rawValue(parts.trailers, name);
    },
  ],
  ['snort_raw_body', (parts) => parts.views[0]],
  ['js_data', (parts) => parts.views[0]],
]);

const REQUEST: Table<RequestParts> = new Map<SingleKind, Make<RequestParts>>([
  ...COMMON,
  ['http_method', (parts) => parts.request.method],
  ['http_protocol', (parts) => parts.request.version],
  ['http_uri', (parts) => uri.normalizeSuricataUri(parts.target, parts.request.target)],
  ['http_raw_uri', (parts) => parts.request.target],
  ['http_request_line', (parts) => parts.startLine],
  ['http_request_body', (parts) => parts.views[0]],
  ['http_user_agent', (parts) => parts.value('user-agent')],
  ['http_host', (parts) => hostOnly(parts.authority)],
  ['http_raw_host', (parts) => parts.authority],
  ['http_referer', (parts) => parts.value('referer')],
  ['http_accept', (parts) => parts.value('accept')],
  ['http_accept_enc', (parts) => parts.value('accept-encoding')],
  ['http_accept_lang', (parts) => parts.value('accept-language')],
  ['snort_uri', snortUri],
  ['snort_raw_uri', snortRawUri],
  ['snort_raw_request', (parts) => parts.startLine],
  ['snort_client_body', (parts) => mapped(parts.views[0], uri.decodeSnort)],
  ['snort_param', snortParameter],
  ['snort_true_ip', trueIp],
]);

const RESPONSE: Table<ResponseParts> = new Map<SingleKind, Make<ResponseParts>>([
  ...COMMON,
  ['http_stat_code', (parts) => parts.code],
  ['http_stat_msg', (parts) => parts.statusWords.phrase],
  ['http_protocol', (parts) => parts.statusWords.version],
  ['http_response_line', (parts) => parts.startLine],
  ['http_response_body', (parts) => parts.views[0]],
  ['http_server', (parts) => parts.value('server')],
  ['http_location', (parts) => parts.value('location')],
  ['snort_raw_status', (parts) => parts.startLine],
]);

/** One direction of an exchange: rows of a table, each made once. */
abstract class MadeOnce<Parts extends MessageParts> implements HttpBuffers {
  protected readonly parts: Parts;
  readonly #table: Table<Parts>;
  readonly #headerKind: MultiBufferKind;
  readonly #made = new Map<string, string | undefined>();

  constructor(parts: Parts, table: Table<Parts>, headerKind: MultiBufferKind) {
    this.parts = parts;
    this.#table = table;
    this.#headerKind = headerKind;
  }

  /** Gives the body, without chunk framing and still encoded, once it is known. */
  setBody(body: InspectedBody, trailers: HeaderFields = NO_FIELDS): void {
    this.parts.setBody(body, trailers);
    // What was asked for too early had no body.
    this.#made.clear();
  }

  buffer(kind: SingleKind, name?: string): string | undefined {
    const key = name === undefined ? kind : `${kind}:${name}`;
    const known = this.#made.get(key);
    if (known !== undefined || this.#made.has(key)) return known;
    const made = this.#table.get(kind)?.(this.parts, name);
    this.#made.set(key, made);
    return made;
  }

  each(kind: MultiBufferKind): readonly string[] {
    if (kind === 'file_data') return this.parts.files.contents;
    if (kind === 'file_name') return this.parts.files.names;
    return kind === this.#headerKind ? headers.headerLines(this.parts.joined) : [];
  }
}

export class RequestBuffers extends MadeOnce<RequestParts> {
  constructor(request: InspectedRequest, options: BufferOptions = {}) {
    super(new RequestParts(request, options), REQUEST, 'http_request_header');
  }
}

export class ResponseBuffers extends MadeOnce<ResponseParts> {
  /** `request` is what it answers: the name of a file may come from there. */
  constructor(response: InspectedResponse, request?: InspectedRequest, options: BufferOptions = {}) {
    super(new ResponseParts(response, request, options), RESPONSE, 'http_response_header');
  }
}

/** What one side of a TCP connection has sent. */
export class StreamBuffers implements HttpBuffers {
  readonly #payload: string;

  constructor(payload: string) {
    this.#payload = payload;
  }

  buffer(kind: SingleKind): string | undefined {
    return kind === 'payload' ? this.#payload : undefined;
  }

  each(): readonly string[] {
    return [];
  }
}

function snortFields(fields: HeaderFields, name: string | undefined): string | undefined {
  return name === undefined ? headers.snortHeader(fields) : decodedValue(fields, name);
}

/** Snort joins with a comma alone. */
function rawValue(fields: HeaderFields, name: string): string | undefined {
  return headers.valuesOf(fields, lowercase(name), ',');
}

function decodedValue(fields: HeaderFields, name: string): string | undefined {
  return mapped(rawValue(fields, name), uri.decodeSnort);
}

function hostOnly(authority: string | undefined): string | undefined {
  if (authority === undefined) return undefined;
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  return lowercase(colon < 0 ? authority : authority.slice(0, colon));
}

function snortUri(parts: RequestParts, name: string | undefined): string | undefined {
  if (name === undefined) return uri.normalizeSnortUri(parts.target, parts.request.target);
  return uri.isTargetPart(name) ? uri.snortUriPart(parts.target, name) : undefined;
}

function snortRawUri(parts: RequestParts, name: string | undefined): string | undefined {
  if (name === undefined) return parts.request.target;
  return uri.isTargetPart(name) ? parts.target[name] : undefined;
}

/** The first parameter of this name in the query, else in a form. */
function snortParameter(parts: RequestParts, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const inQuery = uri.parameterOf(parts.target.query ?? '', name);
  return inQuery ?? (parts.isForm ? uri.parameterOf(parts.views[0] ?? '', name) : undefined);
}

/** The headers in which proxies say who the client was, in Snort's order (`xff_headers`): the last address counts. */
function trueIp(parts: RequestParts): string | undefined {
  const value = parts.value('x-forwarded-for') ?? parts.value('true-client-ip');
  return value?.slice(value.lastIndexOf(',') + 1).trim();
}

function mapped(value: string | undefined, map: (value: string) => string): string | undefined {
  return value === undefined ? undefined : map(value);
}

function latin1(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
