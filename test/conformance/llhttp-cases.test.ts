/**
 * Every HTTP/1 case of llhttp, run through our readers and compared: messages, headers, bodies, and what is refused.
 *
 * A case is the same when we read what llhttp reads, or refuse what it refuses for a reason of the same kind. All other
 * cases stand in one of three lists, each with why: STRICTER where we refuse what llhttp or a leniency of it takes, LAXER
 * where we take what llhttp refuses, NOT_OURS where there is nothing to compare.
 *
 * Most requests there have no Host, and some have a fragment in the target. We refuse both (RFC 9112 §3.2), which would
 * hide everything else, so these are mended and run again; how many needed it is asserted as well.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { ChunkedReader } from '../../src/http/chunked.ts';
import { HAS_CLOSE, HAS_KEEP_ALIVE } from '../../src/http/connection-options.ts';
import type { RefusalCode } from '../../src/http/field-section.ts';
import { RequestHead } from '../../src/http/request-head.ts';
import { ResponseHead } from '../../src/http/response-head.ts';
import { ERROR_UPGRADE, readLlhttpCases } from '../support/llhttp-cases.ts';
import type { LlhttpCase, LoggedMessage } from '../support/llhttp-cases.ts';
import { eventsOf, refusalOf, requestStream, responseStream } from '../support/split.ts';

const DATA = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'llhttp-cases',
);
const isThere = existsSync(DATA);
const skip = isThere ? false : 'the llhttp cases are not here: set SALLYPORT_DATA';

/** Cases that we refuse although llhttp, or the leniency that its case switches on, takes them. */
const STRICTER: readonly { code: RefusalCode; because: string; ids: readonly string[] }[] = [
  {
    code: 'bare-lf',
    because:
      'RFC 9112 §2.2 lets a recipient take LF alone; two recipients that differ in it see two messages',
    ids: [
      'request/invalid: Only LFs present (lenient)',
      'response/invalid: Only LFs present (lenient)',
      'response/invalid: Only LFs present and no body (lenient)',
      'response/sample: No carriage ret (lenient)',
    ],
  },
  {
    code: 'bare-cr',
    because: 'RFC 9112 §2.2: a bare CR makes the element invalid',
    ids: [
      'request/content-length: Missing CRLF-CRLF before body (lenient)',
      'request/invalid: Headers separated by dummy characters (lenient)',
      'request/lenient-headers: Empty headers separated by CR (lenient)',
      'request/sample: No LF after CR (lenient)',
      'request/transfer-encoding: Chunk header not terminated by CRLF (lenient)',
      'response/invalid: Bare CR after response line (lenient)',
    ],
  },
  {
    code: 'obs-fold',
    because:
      'RFC 9112 §5.2: a server must refuse obs-fold or replace it; §2.2: no white space before the first field',
    ids: [
      'request/connection: Multiple tokens with folding',
      'request/connection: Multiple tokens with folding, LWS, and CRLF',
      'request/invalid: Spaces before headers (lenient)',
      'request/sample: Line folding in header value with CRLF',
      'request/sample: X-SSL-Nonsense',
      'response/transfer-encoding: Invalid OBS fold after chunked value',
    ],
  },
  {
    code: 'space-before-colon',
    because: 'RFC 9112 §5.1: a request with white space before the colon must be refused',
    ids: [
      'request/connection: Invalid whitespace token with `Connection` header field (lenient)',
      'request/content-length: Invalid whitespace token with `Content-Length` header field (lenient)',
    ],
  },
  {
    code: 'header-value-bad',
    because: 'RFC 9110 §5.5: control characters in a value are invalid; they are refused, not replaced',
    ids: [
      'request/lenient-header-value-relaxed: Control char in header value (relaxed)',
      'request/lenient-headers: Header value (lenient)',
      'request/lenient-headers: Second request header value (lenient)',
    ],
  },
  {
    code: 'content-length-bad',
    because: 'RFC 9110 §8.6 allows leading zeros, but who reads them as octal sees another length',
    ids: [
      'request/content-length: `Content-Length` with zeroes',
      'request/content-length: `Content-Length` with follow-up headers',
    ],
  },
  {
    code: 'length-and-encoding',
    because: 'RFC 9112 §6.1: a server may refuse a request with both fields, and a proxy of ours always does',
    ids: [
      'request/content-length: No error on simultaneous `Content-Length` and `Transfer-Encoding: identity` (lenient)',
      'request/transfer-encoding: POST with `Transfer-Encoding` and `Content-Length` (lenient)',
    ],
  },
  {
    code: 'transfer-encoding-bad',
    because: 'RFC 9112 §6.1, §6.3: only a single final chunked has one meaning for everybody',
    ids: [
      'request/transfer-encoding: POST with `chunked` before other transfer-coding (lenient)',
      'request/transfer-encoding: POST with `chunked` and duplicate transfer-encoding (lenient)',
      'request/transfer-encoding: POST with `chunked` as last transfer-encoding',
      'request/transfer-encoding: POST with `chunked` as last transfer-encoding (multiple headers)',
      'response/transfer-encoding: `chunked` before other transfer-encoding',
      'response/transfer-encoding: multiple transfer-encoding where chunked is not the last one',
      'response/transfer-encoding: `chunkedchunked` transfer-encoding does not enable chunked enconding',
    ],
  },
  {
    code: 'chunk-end-bad',
    because: 'RFC 9112 §7.1: CR LF follows the data of a chunk',
    ids: ['request/transfer-encoding: Chunk data not terminated by CRLF (lenient)'],
  },
  {
    code: 'chunk-size-bad',
    because: 'RFC 9112 §7.1: the grammar has no white space after a size without extension',
    ids: ['request/transfer-encoding: Space after chunk header (lenient)'],
  },
  {
    code: 'trailer-forbidden',
    because: 'RFC 9110 §6.5.1: Content-Type says how the content is processed, so it must not come after it',
    ids: ['request/transfer-encoding: Trailing headers'],
  },
  {
    code: 'method-bad',
    because: 'RFC 9112 §2.2 asks to ignore at least one empty line before a request; these are two',
    ids: ['request/connection: CRLF between requests, implicit `keep-alive`'],
  },
  {
    code: 'target-bad',
    because: 'RFC 9112 §3.2.4: `*` is for OPTIONS; RFC 9110 §4.2.4: userinfo in a target is an error',
    ids: ['request/method: M-SEARCH request', 'request/uri: `host:port` and basic auth'],
  },
  {
    code: 'version-unsupported',
    because: 'RFC 9110 §2.5: only versions 1.0 and 1.1 are of this syntax',
    ids: ['request/lenient-version: Invalid HTTP version (lenient)'],
  },
  {
    code: 'version-bad',
    because:
      'RFC 9112 §2.2 has an empty line ignored before a request only; bytes after a response are no response',
    ids: [
      'response/connection: HTTP 304 with Content-Length',
      'response/connection: HTTP 100 first, then 400',
      'response/pipelining: Should parse multiple events',
      'response/sample: Response starting with CRLF',
    ],
  },
  {
    code: 'version-bad',
    because: 'HTTP/0.9 and unknown versions are not served: RFC 9112 §2.3',
    ids: [
      'request/sample: No HTTP version',
      'response/lenient-version: Invalid HTTP version (lenient)',
      'response/sample: HTTP version 0.9',
    ],
  },
];

