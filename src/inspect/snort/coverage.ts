/**
 * Where the bytes of a buffer stand in a message, so that literals of all buffers are looked for in few texts.
 *
 *     method    the method
 *     line      the start line; and the target once more as rules see it, where normalising changes it
 *     fields    each header field as "Name: value", CRLF on both sides; and once more decoded, where there is a `%`
 *     body      the body as it came; and once more decompressed, decoded, taken apart, where that changes it
 *
 * Safety argument: whatever a buffer holds stands in one of the texts of its places, ASCII case aside; namer.ts and
 * body-texts.ts make the texts and say why. A buffer that does not has no row here, and its literals are not used.
 */
import type { BufferKind } from './buffers.ts';
import type { BufferReference, Direction } from './rule.ts';

export interface Coverage {
  readonly isMethod: boolean;
  readonly isInLine: boolean;
  /** ANY_FIELD, ANY_BUT_COOKIES or the name of one field in lower case; undefined when it is in none. */
  readonly field: string | undefined;
  readonly isInBody: boolean;
  readonly cut: LiteralCut;
  /** What stands before and behind the buffer in the text, wherever that is the same for all of its places. */
  readonly before: string;
  readonly behind: string;
}

export const ANY_FIELD = '*';
export const ANY_BUT_COOKIES = '';

/**
 * Which pieces of a literal stand in one text together: all of it; what is between line ends, with them; what is between
 * them, without; or what is between carriage returns.
 *
 * The last is for the whole message, whose parts end with CRLF: a piece without a carriage return, which does not begin with
 * a line feed, holds no such end, and so it is in one part. `()\n {` would be `()` otherwise, which pictures hold.
 */
export type LiteralCut = 'whole' | 'lines' | 'within-lines' | 'within-parts';

/** Coverage of one direction, worked out once for each buffer of a set of rules. */
export class Coverages {
  readonly direction: Direction;
  readonly #known = new Map<string, Coverage | 'never' | 'unknown'>();
  readonly #isStream: boolean;

  /** A stream is one text, as a body is: `isStream` says that messages are none of HTTP. */
  constructor(direction: Direction, isStream = false) {
    this.direction = direction;
    this.#isStream = isStream;
  }

  of(buffer: BufferReference): Coverage | 'never' | 'unknown' {
    const known = this.#known.get(buffer.key);
    if (known !== undefined) return known;
    const made = this.#isStream ? streamCoverage(buffer) : coverageOf(buffer, this.direction);
    this.#known.set(buffer.key, made);
    return made;
  }
}

/** `never`: no message of this direction has the buffer. `unknown`: it may stand anywhere. */
export function coverageOf(buffer: BufferReference, direction: Direction): Coverage | 'never' | 'unknown' {
  const table = direction === 'to_server' ? REQUEST : RESPONSE;
  const row = table[buffer.kind];
  if (row === undefined) return 'never';
  if (!buffer.transforms.every(({ name }) => KEEPING.has(name))) return 'unknown';
  const named = buffer.name === undefined ? row : namedRow(buffer.kind, buffer.name, row);
  return buffer.transforms.length === 0 ? named : { ...named, before: '', behind: '' };
}

function streamCoverage({ kind, transforms }: BufferReference): Coverage | 'never' | 'unknown' {
  if (kind !== 'payload') return 'never';
  return transforms.every(({ name }) => KEEPING.has(name)) ? BODY : 'unknown';
}

/** The named part of a buffer: a header, or a part of the target, which stands anywhere in it. */
function namedRow(kind: BufferKind, name: string, row: Coverage): Coverage {
  return kind === 'snort_header' || kind === 'snort_raw_header'
    ? valueOf(name)
    : { ...row, before: '', behind: '' };
}

/** Whether the buffer, or the message as a whole, is known before the body is. */
export function isKnownFromHead(kind: BufferKind): boolean {
  return REQUEST[kind]?.isInBody !== true && RESPONSE[kind]?.isInBody !== true && !kind.includes('trailer');
}

/** Transforms that leave a part of the buffer, or change the case of ASCII only, or put a dot before it. */
const KEEPING: ReadonlySet<string> = new Set([
  ...[
    'to_lowercase',
    'to_uppercase',
    'header_lowercase',
    'dotprefix',
    'pcrexform',
    'subslice',
    'tld',
    'domain',
  ],
]);

type Table = Readonly<Partial<Record<BufferKind, Coverage>>>;

const NOWHERE: Coverage = {
  isMethod: false,
  isInLine: false,
  field: undefined,
  isInBody: false,
  cut: 'whole',
  before: '',
  behind: '',
};
const METHOD: Coverage = { ...NOWHERE, isMethod: true };
const LINE: Coverage = { ...NOWHERE, isInLine: true };
const TARGET: Coverage = { ...LINE, before: ' ', behind: ' ' };
const BODY: Coverage = { ...NOWHERE, isInBody: true };
const FIELDS: Coverage = { ...NOWHERE, field: ANY_FIELD, cut: 'lines' };
const BUT_COOKIES: Coverage = { ...FIELDS, field: ANY_BUT_COOKIES };

/** The value of one field. `name` is in lower case. */
function valueOf(name: string): Coverage {
  return { ...FIELDS, field: name, before: `\r\n${name}: `, behind: '\r\n' };
}

const COMMON: Table = {
  payload: { ...FIELDS, isInLine: true, isInBody: true, cut: 'within-parts' },
  http_protocol: LINE,
  http_header: BUT_COOKIES,
  http_raw_header: FIELDS,
  // A line end before and behind each name, and none of them there in a field.
  http_header_names: { ...FIELDS, cut: 'within-lines' },
  http_start: { ...FIELDS, isInLine: true, cut: 'within-lines' },
  http_connection: valueOf('connection'),
  http_content_type: valueOf('content-type'),
  http_content_len: valueOf('content-length'),
  snort_header: BUT_COOKIES,
  snort_raw_header: FIELDS,
  snort_raw_body: BODY,
  js_data: BODY,
  file_data: BODY,
  file_name: BODY,
};

/** The host may come from the target, where a request names it there. */
const HOST: Coverage = { ...FIELDS, field: 'host', isInLine: true };
const COOKIE: Coverage = valueOf('cookie');

const REQUEST: Table = {
  ...COMMON,
  http_method: METHOD,
  http_uri: TARGET,
  http_raw_uri: TARGET,
  http_request_line: LINE,
  snort_uri: TARGET,
  snort_raw_uri: TARGET,
  snort_raw_request: LINE,
  snort_param: { ...LINE, isInBody: true },
  http_host: HOST,
  http_raw_host: HOST,
  http_user_agent: valueOf('user-agent'),
  http_referer: valueOf('referer'),
  http_accept: valueOf('accept'),
  http_accept_enc: valueOf('accept-encoding'),
  http_accept_lang: valueOf('accept-language'),
  http_request_header: FIELDS,
  http_cookie: COOKIE,
  snort_cookie: COOKIE,
  snort_raw_cookie: COOKIE,
  snort_true_ip: FIELDS,
  http_request_body: BODY,
  snort_client_body: BODY,
};

const SET_COOKIE: Coverage = valueOf('set-cookie');

const RESPONSE: Table = {
  ...COMMON,
  http_stat_code: LINE,
  http_stat_msg: LINE,
  http_response_line: LINE,
  snort_raw_status: LINE,
  http_server: valueOf('server'),
  http_location: valueOf('location'),
  http_response_header: FIELDS,
  http_cookie: SET_COOKIE,
  snort_cookie: SET_COOKIE,
  snort_raw_cookie: SET_COOKIE,
  http_response_body: BODY,
};
