/**
 * What the HTTP/1.1 codec costs: nanoseconds for a head and for a byte of it, in one process and without a socket.
 *
 *     node bench/codec.ts [rounds per row]
 *
 * Each row reads the same bytes again and again with one object, as a keep-alive connection does, and prints the best
 * of many short rounds: on a shared machine the best is the one that was disturbed least. All bytes are in the cache and
 * every branch is foreseen, so a real connection pays more.
 *
 * Tried on the browser request and not kept, because nothing was gained: testing values four bytes at a time through a
 * DataView (values are too short, 15 % slower), comparisons instead of the table for values, folding names with
 * `| 0x20` instead of a table. A bare loop over the table takes a third of the whole time.
 */
import { Buffer } from 'node:buffer';
import { CHUNK_DATA, CHUNK_END, ChunkedReader } from '../src/http/chunked.ts';
import { READ_OK } from '../src/http/field-section.ts';
import * as known from '../src/http/known-headers.ts';
import { RequestHead } from '../src/http/request-head.ts';
import { ResponseHead } from '../src/http/response-head.ts';
import { headerSet, spliceFields } from '../src/http/splice.ts';

const LIMITS = {
  headBytes: 32_768,
  targetBytes: 8192,
  headerCount: 100,
  chunkExtensionBytes: 1024,
  trailerBytes: 8192,
} as const;
const ROUNDS = 500;
const BATCH = 500;

const lines = (...parts: readonly string[]): Buffer => Buffer.from(`${parts.join('\r\n')}\r\n\r\n`, 'latin1');

const MINIMAL = lines('GET / HTTP/1.1', 'Host: a.example');
const BROWSER = lines(
  'GET /articles/2024/the-gates-of-the-fortress?page=2&sort=newest HTTP/1.1',
  'Host: www.example.com',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.7',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: https://www.example.com/articles',
  'Cookie: session=5f0c7a1e9b3d4c2f8a6e; theme=dark',
  'Upgrade-Insecure-Requests: 1',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Site: same-origin',
  'Cache-Control: max-age=0',
);
const UPLOAD = lines(
  'POST /form HTTP/1.1',
  'Host: www.example.com',
  'Content-Type: application/json',
  'Content-Length: 1234',
  'Connection: close, x-trace',
);
const RESPONSE = lines(
  'HTTP/1.1 200 OK',
  'Date: Mon, 01 Jan 2024 00:00:00 GMT',
  'Server: example',
  'Content-Type: text/html; charset=utf-8',
  'Content-Length: 10240',
  'Last-Modified: Sun, 31 Dec 2023 00:00:00 GMT',
  'ETag: "65904780-2800"',
  'Cache-Control: max-age=60',
  'Connection: keep-alive',
);
const CHUNKED = Buffer.concat([
  ...Array.from({ length: 8 }, () => Buffer.from(`400\r\n${'x'.repeat(1024)}\r\n`)),
  Buffer.from('0\r\n\r\n'),
]);

const request = new RequestHead(LIMITS);
const response = new ResponseHead(LIMITS);
const chunked = new ChunkedReader(LIMITS);
const removal = {
  known: headerSet(known.CONNECTION, known.KEEP_ALIVE, known.TE, known.X_FORWARDED_FOR),
  names: undefined,
  aliases: undefined,
};

const ROWS: readonly { name: string; bytes: Buffer; run: (bytes: Buffer) => number }[] = [
  { name: 'request, minimal', bytes: MINIMAL, run: readRequest },
  { name: 'request, browser', bytes: BROWSER, run: readRequest },
  { name: 'request, browser, in 3 pieces', bytes: BROWSER, run: readInPieces },
  { name: 'request, upload', bytes: UPLOAD, run: readRequest },
  { name: 'request, browser, read and spliced', bytes: BROWSER, run: readAndSplice },
  { name: 'response', bytes: RESPONSE, run: readResponse },
  { name: 'chunked body, 8 x 1 KiB', bytes: CHUNKED, run: readChunked },
];

const rounds = Number(process.argv[2] ?? ROUNDS);
process.stdout.write(
  `${'row'.padEnd(38)}${'bytes'.padStart(7)}${'ns'.padStart(9)}${'ns/byte'.padStart(9)}\n`,
);
for (const { name, bytes, run } of ROWS) {
  const best = measure(run, bytes);
  const perByte = (best / bytes.length).toFixed(2);
  process.stdout.write(
    `${name.padEnd(38)}${String(bytes.length).padStart(7)}${best.toFixed(0).padStart(9)}${perByte.padStart(9)}\n`,
  );
}

/** Nanoseconds for one run, the best of the rounds. */
function measure(run: (bytes: Buffer) => number, bytes: Buffer): number {
  let best = Infinity;
  let checked = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let index = 0; index < BATCH; index++) checked += run(bytes);
    best = Math.min(best, ((performance.now() - start) / BATCH) * 1e6);
  }
  if (checked === 0) throw new Error('Cannot measure: nothing was read');
  return best;
}

function readRequest(bytes: Buffer): number {
  request.restart();
  if (request.read(bytes, 0, bytes.length) !== READ_OK) throw new Error(`Cannot read: ${request.refusal}`);
  return request.length;
}

function readInPieces(bytes: Buffer): number {
  request.restart();
  request.read(bytes, 0, 100);
  request.read(bytes, 0, 300);
  if (request.read(bytes, 0, bytes.length) !== READ_OK) throw new Error(`Cannot read: ${request.refusal}`);
  return request.length;
}

function readAndSplice(bytes: Buffer): number {
  readRequest(bytes);
  return spliceFields(request.text, 0, request.fields, removal).length;
}

function readResponse(bytes: Buffer): number {
  response.restart();
  if (response.read(bytes, 0, bytes.length) !== READ_OK) throw new Error(`Cannot read: ${response.refusal}`);
  return response.length;
}

function readChunked(bytes: Buffer): number {
  chunked.restart();
  let state = chunked.next(bytes, 0, bytes.length);
  while (state === CHUNK_DATA) state = chunked.next(bytes, chunked.position, bytes.length);
  if (state !== CHUNK_END) throw new Error(`Cannot read: ${chunked.refusal}`);
  return chunked.position;
}
