/**
 * The access log in JSON: one object a line, printable ASCII, the keys always in the same order. What is as it is for
 * most exchanges is left out (docs/guide/access-log.md says what), which halves the line.
 *
 * Text of the network is escaped byte by byte: after parsing, one character is one byte that arrived (base/escape.ts).
 * Times are milliseconds with three decimals, null where it never came to that. Text over its bound is cut and ends
 * in `[+N]`, N being the number of bytes left out, so that no request can make a line long.
 *
 * Hot: runs on every exchange. The line is joined by hand from few pieces, most of them kept (json-parts.ts).
 * Bench: small-page-logged of `npm run bench`.
 */
import { escapeJson } from '../base/escape.ts';
import type { Hit } from '../base/verdict.ts';
import { flat } from '../http/flat.ts';
import type { ExchangeRecord, ExchangeTimes } from '../proxy/exchange-record.ts';
import type { LogFormat } from './format.ts';
import { cut, TARGET_CHARS_MAX } from './format.ts';
import { AgentParts, ClientParts, escapeText, OutcomeParts, WayParts } from './json-parts.ts';
import { Milliseconds } from './milliseconds.ts';
import { Timestamps } from './timestamp.ts';

/** Hits in a line, and tags of a hit; the number of all hits is in `hitCount`. */
const HITS_MAX = 32;

const ENDED = '},"end":"done"}\n';
const ENDED_REUSED = '},"reused":true,"end":"done"}\n';

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
  readonly #outcomes = new OutcomeParts();
  readonly #milliseconds = new Milliseconds();
  /** Many exchanges begin in one millisecond: their lines share the beginning. */
  #opening = '';
  #openingAtMs = NaN;

  record(record: ExchangeRecord): string {
    const request =
      record.protocol !== 'http'
        ? this.#ways.text(record)
        : this.#ways.text(record) +
          escapeJson(cut(record.target, TARGET_CHARS_MAX)) +
          this.#agents.text(record);
    return (
      this.#open(record.startedAtMs) +
      // Letters and digits of our own (base/ids.ts).
      record.id +
      this.#clients.text(record.client) +
      request +
      this.#outcomes.text(record.status, record.verdict) +
      reasonOf(record) +
      this.#timesOf(record.times) +
      `${record.bytesIn},"out":${record.bytesOut}` +
      endOf(record)
    );
  }

  dropped(count: number, atMs: number): string {
    return `{"time":"${this.#timestamps.format(atMs)}","event":"log-lines-dropped","count":${count}}\n`;
  }

  /** `{"time":"…","id":"` */
  #open(startedAtMs: number): string {
    const atMs = Math.floor(startedAtMs);
    if (atMs === this.#openingAtMs) return this.#opening;
    this.#openingAtMs = atMs;
    this.#opening = flat(`{"time":"${this.#timestamps.format(atMs)}","id":"`);
    return this.#opening;
  }

  /** From `,"times":{` up to the number of bytes in. Times of zero are left out, but for the whole. */
  #timesOf(times: ExchangeTimes): string {
    const { headMs, queueMs, connectMs, firstByteMs } = times;
    const milliseconds = this.#milliseconds;
    let text = ',"times":{';
    // Joined by plus signs: a template makes sure of each part that it is a text, which is a call.
    if (!isZero(headMs)) text += '"headMs":' + milliseconds.text(headMs) + ',';
    if (!isZero(queueMs)) text += '"queueMs":' + milliseconds.text(queueMs) + ',';
    if (!isZero(connectMs)) text += '"connectMs":' + milliseconds.text(connectMs) + ',';
    if (!isZero(firstByteMs)) text += '"firstByteMs":' + milliseconds.text(firstByteMs) + ',';
    return text + '"totalMs":' + milliseconds.text(times.totalMs) + '},"bytes":{"in":';
  }
}

/** Why it was not let through, and what was found; nothing as a rule. */
function reasonOf(record: ExchangeRecord): string {
  const { because, hits } = record;
  let text = '';
  if (because.code !== '')
    text += `,"reason":{"code":"${escapeJson(because.code)}","text":"${escapeText(because.text)}"}`;
  if (hits.length > 0)
    text += `,"hitCount":${hits.length},"hits":[${hits.slice(0, HITS_MAX).map(hitOf).join(',')}]`;
  return text;
}

function hitOf(hit: Hit): string {
  const tags = hit.tags.slice(0, HITS_MAX).map((tag) => `"${escapeText(tag)}"`);
  return (
    `{"rule":"${escapeText(hit.rule)}","message":"${escapeText(hit.message)}","severity":${hit.severity}` +
    `,"target":"${escapeText(hit.target)}","matched":"${escapeText(hit.matched)}"` +
    (hit.data === undefined ? '' : `,"data":"${escapeText(hit.data)}"`) +
    `,"tags":[${tags.join(',')}]}`
  );
}

/** True for what would be written as 0.000. */
function isZero(ms: number): boolean {
  return ms >= 0 && ms < 0.001;
}

function endOf(record: ExchangeRecord): string {
  const { attempts, isOriginReused, isPersistent, source, destination, end } = record;
  if (
    attempts === 1 &&
    end === 'done' &&
    source === '' &&
    destination === '' &&
    !isPersistent &&
    record.poolMeant === '' &&
    record.trace === ''
  )
    return isOriginReused ? ENDED_REUSED : ENDED;
  return (
    (attempts === 1 ? '}' : `},"attempts":${attempts}`) +
    (record.retriedFor === '' ? '' : `,"retriedFor":"${escapeJson(record.retriedFor)}"`) +
    (isOriginReused ? ',"reused":true' : '') +
    (isPersistent ? ',"persistent":true' : '') +
    (record.poolMeant === '' ? '' : `,"poolMeant":"${escapeText(record.poolMeant)}"`) +
    (destination === '' ? '' : `,"destination":"${escapeText(destination)}"`) +
    sourceOf(record) +
    (record.trace === '' ? '' : `,"trace":"${escapeJson(record.trace)}"`) +
    (record.isTraceSampled ? ',"sampled":true' : '') +
    `,"end":"${escapeJson(end)}"}\n`
  );
}

/** Our end of the connection to the server, where the pool asks for a certain one, and why it is another. */
function sourceOf({ source, sourceBecause: { code, text } }: ExchangeRecord): string {
  return (
    (source === '' ? '' : `,"source":"${escapeText(source)}"`) +
    (code === '' ? '' : `,"sourceReason":{"code":"${escapeJson(code)}","text":"${escapeText(text)}"}`)
  );
}
