/** The PROXY header that names a client to a server (PROXY protocol §2). */
import type { PoolOptions } from '../balance/options.ts';
import type { Client } from '../identity/client.ts';
import { canonicalAddress, parseAddress } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { isUnixAddress } from '../net/proxy-protocol/header.ts';
import { writeProxyV1 } from '../net/proxy-protocol/v1.ts';
import { writeProxyV2 } from '../net/proxy-protocol/v2-write.ts';
import type { Connection } from '../net/connection.ts';

/** What the optional TLVs say. */
export interface ProxyHeaderFacts {
  readonly uniqueId: string;
  /** The host that the client asked for, without a port; empty for none. */
  readonly authority: string;
}

/** Longest authority sent: the longest name of DNS. */
const AUTHORITY_CHARS_MAX = 255;

/** The header for a connection to a server of this pool: the client as identity decided, and where it connected to. */
export function writeProxyHeader(
  options: Pick<PoolOptions, 'proxyProtocol' | 'proxyProtocolTlvs'>,
  client: Client,
  connection: Connection,
  facts: ProxyHeaderFacts,
): Uint8Array {
  const source = endpoint(client.address, client.port);
  const destination = destinationOf(client, connection);
  const isKnown = source !== undefined && destination !== undefined;
  if (options.proxyProtocol === 'v1') {
    return writeProxyV1(isKnown ? { source, destination } : 'unknown');
  }
  const wants = (name: PoolOptions['proxyProtocolTlvs'][number]): boolean =>
    options.proxyProtocolTlvs.includes(name);
  return writeProxyV2({
    command: 'proxy',
    ...(isKnown ? { source, destination } : {}),
    tlvs: {
      uniqueId: wants('unique-id') ? facts.uniqueId : undefined,
      authority:
        wants('authority') && facts.authority !== ''
          ? facts.authority.slice(0, AUTHORITY_CHARS_MAX)
          : undefined,
      crc32c: wants('crc32c'),
    },
  });
}

/**
 * Where the client connected to: what its own PROXY header said, if it came with one, and our side of its connection
 * otherwise.
 */
export function destinationOf(client: Client, connection: Connection): Endpoint | undefined {
  const named = client.proxyHeader?.destination;
  if (named !== undefined && !isUnixAddress(named)) return named;
  const { localAddress = '', localPort = 0 } = connection.socket;
  return endpoint(canonicalAddress(localAddress), localPort);
}

function endpoint(address: string, port: number): Endpoint | undefined {
  const parsed = parseAddress(address);
  return parsed === undefined ? undefined : { address: parsed, port };
}
