/**
 * multipart/form-data (RFC 7578): fields, files, header lines of the parts, and all that is irregular.
 *
 *     --BOUNDARY CRLF  header lines CRLF  CRLF  content CRLF  --BOUNDARY ...  --BOUNDARY-- [CRLF]
 *
 * Servers disagree about nearly every irregularity of this format, and attackers live on that. This is the one form that
 * browsers send. Whatever departs from it sets ModSecurity's flags; whatever two servers could read differently is an
 * error besides, which has the whole body inspected raw. Reading goes on where a lenient server would go on, so that the
 * arguments it would find are inspected as arguments.
 *
 * Contents are slices of the body, byte for byte; each byte is looked at a fixed number of times.
 */
import { Value } from '../variables/value.ts';
import { UNREAD_BODY } from './body.ts';
import type { ParsedBody } from './body.ts';
import type { BodyLimits } from './limits.ts';
import { readBoundary } from './multipart-boundary.ts';
import { fileNamesOf } from './multipart-disposition.ts';
import { finishFlags, newFlags } from './multipart-flags.ts';
import type { FlagsBeingSet } from './multipart-flags.ts';
import { finishHead, newHead, readHeaderLine } from './multipart-head.ts';
import type { PartHead } from './multipart-head.ts';

export type MultipartLimits = Pick<BodyLimits, 'filesMax' | 'partHeadersMax' | 'partHeaderBytesMax'>;

/** Header lines and names of files of all parts together. A form of a thousand fields and a hundred files has 1,300. */
const HEADS_MAX = 20_000;

/**
 * `contentType` is the whole field of the request. Fields are told apart up to `valuesMax`; heads are read behind that too,
 * because there what is encoded or a script that is uploaded would be missed.
 */
export function readMultipart(
  text: string,
  contentType: string,
  valuesMax: number,
  limits: MultipartLimits,
): ParsedBody {
  const flags = newFlags();
  const boundary = readBoundary(contentType, flags);
  const reader = new MultipartReader(text, boundary.text, valuesMax, limits, flags);
  reader.problem = boundary.error;
  if (boundary.text !== '') reader.readParts();
  return reader.answer();
}

class MultipartReader {
  /** The first thing that is wrong. */
  problem: string | undefined;
  readonly #text: string;
  readonly #boundary: string;
  readonly #delimiter: string;
  readonly #valuesMax: number;
  readonly #limits: MultipartLimits;
  readonly #flags: FlagsBeingSet;
  readonly #values: Value[] = [];
  readonly #files: Value[] = [];
  readonly #fileContents: Value[] = [];
  readonly #partNames: Value[] = [];
  readonly #partFilenames: Value[] = [];
  readonly #partHeaders: Value[] = [];
  #filesBytes = 0;
  #headsLeft = HEADS_MAX;
  #isExceeded = false;
  #at = 0;

  constructor(
    text: string,
    boundary: string,
    valuesMax: number,
    limits: MultipartLimits,
    flags: FlagsBeingSet,
  ) {
    this.#text = text;
    this.#boundary = boundary;
    this.#delimiter = `--${boundary}`;
    this.#valuesMax = valuesMax;
    this.#limits = limits;
    this.#flags = flags;
  }

