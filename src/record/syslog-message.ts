/**
 * Lines as syslog messages, and how they follow each other on a stream (RFC 6587 §3.4.1).
 *
 *     rfc5424   <134>1 2026-01-31T12:34:56.789Z host sallyport 4711 access - the line as it is
 *     rfc3164   <134>Jan 31 13:34:56 host sallyport[4711]: the line as it is
 *     local     <134>Jan 31 13:34:56 sallyport[4711]: the line as it is
 *
 * `local` is what syslog(3) of libc writes, and so what a daemon on this machine expects. The old forms have local time.
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

export type MessageForm = 'rfc5424' | 'rfc3164' | 'local';

export interface MessageOptions {
  readonly form: MessageForm;
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
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export class SyslogMessages {
  readonly #form: MessageForm;
  readonly #priority: number;
  readonly #name: string;
  readonly #lengthMax: number;
  readonly #host: string;
  readonly #timestamps = new Timestamps();

  constructor({ form, facility, name, lengthMax }: MessageOptions, host: string = hostname()) {
    this.#form = form;
    this.#priority = FACILITIES.indexOf(facility) * 8 + SEVERITY_INFO;
    this.#name = name;
    this.#lengthMax = lengthMax;
    this.#host = host.replace(/[^!-~]/g, '').slice(0, HOST_CHARS_MAX) || '-';
  }

  /** One message for each of whole lines, without its line feed. The time is when they are sent. */
  of(lines: Uint8Array, atMs: number): Buffer[] {
    const head = Buffer.from(`<${this.#priority}>${this.#head(atMs)}`, 'latin1');
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

  #head(atMs: number): string {
    const tag = `${this.#name}[${process.pid}]: `;
    switch (this.#form) {
      case 'rfc5424':
        return `1 ${this.#timestamps.format(atMs)} ${this.#host} ${this.#name} ${process.pid} access - `;
      case 'rfc3164':
        return `${localTime(atMs)} ${this.#host === '-' ? 'localhost' : this.#host} ${tag}`;
      case 'local':
        return `${localTime(atMs)} ${tag}`;
    }
  }
}

/** RFC 3164 §4.1.2: `Jan  1 13:34:56`, in the time of this machine. */
function localTime(atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(date.getDate()).padStart(2, ' ');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${MONTHS[date.getMonth()] ?? ''} ${day} ${time}`;
}

/** Messages as one piece of a stream, each after its length. */
export function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `, 'latin1'), message]));
}
