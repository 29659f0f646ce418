/**
 * One request of the traffic that is inspected, and how it becomes bytes.
 *
 * Where a request has `COUNTER`, whoever sends it puts another number of as many digits: no two requests of a run are the
 * same, so that nothing is gained by remembering the answer for bytes that come again.
 */
import type { Field } from './browser.ts';

export interface Sample {
  readonly method: 'GET' | 'POST';
  readonly target: string;
  readonly fields: readonly Field[];
  /** Latin1: one character is one byte. */
  readonly body: string;
  /** True when every peer must deny it. */
  readonly isAttack: boolean;
}

/** Eight characters that occur nowhere else. */
export const COUNTER = '########';

const COUNTER_DIGITS = 8;

/** A number for COUNTER. */
export function counterText(count: number): string {
  return String(count % 10 ** COUNTER_DIGITS).padStart(COUNTER_DIGITS, '0');
}

/** The request as latin1 text, with COUNTER where it was. */
export function toMessage(sample: Sample): string {
  const lines = fieldsOf(sample).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${sample.method} ${sample.target} HTTP/1.1\r\n${lines.join('')}\r\n${sample.body}`;
}

/** All fields, with Content-Length where browsers put it. The counter has as many characters as what stands for it. */
export function fieldsOf({ method, fields, body }: Sample): readonly Field[] {
  return method === 'GET' ? fields : fields.toSpliced(2, 0, ['Content-Length', String(body.length)]);
}
