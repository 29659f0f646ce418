/** Sockets of `udp` listeners: one for each worker on one port, as listen-sockets.ts has them for TCP. */
import { openDatagramListener } from '../linux/bound-socket.ts';
import { Sockets } from '../linux/sockets.ts';
import { parseAddress } from '../net/address.ts';

export interface DatagramSockets {
  /** That which the system chose for port 0. */
  readonly port: number;
  readonly descriptors: readonly number[];
}

/**
 * With several sockets the kernel gives each sender one of them, by address and port, so that a flow stays with its
 * worker. Throws what the system says.
 */
export function openDatagramSockets(host: string, asked: number, workers: number): DatagramSockets {
  const address = parseAddress(host);
  if (address === undefined) throw new Error(`${host} is no address`);
  const sockets = new Sockets();
  const descriptors: number[] = [];
  let port = asked;
  try {
    // Sockets that share a port would share it with another Sallyport, too.
    if (workers > 1 && asked !== 0) sockets.close(openDatagramListener(sockets, { address, port }, false));
    for (let worker = 0; worker < workers; worker++) {
      const descriptor = openDatagramListener(sockets, { address, port }, workers > 1);
      descriptors.push(descriptor);
      port = sockets.portOf(descriptor);
    }
    return { port, descriptors };
  } catch (error) {
    for (const descriptor of descriptors) sockets.close(descriptor);
    throw error;
  }
}