/** Cases that we take although llhttp refuses them. Each needs the clause that lets us. */
const LAXER: Readonly<Record<string, string>> = {
  'request/invalid: Invalid method':
    'RFC 9110 §9.1: the set of methods is open; what a route allows is its policy',
  'request/invalid: HTTP protocol and ANNOUNCE method':
    'RFC 9110 §9.1: the same; the method is passed on as it is',
  'request/uri: Disallow UTF-8 in URI path in strict mode':
    'RFC 9112 §3.2 says 400 or redirect as a SHOULD; the bytes delimit nothing and are inspected and passed on unchanged',
};

/** Cases in which there is nothing to compare. */
const NOT_OURS: Readonly<Record<string, string>> = {
  'request/connection: Resetting flags when keep-alive is off (1.0, lenient)':
    'this leniency reads on after the connection is to be closed; our proxy closes it',
  'request/content-length: Content-Length reset when no body is received':
    'the caller of llhttp says that there is no body, whatever the head says; a request cannot be read so here',
  'response/content-length: Content-Length reset when no body is received':
    'the caller of llhttp says that it is a response to HEAD; here that is the choice of the proxy, not of the reader',
  'request/method: CONNECT with body': 'what follows CONNECT is a tunnel, which is the choice of the proxy',
  'request/method: PRI request HTTP2': 'HTTP/2 has a codec of its own; here its preface is refused',
  'request/method: SOURCE request with ICE': 'ICE is no HTTP',
  'request/method: OPTIONS request with RTSP': 'RTSP is no HTTP',
  'request/method: ANNOUNCE request with RTSP': 'RTSP is no HTTP',
  'response/sample: RTSP response': 'RTSP is no HTTP',
  'response/sample: ICE response': 'ICE is no HTTP',
  'request/uri: Fragment in URI':
    'a fragment is refused (RFC 9112 §3.2), so the mended target lacks what the log has',
};

