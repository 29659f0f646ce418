/**
 * What Snort and Suricata rules look at: the contract between the rules and whoever takes messages apart.
 *
 * Every value is bytes as latin1. A buffer belongs to one direction: rules to the server are asked with the buffers of
 * a request, rules to the client with those of a response. A buffer that the direction or the message does not have is
 * `undefined`, and then nothing matches in it, negated contents neither; one that is there and empty is `''`.
 *
 * Snort and Suricata give the same name to buffers that they normalise differently. Those of Snort (2.9 and 3 alike)
 * are called `snort_*` here; names without that prefix are Suricata's, or are the same in both.
 */

/** One row per buffer: what it holds, in one sentence. */
export const BUFFER_KINDS = {
  /** The bytes of this direction as they came: head and body, or what a TCP stream has brought. */
  payload: 'bytes as they came',

  // The same in both languages.
  http_method: 'the method, as it came',
  http_stat_code: 'the three digits of the status',
  http_stat_msg: 'the reason phrase; empty where only the status is known',
  http_protocol: 'version as in the start line: HTTP/1.1',
  js_data: 'the body, decompressed and without chunk framing: scripts are not taken out of it',

  // Suricata, requests.
  http_uri: 'normalised target: path decoded once and without dot segments, query as it came',
  http_raw_uri: 'target as it came',
  http_request_line: 'the request line without its line end',
  http_request_body: 'the body of the request, decompressed and without chunk framing',
  http_user_agent: 'the value of User-Agent',
  http_host: 'host in lower case, without port',
  http_raw_host: 'host and port as they came',
  http_referer: 'the value of Referer',
  http_accept: 'the value of Accept',
  http_accept_enc: 'the value of Accept-Encoding',
  http_accept_lang: 'the value of Accept-Language',

  // Suricata, responses.
  http_response_line: 'the status line without its line end',
  http_response_body: 'the body of the response, decompressed and without chunk framing',
  http_server: 'the value of Server',
  http_location: 'the value of Location',

  // Suricata, both directions.
  http_header:
    'each header but cookies as "Name: value" CRLF, those of one name joined with ", ", no empty line',
  http_raw_header: 'the headers as they came, cookies too, up to and with the empty line',
  http_cookie: 'the value of Cookie (request) or Set-Cookie (response), several joined with ", "',
  http_connection: 'the value of Connection',
  http_content_type: 'the value of Content-Type',
  http_content_len: 'the value of Content-Length',
  http_header_names: 'CRLF, each header name followed by CRLF, and one more CRLF',
  http_start: 'the start line and all headers, those of one name joined with ", ", with the empty line',

  // Snort 2.9 and 3.
  snort_uri: 'normalised target; with a name one part of it: scheme, host, port, path, query, fragment',
  snort_raw_uri: 'target as it came; with a name one part of it',
  snort_header:
    'headers but cookies, percent-decoded, with the empty line; with a name (in lower case) the value of that header',
  snort_raw_header: 'headers as they came, cookies too; with a name (in lower case) the value of that header',
  snort_cookie: 'the value of the cookie header, percent-decoded',
  snort_raw_cookie: 'the value of the cookie header as it came',
  snort_client_body: 'the body of the request, decompressed and percent-decoded',
  snort_raw_body: 'the body, decompressed and without chunk framing',
  snort_param: 'the value of the query or form parameter that the name says',
  snort_true_ip: 'the address of the client that the proxies in front have told',
  snort_trailer: 'trailers, percent-decoded; with a name the value of that one',
  snort_raw_trailer: 'trailers as they came; with a name the value of that one',
  snort_raw_request: 'the request line as it came',
  snort_raw_status: 'the status line as it came',

  // Several values in one message: asked for with `each`.
  file_data: 'each file: the decompressed body; of a form, each uploaded file',
  file_name: 'the name of each file',
  http_request_header: 'each header of the request as "Name: value", those of one name joined',
  http_response_header: 'each header of the response as "Name: value", those of one name joined',

  /** Made by `base64_decode` while a rule runs, and named only in what a match tells; never asked for. */
  base64_data: 'what base64_decode decoded',
} as const;

export type BufferKind = keyof typeof BUFFER_KINDS;

/** The buffers that one message has any number of. */
/** Buffers that are made of the header fields and of nothing else. */
const OF_FIELDS: ReadonlySet<BufferKind> = new Set<BufferKind>([
  'http_user_agent',
  'http_referer',
  'http_accept',
  'http_accept_enc',
  'http_accept_lang',
  'http_header',
  'http_raw_header',
  'http_cookie',
  'http_connection',
  'http_content_type',
  'http_content_len',
  'http_header_names',
  'snort_header',
  'snort_raw_header',
  'snort_cookie',
  'snort_raw_cookie',
  'snort_true_ip',
  'http_request_header',
]);

/** Whether equal field sections make it equal, whatever else there is of a request. */
export function isOfFields(kind: BufferKind): boolean {
  return OF_FIELDS.has(kind);
}

export type MultiBufferKind = 'file_data' | 'file_name' | 'http_request_header' | 'http_response_header';

/** The buffers of one direction of one exchange, or of a TCP stream (which has only `payload`). */
export interface HttpBuffers {
  /** One value. `name` is given only for the kinds above that say "with a name". */
  buffer(kind: Exclude<BufferKind, MultiBufferKind>, name?: string): string | undefined;
  /** All values, in the order of the message. */
  each(kind: MultiBufferKind): readonly string[];
}

export function isMultiBuffer(kind: BufferKind): kind is MultiBufferKind {
  return (
    kind === 'file_data' ||
    kind === 'file_name' ||
    kind === 'http_request_header' ||
    kind === 'http_response_header'
  );
}
