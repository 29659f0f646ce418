/**
 * The built-in decoy as a server on loopback, so that the proxy treats it like any other pool: same code, same
 * connections, same timing. What it answers is decided in answer.ts.
 *
 * It listens on 127.0.0.1 and takes requests from whoever is on this host. That is harmless: it knows no secrets,
 * keeps nothing and does nothing but answer. Bounds: connections, time per request, body bytes looked at.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answer } from './answer.ts';
import type { DecoyAnswer } from './page.ts';
import { errorPage } from './page.ts';
import type { DecoyRequest } from './request.ts';
import { BODY_CHARS_MAX } from './request.ts';
import type { Site } from './site.ts';
import { makeSite } from './site.ts';

export interface BuiltInDecoyOptions {
  /** Secret and lasting: everything that the decoy shows is made of it. See site.ts. */
  readonly seed: string;
  /** The `Server` field of every answer, `nginx` when nothing is said. Only printable ASCII. */
  readonly serverHeader?: string;
  /** A descriptor that listens on loopback already; from then on it belongs to the decoy. */
  readonly descriptor?: number;
}

export interface BuiltInDecoy {
  readonly address: { readonly host: string; readonly port: number };
  /** Ends every connection. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 4096;
const HEAD_MS = 10_000;
const REQUEST_MS = 300_000;
/** Above the time for which the proxy keeps an unused connection (4 s by default), as nginx has it. */
const KEEP_ALIVE_MS = 75_000;
const SILENCE_MS = 60_000;
/** Above any bound that a listener can have on its heads, so that this server is never the one to refuse. */
const HEAD_BYTES_MAX = 2 * 1024 * 1024;

export async function startBuiltInDecoy(options: BuiltInDecoyOptions): Promise<BuiltInDecoy> {
  const site = makeSite({ seed: options.seed, serverHeader: options.serverHeader ?? 'nginx' });
  const server = createServer(
    {
      headersTimeout: HEAD_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEAD_BYTES_MAX,
    },
    (request, response) => {
      serve(request, response, site);
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = SILENCE_MS;
  server.on('clientError', (_error, socket) => refuse(socket, site, 400));
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuse(socket, site, 405));
  if (options.descriptor === undefined) server.listen(0, '127.0.0.1');
  else server.listen({ fd: options.descriptor });
  await once(server, 'listening');
  // An address of a TCP server: not the text of a pipe, and not null while it listens.
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads the whole request, as an application would, and keeps its beginning until it is answered. */
function serve(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const parts: Buffer[] = [];
  let size = 0;
  request.on('data', (part: Buffer) => {
    if (size < BODY_CHARS_MAX) parts.push(part.subarray(0, BODY_CHARS_MAX - size));
    size += part.length;
  });
  request.on('end', () => {
    const body = Buffer.concat(parts).toString('latin1');
    const { method = '', url: target = '', headers } = request;
    const decoyAnswer = answerSafely(
      { method, target, contentType: headers['content-type'] ?? '', body },
      site,
    );
    send(response, method, decoyAnswer);
  });
  // The other side is gone: there is nobody to answer.
  request.on('error', () => {});
}

/** A mistake of ours, found by whoever sends the oddest requests there are, must not end the proxy. */
function answerSafely(request: DecoyRequest, site: Site): DecoyAnswer {
  try {
    return answer(request, site);
  } catch {
    return errorPage(site, 500);
  }
}

function send(response: ServerResponse, method: string, decoyAnswer: DecoyAnswer): void {
  const fields = [...decoyAnswer.headers, ['Content-Length', String(decoyAnswer.body.length)] as const];
  response.writeHead(decoyAnswer.status, fields.flat());
  if (method === 'HEAD') response.end();
  else response.end(decoyAnswer.body, 'latin1');
}

/** An answer where there is no request to answer, and the end of the connection. */
function refuse(socket: Duplex | Socket, site: Site, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { headers, body } = errorPage(site, status);
  const head = [
    `HTTP/1.1 ${status} ${status === 400 ? 'Bad Request' : 'Not Allowed'}`,
    `Date: ${new Date().toUTCString()}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  socket.on('error', () => {});
  // The page of an error is ASCII.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
