/**
 * Reads the HTTP/1 cases of llhttp: Markdown in which each case is a heading, a comment with its mode, the bytes, and
 * the log of what llhttp tells its caller.
 *
 *     ## Simple request
 *     <!-- meta={"type": "request"} -->
 *     ```http  bytes: each line end is CR LF, a backslash at the end of a line joins it, \r \n \t \f \xHH are bytes ```
 *     ```log   off=0 len=7 span[method]="OPTIONS" … ```
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';

/** A message as the log tells it. What was never told is empty. */
export interface LoggedMessage {
  method: string;
  target: string;
  status: number;
  version: string;
  headers: [name: string, value: string][];
  body: string;
  isHeadComplete: boolean;
  isComplete: boolean;
}

export interface LlhttpCase {
  /** File and heading: `request/sample: Simple request`; `(2)` and so on where a heading is there again. */
  readonly id: string;
  /** `request`, or with the leniency that is switched on: `request-lenient-headers`. */
  readonly type: string;
  /** True when llhttp was told that there is no body, as after HEAD. */
  readonly isBodySkipped: boolean;
  /** Latin1. */
  readonly input: string;
  readonly messages: readonly LoggedMessage[];
  /** The number of the error that ends the log, or undefined. */
  readonly error: number | undefined;
}

/** llhttp's error for "this is an upgrade, the rest is yours": no refusal. */
export const ERROR_UPGRADE = 22;

/** The cases of one file; `name` is what their ids begin with. */
export function readLlhttpCases(path: string, name: string): LlhttpCase[] {
  const cases: LlhttpCase[] = [];
  const seen = new Map<string, number>();
  let heading = '';
  let meta = '';
  let input = '';
  const text = readFileSync(path, 'utf8');
  const part = /^#+ (.*)$|^<!-- meta=(.*) -->$|^```(http|log)\n([\s\S]*?)^```$/gm;
  for (const match of text.matchAll(part)) {
    const [, title, comment, kind, content = ''] = match;
    if (title !== undefined) heading = title;
    if (comment !== undefined) meta = comment;
    if (kind === 'http') input = unescape(content);
    if (kind !== 'log') continue;
    const times = (seen.get(heading) ?? 0) + 1;
    seen.set(heading, times);
    const id = `${name}: ${heading}${times > 1 ? ` (${times})` : ''}`;
    const { type, skipBody } = JSON.parse(meta) as { type: string; skipBody?: boolean }; // What the format says.
    cases.push({ id, type, isBodySkipped: skipBody === true, input, ...readLog(content, input, id) });
  }
  return cases;
}

/** Latin1 of the bytes. Characters beyond ASCII, escaped ones too, stand for their UTF-8. */
function unescape(content: string): string {
  const text = content
    .replace(/\n$/, '')
    .replace(/\\\n/g, '')
    .replace(/\n/g, '\r\n')
    .replace(/\\([rntf])/g, (_, letter: string) => ({ r: '\r', n: '\n', t: '\t', f: '\f' })[letter] ?? letter)
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(text, 'utf8').toString('latin1');
}

function readLog(
  log: string,
  input: string,
  id: string,
): { messages: LoggedMessage[]; error: number | undefined } {
  const messages: LoggedMessage[] = [];
  let error: number | undefined;
  let message = newMessage();
  for (const line of log.trim().split('\n')) {
    const [, offset, event = ''] = /^off=(\d+|NULL) (.*)$/.exec(line) ?? [];
    assert.ok(offset !== undefined, `${id}: ${line}`);
    if (event === 'message begin') messages.push((message = newMessage()));
    const span = /^len=(\d+) span\[(\w+)\]=(".*"|lf|cr)$/.exec(event);
    if (span !== null) addSpan(message, span[2] ?? '', spanText(input, Number(offset), span, id));
    const head = /^headers complete (?:method=\d+|status=(\d+)) v=(\d)\/(\d) /.exec(event);
    if (head !== null) {
      message.isHeadComplete = true;
      message.status = Number(head[1] ?? 0);
      message.version = `${head[2] ?? ''}.${head[3] ?? ''}`;
    }
    if (event === 'header_value complete') message.headers.push(['', '']);
    if (event === 'message complete') message.isComplete = true;
    error ??= /^error code=(\d+)/.test(event) ? Number(/\d+/.exec(event)?.[0]) : undefined;
  }
  for (const each of messages) each.headers = each.headers.filter(([name]) => name !== '');
  return { messages, error };
}

/** The bytes of a span. The log shows most of them: where it does, they must be those, or the input was read wrongly. */
function spanText(
  input: string,
  offset: number,
  [, length = '', , shown = '']: RegExpExecArray,
  id: string,
): string {
  const text = input.slice(offset, offset + Number(length));
  const expected = shown === 'lf' ? '\n' : shown === 'cr' ? '\r' : shown.slice(1, -1);
  if (/^[ -~]*$/.test(text) && !/\\/.test(expected)) assert.equal(text, expected, `${id} at ${offset}`);
  return text;
}

function addSpan(message: LoggedMessage, kind: string, text: string): void {
  if (message.headers.length === 0) message.headers.push(['', '']);
  const field = message.headers.at(-1)!; // There is one now.
  if (kind === 'method') message.method += text;
  if (kind === 'url') message.target += text;
  if (kind === 'body') message.body += text;
  if (kind === 'header_field') field[0] += text;
  if (kind === 'header_value') field[1] += text;
}

function newMessage(): LoggedMessage {
  return {
    method: '',
    target: '',
    status: 0,
    version: '',
    headers: [],
    body: '',
    isHeadComplete: false,
    isComplete: false,
  };
}
