/**
 * Decides once who the client of a connection is. What a message says about its own sender counts only when the peer
 * is in `identity.trust`; everybody else is who their socket says they are (client-header.ts goes on from there).
 *
 * A PROXY header is required from a trusted peer and never read from another (PROXY protocol §2): nobody can choose
 * whether it is looked for. Bytes that look like one from a peer that is not trusted go to the HTTP reader, which
 * refuses them.
 */
import assert from 'node:assert';
import { escapeForLog } from '../base/escape.ts';
import { canonicalAddress, formatEndpoint } from '../net/address.ts';
import type { ProxyHeader, UnixAddress } from '../net/proxy-protocol/header.ts';
import { isUnixAddress } from '../net/proxy-protocol/header.ts';
import { describeTlv } from '../net/proxy-protocol/tlv.ts';
import type { Client } from './client.ts';
import type { IdentityOptions } from './options.ts';

export { identifyExchange, readsClientHeader } from './client-header.ts';

/** The other end of a socket, as `node:net` reports it. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** At most so much of the TLVs is told in `because`; all of them are in `proxyHeader`. */
const TLV_CHARS_MAX = 512;

/** Whether a PROXY header must begin the connection of this peer, within `options.proxyHeaderTimeout`. */
export function readsProxyHeader(
  options: Pick<IdentityOptions, 'proxyProtocol' | 'trust'>,
  peerAddress: string,
): boolean {
  return options.proxyProtocol !== 'off' && options.trust.hasText(peerAddress);
}

/**
 * Who the client of a connection is. `header` is what was read from a peer that readsProxyHeader named, and undefined
 * for every other, and for one that never sent its header, which the caller then closes.
 */
export function identifyConnection(
  options: Pick<IdentityOptions, 'proxyProtocol' | 'trust'>,
  peer: Peer,
  header: ProxyHeader | undefined,
): Client {
  const peerAddress = canonicalAddress(peer.address);
  if (header === undefined) return socketClient(options, peerAddress, peer.port);
  assert(readsProxyHeader(options, peerAddress), 'a PROXY header was read from a peer that is not trusted');
  return proxiedClient(options, { address: peerAddress, port: peer.port }, header);
}

function socketClient(
  options: Pick<IdentityOptions, 'proxyProtocol' | 'trust'>,
  address: string,
  port: number,
): Client {
  const isTrusted = options.trust.hasText(address);
  return {
    address,
    port,
    by: 'socket',
    because: socketBecause(options.proxyProtocol, isTrusted),
    isTrusted,
    peerAddress: address,
    peerPort: port,
    proxyHeader: undefined,
  };
}

function socketBecause(proxyProtocol: IdentityOptions['proxyProtocol'], isTrusted: boolean): string {
  if (proxyProtocol === 'off') return 'the peer of the connection; identity.proxyProtocol is off';
  if (isTrusted) return 'the peer of the connection; it is in identity.trust but sent no valid PROXY header';
  return 'the peer of the connection; it is not in identity.trust, so no PROXY header is read from it';
}

function proxiedClient(options: Pick<IdentityOptions, 'trust'>, peer: Peer, header: ProxyHeader): Client {
  const common = { peerAddress: peer.address, peerPort: peer.port, proxyHeader: header };
  const origin = `PROXY v${header.version} header from ${peer.address}, which is in identity.trust,`;
  const { source } = header;
  if (source === undefined) {
    const because = `${origin} names nobody (${namesNobody(header)}), so the peer is the client${describeTlvs(header)}`;
    return { ...peer, by: 'proxy-local', because, isTrusted: true, ...common };
  }
  const by = header.version === 1 ? 'proxy-v1' : 'proxy-v2';
  if (isUnixAddress(source)) {
    const because = `${origin} names the UNIX socket ${printPath(source)}${describeTlvs(header)}`;
    return { address: '', port: 0, by, because, isTrusted: false, ...common };
  }
  const because = `${origin} names ${formatEndpoint(source)}${describeTlvs(header)}`;
  const isTrusted = options.trust.has(source.address);
  return { address: source.address.text, port: source.port, by, because, isTrusted, ...common };
}

function namesNobody(header: ProxyHeader): string {
  if (header.command === 'local') return 'LOCAL';
  return header.version === 1 ? 'UNKNOWN' : 'UNSPEC';
}

function printPath({ path }: UnixAddress): string {
  return `"${escapeForLog(path)}"`;
}

function describeTlvs({ tlvs }: ProxyHeader): string {
  if (tlvs.length === 0) return '';
  const text = tlvs.map(describeTlv).join(', ');
  return `; TLVs: ${text.length > TLV_CHARS_MAX ? `${text.slice(0, TLV_CHARS_MAX)}...` : text}`;
}