/** A new or lost case, and one that changes its kind, must be looked at. `mended` are those that needed it. */
const COUNTS = { all: 251, same: 191, stricter: 46, laxer: 3, notOurs: 11, mended: 72 } as const;

const LIMITS = {
  headBytes: 65_536,
  targetBytes: 8192,
  headerCount: 100,
  chunkExtensionBytes: 4096,
  trailerBytes: 4096,
};
const MENDED_HOST = 'mended.example';
/** Spelt as no case spells it, so that it can be told from theirs. */
const MENDED_NAME = 'hOsT';

/** llhttp's error for bytes after a message that closes the connection. We do not look at them at all. */
const ERROR_AFTER_CLOSE = 5;

/** llhttp's errors by number, with those of our refusals that say the same. */
const SAME_REASON: Readonly<Record<number, readonly RefusalCode[]>> = {
  2: ['bare-cr', 'chunk-end-bad', 'chunk-extension-bad'], // The syntax around a line end or an extension.
  3: ['bare-cr'], // No LF after CR.
  4: ['content-length-differs'],
  8: ['version-bad'], // The protocol's name.
  9: ['version-bad', 'version-unsupported', 'bare-lf'],
  10: [
    'bare-cr',
    'bare-lf',
    'obs-fold',
    'space-before-colon',
    'header-name-bad',
    'header-name-empty',
    'header-value-bad',
  ],
  11: ['content-length-bad', 'length-and-encoding'],
  12: ['chunk-size-bad'],
  13: ['status-bad'],
  15: ['transfer-encoding-bad', 'length-and-encoding', 'obs-fold'],
  25: ['bare-lf'], // No CR before LF.
  30: ['obs-fold'], // A space after the start line.
};

interface Outcome {
  readonly messages: readonly LoggedMessage[];
  readonly refusal: string | undefined;
  /** True when the case had to be mended before it could be compared. */
  readonly isMended: boolean;
}

/** What of a head of test/support/split.ts is needed here. */
interface SeenHead {
  readonly method?: string;
  readonly target?: string;
  readonly status?: number;
  readonly version?: string;
  readonly isHttp10?: boolean;
  readonly connection: number;
  readonly text: string;
  readonly rows: readonly [
    id: number,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ][];
}

const cases = isThere
  ? globSync('*/*.md', { cwd: DATA })
      .sort()
      .flatMap((file) => readLlhttpCases(join(DATA, file), join(dirname(file), basename(file, '.md'))))
  : [];

const stricter = new Map(STRICTER.flatMap(({ code, ids }) => ids.map((id) => [id, code] as const)));
const counts = { all: 0, same: 0, stricter: 0, laxer: 0, notOurs: 0, mended: 0 };

for (const each of cases) {
  test(`llhttp ${each.id}`, () => {
    const ours = run(each);
    const judgement = judge(each, ours);
    counts.all++;
    if (ours.isMended) counts.mended++;
    const code = stricter.get(each.id);
    if (code !== undefined) {
      assert.equal(judgement, `refused with ${code}`);
      counts.stricter++;
    } else if (LAXER[each.id] !== undefined) {
      assert.match(judgement, /^taken, not refused/);
      counts.laxer++;
    } else if (NOT_OURS[each.id] !== undefined) {
      assert.notEqual(judgement, 'same', 'an exception that is none');
      counts.notOurs++;
    } else {
      assert.equal(judgement, 'same');
      counts.same++;
    }
  });
}

test('every llhttp case ran, and as many are of each kind as were looked at', { skip }, () => {
  assert.deepEqual(counts, COUNTS);
  const ids = new Set(cases.map((each) => each.id));
  assert.equal(ids.size, cases.length);
  for (const id of [...stricter.keys(), ...Object.keys(LAXER), ...Object.keys(NOT_OURS)])
    assert.ok(ids.has(id), id);
});

/** `same`, or how we differ. */
function judge(each: LlhttpCase, ours: Outcome): string {
  const theirs = each.messages.filter((message) => message.isHeadComplete).map(withoutBlanks);
  const isEnough = each.error === ERROR_UPGRADE || each.error === ERROR_AFTER_CLOSE;
  const shown = isEnough ? ours.messages.slice(0, theirs.length) : ours.messages;
  const isSame = JSON.stringify(shown) === JSON.stringify(theirs);
  if (isEnough && isSame) return 'same';
  if (each.error === undefined || isEnough) {
    return ours.refusal !== undefined ? `refused with ${ours.refusal}` : isSame ? 'same' : 'read otherwise';
  }
  if (ours.refusal === undefined) return `taken, not refused with ${each.error}`;
  const isReason = SAME_REASON[each.error]?.some((code) => code === ours.refusal) === true;
  return isReason ? 'same' : `refused with ${ours.refusal}, not ${each.error}`;
}

