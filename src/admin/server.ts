/**
 * The admin API on a UNIX socket. Who may open the socket (its owner and root) may do everything: there is no other
 * check, and no way in from the network.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { Buffer } from 'node:buffer';
import { asciiJson } from '../base/escape.ts';
import type { AdminAnswer, AdminServices } from './call.ts';
import { failure } from './call.ts';
import { answerAdmin } from './routes.ts';
import { listenOnSocketFile } from './socket-file.ts';

export interface AdminOptions extends AdminServices {
  readonly socketPath: string;
  /** Told when a request failed inside: a mistake of ours, not of the caller. */
  readonly report?: (problem: string) => void;
}

export interface Admin {
  /** Ends what is open and removes the socket. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 65_536;
const CONNECTIONS_MAX = 64;
const HEAD_MS = 5000;
const REQUEST_MS = 10_000;

/** Starts the admin API. Fails with a message for people when the socket is in use or cannot be made. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const server = createServer(
    { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: HEAD_MS },
    (request, response) => {
      serve(request, response, options);
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listenOnSocketFile(server, options.socketPath);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(request: IncomingMessage, response: ServerResponse, options: AdminOptions): void {
  const parts: Buffer[] = [];
  let size = 0;
  request.on('data', (part: Buffer) => {
    size += part.length;
    if (size <= BODY_BYTES_MAX) parts.push(part);
  });
  request.on('end', () => {
    if (size > BODY_BYTES_MAX) send(response, tooLarge());
    else void answer(request, response, Buffer.concat(parts).toString('utf8'), options);
  });
  // The other side is gone: there is nobody to answer.
  request.on('error', () => {});
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  options: AdminOptions,
): Promise<void> {
  send(response, await answerSafely(request, body, options));
}

/** A mistake of ours in one answer must not end the proxy. */
async function answerSafely(
  request: IncomingMessage,
  body: string,
  options: AdminOptions,
): Promise<AdminAnswer> {
  try {
    return await answerAdmin(
      {
        method: request.method ?? '',
        target: request.url ?? '',
        accept: request.headers.accept ?? '',
        body,
      },
      options,
    );
  } catch (error) {
    options.report?.(
      `Cannot answer an admin request: ${error instanceof Error ? error.message : String(error)}`,
    );
    return failure(500, 'internal', 'Cannot answer: there is a mistake in Sallyport');
  }
}

function tooLarge(): AdminAnswer {
  return failure(413, 'too-large', `Cannot read the request: its body has more than ${BODY_BYTES_MAX} bytes`);
}

function send(response: ServerResponse, answer: AdminAnswer): void {
  const { type } = answer;
  const text = type === undefined ? `${asciiJson(answer.body)}\n` : String(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': type ?? 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
