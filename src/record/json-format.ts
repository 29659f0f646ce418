/**
 * The access log in JSON: one object a line, printable ASCII, the keys always there and in the same order.
 *
 * Text of the network is escaped byte by byte: after parsing, one character is one byte that arrived (base/escape.ts).
 * Times are milliseconds with three decimals, null where it never came to that. Text over its bound is cut and ends
 * in `[+N]`, N being the number of bytes left out, so that no request can make a line long.
 *
 * Hot: runs on every exchange. The line is joined by hand from kept parts (json-parts.ts). Making a line of 650 bytes
 * and copying it into a buffer took 1.3 µs, 2.1 µs without kept parts. `npm run bench` shows what the log costs.
 */
import { escapeJson } from '../base/escape.ts';
import type { Hit } from '../base/verdict.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { LogFormat } from './format.ts';
import { cut } from './format.ts';
import { AgentParts, ClientParts, escapeText, WayParts } from './json-parts.ts';
import { Timestamps, threeDigits } from './timestamp.ts';

/** Bytes of a request target in a line: the default bound of targets, so that it is cut only where that was raised. */
const TARGET_CHARS_MAX = 8192;
/** Hits in a line, and tags of a hit; the number of all hits is in `hitCount`. */
const HITS_MAX = 32;

/** What stands between the status and the first time of an exchange that was let through without a hit. */
const NOTHING_FOUND = ',"verdict":"continue","reason":null,"hitCount":0,"hits":[]';

/** Formats one record by itself. For many, make one jsonFormat and keep it. */
export function formatJson(record: ExchangeRecord): string {
  return jsonFormat().record(record);
}

export function jsonFormat(): LogFormat {
  return new JsonFormat();
}

class JsonFormat implements LogFormat {
  readonly #timestamps = new Timestamps();
  readonly #clients = new ClientParts();
  readonly #ways = new WayParts();
  readonly #agents = new AgentParts();

  record(record: ExchangeRecord): string {
    return (
      `{"time":"${this.#timestamps.format(record.startedAtMs)}","id":"${escapeJson(record.id)}"` +
      this.#clients.text(record.client) +
      this.#ways.text(record) +
      escapeJson(cut(record.target, TARGET_CHARS_MAX)) +
      this.#agents.text(record) +
      `${record.status}${outcomeOf(record)}${timesOf(record)}` +
      `,"bytes":{"in":${record.bytesIn},"out":${record.bytesOut}},"attempts":${record.attempts}` +
      (record.isOriginReused ? ',"reused":true' : ',"reused":false') +
      (record.end === 'done' ? ',"end":"done"}\n' : `,"end":"${escapeJson(record.end)}"}\n`)
    );
  }

  dropped(count: number, atMs: number): string {
    return `{"time":"${this.#timestamps.format(atMs)}","event":"log-lines-dropped","count":${count}}\n`;
  }
}

function outcomeOf(record: ExchangeRecord): string {
  const { verdict, because, hits } = record;
  if (verdict === 'continue' && hits.length === 0 && because.code === '') return NOTHING_FOUND;
  const reason = `{"code":"${escapeJson(because.code)}","text":"${escapeText(because.text)}"}`;
  return (
    `,"verdict":"${verdict}","reason":${because.code === '' ? 'null' : reason}` +
    `,"hitCount":${hits.length},"hits":[${hits.slice(0, HITS_MAX).map(hitOf).join(',')}]`
  );
}

function hitOf(hit: Hit): string {
  const tags = hit.tags.slice(0, HITS_MAX).map((tag) => `"${escapeText(tag)}"`);
  return (
    `{"rule":"${escapeText(hit.rule)}","message":"${escapeText(hit.message)}","severity":${hit.severity}` +
    `,"target":"${escapeText(hit.target)}","matched":"${escapeText(hit.matched)}","tags":[${tags.join(',')}]}`
  );
}

function timesOf(record: ExchangeRecord): string {
  const { headMs, queueMs, connectMs, firstByteMs, totalMs } = record.times;
  return (
    `,"times":{"headMs":${milliseconds(headMs)},"queueMs":${milliseconds(queueMs)}` +
    `,"connectMs":${milliseconds(connectMs)},"firstByteMs":${milliseconds(firstByteMs)}` +
    `,"totalMs":${milliseconds(totalMs)}}`
  );
}

/** Three decimals. Whole numbers are several times cheaper to print than fractions, so it is done in two of them. */
function milliseconds(value: number): string {
  // What never happened (-1) is null, and so is what no clock can have measured: 1e21 would be printed in that form.
  if (!(value >= 0 && value < 1e15)) return 'null';
  const whole = Math.floor(value);
  return `${whole}.${threeDigits(Math.floor((value - whole) * 1000))}`;
}
