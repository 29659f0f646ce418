/**
 * The access log as HAProxy writes it (`option httplog`, and `option tcplog` for TCP listeners), for `halog` and the
 * other programs that read that:
 *
 *     203.0.113.9:50123 [31/Jan/2026:12:34:56.789] web app/s1 0/0/0/10/12 200 5120 - - ---- 3/2/1/1/0 0/0 "GET / HTTP/1.1"
 *     client            when                        fe  be/srv TR/Tw/Tc/Tr/Ta status bytes CC CS tsc- counts   queues
 *
 * Where there is nothing to say: `-` for captured cookies, since none are captured, and 0 for the numbers of
 * connections at that moment and the places in the queue, which are in the metrics. A server that was never chosen is
 * `<NOSRV>`. What the network sent is escaped as HAProxy does it, `#HH` for everything but printable ASCII, and for the
 * quote and the `#` itself.
 */
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { CommonTimestamps } from './common-timestamps.ts';
import type { LogFormat } from './format.ts';
import { cut, TARGET_CHARS_MAX, TEXT_CHARS_MAX } from './format.ts';

export function haproxyFormat(): LogFormat {
  const timestamps = new CommonTimestamps();
  return {
    record: (record) => {
      const { client, listener, pool, server, attempts } = record;
      const start =
        `${escapeHash(client.address) || '-'}:${client.port} [${timestamps.milliseconds(record.startedAtMs)}] ` +
        `${escapeHash(listener)} ${escapeHash(pool === '' ? listener : pool)}/${escapeHash(server) || '<NOSRV>'} `;
      const counts = `0/0/0/0/${Math.max(0, attempts - 1)} 0/0`;
      return record.protocol !== 'http'
        ? `${start}${tcpTimes(record)} ${record.bytesOut} ${terminationOf(record)} ${counts}\n`
        : `${start}${httpTimes(record)} ${record.status === 0 ? -1 : record.status} ${record.bytesOut} - - ` +
            `${terminationOf(record)}-- ${counts} "${requestOf(record)}"\n`;
    },
    dropped: (count, atMs) =>
      `-:0 [${timestamps.milliseconds(atMs)}] sallyport sallyport/<NOSRV> -1/-1/-1/-1/0 -1 0 - - LR-- 0/0/0/0/0 0/0 ` +
      `"<${count} log lines dropped>"\n`,
  };
}

/** Waiting for the request, for a place, for the connection, for the response, and all of it. -1 for what never was. */
function httpTimes({ times }: ExchangeRecord): string {
  return [times.headMs, times.queueMs, times.connectMs, times.firstByteMs, times.totalMs]
    .map(whole)
    .join('/');
}

function tcpTimes({ times }: ExchangeRecord): string {
  return [times.queueMs, times.connectMs, times.totalMs].map(whole).join('/');
}

function whole(ms: number): string {
  return ms >= 0 && ms < 1e15 ? String(Math.round(ms)) : '-1';
}

/** HAProxy's two letters: what ended it (C client, S server, P proxy, R resources, I internal; small for a time limit) and when. */
const TERMINATIONS: ReadonlyMap<string, string> = new Map([
  ['done', '--'],
  ['client-gone', 'CD'],
  ['client-timeout-head', 'cR'],
  ['client-timeout-body', 'cD'],
  ['client-timeout-write', 'cD'],
  ['tunnel-timeout', 'cD'],
  ['no-server', 'SC'],
  ['held-total', 'RR'],
  ['system-limit', 'RC'],
  ['exchange-timeout', 'sD'],
  ['internal', 'IR'],
  ['origin-connect-failed', 'SC'],
  ['origin-timeout-connect', 'sC'],
  ['origin-timeout-write', 'sD'],
  ['origin-timeout-first-byte', 'sH'],
  ['origin-timeout-body', 'sD'],
  ['origin-closed', 'SH'],
  ['origin-cut', 'SD'],
  ['origin-refused', 'PH'],
  ['origin-body-refused', 'PD'],
  ['origin-informational', 'PH'],
  ['origin-upgrade', 'PH'],
  ['response-body-not-held', 'PH'],
]);
/** Whatever else ended it was a decision of ours about the request. */
const REFUSED = 'PR';

function terminationOf({ end, verdict }: ExchangeRecord): string {
  if (end === 'done' && (verdict === 'reply' || verdict === 'drop')) return REFUSED;
  return TERMINATIONS.get(end) ?? REFUSED;
}

/** HAProxy writes the same where a request could not be read. */
function requestOf({ method, target, version }: ExchangeRecord): string {
  if (method === '') return '<BADREQ>';
  return `${escapeHash(cut(method, TEXT_CHARS_MAX))} ${escapeHash(cut(target, TARGET_CHARS_MAX))} ${version}`;
}

/** Printable ASCII without the quote and the sign that escapes. */
const UNSAFE = /[^ !$-~]/;
const UNSAFE_ALL = /[^ !$-~]/g;

function escapeHash(latin1: string): string {
  return UNSAFE.test(latin1) ? latin1.replace(UNSAFE_ALL, hashEscape) : latin1;
}

/** What is above U+00FF can only be of the configuration, and two digits are all there is. */
function hashEscape(character: string): string {
  return `#${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`;
}
