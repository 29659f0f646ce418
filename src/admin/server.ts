/**
 * The admin API on a UNIX socket, and on TCP where that is configured. Who may open the socket (its owner and root) may do
 * everything. Over TCP each request has to show a token.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Buffer } from 'node:buffer';
import { asciiJson } from '../base/escape.ts';
import type { AdminAnswer, AdminServices } from './call.ts';
import { failure } from './call.ts';
import { answerAdmin, METRICS_PATH } from './routes.ts';
import { listenOnSocketFile } from './socket-file.ts';
import type { Token } from './token.ts';

export interface AdminOptions extends AdminServices {
  /** Undefined for no socket. */
  readonly socketPath: string | undefined;
  /** Undefined for no TCP. */
  readonly tcp?: TcpOptions | undefined;
  /** Told when a request failed inside: a mistake of ours, not of the caller. */
  readonly report?: (problem: string) => void;
}

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly token: Token;
  /** Metrics are shown without the token. */
  readonly isMetricsOpen: boolean;
}

export interface Admin {
  /** The port of TCP, or undefined. */
  readonly port: number | undefined;
  /** Ends what is open and removes the socket. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 65_536;
const CONNECTIONS_MAX = 64;
const HEAD_MS = 5000;
const REQUEST_MS = 10_000;

/** Starts the admin API. Fails with a message for people when the socket or the port is in use or cannot be made. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { socketPath, tcp } = options;
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    if (socketPath !== undefined) {
      const server = newServer((request, response) => serve(request, response, options));
      await listenOnSocketFile(server, socketPath);
      servers.push(server);
    }
    if (tcp === undefined) return { port: undefined, close };
    const server = newServer((request, response) => {
      if (isAllowed(request, tcp)) serve(request, response, options);
      else refuse(request, response);
    });
    const port = await listenOnPort(server, tcp);
    servers.push(server);
    return { port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function newServer(listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const limits = { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: HEAD_MS };
  const server = createServer(limits, listener);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function listenOnPort(server: Server, { host, port }: TcpOptions): Promise<number> {
  const listening = once(server, 'listening');
  server.listen({ host, port });
  try {
    await listening;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(`Cannot listen on ${host} port ${port} for the admin API: ${code}`, { cause: error });
  }
  return (server.address() as AddressInfo).port; // It listens on a port.
}

/** Over TCP everything needs the token, but for metrics where those are open. */
function isAllowed({ method, url, headers }: IncomingMessage, { token, isMetricsOpen }: TcpOptions): boolean {
  if (isMetricsOpen && method === 'GET' && url === METRICS_PATH) return true;
  return token.isShownBy(headers.authorization);
}

/** Without reading what else was sent. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('WWW-Authenticate', 'Bearer');
  response.setHeader('Connection', 'close');
  send(
    response,
    failure(401, 'no-token', 'Cannot answer: the request does not show the token of the admin API'),
  );
  request.on('error', () => {});
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
