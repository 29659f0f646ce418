/**
 * An ordinary request and its answer, inspected before the first client comes. Patterns are read and automata begun when a
 * value first asks for them: with the CRS that makes the first request take a tenth of a second, and the others none.
 */
import type { InspectedRequest, InspectedResponse, Inspector } from './inspector.ts';
import { listedFields } from './listed-fields.ts';

const REQUEST: InspectedRequest = {
  method: 'GET',
  target: '/shop/list.html?q=blue+shoes&page=2',
  version: 'HTTP/1.1',
  headers: listedFields([
    ['Host', 'www.example.com'],
    ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8'],
    ['Accept-Language', 'en-US,en;q=0.5'],
    ['Accept-Encoding', 'gzip, deflate, br'],
    ['Referer', 'https://www.example.com/shop/'],
    ['Cookie', 'session=0123456789abcdef; theme=light'],
  ]),
  clientAddress: '192.0.2.1',
};
const RESPONSE: InspectedResponse = {
  status: 200,
  headers: listedFields([
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Content-Length', '0'],
  ]),
};
const NO_BODY = { bytes: new Uint8Array(0), isPrefix: false };

/** The inspector must have no memory that others see: rules count what they are shown. */
export function warmUp(inspector: Inspector): void {
  const transaction = inspector.begin(REQUEST);
  transaction.requestHead();
  transaction.requestBody(NO_BODY);
  if (transaction.wantsResponse !== false) {
    transaction.responseHead(RESPONSE);
    transaction.responseBody(NO_BODY);
  }
  transaction.end();
}
