/**
 * The access log as Apache and nginx write it (`combined`), for the many programs that read that:
 *
 *     203.0.113.9 - - [31/Jan/2026:12:34:56 +0000] "GET /cart?id=7 HTTP/1.1" 200 5120 "-" "curl/8.5.0"
 *
 * Everything of the network is escaped as nginx does it, `\xHH` for all but printable ASCII without the quote and the
 * backslash, so that nothing can end a field or a line. The user is always `-`: who is logged in is not known here. The
 * bytes are those written to the client, head and framing included.
 */
import { escapeForLog } from '../base/escape.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { CommonTimestamps } from './common-timestamps.ts';
import type { LogFormat } from './format.ts';
import { cut, TARGET_CHARS_MAX, TEXT_CHARS_MAX } from './format.ts';

export function combinedFormat(): LogFormat {
  const timestamps = new CommonTimestamps();
  return {
    record: (record) =>
      `${escapeForLog(record.client.address) || '-'} - - [${timestamps.seconds(record.startedAtMs)} +0000] ` +
      `"${requestOf(record)}" ${statusOf(record)} ${record.bytesOut} ` +
      `"${orDash(record.referer)}" "${orDash(record.userAgent)}"\n`,
    // Readers of this format take every line for a request: one that says what is missing looks like one.
    dropped: (count, atMs) =>
      `- - - [${timestamps.seconds(atMs)} +0000] "-" 000 0 "-" "sallyport: ${count} log lines dropped"\n`,
  };
}

/** What was never read as a request, and what is none, is a dash. */
function requestOf({ method, target, version }: ExchangeRecord): string {
  if (method === '') return '-';
  return `${escapeForLog(cut(method, TEXT_CHARS_MAX))} ${escapeForLog(cut(target, TARGET_CHARS_MAX))} ${version}`;
}

/** Three digits, as everybody expects; nginx writes 000 where no response was sent. */
function statusOf({ status }: ExchangeRecord): string {
  return String(status).padStart(3, '0');
}

function orDash(text: string): string {
  return text === '' ? '-' : escapeForLog(cut(text, TEXT_CHARS_MAX));
}
