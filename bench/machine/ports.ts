/**
 * Free ports on loopback, and a probe for whether a server accepts there yet.
 */
import { connect, createServer } from 'node:net';

/** Below the range from which Linux takes source ports (32768 on): no outgoing connection can steal the port. */
const FIRST = 20_000;
const COUNT = 10_000;
const TRIES_MAX = 200;

/** A port on 127.0.0.1 that nothing is bound to at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await canBind(port)) return port;
  }
  throw new Error(`Cannot find a free port: ${TRIES_MAX} ports from ${FIRST} on were in use`);
}

/** Whether a connection to 127.0.0.1:`port` is accepted. */
export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
