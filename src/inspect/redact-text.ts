/**
 * Finds secrets in a text of a hit: a piece of a query, a form, JSON, XML, a header, or of what a rule tells about them.
 * Such texts are cut anywhere and are in no one form, so that a value is taken to end late rather than early.
 *
 * Texts have at most 512 bytes. Each expression takes a bounded number of steps at each of them.
 */
import { isSecretField, isSecretName, isSecretTarget, MAY_BE_SECRET } from './secret-names.ts';
import { urlDecodePercent } from './transforms/url-decode.ts';

/** Half-open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `[redacted:12]`, for twelve bytes. What was hidden before stays as it is, so that redacting twice is redacting once. */
export function hidden(text: string): string {
  return text === '' || isHidden(text) ? text : `[redacted:${text.length}]`;
}

const HIDDEN = /^\[redacted:[0-9]{1,10}\]$/;

/** Shorter ones are found in every text. */
const SECRET_BYTES_MIN = 3;

/** The secrets that stand in a text, to look for them elsewhere: in any case, and without those that are too short. */
export function secretsIn(text: string): readonly string[] {
  return spansIn(text)
    .map(({ start, end }) => text.slice(start, end))
    .filter(isSought);
}

export function isSought(secret: string): boolean {
  return secret.length >= SECRET_BYTES_MIN && !isHidden(secret);
}

export function isHidden(text: string): boolean {
  return HIDDEN.test(text);
}

/** Without secrets that stand behind their names, and without every occurrence of those that are known from elsewhere. */
export function redactText(text: string, known: readonly string[]): string {
  const spans = [...spansIn(text), ...occurrencesIn(text, known), ...pieceIn(text, known)];
  if (spans.length === 0) return text;
  spans.sort((a, b) => a.start - b.start);
  let redacted = '';
  let at = 0;
  for (let index = 0; index < spans.length;) {
    const { start } = spans[index]!; // Below the length.
    let { end } = spans[index]!;
    while (++index < spans.length && spans[index]!.start <= end) end = Math.max(end, spans[index]!.end);
    redacted += text.slice(at, start) + hidden(text.slice(start, end));
    at = end;
  }
  return redacted + text.slice(at);
}

/** Whether a text is a piece of something that is secret. */
export function isPieceOf(text: string, known: readonly string[]): boolean {
  if (text.length < SECRET_BYTES_MIN) return false;
  const lower = text.toLowerCase();
  return known.some((secret) => secret.toLowerCase().includes(lower));
}

function spansIn(text: string): Span[] {
  // Most texts have no such name anywhere, and need no closer look.
  if (!MAY_BE_SECRET.test(text) && !text.includes('\\u00') && !text.includes('://')) return [];
  return [
    ...pairsIn(text),
    ...labelledIn(text),
    ...elementsIn(text),
    ...partsIn(text),
    ...userInfoIn(text),
  ].filter(({ start, end }) => start < end);
}

