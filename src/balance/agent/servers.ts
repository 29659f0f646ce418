/**
 * The two servers of an agent: one line for each connection, as HAProxy asks for it, and JSON over HTTP. Both answer a
 * bounded number of clients at once and give each a bounded time, so that nobody can keep the agent from its balancer.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { asciiJson } from '../../base/escape.ts';
import { canonicalAddress, parseAddress } from '../../net/address.ts';
import type { Endpoint } from '../../net/address.ts';
import type { CidrSet } from '../../net/cidr.ts';
import type { AgentView } from './watch.ts';

/** Connections at once, to each server. More are closed at once. */
export const CLIENTS_MAX = 64;
/** How long a client may take, in milliseconds. */
export const CLIENT_MS = 2000;

export interface AgentServerOptions {
  /** Who is answered; undefined for everybody. */
  readonly allow: CidrSet | undefined;
  readonly view: () => AgentView;
}

export interface AgentServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers each connection with one line. What a client sends is not looked at: it may be meant for another agent. */
export function serveLine(at: Endpoint, { allow, view }: AgentServerOptions): Promise<AgentServer> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (!isAllowed(allow, socket.remoteAddress)) {
      socket.resetAndDestroy();
      return;
    }
    socket.resume();
    // A deadline and not an idle timeout: a client that sends for ever is not waited for.
    const timer = setTimeout(() => socket.destroy(), CLIENT_MS);
    socket.on('close', () => clearTimeout(timer));
    socket.end(`${view().line}\n`, 'latin1');
  });
  server.maxConnections = CLIENTS_MAX;
  return listen(server, at);
}

/** Answers `GET /` with JSON. */
export async function serveJson(at: Endpoint, { allow, view }: AgentServerOptions): Promise<AgentServer> {
  const server = createHttpServer(
    {
      maxHeaderSize: 8192,
      requestTimeout: CLIENT_MS,
      headersTimeout: CLIENT_MS,
      connectionsCheckingInterval: 500,
    },
    (request, response) => {
      const isKnown = request.url === '/' && (request.method === 'GET' || request.method === 'HEAD');
      const status = isAllowed(allow, request.socket.remoteAddress) ? (isKnown ? 200 : 404) : 403;
      const body = status === 200 ? asciiJson(view()) : asciiJson({ error: 'ask with GET for /' });
      response.writeHead(status, {
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        'Cache-Control': 'no-store',
        Connection: 'close',
      });
      response.end(body);
    },
  );
  server.maxConnections = CLIENTS_MAX;
  const started = await listen(server, at);
  return {
    port: started.port,
    close: async () => {
      server.closeAllConnections();
      await started.close();
    },
  };
}

function isAllowed(allow: CidrSet | undefined, peer: string | undefined): boolean {
  if (allow === undefined) return true;
  const address = parseAddress(canonicalAddress(peer ?? ''));
  return address !== undefined && allow.has(address);
}

function listen(server: Server, { address, port }: Endpoint): Promise<AgentServer> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address.text, port, ipv6Only: address.family === 6 }, () => {
      server.off('error', reject);
      // A failed accept is one client less; the next is accepted again.
      server.on('error', () => {});
      const bound = server.address() as AddressInfo; // Not a pipe.
      resolve({ port: bound.port, close: () => closed(server) });
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
