/**
 * Content-Encoding (RFC 9110 §8.4) undone before inspection: gzip, deflate, br, zstd, at most two upon each other.
 *
 * The output is bounded before it is made, by size and by ratio; the bound is handed to the decompressor, which stops
 * there. What is not exactly one whole stream is bad: cut, damaged, followed by something, or deflate that can be read
 * as both of its forms. For a bad one as much as can be had cheaply is answered, because an origin that decodes as it
 * reads acts on that much.
 */
import { Buffer } from 'node:buffer';
import * as zlib from 'node:zlib';
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { trimSpace } from './content-type.ts';
import type { BodyLimits } from './limits.ts';

export type DecodeLimits = Pick<BodyLimits, 'decodedBytesMax' | 'decodedRatioMax' | 'encodingsMax'>;

export type Decoded =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'bad';
      readonly error: string;
      /** What could be had: decoded up to the fault, perhaps nothing; as it came when nobody knows the coding. */
      readonly bytes: Uint8Array;
    };

/** Any body may become as large as this, whatever the ratio: a short one of spaces shrinks to nearly nothing. */
const DECODED_BYTES_BASE = 16_384;

/** `encodings` are all Content-Encoding fields of the message, in order. */
export function decodeContent(
  bytes: Uint8Array,
  encodings: readonly string[],
  limits: DecodeLimits,
): Decoded {
  const codings = codingsOf(encodings);
  if (codings.length > limits.encodingsMax) return bad('there are too many content codings', bytes);
  const bytesMax = Math.min(
    limits.decodedBytesMax,
    bytes.length * limits.decodedRatioMax + DECODED_BYTES_BASE,
  );
  let decoded: Decoded = { kind: 'ok', bytes };
  // The last one was applied last.
  for (const name of codings.reverse()) {
    const coding = CODINGS.get(name);
    if (coding === undefined) return bad('the content coding is not known', decoded.bytes);
    decoded = coding(decoded.bytes, bytesMax);
    if (decoded.kind === 'bad') return decoded;
  }
  return decoded;
}

/** True when there is something to decode. */
export function isEncoded(encodings: readonly string[]): boolean {
  return encodings.length > 0 && codingsOf(encodings).length > 0;
}

function codingsOf(encodings: readonly string[]): string[] {
  const names = encodings.flatMap((field) => field.split(',')).map((name) => trimSpace(name).toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

type Coding = (bytes: Uint8Array, bytesMax: number) => Decoded;
type Decompress = (bytes: Uint8Array, options: { maxOutputLength: number; finishFlush?: number }) => Stream;

interface Stream {
  readonly buffer: Buffer;
  /** `bytesWritten`: how many bytes the decompressor has taken. */
  readonly engine: { readonly bytesWritten: number };
}

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

/** x-gzip is the same as gzip (RFC 9110 §8.4.1.3). */
const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ['gzip', (bytes, max) => decompress(gunzip, FLUSH, bytes, max)],
  ['x-gzip', (bytes, max) => decompress(gunzip, FLUSH, bytes, max)],
  ['deflate', inflateEither],
  ['br', (bytes, max) => decompress(unbrotli, { finishFlush: constants.BROTLI_OPERATION_FLUSH }, bytes, max)],
  ...zstdCoding(),
]);

/** Nothing where the library runs on a Node.js before 22.15, which has no zstd: there it is a coding that is not known. */
function zstdCoding(): readonly (readonly [string, Coding])[] {
  if (!('zstdDecompressSync' in zlib)) return [];
  const flush = { finishFlush: constants.ZSTD_e_flush };
  return [['zstd', (bytes, max) => decompress(unzstd, flush, bytes, max)]];
}

// With `info` the functions answer a Stream, which their types do not say.
const gunzip: Decompress = (bytes, options) =>
  gunzipSync(bytes, { ...options, info: true }) as unknown as Stream;
const inflate: Decompress = (bytes, options) =>
  inflateSync(bytes, { ...options, info: true }) as unknown as Stream;
const inflateRaw: Decompress = (bytes, options) =>
  inflateRawSync(bytes, { ...options, info: true }) as unknown as Stream;
const unbrotli: Decompress = (bytes, options) =>
  brotliDecompressSync(bytes, { ...options, info: true }) as unknown as Stream;
/** A window above 8 MiB is more than a decoder has to have (RFC 8878 §3.1.1.1.2); it would be allocated at once. */
const unzstd: Decompress = (bytes, options) =>
  zlib.zstdDecompressSync(bytes, {
    ...options,
    info: true,
    params: { [constants.ZSTD_d_windowLogMax]: 23 },
  }) as unknown as Stream;

/** `deflate` is the zlib format (RFC 9110 §8.4.1.2), but some send and some read the bare stream. */
function inflateEither(bytes: Uint8Array, bytesMax: number): Decoded {
  const wrapped = decompress(inflate, FLUSH, bytes, bytesMax);
  if (wrapped.kind === 'bad' && hasZlibHeader(bytes)) return wrapped;
  const bare = decompress(inflateRaw, FLUSH, bytes, bytesMax);
  if (wrapped.kind === 'bad') return bare;
  return bare.kind === 'bad' ? wrapped : bad('the deflate stream can be read in two ways', wrapped.bytes);
}

/** RFC 1950 §2.2. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}

function decompress(
  run: Decompress,
  flush: { readonly finishFlush: number },
  bytes: Uint8Array,
  bytesMax: number,
): Decoded {
  try {
    const { buffer, engine } = run(bytes, { maxOutputLength: bytesMax });
    if (engine.bytesWritten === bytes.length) return { kind: 'ok', bytes: buffer };
    return bad('something follows the encoded body', buffer);
  } catch (error) {
    return bad(reasonOf(error), decompressBeginning(run, flush, bytes, bytesMax));
  }
}

/** Every failure of zlib is a fault of the input; what it says of it is code. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE') return 'the decoded body is too large';
  if (code === 'Z_BUF_ERROR') return 'the encoded body is cut';
  return 'the encoded body is malformed';
}

/** Each try costs at most what decoding to the bound costs. */
const TRIES_MAX = 7;

/**
 * The output of the longest beginning of `bytes` that a few tries find to be sound and within the bound: the whole when
 * it is only cut, else an eighth and so on, and then by halving the interval. The tool answers nothing at all for input
 * with a fault in it, nor for more output than the bound.
 */
function decompressBeginning(
  run: Decompress,
  flush: { readonly finishFlush: number },
  bytes: Uint8Array,
  bytesMax: number,
): Uint8Array {
  let best: Uint8Array = new Uint8Array(0);
  let sound = 0;
  let faulty = bytes.length + 1;
  let end = bytes.length;
  for (let tries = 0; tries < TRIES_MAX && sound < end; tries++) {
    try {
      best = run(bytes.subarray(0, end), { maxOutputLength: bytesMax, ...flush }).buffer;
      sound = end;
    } catch {
      faulty = end;
    }
    end = sound === 0 ? faulty >> 3 : (sound + faulty) >> 1;
  }
  return best;
}

function bad(error: string, bytes: Uint8Array): Decoded {
  return { kind: 'bad', error, bytes };
}
