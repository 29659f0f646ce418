/**
 * One place that takes spans, over HTTP or HTTPS: sends a request and says what became of it. Never rejects.
 *
 * Every request has a deadline, and of an answer only its beginning is read. Redirects are not followed: the requests
 * carry a token.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { wallNow } from '../../base/clock.ts';
import type { TracingOptions } from '../../proxy/tracing/options.ts';
import { readFailure, readPartialSuccess, readRetryAfter } from './otlp.ts';
import type { PartialSuccess } from './otlp.ts';

export type Answer =
  | ({ readonly kind: 'taken' } & PartialSuccess)
  /** It may be sent again, after so many milliseconds if the collector says so. */
  | { readonly kind: 'later'; readonly afterMs: number | undefined; readonly because: string }
  /** It would be refused again. */
  | { readonly kind: 'refused'; readonly because: string };

export interface Collector {
  /** `body` is ASCII. */
  send(body: string): Promise<Answer>;
  /** Gives up a request that waits. */
  close(): void;
}

export type CollectorOptions = Pick<TracingOptions, 'headers' | 'timeout' | 'compression' | 'ca'> & {
  readonly endpoint: string;
  /** Of Sallyport. */
  readonly version: string;
};

/** Bytes of an answer that are read. */
const ANSWER_BYTES_MAX = 65_536;
/** OTLP/HTTP: after these the request may be sent again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const compress = promisify(gzip);

/** Reads the file that `ca` names, and throws with a message for people where that fails. Connects to nothing. */
export function openCollector(options: CollectorOptions): Collector {
  const { ca } = options;
  return new HttpCollector(options, ca === undefined ? undefined : readCertificates(ca));
}

function readCertificates(path: string): string {
  const what = `Cannot read the certificates of "tracing.ca" in "${path}"`;
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    throw new Error(`${what}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, { cause: error });
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${what}: there is none in it`);
  return text;
}

class HttpCollector implements Collector {
  readonly #options: CollectorOptions;
  readonly #url: URL;
  /** One connection, kept for the next request. */
  readonly #agent: HttpAgent;
  /** Gives up the request that was sent last. */
  #present: AbortController | undefined;
  #isClosed = false;

  constructor(options: CollectorOptions, ca: string | undefined) {
    this.#options = options;
    this.#url = new URL(options.endpoint);
    if (this.#url.pathname === '/') this.#url.pathname = '/v1/traces';
    const kept = { keepAlive: true, maxSockets: 1 };
    const isSecure = this.#url.protocol === 'https:';
    this.#agent = isSecure ? new HttpsAgent(ca === undefined ? kept : { ...kept, ca }) : new HttpAgent(kept);
  }

  async send(body: string): Promise<Answer> {
    const { compression, timeout } = this.#options;
    const present = new AbortController();
    this.#present = present;
    const timer = setTimeout(() => present.abort(), timeout);
    try {
      const bytes = compression === 'gzip' ? await compress(body) : Buffer.from(body, 'latin1');
      if (this.#isClosed) present.abort();
      return await this.#post(bytes, present.signal);
    } catch (error) {
      const isLate = present.signal.aborted && !this.#isClosed;
      const because = isLate ? `no answer within ${timeout} ms` : messageOf(error);
      return { kind: 'later', afterMs: undefined, because };
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#present?.abort();
    this.#agent.destroy();
  }

  #post(bytes: Buffer, signal: AbortSignal): Promise<Answer> {
    const send = this.#url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const request = send(this.#url, this.#requestOptions(bytes.length, signal), (response) => {
        readBody(response).then((body) => resolve(judge(response, body)), reject);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // Just closed by the collector, which had waited long enough for a request: nothing is wrong with it.
        const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
        if (isStale) this.#post(bytes, signal).then(resolve, reject);
        else reject(error);
      });
      request.end(bytes);
    });
  }

  #requestOptions(length: number, signal: AbortSignal): RequestOptions {
    const { compression, headers, version } = this.#options;
    return {
      method: 'POST',
      agent: this.#agent,
      signal,
      headers: {
        'User-Agent': `sallyport/${version}`,
        ...Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value])),
        'Content-Type': 'application/json',
        'Content-Length': length,
        ...(compression === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
      },
    };
  }
}

/** The beginning of a body; one that is too long is cut off, together with its connection. */
async function readBody(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(pieces).toString('utf8', 0, ANSWER_BYTES_MAX);
}

function judge({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'taken', ...readPartialSuccess(body) };
  const said = readFailure(body);
  const because = `it answers ${statusCode}${said === '' ? '' : `: ${said}`}`;
  if (!RETRYABLE.has(statusCode)) return { kind: 'refused', because };
  return { kind: 'later', afterMs: readRetryAfter(headers['retry-after'], wallNow()), because };
}

/** A name with several addresses fails with one error for each. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
