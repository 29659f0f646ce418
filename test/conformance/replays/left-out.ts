/**
 * Every place where a replay is not run as it is written, and why. docs/compat/replays.md says the same in words.
 *
 * The files come from the tests of one product, with its configuration. What needs a capability that Sallyport does not
 * have yet is excluded by its name; what only that product does is left out, and what Sallyport does in its stead is
 * asserted. A row that is not used fails the test.
 */
import type { Expectation, Field } from './scenario.ts';

/** A transaction, or all of a file. */
export interface Place {
  readonly file: string;
  /** None means all of the file. */
  readonly uuids?: readonly string[];
  readonly because: string;
}

export type Capability =
  'HTTP/2' | 'HTTP/3' | 'TLS' | 'cache' | 'access lists' | 'redirects' | 'forward proxying';

/**
 * Not run. Besides these, every transaction whose request must not reach the server (`expect: absent`) is excluded: the
 * answer is to come from a cache.
 */
export const EXCLUDED: readonly (Place & { readonly needs: Capability })[] = [
  {
    file: 'accept_webp',
    uuids: ['webp-cache'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'cache-test',
    uuids: ['stale_1', 'stale_2', 'stale_3'],
    needs: 'cache',
    because: 'a 304 of the server is to become the stored 200',
  },
  {
    file: 'range',
    uuids: [
      ...['hit-range', 'hit-ifrange-etag', 'hit-ifrange-date', 'miss-ifrange-newer-date', 'invalid-range'],
      ...['hit-ifrange-bad-etag', 'hit-ifrange-weak-etag', 'hit-ifrange-older-date', 'revalidate-short'],
    ],
    needs: 'cache',
    because: 'ranges are to be cut out of the stored response',
  },
  {
    file: 'cache-heuristic-status',
    uuids: ['4', '6', '8', '10', '12', '14'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'cache-range-response',
    uuids: ['1', '4'],
    needs: 'cache',
    because: 'a 206 is to be made of the 200 that is being stored',
  },
  {
    file: 'cache-shm-fast-restart',
    uuids: ['hit'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'ignore_authentication',
    uuids: ['ignored-www-auth-verify'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'max_stale_age_percent',
    needs: 'cache',
    because: 'PUSH is to store its body, which is then served stale',
  },
  {
    file: 'proxy_serve_stale',
    needs: 'cache',
    because: 'PUSH is to store its body, which is then served stale',
  },
  {
    file: 'negative-caching-customized',
    uuids: ['4'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'negative-revalidating-disabled',
    uuids: ['2'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'proxy_serve_stale_origin_down',
    uuids: ['a-99'],
    needs: 'cache',
    because: 'a 304 of the server is to become the stored 200',
  },
  {
    file: 'response-cache-control-ignored',
    uuids: ['response-cc-no-cache-verify'],
    needs: 'cache',
    because: 'the answer is to be the stored one',
  },
  {
    file: 'https_multiple_methods',
    uuids: ['push'],
    needs: 'cache',
    because: 'PUSH is to store its body and to be answered with 201',
  },
  ...http2(
    ...['h2_malformed_request_logging', 'h2_origin_trailers_h1', 'http2_flow_control'],
    ...['http2_client_reset_keeps_session_reading', 'http2_txn_start_read_gate'],
    ...['http2_max_active_streams_advisory'],
  ),
  {
    file: 'http2_settings_ack_stall',
    needs: 'HTTP/2',
    because: 'the client is a program that speaks HTTP/2; the file has only what the server answers it',
  },
  { file: 'quic_no_activity_timeout', needs: 'HTTP/3', because: 'the client speaks HTTP/3' },
  {
    file: 'hsts',
    needs: 'TLS',
    because: 'a field is to be added to what is answered over TLS, and only there',
  },
  {
    file: 'https_categories_external',
    uuids: ['post', 'push'],
    needs: 'access lists',
    because: 'methods are to be refused by address, in a configuration that is not in the file',
  },
  {
    file: 'https_multiple_methods',
    uuids: ['connect'],
    needs: 'forward proxying',
    because: 'CONNECT is to reach any host that the client names',
  },
  {
    file: 'domain-blacklist-30x',
    uuids: ['redirect-301', 'redirect-302', 'redirect-307', 'redirect-308', 'redirect-0'],
    needs: 'redirects',
    because: 'a plugin with a configuration of its own is to answer',
  },
];

function http2(...files: readonly string[]): (Place & { readonly needs: Capability })[] {
  return files.map((file) => ({ file, needs: 'HTTP/2', because: 'the client speaks HTTP/2' }));
}

/** Written for TLS, but not about it: run in the clear, with `proto` of `Forwarded` accordingly. */
export const IN_THE_CLEAR: readonly Place[] = [
  { file: 'chunked', uuids: ['2'], because: 'about framing' },
  { file: 'proxy_protocol_in', uuids: ['2', '4', '7', '8'], because: 'about the address of the client' },
  { file: 'proxy_protocol_out', because: 'about the PROXY header that the server gets' },
  { file: 'https_categories_external', uuids: ['get'], because: 'a plain GET' },
  { file: 'https_multiple_methods', uuids: ['1', 'post'], because: 'a plain GET, a plain POST' },
];

/** Expectations that are not checked, by the name of a field or by what they look at; `instead` is checked for them. */
export const LEFT_OUT: readonly (Place & {
  readonly what: string;
  readonly instead?: (uuid: string) => Expectation;
})[] = [
  ...ownField('X-Cache', 'cache-test', 'cache-control-basic', 'cache-shm-fast-restart'),
  ...ownField('X-Cache', 'proxy_serve_stale_origin_down'),
  ...ownField('X-Cache-Key', 'cache-control-basic'),
  {
    file: 'chunked',
    what: 'Transfer-Encoding',
    because:
      'that product is configured never to send chunks; a body without a length is sent in chunks here',
    instead: () => ({
      on: 'response',
      what: 'field',
      name: 'Transfer-Encoding',
      as: 'equal',
      value: 'chunked',
    }),
  },
  {
    file: 'chunked_trailer_dropped',
    what: 'content',
    because:
      'that product is configured to drop trailers; here they are passed on, as chunked_trailer_proxied expects',
  },
  {
    file: 'proxy_protocol_in',
    what: 'Forwarded',
    because: 'which parameters there are is a choice (RFC 7239 §5): no `by` here, but `host`; and no TLS yet',
    instead: (uuid) => ({
      on: 'request',
      what: 'field',
      name: 'Forwarded',
      as: 'contains',
      value: `for=${uuid === '5' || uuid === '8' ? '198.51.100.1' : '127.0.0.1'};proto=http`,
    }),
  },
  {
    file: 'proxy_protocol_in',
    uuids: ['8'],
    what: 'Client-ip',
    because: 'a field of that product; X-Forwarded-For says the same and is checked',
    instead: () => ({ on: 'request', what: 'field', name: 'Client-ip', as: 'absent', value: '' }),
  },
  {
    file: 'domain-blacklist-30x',
    uuids: ['passthrough-404'],
    what: 'content',
    because: 'the text of the page is one of that product',
    instead: () => ({
      on: 'response',
      what: 'content',
      as: 'contains',
      value: '404 Not Found',
      isRaw: false,
    }),
  },
];

function ownField(what: string, ...files: readonly string[]): (Place & { readonly what: string })[] {
  return files.map((file) => ({ file, what, because: 'a field of that product, which tells of its cache' }));
}

/**
 * Requests that are no requests as they are written: HTTP/1.1 without a Host must be answered with 400 (RFC 9112 §3.2).
 * They are sent as written, and then again with what is missing.
 */
export const AMENDED: readonly (Place & {
  readonly url?: string;
  readonly add: readonly Field[];
})[] = [
  ...withHost('proxy_protocol_in', '1', '2', '3', '4', '6', '7'),
  ...withHost('http_proxy_protocol', '1'),
  ...withHost('https_categories_external', 'get'),
  ...withHost('https_multiple_methods', '1'),
  {
    file: 'expect-continue',
    uuids: ['expect'],
    because: 'the client is a program of its own, of which the file has only three lines: this is the rest',
    url: '/',
    add: [
      ['Host', 'example.com'],
      ['Content-Length', '3'],
    ],
  },
];

function withHost(file: string, ...uuids: readonly string[]): (Place & { readonly add: readonly Field[] })[] {
  return [{ file, uuids, because: 'no Host (RFC 9112 §3.2)', add: [['Host', 'example.com']] }];
}

/**
 * What becomes of a transaction that is not simply passed on:
 * - `own`: answered here; the server gets nothing of it
 * - `refused`: answered with 400 and closed; the server never gets a whole request
 * - `unfinished`: the request has no end, the client ends it: nobody gets anything whole
 * - `502`: answered with 502
 * - `cut`: what the server sent has no end, and so has what the client gets
 *
 * `ends` is how the proxy may record that it ended.
 */
export type Fate = 'own' | 'refused' | 'unfinished' | '502' | 'cut';

export const FATES: readonly (Place & { readonly fate: Fate; readonly ends: readonly string[] })[] = [
  {
    file: 'malformed_chunked_header',
    uuids: ['1', '2', '4', '5', '6', '7', '8'],
    fate: 'refused',
    ends: ['request-body-refused'],
    because: 'the chunks of the request are malformed (RFC 9112 §7.1)',
  },
  {
    file: 'malformed_chunked_header',
    uuids: ['3'],
    fate: 'unfinished',
    ends: ['client-gone'],
    because: 'a chunk of 4.6 GB is no error; that it never comes is one',
  },
  {
    file: 'malformed_chunked_header',
    uuids: ['101', '102', '104', '105', '106', '107'],
    fate: '502',
    ends: ['origin-body-refused'],
    because: 'the chunks of the response are malformed (RFC 9112 §7.1)',
  },
  {
    file: 'malformed_chunked_header',
    uuids: ['103'],
    fate: 'cut',
    ends: ['origin-cut'],
    because: 'a chunk of 4.6 GB is no error; that it never comes is one',
  },
  {
    file: 'malformed_host_port',
    uuids: ['malformed-host'],
    fate: 'own',
    ends: ['request-refused'],
    because: 'Host is no host and port (RFC 9110 §7.2)',
  },
  {
    file: 'domain-blacklist-30x',
    uuids: ['passthrough-404'],
    fate: 'own',
    ends: ['no-route'],
    because: 'nothing takes requests for this host',
  },
  {
    file: 'proxy_serve_stale_origin_down',
    uuids: ['b-1'],
    fate: '502',
    // The reset can come before the proxy knows that it is connected.
    ends: ['origin-closed', 'origin-connect-failed'],
    because: 'the server resets the connection',
  },
];