/** A name and what stands between it and its value: `a=`, `"a": "`, `a%3D`, `[a] => `. The name is as short as can be. */
const PAIR = /([\w.[\]%+\\-]{2,64}?)(\\?["']?\]? {0,4}(?:=>|[=:]|%3[ad]) {0,4})/gi;

/** What was hidden before is no pair: `password[redacted:11]`. */
const HIDDEN_AT_END = /\[redacted$/;
const HIDDEN_REST = /^[0-9]{1,10}\]/;

function pairsIn(text: string): Span[] {
  const spans: Span[] = [];
  PAIR.lastIndex = 0;
  for (let match = PAIR.exec(text); match !== null; match = PAIR.exec(text)) {
    const [, name = '', between = ''] = match;
    if (HIDDEN_AT_END.test(name) && HIDDEN_REST.test(text.slice(PAIR.lastIndex))) continue;
    const decoded = decodeName(name);
    if (!isSecretName(decoded) && !isSecretField(decoded)) continue;
    const span = valueAt(text, PAIR.lastIndex, between);
    spans.push(span);
    PAIR.lastIndex = Math.max(PAIR.lastIndex, span.end);
  }
  return spans;
}

/** As JSON and URLs write letters otherwise. */
function decodeName(name: string): string {
  const plain = name.replace(/\\u00([0-9a-f]{2})/gi, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return urlDecodePercent(plain);
}

/** The value that begins at `at`, without its quotes. */
function valueAt(text: string, at: number, between: string): Span {
  const isMember = /["']/.test(between);
  const quote = /^\\?["'`]/.exec(text.slice(at, at + 2))?.[0];
  if (quote !== undefined) {
    const start = at + quote.length;
    const end = closingQuote(text, start, quote);
    const behind = text.slice(end + quote.length);
    // A value that only begins like one in quotes.
    const goesOn = !isMember && /^[^&\s,;:}>)\]]/.test(behind);
    return goesOn ? { start: at, end: lineEnd(text, at) } : { start, end };
  }
  if (!isMember) return { start: at, end: lineEnd(text, at) };
  const isContainer = /[[{]/.test(text.charAt(at)) && !/^\[redacted:/.test(text.slice(at, at + 10));
  if (isContainer) return { start: at, end: containerEnd(text, at) };
  const length = text.slice(at).search(/[,}\s]/);
  return { start: at, end: length < 0 ? text.length : at + length };
}

/** Where the quote stands again, or where the text was cut. */
function closingQuote(text: string, start: number, quote: string): number {
  if (quote.length > 1) {
    const end = text.indexOf(quote, start);
    return end < 0 ? text.length : end;
  }
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return text.length;
}

function containerEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const byte = text.charAt(at);
    if (byte === '[' || byte === '{') depth++;
    else if ((byte === ']' || byte === '}') && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Values of URLs and forms end with `&`, those of fields with their line. */
function lineEnd(text: string, start: number): number {
  const length = text.slice(start).search(/[&\r\n]|%26/);
  return length < 0 ? text.length : start + length;
}

/** `found within ARGS:password: `, as rules tell it: the rest is the value, whatever is in it. */
const LABEL =
  /\b((?:ARGS(?:_GET|_POST)?|REQUEST_COOKIES|(?:REQUEST|RESPONSE)_HEADERS|MULTIPART_PART_HEADERS):[^\r\n:]{0,128}): /g;

function labelledIn(text: string): Span[] {
  for (const match of text.matchAll(LABEL)) {
    if (isSecretTarget(match[1] ?? '')) return [{ start: match.index + match[0].length, end: text.length }];
  }
  return [];
}

/** `<password a="b">`, up to its end. */
const ELEMENT = /<([\w.:-]{2,64})(?: [^<>]*)?>/g;

function elementsIn(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(ELEMENT)) {
    if (!isSecretName(match[1] ?? '')) continue;
    const start = match.index + match[0].length;
    const end = text.indexOf('</', start);
    spans.push({ start, end: end < 0 ? text.length : end });
  }
  return spans;
}

/** A part of a multipart body, or an input of HTML. */
const PART = /\bname=(?:"([^"\r\n]{2,64})"|([^"\s;&]{2,64})(?=[;\r\n]))/gi;

function partsIn(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(PART)) {
    if (!isSecretName(match[1] ?? match[2] ?? '')) continue;
    const start = match.index + match[0].length;
    const end = text.indexOf('\n--', start);
    spans.push({ start, end: end < 0 ? text.length : end });
  }
  return spans;
}

/** `http://user:password@host/`: nothing before the `@` of an authority is needed to read a record. */
const USER_INFO = /:\/\/([^\s/?#"'<>]{1,512})@/g;

function userInfoIn(text: string): Span[] {
  return Array.from(text.matchAll(USER_INFO), (match) => {
    const start = match.index + '://'.length;
    return { start, end: start + (match[1] ?? '').length };
  });
}

/** Every occurrence; a text that was cut within a secret has its beginning, so that each goes on to the end of its word. */
function occurrencesIn(text: string, known: readonly string[]): Span[] {
  const spans: Span[] = [];
  const lower = text.toLowerCase();
  // Letters that change their length have no place in what clients send: those are bytes.
  if (lower.length !== text.length) return known.length === 0 ? [] : [{ start: 0, end: text.length }];
  for (const secret of known) {
    const sought = secret.toLowerCase();
    for (let start = lower.indexOf(sought); start >= 0; start = lower.indexOf(sought, start + 1)) {
      const wordEnd = lower.slice(start + sought.length).search(/[\s"'&;,<>)\]}]|\\["']/);
      spans.push({ start, end: wordEnd < 0 ? text.length : start + sought.length + wordEnd });
    }
  }
  return spans;
}

/** What the CRS tells of every match: a piece of the value, perhaps of one that is secret. */
const MATCHED_DATA = /^Matched Data: ([^]*?) found within /;

function pieceIn(text: string, known: readonly string[]): Span[] {
  const piece = MATCHED_DATA.exec(text)?.[1];
  if (piece === undefined || isHidden(piece) || !isPieceOf(piece, known)) return [];
  const start = 'Matched Data: '.length;
  return [{ start, end: start + piece.length }];
}
