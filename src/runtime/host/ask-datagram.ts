/**
 * The self-test for servers of datagrams: one of our own listens in the place of the server for a moment, and is asked
 * from a foreign address. What a real server answers, and whether it answers, nobody knows beforehand.
 */
import { Buffer } from 'node:buffer';
import { openDatagramListener, openSourceDatagrams } from '../../linux/bound-socket.ts';
import { SystemError } from '../../linux/ffi.ts';
import type { Sockets } from '../../linux/sockets.ts';
import { canonicalAddress } from '../../net/address.ts';
import type { Address, Endpoint } from '../../net/address.ts';
import { DatagramSocket } from '../../net/datagram-socket.ts';

/** What came of it: that somebody else has the port is no failure. */
export type DatagramAnswer = { readonly seen: string } | 'in-use' | 'silent' | { readonly error: string };

/** Asks from `from` whoever is on `server`, an address of this host. */
export async function askDatagram(
  sockets: Sockets,
  server: Endpoint,
  from: Address,
  mark: number,
  withinMs: number,
): Promise<DatagramAnswer> {
  let fd: number;
  try {
    fd = openDatagramListener(sockets, server, false);
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EADDRINUSE') return 'in-use';
    throw error;
  }
  const { family } = server.address;
  const responder = new DatagramSocket(
    family,
    {
      onDatagram: (_, peer) => responder.sendTo(Buffer.from(canonicalAddress(peer.address)), peer, () => {}),
      onError: () => {},
      onDefect: () => {},
    },
    fd,
  );
  try {
    const source = openSourceDatagrams(sockets, {
      family,
      from: { address: from, port: 0 },
      isTransparent: true,
      mark,
    });
    return await answerTo(source, server, withinMs);
  } finally {
    responder.close();
  }
}

function answerTo(fd: number, server: Endpoint, withinMs: number): Promise<DatagramAnswer> {
  return new Promise((resolve) => {
    const end = (answer: DatagramAnswer): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), withinMs);
    const socket = new DatagramSocket(
      server.address.family,
      {
        onDatagram: (bytes) => end({ seen: Buffer.from(bytes).toString('latin1') }),
        onError: (error) => end({ error: error.message }),
        onDefect: (error) => end({ error: String(error) }),
      },
      fd,
    );
    socket.connect({ address: server.address.text, port: server.port });
    socket.send(Buffer.from('?'));
  });
}
