/**
 * Servers that say who they are, and clients that count whom they met: for traffic of many requests over few connections,
 * through one proxy or another.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface FleetServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The most requests that it had in hand at once. */
  most: number;
}

const PLACED_PORT = 8083;
/** How long a client waits for all its responses. */
const WAIT_MS = 60_000;
/** Requests that a client sends ahead. Proxies serve them one after the other all the same. */
const AHEAD = 40;

/** When servers answer: at once when nothing is said. And where they are. */
export interface Answering {
  /** At addresses that are the same in each run, for what is made of addresses; the next ones where somebody has these. */
  readonly isPlaced?: boolean;
  readonly delayMs?: number;
  /** When all of them together have so many requests in hand, all of which are answered then. */
  readonly atOnce?: number;
}

/** Servers `a`, `b`, … that answer each request with their name. They end with the test. */
export async function startFleet(
  t: TestContext,
  count: number,
  { delayMs = 0, atOnce = 0, isPlaced = false }: Answering = {},
): Promise<readonly FleetServer[]> {
  const fleet: FleetServer[] = [];
  const held: (() => void)[] = [];
  for (let index = 0; index < count; index++) {
    const one = { name: String.fromCharCode(0x61 + index), host: '127.0.0.1', port: 0, most: 0 };
    const sockets = new Set<Socket>();
    let open = 0;
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
      let rest = '';
      socket.on('data', (bytes) => {
        const heads = (rest + bytes.toString('latin1')).split('\r\n\r\n');
        rest = heads.pop() ?? '';
        open += heads.length;
        one.most = Math.max(one.most, open);
        const answer = (): void => {
          open -= heads.length;
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${one.name}`.repeat(heads.length));
        };
        if (atOnce > 0) {
          held.push(answer);
          if (held.length >= atOnce) for (const each of held.splice(0)) each();
        } else if (delayMs === 0) answer();
        else setTimeout(answer, delayMs);
      });
    });
    const { address, port } = isPlaced
      ? await listenPlaced(server, index)
      : await listenAt(server, one.host, one.port);
    Object.assign(one, { host: address, port });
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    fleet.push(one);
  }
  return fleet;
}

async function listenAt(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server.address() as AddressInfo; // Not a pipe: it listens on a port.
}

async function listenPlaced(server: Server, index: number): Promise<AddressInfo> {
  for (let place = 0; ; place++) {
    try {
      return await listenAt(server, `127.83.${place}.${index + 1}`, PLACED_PORT);
    } catch (error) {
      if (place === 255 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/** Sends requests (each a whole one without a body) on one connection, and gives the name of the server of each. */
export async function visit(
  port: number,
  requests: readonly string[],
  localAddress = '127.0.0.1',
): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  const names: string[] = [];
  let sent = 0;
  let text = '';
  const send = (): void => {
    const next = requests.slice(sent, names.length + AHEAD);
    sent += next.length;
    if (next.length > 0) socket.write(next.join(''));
  };
  const done = new Promise<void>((resolve, reject) => {
    socket.on('data', (bytes) => {
      const parts = (text + bytes.toString('latin1')).split(/(?<=\r\n\r\n[a-z])/);
      text = parts.pop() ?? '';
      if (/\r\n\r\n[a-z]$/.test(text)) {
        parts.push(text);
        text = '';
      }
      for (const part of parts) {
        if (!part.startsWith('HTTP/1.1 200')) reject(new Error(`Not answered by a server: ${part}`));
        names.push(part.slice(-1));
      }
      if (names.length === requests.length) resolve();
      else send();
    });
    socket.on('error', reject);
    socket.on('close', () =>
      reject(new Error(`Closed after ${names.length} of ${requests.length} responses`)),
    );
    socket.setTimeout(WAIT_MS, () => reject(new Error(`Silent after ${names.length} responses`)));
  });
  try {
    send();
    await done;
  } finally {
    socket.destroy();
  }
  return names;
}

/** The same on several connections, each with its part of the requests; names in the order of the requests. */
export async function visitAll(
  port: number,
  requests: readonly string[],
  connections: number,
): Promise<string[]> {
  const size = Math.ceil(requests.length / connections);
  const parts = Array.from({ length: connections }, (_, index) =>
    requests.slice(index * size, (index + 1) * size),
  );
  return (await Promise.all(parts.map((part) => visit(port, part)))).flat();
}

/**
 * So many times the same request on several connections, each of which asks again as soon as it is answered: as many are in
 * hand until the last ones as there are connections, however long each server takes.
 */
export async function visitTogether(
  port: number,
  {
    request,
    count,
    connections,
  }: { readonly request: string; readonly count: number; readonly connections: number },
): Promise<string[]> {
  const names: string[] = [];
  let left = count;
  const ask = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error('A response did not come')));
    try {
      let text = '';
      const isMore = (): boolean => left-- > 0;
      if (!isMore()) return;
      socket.write(request);
      // Our servers answer in one piece; the proxies may not.
      for await (const bytes of socket as AsyncIterable<Buffer>) {
        text += bytes.toString('latin1');
        if (!/\r\n\r\n[a-z]$/.test(text)) continue;
        assert.match(text, /^HTTP\/1\.1 200/);
        names.push(text.slice(-1));
        text = '';
        if (!isMore()) return;
        socket.write(request);
      }
      throw new Error(`Closed after ${names.length} of ${count} responses`);
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: connections }, ask));
  return names;
}

/** How many per cent of `names` each of `fleet` is, in its order. */
export function sharesOf(names: readonly string[], fleet: readonly FleetServer[]): number[] {
  const shares = fleet.map(({ name }) => (100 * names.filter((one) => one === name).length) / names.length);
  assert(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100) < 1e-6, 'somebody else has answered');
  return shares;
}
