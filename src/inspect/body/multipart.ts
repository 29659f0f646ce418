/**
 * multipart/form-data (RFC 7578): names and values of simple fields, names of files. Contents of files are not
 * arguments.
 *
 * Servers disagree about nearly every irregularity of this format, and attackers live on that. So this reader accepts
 * the one form that browsers send; anything else is an error, which has the whole body inspected raw:
 *
 *     --BOUNDARY CRLF  header lines CRLF  CRLF  content CRLF  --BOUNDARY ...  --BOUNDARY-- [CRLF]
 */
import { Value } from '../variables/value.ts';
import type { ParsedBody } from './body.ts';
import { readTypedField } from './content-type.ts';

/** Header lines of one part, and bytes of one line. Browsers send two short ones. */
const PART_HEADERS_MAX = 10;
const PART_HEADER_BYTES_MAX = 4096;

/** Encodings that change nothing; any other would have to be decoded. */
const IDENTITY_ENCODINGS: ReadonlySet<string> = new Set(['binary', '8bit', '7bit']);

interface Reader {
  readonly text: string;
  readonly delimiter: string;
  readonly valuesMax: number;
  readonly values: Value[];
  readonly files: Value[];
  at: number;
  isExceeded: boolean;
}

/** `undefined` means that all is well so far. */
type Problem = string | undefined;

export function readMultipart(text: string, boundary: string, valuesMax: number): ParsedBody {
  const delimiter = `--${boundary}`;
  const reader: Reader = { text, delimiter, valuesMax, values: [], files: [], at: 0, isExceeded: false };
  const problem = isBoundary(boundary) ? readParts(reader) : 'boundary is missing or malformed';
  const { values, files, isExceeded } = reader;
  const error = problem === undefined ? undefined : `multipart: ${problem}`;
  return { processor: 'MULTIPART', values, files, isExceeded, error };
}

/** RFC 2046 §5.1.1, without the space: no client sends it, and trimming it is where servers differ. */
function isBoundary(boundary: string): boolean {
  return boundary.length <= 70 && /^[0-9A-Za-z'()+_,./:=?-]+$/.test(boundary);
}

function readParts(reader: Reader): Problem {
  const { text, delimiter } = reader;
  if (!text.startsWith(delimiter)) return 'body does not begin with the boundary';
  reader.at = delimiter.length;
  while (!text.startsWith('--', reader.at)) {
    if (!text.startsWith('\r\n', reader.at)) return 'boundary is not followed by the end of its line';
    reader.at += 2;
    const problem = readPart(reader);
    if (problem !== undefined || reader.isExceeded) return problem;
  }
  const rest = text.slice(reader.at + 2);
  return rest === '' || rest === '\r\n' ? undefined : 'something follows the last boundary';
}

/** Reads from the first header line of a part to behind the boundary that ends it. */
function readPart(reader: Reader): Problem {
  const start = reader.at;
  const headers: PartHeaders = { disposition: undefined, problem: undefined };
  for (let count = 0; ; count++) {
    const line = readLine(reader);
    if (line === undefined || count > PART_HEADERS_MAX) return 'head of a part is cut or too long';
    if (line === '') break;
    readHeader(headers, line);
  }
  const contentStart = reader.at;
  const end = reader.text.indexOf(`\r\n${reader.delimiter}`, contentStart);
  // A part that is cut is still inspected, as far as it goes.
  const content = reader.text.slice(contentStart, end < 0 ? reader.text.length : end);
  const problem = addPart(reader, headers, content, start);
  reader.at = end < 0 ? reader.text.length : end + 2 + reader.delimiter.length;
  return problem ?? (end < 0 ? 'last boundary is missing' : undefined);
}

function readLine(reader: Reader): string | undefined {
  const end = reader.text.slice(reader.at, reader.at + PART_HEADER_BYTES_MAX).indexOf('\r\n');
  if (end < 0) return undefined;
  const line = reader.text.slice(reader.at, reader.at + end);
  reader.at += end + 2;
  return line;
}

interface PartHeaders {
  disposition: string | undefined;
  problem: Problem;
}

function readHeader(headers: PartHeaders, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  const value = line.slice(colon + 1).trim();
  if (!/^[a-z0-9-]+$/.test(name) || /[\r\n\0]/.test(line))
    headers.problem ??= 'header line of a part is malformed';
  else if (name === 'content-disposition') {
    if (headers.disposition !== undefined) headers.problem ??= 'part has two Content-Disposition lines';
    headers.disposition ??= value;
  } else if (name === 'content-transfer-encoding' && !IDENTITY_ENCODINGS.has(value.toLowerCase())) {
    headers.problem ??= 'part is encoded';
  }
}

function addPart(reader: Reader, headers: PartHeaders, content: string, start: number): Problem {
  if (reader.values.length + reader.files.length >= reader.valuesMax) {
    reader.isExceeded = true;
    reader.values.push(new Value('', reader.text.slice(start)));
    return headers.problem;
  }
  const disposition = readTypedField(headers.disposition ?? '');
  const name = disposition.parameters.get('name');
  const file = disposition.parameters.get('filename');
  if (file === undefined) reader.values.push(new Value(name ?? '', content));
  else reader.files.push(new Value(name ?? '', file));
  if (headers.problem !== undefined) return headers.problem;
  if (disposition.type !== 'form-data' || name === undefined) return 'part is no named form data';
  // filename* gives a second name, which one server takes and another ignores.
  if ([...disposition.parameters.keys()].some((key) => key.endsWith('*')))
    return 'part has an extended parameter';
  return disposition.error;
}