  answer(): ParsedBody {
    const hasError = this.problem !== undefined;
    return {
      ...UNREAD_BODY,
      processor: 'MULTIPART',
      values: this.#values,
      files: this.#files,
      fileContents: this.#fileContents,
      fileSizes: this.#fileContents.map(({ key, text }) => new Value(key, String(text.length))),
      filesBytes: this.#filesBytes,
      isExceeded: this.#isExceeded,
      error: hasError ? `multipart: ${this.problem}` : undefined,
      multipart: finishFlags(this.#flags, hasError),
      partNames: this.#partNames,
      partFilenames: this.#partFilenames,
      partHeaders: this.#partHeaders,
    };
  }

  readParts(): void {
    if (!this.#findFirst()) return;
    for (;;) {
      const state = this.#readBoundaryEnd();
      if (state !== 'part' || !this.#readPart()) return;
    }
  }

  /** Goes behind the first boundary. */
  #findFirst(): boolean {
    const isFirst = this.#text.startsWith(this.#delimiter);
    if (isFirst) this.#at = this.#delimiter.length;
    if (isFirst) return true;
    this.#fail('body does not begin with the boundary');
    if (this.#text !== '') this.#flags.dataBefore = true;
    const found = this.#text.indexOf(`\n${this.#delimiter}`);
    if (found < 0) return false;
    this.#at = found + 1 + this.#delimiter.length;
    return true;
  }

  /** Behind a boundary: a part begins, or the last boundary is complete, or it is none. */
  #readBoundaryEnd(): 'part' | 'end' | 'bad' {
    const isLast = this.#text.startsWith('--', this.#at);
    if (isLast) this.#at += 2;
    if (isLast && this.#at === this.#text.length) return 'end';
    if (this.#text.startsWith('\r\n', this.#at)) {
      this.#flags.crlfLine = true;
      this.#at += 2;
    } else if (this.#text.startsWith('\n', this.#at)) {
      this.#flagLineFeed();
      this.#at++;
    } else {
      this.#fail('boundary is not followed by the end of its line');
      return 'bad';
    }
    if (!isLast) return 'part';
    if (this.#at < this.#text.length) {
      this.#flags.dataAfter = true;
      this.#fail('something follows the last boundary');
    }
    return 'end';
  }

  /** Reads from the first header line of a part to behind the boundary that ends it; false when that is not there. */
  #readPart(): boolean {
    const start = this.#at;
    const head = newHead();
    if (!this.#readHead(head)) return false;
    const contentStart = this.#at;
    const end = this.#findEnd(contentStart);
    this.#addPart(head, start, this.#text.slice(contentStart, end));
    if (this.#headsLeft < 0) this.#fail('there are too many parts');
    return this.#at < this.#text.length && this.#headsLeft >= 0;
  }

  /** False when the head is cut or too long: nothing behind it makes sense then. */
  #readHead(head: PartHead): boolean {
    const text = this.#text;
    for (let count = 0; ; count++) {
      const feed = text.indexOf('\n', this.#at);
      if (
        feed < 0 ||
        feed - this.#at > this.#limits.partHeaderBytesMax ||
        count > this.#limits.partHeadersMax
      ) {
        this.#fail('head of a part is cut or too long');
        this.#tellHead(head);
        return false;
      }
      const isCrlf = feed > this.#at && text.charCodeAt(feed - 1) === 0x0d;
      if (isCrlf) this.#flags.crlfLine = true;
      else this.#flagLineFeed();
      const line = text.slice(this.#at, isCrlf ? feed - 1 : feed);
      this.#at = feed + 1;
      if (line === '') return true;
      if (line.startsWith(this.#delimiter)) this.#flags.invalidPart = true;
      readHeaderLine(head, line, this.#flags, this.#limits.partHeaderBytesMax);
    }
  }

  /**
   * Where the content that begins at `start` ends; goes behind the boundary that ends it, or to the end of the text.
   * A part that is cut is still inspected, as far as it goes.
   */
  #findEnd(start: number): number {
    const text = this.#text;
    if (text.startsWith(this.#delimiter, start)) {
      this.#flags.invalidPart = true;
      this.#fail('boundary comes where content begins');
    }
    const feed = this.#findBoundaryLine(start);
    this.#checkDashes(start, feed < 0 ? text.length : feed);
    if (feed < 0) {
      this.#fail('last boundary is missing');
      this.#at = text.length;
      return text.length;
    }
    this.#at = feed + 1 + this.#delimiter.length;
    if (feed > start && text.charCodeAt(feed - 1) === 0x0d) return feed - 1;
    this.#flagLineFeed();
    return feed;
  }

  /** The line feed before the next boundary, -1 when there is none. */
  #findBoundaryLine(start: number): number {
    const text = this.#text;
    // Nearly always the first place where it is found at all, which needs one search.
    const first = text.indexOf(this.#delimiter, start);
    if (first < 0) return -1;
    if (first > start && text.charCodeAt(first - 1) === 0x0a) return first - 1;
    if (first > start) {
      // Some servers look for it anywhere.
      this.#flags.unmatchedBoundary = true;
      this.#fail('boundary is in the middle of a line');
    }
    return text.indexOf(`\n${this.#delimiter}`, start);
  }

  /** Looks for lines of a content that begin with two dashes as a boundary does. */
  #checkDashes(start: number, end: number): void {
    const text = this.#text;
    const isFirst = text.startsWith('--', start) && !text.startsWith(this.#delimiter, start);
    if (isFirst || isBefore(text.indexOf('\n--', start), end)) this.#flags.unmatchedBoundary = true;
    // RFC 2046 §5.1.1 has no boundary there; some servers trim, or take the quotes for a part of it.
    for (let at = text.indexOf(this.#boundary, start); isBefore(at, end);) {
      if (isDecorated(text, start, at)) this.#fail('boundary has white space or quotes');
      at = text.indexOf(this.#boundary, at + 1);
    }
  }

  #addPart(head: PartHead, start: number, content: string): void {
    this.#tellHead(head);
    const name = head.disposition?.names[0] ?? '';
    const { told, mayBeField } = fileNamesOf(head.disposition);
    if (told.length > 0) this.#addFile(name, told, content);
    // An input of a file that was left empty has an empty name: its content counts as that of a field.
    if (mayBeField) this.#addField(name, content, start);
  }

  /** Fields beyond the bound are one value, from the first part of theirs that begins at `start`. */
  #addField(name: string, content: string, start: number): void {
    if (this.#isExceeded) return;
    this.#isExceeded = this.#values.length >= this.#valuesMax;
    this.#values.push(this.#isExceeded ? new Value('', this.#text.slice(start)) : new Value(name, content));
  }

  #addFile(name: string, filenames: readonly string[], content: string): void {
    for (const filename of filenames) this.#files.push(new Value(name, filename));
    this.#fileContents.push(new Value(name, content));
    this.#filesBytes += content.length;
    if (this.#fileContents.length > this.#limits.filesMax) {
      this.#flags.fileLimitExceeded = true;
      this.#fail('there are too many files');
    }
  }

  /** What the head says, in the variables that say it. */
  #tellHead(head: PartHead): void {
    finishHead(head, this.#flags);
    const name = head.disposition?.names[0] ?? '';
    if (name === '') this.#flags.invalidPart = true;
    for (const line of head.lines) this.#partHeaders.push(new Value(name, line));
    for (const each of head.disposition?.names ?? []) this.#partNames.push(new Value(each, each));
    const { filenames = [], extendedFilenames = [] } = head.disposition ?? {};
    this.#headsLeft -= head.lines.length + filenames.length + extendedFilenames.length;
    for (const each of filenames) this.#partFilenames.push(new Value(each, each));
    for (const each of extendedFilenames) this.#partFilenames.push(new Value(each, each));
    if (head.problem !== undefined) this.#fail(head.problem);
  }

  #flagLineFeed(): void {
    this.#flags.lfLine = true;
    this.#fail('a line ends with a bare line feed');
  }

  #fail(problem: string): void {
    this.problem ??= problem;
  }
}

function isBefore(at: number, end: number): boolean {
  return at >= 0 && at < end;
}

/** True when two dashes at the beginning of a line, and then white space or quotes, come before `at`. */
function isDecorated(text: string, start: number, at: number): boolean {
  let before = at - 1;
  while (before >= start && (text.charCodeAt(before) === 0x22 || isSpace(text.charCodeAt(before)))) before--;
  const dashes = before - 1;
  const isLineStart = dashes === start || text.charCodeAt(dashes - 1) === 0x0a;
  return before < at - 1 && dashes >= start && isLineStart && text.startsWith('--', dashes);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
