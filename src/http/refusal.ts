/**
 * What each refusal of a message means: the status for a client, and one sentence for the log. One table.
 *
 * A server whose response is refused always becomes 502, whatever stands here.
 */
import type { RefusalCode } from './field-section.ts';

export interface Refusal {
  readonly status: number;
  readonly text: string;
}

export const REFUSALS: Readonly<Record<RefusalCode, Refusal>> = {
  'bare-lf': { status: 400, text: 'A line ends with LF alone (RFC 9112 §2.2)' },
  'bare-cr': { status: 400, text: 'A CR is not followed by LF (RFC 9112 §2.2)' },
  'obs-fold': { status: 400, text: 'A header line begins with white space (RFC 9112 §5.2)' },
  'header-name-empty': { status: 400, text: 'A header has no name (RFC 9112 §5)' },
  'header-name-bad': {
    status: 400,
    text: 'A header name holds a byte that is no token character (RFC 9110 §5.1)',
  },
  'space-before-colon': {
    status: 400,
    text: 'White space stands before the colon of a header (RFC 9112 §5.1)',
  },
  'header-value-bad': { status: 400, text: 'A header value holds a control byte (RFC 9110 §5.5)' },
  'head-too-large': { status: 431, text: 'The header section is larger than limits.headBytes' },
  'too-many-headers': { status: 431, text: 'There are more header fields than limits.headerCount' },
  'method-bad': { status: 400, text: 'The method is empty, too long, or no token (RFC 9110 §9.1)' },
  'target-bad': { status: 400, text: 'The request target is not valid (RFC 9112 §3.2)' },
  'target-too-long': { status: 414, text: 'The request target is longer than limits.targetBytes' },
  'version-bad': { status: 400, text: 'The start line has no valid HTTP version (RFC 9112 §2.3)' },
  'version-unsupported': { status: 505, text: 'The HTTP version is neither 1.0 nor 1.1' },
  'status-bad': { status: 502, text: 'The status code is not three digits from 100 to 599 (RFC 9112 §4)' },
  'reason-bad': { status: 502, text: 'The reason phrase holds a control byte (RFC 9112 §4)' },
  'host-missing': { status: 400, text: 'An HTTP/1.1 request has no Host (RFC 9112 §3.2)' },
  'host-duplicate': { status: 400, text: 'There is more than one Host (RFC 9112 §3.2)' },
  'host-bad': { status: 400, text: 'The Host is not a valid host and port (RFC 9110 §7.2)' },
  'host-differs': {
    status: 400,
    text: 'The Host differs from the host in the request target (RFC 9112 §3.2.2)',
  },
  'content-length-bad': {
    status: 400,
    text: 'The Content-Length is not a plain decimal number below 2^53 (RFC 9110 §8.6)',
  },
  'content-length-differs': { status: 400, text: 'There is more than one Content-Length (RFC 9112 §6.3)' },
  'length-and-encoding': {
    status: 400,
    text: 'Content-Length and Transfer-Encoding are both there (RFC 9112 §6.1)',
  },
  'transfer-encoding-bad': {
    status: 400,
    text: 'The Transfer-Encoding is not a single "chunked" (RFC 9112 §6.1)',
  },
  'transfer-encoding-http10': {
    status: 400,
    text: 'An HTTP/1.0 message has a Transfer-Encoding (RFC 9112 §6.1)',
  },
  'connection-bad': { status: 400, text: 'The Connection header names no token (RFC 9110 §7.6.1)' },
  'chunk-size-bad': {
    status: 400,
    text: 'A chunk size is not one to sixteen hexadecimal digits (RFC 9112 §7.1)',
  },
  'chunk-extension-bad': { status: 400, text: 'A chunk extension is malformed (RFC 9112 §7.1.1)' },
  'chunk-extension-too-long': {
    status: 400,
    text: 'Chunk extensions are longer than limits.chunkExtensionBytes',
  },
  'chunk-end-bad': { status: 400, text: 'Chunk data is not followed by CRLF (RFC 9112 §7.1)' },
  'trailer-bad': { status: 400, text: 'The trailer section is malformed (RFC 9112 §7.1.2)' },
  'trailer-forbidden': {
    status: 400,
    text: 'A trailer field would change framing, routing or credentials (RFC 9110 §6.5.1)',
  },
  'trailer-too-large': { status: 431, text: 'The trailer section is larger than limits.trailerBytes' },
};
