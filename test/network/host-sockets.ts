/** Clients and servers of a test in its own process, with sockets in the hosts of a topology. */
import assert from 'node:assert/strict';
import { createServer, Socket } from 'node:net';
import type { Server } from 'node:net';
import type { TestContext } from 'node:test';
import { openSourceSocket } from '../../src/linux/bound-socket.ts';
import { IPV6_ONLY, REUSE_ADDRESS, Sockets, STREAM } from '../../src/linux/sockets.ts';
import { familyNumber } from '../../src/linux/socket-address.ts';
import { parseEndpoint } from '../../src/net/address.ts';
import type { Endpoint } from '../../src/net/address.ts';
import { response } from '../support/message.ts';
import type { Host } from '../support/topology.ts';
import { Wire } from '../support/wire.ts';

/** Connects from a host to `to`, such as `192.0.2.1:80`, from the address `from` if there is one. */
export async function connectIn(host: Host, to: string, from?: string): Promise<Wire> {
  const target = endpoint(to);
  const fd = host.enter(() =>
    openSourceSocket(new Sockets(), {
      family: target.address.family,
      from: from === undefined ? undefined : endpoint(from),
      isTransparent: false,
      mark: 0,
    }),
  );
  const socket = new Socket({ fd, allowHalfOpen: true });
  socket.connect({ host: target.address.text, port: target.port });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new Wire(socket);
}

/** Listens in a host; closed after the test. `onSocket` gets every connection. */
export async function listenIn(
  t: TestContext,
  host: Host,
  at: string,
  onSocket: (socket: Socket) => void,
): Promise<Server> {
  const bind = endpoint(at);
  const fd = host.enter(() => {
    const sockets = new Sockets();
    const made = sockets.open(familyNumber(bind.address.family), STREAM);
    sockets.set(made, REUSE_ADDRESS, 1);
    if (bind.address.family === 6) sockets.set(made, IPV6_ONLY, 1);
    sockets.bind(made, bind);
    return made;
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd, backlog: 1024 }, resolve);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

/** An HTTP server in a host that answers every request with the other end of its connection: `192.0.2.7:50123`. */
export async function echoServer(t: TestContext, host: Host, at: string): Promise<Server> {
  return listenIn(t, host, at, (socket) => {
    let unread = '';
    socket.on('data', (bytes) => {
      unread += bytes.toString('latin1');
      for (let end = unread.indexOf('\r\n\r\n'); end !== -1; end = unread.indexOf('\r\n\r\n')) {
        unread = unread.slice(end + 4);
        const address = socket.remoteAddress ?? '';
        const body = `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort}`;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }
    });
  });
}

/** A server that answers each connection's request with `answer`. Gives the first lines: the PROXY headers. */
export async function headerServer(
  t: TestContext,
  host: Host,
  at: string,
  answer: string,
): Promise<readonly string[]> {
  const headers: string[] = [];
  await listenIn(t, host, at, (socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      // The PROXY header and the request may come apart.
      text += bytes.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      headers.push(text.split('\r\n')[0] ?? '');
      socket.end(response(200, answer, 'Connection: close\r\n'));
    });
  });
  return headers;
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  assert(parsed !== undefined, text);
  return parsed;
}