/** llhttp tells white space at the end of a value as a part of it, which it is not (RFC 9110 §5.5). */
function withoutBlanks(message: LoggedMessage): LoggedMessage {
  const headers = message.headers.map(([name, value]): [string, string] => [
    name,
    value.replace(/[ \t]+$/, ''),
  ]);
  return { ...message, headers };
}

/** Runs a case, mended as often as it needs. */
function run(each: LlhttpCase): Outcome {
  let text = each.input;
  for (let mends = 0; mends < 10; mends++) {
    const events = runOnce(each.type, text);
    const mended = mend(text, events, each.error !== undefined);
    if (mended === undefined) return { ...readEvents(events), isMended: mends > 0 };
    text = mended;
  }
  throw new Error(`Cannot mend ${each.id}`);
}

function runOnce(type: string, text: string): string[] {
  const chunked = new ChunkedReader(LIMITS);
  const stream = type.startsWith('request')
    ? requestStream({ head: new RequestHead(LIMITS), chunked })
    : responseStream({ head: new ResponseHead(LIMITS), chunked });
  return eventsOf(stream, Buffer.from(text, 'latin1'));
}

/** The text with what the last message of `events` lacks, or undefined when it lacks nothing. */
function mend(text: string, events: readonly string[], isRefusedThere: boolean): string | undefined {
  const ended = events.findLast((event) => event.startsWith('body '));
  let start = Number(/ end=(\d+)$/.exec(ended ?? '')?.[1] ?? 0);
  if (text.startsWith('\r\n', start)) start += 2;
  const lineEnd = text.indexOf('\r\n', start);
  const line = text.slice(start, lineEnd);
  const refusal = refusalOf(events);
  if (refusal === 'host-missing') {
    const host = /^\S+ https?:\/\/([^/?\s]+)/.exec(line)?.[1] ?? MENDED_HOST;
    return `${text.slice(0, lineEnd)}\r\n${MENDED_NAME}: ${host}${text.slice(lineEnd)}`;
  }
  if (refusal === 'target-bad' && line.includes('#')) {
    return text.slice(0, start) + line.replace(/#\S*/, '') + text.slice(lineEnd);
  }
  // llhttp refuses a length where it stands, we when the head is whole: let it become whole.
  const isUnfinished = events.some((event) => event.startsWith('cut in head'));
  return isUnfinished && isRefusedThere && text.endsWith('\r\n') ? `${text}\r\n` : undefined;
}

/** The events as llhttp would tell them: reading ends with the message that closes the connection. */
function readEvents(events: readonly string[]): Omit<Outcome, 'isMended'> {
  const messages: LoggedMessage[] = [];
  let isLast = false;
  for (const event of events) {
    if (event.startsWith('head ')) {
      const head = JSON.parse(event.slice(event.indexOf('{'))) as SeenHead; // describeRequest and -Response wrote it.
      messages.push(messageOf(head));
      const isHttp10 = head.isHttp10 === true || head.version === 'HTTP/1.0';
      const isKept = (head.connection & (isHttp10 ? HAS_KEEP_ALIVE : HAS_CLOSE)) !== 0;
      isLast = isKept !== isHttp10;
    }
    const body = /^(cut in )?body ("(?:[^"\\]|\\.)*")/.exec(event);
    const message = messages.at(-1);
    if (body === null || message === undefined) continue;
    message.body = JSON.parse(body[2] ?? '""') as string; // JSON.stringify of a string.
    message.isComplete = body[1] === undefined;
    if (isLast && message.isComplete) return { messages, refusal: undefined };
  }
  return { messages, refusal: refusalOf(events) };
}

function messageOf({
  method = '',
  target = '',
  status = 0,
  version,
  isHttp10,
  rows,
  text,
}: SeenHead): LoggedMessage {
  const headers = rows
    .map(([, nameStart, nameEnd, valueStart, valueEnd]): [string, string] => [
      text.slice(nameStart, nameEnd),
      text.slice(valueStart, valueEnd),
    ])
    .filter(([name]) => name !== MENDED_NAME);
  const number = version?.slice(5) ?? (isHttp10 === true ? '1.0' : '1.1');
  return {
    method,
    target,
    status,
    version: number,
    headers,
    body: '',
    isHeadComplete: true,
    isComplete: false,
  };
}
