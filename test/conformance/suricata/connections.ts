/**
 * From a capture to what each side of each TCP connection sent.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { addressFromBytes } from '../../../src/net/address.ts';
import { readCapture } from '../../../src/packet/capture.ts';
import { Replay } from '../../../src/packet/replay.ts';
import type { ReplayCounts } from '../../../src/packet/replay.ts';
import type { TcpEndpoint } from '../../../src/packet/tcp-connections.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Connection {
  client: Endpoint;
  server: Endpoint;
  fromClient: Buffer;
  fromServer: Buffer;
  /** Bytes that the capture has not got. */
  missing: number;
  /** True when its beginning was seen. */
  isWhole: boolean;
}

export interface Replayed {
  readonly connections: readonly Connection[];
  readonly counts: ReplayCounts;
}

export function replayFile(file: string): Replayed {
  const capture = readCapture(readFileSync(file));
  if (capture.fault !== undefined) throw new Error(`${file}: ${capture.fault.text}`);
  const connections: Connection[] = [];
  const replay = new Replay({
    open(client, server) {
      const connection = emptyConnection(client, server);
      connections.push(connection);
      return { fromClient: sinkOf(connection, 'fromClient'), fromServer: sinkOf(connection, 'fromServer') };
    },
    close({ client, server, isWhole }) {
      const closed = connections.findLast(
        (one) => one.client.port === client.port && one.server.port === server.port,
      );
      if (closed !== undefined) closed.isWhole = isWhole;
    },
  });
  for (const packet of capture.packets) replay.add(packet);
  replay.end();
  for (const connection of connections) turnRound(connection);
  return { connections, counts: replay.counts };
}

function emptyConnection(client: TcpEndpoint, server: TcpEndpoint): Connection {
  return {
    client: { address: addressFromBytes(client.address).text, port: client.port },
    server: { address: addressFromBytes(server.address).text, port: server.port },
    fromClient: Buffer.alloc(0),
    fromServer: Buffer.alloc(0),
    missing: 0,
    isWhole: false,
  };
}

function sinkOf(connection: Connection, side: 'fromClient' | 'fromServer') {
  return {
    data: (bytes: Uint8Array): void => {
      connection[side] = Buffer.concat([connection[side], bytes]);
    },
    gap: (bytes: number): void => {
      connection.missing += bytes;
    },
  };
}

/** A capture that begins in the middle may have the sides wrong; who answers is the server. */
function turnRound(connection: Connection): void {
  if (connection.fromClient.toString('latin1', 0, 5) !== 'HTTP/') return;
  const { client, server, fromClient, fromServer } = connection;
  Object.assign(connection, {
    client: server,
    server: client,
    fromClient: fromServer,
    fromServer: fromClient,
  });
}
