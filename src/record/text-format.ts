/**
 * The access log for a terminal: one short line an exchange, in columns, with what people look for first.
 *
 *     12:34:56.789 203.0.113.9     GET shop.example/cart?id=7             200 app/s1       12.3 ms
 *     12:34:57.120 198.51.100.4    GET shop.example/?q=%27+OR+1=1         200 decoy/-       1.8 ms DECOY rules 942100
 *
 * Everything that came from the network is escaped, so that nothing of it can command the terminal. Wide values push
 * their line apart rather than being hidden, except the target, which is cut.
 */
import { escapeForLog } from '../base/escape.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { LogFormat } from './format.ts';
import { Timestamps } from './timestamp.ts';

export interface TextFormatOptions {
  /** Whether lines are coloured with ANSI sequences: for terminals only. */
  readonly colour: boolean;
}

/** Characters of method, host and target together: with the other columns a line fits into 120. */
const REQUEST_WIDTH = 52;
/** Rules named in a line. */
const RULES_MAX = 4;

const RED = '31';
const GREEN = '32';
const YELLOW = '33';
const MAGENTA = '35';
const DIM = '2';

/** What stands at the end of a line, and its colour. */
const MARKS = {
  continue: { text: '', colour: '' },
  reply: { text: 'REPLIED', colour: YELLOW },
  deceive: { text: 'DECOY', colour: MAGENTA },
  drop: { text: 'DROPPED', colour: RED },
} as const satisfies Record<ExchangeRecord['verdict'], { text: string; colour: string }>;

/** Formats one record by itself. For many, make one textFormat and keep it. */
export function formatText(record: ExchangeRecord, options: TextFormatOptions = { colour: false }): string {
  return textFormat(options).record(record);
}

export function textFormat(options: TextFormatOptions): LogFormat {
  const timestamps = new Timestamps();
  const paint: Paint = options.colour ? (text, colour) => `\x1b[${colour}m${text}\x1b[0m` : (text) => text;
  return {
    record: (record) => `${columns(record, timestamps, paint).join(' ').trimEnd()}\n`,
    dropped: (count, atMs) =>
      `${paint(timeOfDay(timestamps, atMs), DIM)} ${paint(`${count} lines were not written`, RED)}\n`,
  };
}

type Paint = (text: string, colour: string) => string;

function columns(record: ExchangeRecord, timestamps: Timestamps, paint: Paint): string[] {
  return [
    paint(timeOfDay(timestamps, record.startedAtMs), DIM),
    (escapeForLog(record.client.address) || '-').padEnd(15),
    requestOf(record).padEnd(REQUEST_WIDTH),
    paint(record.status === 0 ? '---' : String(record.status), statusColour(record.status)),
    `${escapeForLog(record.pool) || '-'}/${escapeForLog(record.server) || '-'}`.padEnd(12),
    `${record.times.totalMs < 0 ? '-' : record.times.totalMs.toFixed(1)} ms`.padStart(10),
    ...noteOf(record, paint),
  ];
}

/** `12:34:56.789`, UTC. */
function timeOfDay(timestamps: Timestamps, atMs: number): string {
  return timestamps.format(atMs).slice(-13, -1);
}

function requestOf(record: ExchangeRecord): string {
  if (record.protocol !== 'http') return `${record.protocol} ${record.bytesIn} in, ${record.bytesOut} out`;
  const text = `${record.method || '-'} ${record.host}${record.target}`;
  // Cut first: an escape that is cut in half reads as something else.
  return escapeForLog(text.length > REQUEST_WIDTH ? `${text.slice(0, REQUEST_WIDTH - 3)}...` : text);
}

function statusColour(status: number): string {
  if (status >= 500 || status === 0) return RED;
  return status >= 400 ? YELLOW : GREEN;
}

/** The verdict, the rules that matched, the pool that was meant, and how it ended unless that was well. */
function noteOf(record: ExchangeRecord, paint: Paint): string[] {
  const notes: string[] = [];
  const mark = MARKS[record.verdict];
  if (mark.text !== '') notes.push(paint(mark.text, mark.colour));
  if (record.verdict !== 'continue' && record.hits.length === 0)
    notes.push(escapeForLog(record.because.code));
  if (record.hits.length > 0) notes.push(rulesOf(record));
  if (record.poolMeant !== '') notes.push(`in place of ${escapeForLog(record.poolMeant)}`);
  if (record.end !== 'done') notes.push(escapeForLog(record.end));
  return notes;
}

function rulesOf(record: ExchangeRecord): string {
  const rules = record.hits.slice(0, RULES_MAX).map((hit) => escapeForLog(hit.rule));
  const more = record.hits.length - rules.length;
  return `rules ${rules.join(',')}${more > 0 ? ` and ${more} more` : ''}`;
}
