/**
 * Lines as syslog messages (RFC 5424), and how they follow each other on a stream (RFC 6587 §3.4.1).
 *
 *     <134>1 2026-01-31T12:34:56.789Z host sallyport 4711 access - the line as it is
 */
import { Buffer } from 'node:buffer';
import { hostname } from 'node:os';
import { Timestamps } from './timestamp.ts';

/** RFC 5424 §6.2.1, by number. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;
export type Facility = (typeof FACILITIES)[number];

export interface MessageOptions {
  readonly facility: Facility;
  /** APP-NAME: printable ASCII without spaces, at most 48 characters. */
  readonly name: string;
  /** Bytes of a line; the rest is cut off. */
  readonly lengthMax: number;
}

const SEVERITY_INFO = 6;
/** Bounds of RFC 5424 §6. */
const HOST_CHARS_MAX = 255;

const LINE_FEED = 0x0a;

export class SyslogMessages {
  readonly #priority: number;
  readonly #name: string;
  readonly #lengthMax: number;
  readonly #host: string;
  readonly #timestamps = new Timestamps();

  constructor({ facility, name, lengthMax }: MessageOptions, host: string = hostname()) {
    this.#priority = FACILITIES.indexOf(facility) * 8 + SEVERITY_INFO;
    this.#name = name;
    this.#lengthMax = lengthMax;
    this.#host = host.replace(/[^!-~]/g, '').slice(0, HOST_CHARS_MAX) || '-';
  }

  /** One message for each of whole lines, without its line feed. The time is when they are sent. */
  of(lines: Uint8Array, atMs: number): Buffer[] {
    const head = Buffer.from(
      `<${this.#priority}>1 ${this.#timestamps.format(atMs)} ${this.#host} ${this.#name} ${process.pid} access - `,
      'latin1',
    );
    const messages: Buffer[] = [];
    for (let start = 0; start < lines.length;) {
      const found = lines.indexOf(LINE_FEED, start);
      const end = found === -1 ? lines.length : found;
      const cutAt = Math.min(end, start + this.#lengthMax);
      if (end > start) messages.push(Buffer.concat([head, lines.subarray(start, cutAt)]));
      start = end + 1;
    }
    return messages;
  }
}

/** Messages as one piece of a stream, each after its length. */
export function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `, 'latin1'), message]));
}
