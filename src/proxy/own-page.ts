/**
 * The pages that we answer with ourselves: small, plain, and with the exchange's id, by which the log and
 * `sallyport explain` tell what happened. They say nothing of rules, servers or addresses.
 */
import { wallNow } from '../base/clock.ts';
import { httpDate } from '../http/date.ts';
import { reasonPhrase } from '../http/status.ts';
import type { Exchange } from './exchange.ts';

/** The whole response, latin1. Sets `closesClient` where the status demands it. */
export function writeOwnPage(exchange: Exchange, status: number): string {
  const id = exchange.id;
  const isHead = exchange.head.method === 'HEAD';
  const body = page(status, id);
  const connection = exchange.closesClient ? 'close' : exchange.head.isHttp10 ? 'keep-alive' : '';
  return (
    `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n` +
    `Date: ${httpDate(wallNow())}\r\n` +
    'Content-Type: text/html; charset=utf-8\r\n' +
    `Content-Length: ${body.length}\r\n` +
    'Cache-Control: no-store\r\n' +
    (status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : '') +
    (connection === '' ? '' : `Connection: ${connection}\r\n`) +
    `\r\n${isHead ? '' : body}`
  );
}

function page(status: number, id: string): string {
  const phrase = reasonPhrase(status);
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${status} ${phrase}</title></head>\n` +
    `<body><h1>${status} ${phrase}</h1><p>Reference: ${id}</p></body></html>\n`
  );
}
