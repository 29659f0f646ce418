/**
 * The header of a datagram: whole, of version 2, and about datagrams (PROXY protocol §2, as of April 2026).
 *
 * What waits for more in a stream is wrong here, because nothing more will come.
 */
import type { ProxyHeader } from './header.ts';
import { isUnixAddress, PROXY_LIMITS } from './header.ts';
import { readProxyV2 } from './v2.ts';

export type DatagramHeader =
  | { readonly kind: 'ok'; readonly header: ProxyHeader; readonly end: number }
  /** `text` is a sentence for logs. */
  | { readonly kind: 'bad'; readonly text: string };

export function readDatagramHeader(bytes: Uint8Array): DatagramHeader {
  const read = readProxyV2(bytes, PROXY_LIMITS);
  if (read.kind === 'need') return { kind: 'bad', text: 'The datagram ends within its PROXY header' };
  if (read.kind === 'bad') return { kind: 'bad', text: read.text };
  const problem = problemOf(read.value);
  return problem === undefined
    ? { kind: 'ok', header: read.value, end: read.end }
    : { kind: 'bad', text: `Cannot read the PROXY header: ${problem}` };
}

/** What it must not say, though it is well-formed. */
function problemOf({ source, transport }: ProxyHeader): string | undefined {
  if (source === undefined) return undefined;
  if (transport !== 'dgram') return `it is of a ${transport}, in front of a datagram`;
  if (isUnixAddress(source)) return 'it names a UNIX socket, in front of a datagram';
  if (source.port === 0) return 'it names a client without a port, to which nothing can be sent';
  return undefined;
}
