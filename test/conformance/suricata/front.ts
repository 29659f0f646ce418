/**
 * What our front makes of the bytes of a connection: the bodies of its messages, or the code of its refusal.
 */
import type { Buffer } from 'node:buffer';
import { ChunkedReader } from '../../../src/http/chunked.ts';
import { RequestHead } from '../../../src/http/request-head.ts';
import { ResponseHead } from '../../../src/http/response-head.ts';
import { eventsOf, refusalOf, requestStream, responseStream } from '../../support/split.ts';
import type { Connection } from './connections.ts';

/** As large as a listener may be told to take. */
const LIMITS = {
  headBytes: 65_536,
  targetBytes: 32_768,
  headerCount: 128,
  chunkExtensionBytes: 4096,
  trailerBytes: 8192,
} as const;

export interface FrontView {
  /** `request: code` or `response: code`. */
  readonly refusal: string | undefined;
  /** Of requests, then of responses; a body that is cut as far as it goes. */
  readonly bodies: readonly string[];
}

export function frontView(connection: Connection): FrontView {
  const requests = readSide(connection.fromClient, false);
  const responses = readSide(connection.fromServer, true);
  return {
    refusal: requests.refusal ?? responses.refusal,
    bodies: [...requests.bodies, ...responses.bodies],
  };
}

function readSide(bytes: Buffer, isResponse: boolean): FrontView {
  const chunked = new ChunkedReader(LIMITS);
  const stream = isResponse
    ? responseStream({ head: new ResponseHead(LIMITS), chunked })
    : requestStream({ head: new RequestHead(LIMITS), chunked });
  const events = eventsOf(stream, bytes);
  // A head that never ends gets no answer but 408.
  const isCut = events.some((event) => event.startsWith('cut in head'));
  const code = refusalOf(events) ?? (isCut ? 'head-cut' : undefined);
  const refusal = code === undefined ? undefined : `${isResponse ? 'response' : 'request'}: ${code}`;
  return { refusal, bodies: events.map(bodyOf).filter((body) => body !== undefined) };
}

/** Bodies stand in the events as JSON strings. */
function bodyOf(event: string): string | undefined {
  const json = /^(?:body|cut in body) ("(?:[^"\\]|\\.)*")/.exec(event)?.[1];
  return json === undefined ? undefined : String(JSON.parse(json));
}
