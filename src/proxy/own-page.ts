/**
 * The pages that we answer with ourselves: small, plain, and with the exchange's id, by which the log and
 * `sallyport explain` tell what happened. They say nothing of rules, servers or addresses.
 */
import { wallNow } from '../base/clock.ts';
import { httpDate } from '../http/date.ts';
import { reasonPhrase } from '../http/status.ts';
import type { Exchange } from './exchange.ts';

export interface OwnPage {
  readonly status: number;
  /** Where a redirect leads: checked with isLocation. */
  readonly location?: string;
}

export const FORBIDDEN: OwnPage = { status: 403 };

/** Longest Location: browsers take far longer ones, and a rule that repeats a target needs no more. */
const LOCATION_CHARS_MAX = 8192;
/** The characters of a URI reference (RFC 3986 §2): none that ends a field line, and none that anybody reads as another. */
const LOCATION = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/;

/** True for what can stand in a Location field (RFC 9110 §10.2.2) as it is. */
export function isLocation(text: string): boolean {
  return text.length <= LOCATION_CHARS_MAX && LOCATION.test(text);
}

/** The whole response, latin1. */
export function writeOwnPage(exchange: Exchange, { status, location }: OwnPage): string {
  const isHead = exchange.head.method === 'HEAD';
  const body = status === 205 ? '' : page(status, exchange.id);
  // These end with their head (RFC 9112 §6.3), and a length in a 204 is forbidden (RFC 9110 §8.6).
  const isBare = status === 204 || status === 304;
  const connection = exchange.closesClient ? 'close' : exchange.head.isHttp10 ? 'keep-alive' : '';
  return (
    `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n` +
    `Date: ${httpDate(wallNow())}\r\n` +
    (isBare ? '' : `Content-Type: text/html; charset=utf-8\r\nContent-Length: ${body.length}\r\n`) +
    'Cache-Control: no-store\r\n' +
    (location === undefined ? '' : `Location: ${location}\r\n`) +
    (status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : '') +
    (connection === '' ? '' : `Connection: ${connection}\r\n`) +
    `\r\n${isHead || isBare ? '' : body}`
  );
}

function page(status: number, id: string): string {
  const phrase = reasonPhrase(status);
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${status} ${phrase}</title></head>\n` +
    `<body><h1>${status} ${phrase}</h1><p>Reference: ${id}</p></body></html>\n`
  );
}
