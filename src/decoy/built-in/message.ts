/** Answers of the built-in decoy as they go over the wire. */
import { STATUS_CODES } from 'node:http';
import type { DecoyAnswer } from './page.ts';

export interface Framing {
  /** `Date`. */
  readonly date: string;
  /** False for the answer to HEAD. */
  readonly hasBody: boolean;
  /** For how long the connection stays open without a request; 0: it is closed behind the answer. */
  readonly keptSeconds: number;
}

/** latin1. */
export function toMessage({ status, headers, body }: DecoyAnswer, framing: Framing): string {
  const { date, hasBody, keptSeconds } = framing;
  const kept =
    keptSeconds === 0
      ? 'Connection: close\r\n\r\n'
      : `Connection: keep-alive\r\nKeep-Alive: timeout=${keptSeconds}\r\n\r\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines(headers)}Content-Length: ${body.length}\r\nDate: ${date}\r\n${kept}${hasBody ? body : ''}`;
}

/** The answer to what is no request, in the order in which its fields come. */
export function toRefusal({ status, headers, body }: DecoyAnswer, date: string): string {
  const reason = status === 400 ? 'Bad Request' : 'Not Allowed';
  return `HTTP/1.1 ${status} ${reason}\r\nDate: ${date}\r\n${lines(headers)}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

function lines(headers: DecoyAnswer['headers']): string {
  let text = '';
  for (const [name, value] of headers) {
    // No answer has such a value: a decoy that could be made to send a field of the client's choice would be a way in.
    if (NOT_A_VALUE.test(value)) throw new Error(`The field "${name}" of an answer cannot be sent`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

const NOT_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
