/**
 * Whether a pool that is the original destination may connect to where a client wanted to go.
 *
 * Clients choose that address. What it may be is said by the configuration (`within`), and besides that nothing of this
 * host is reachable so, nor what answers to whoever is near: loopback and link-local addresses and the metadata services
 * of clouds, unless a network of the list names them themselves.
 */
import type { Reason } from '../base/verdict.ts';
import { isAnyAddress, isOneHost } from '../net/address-kind.ts';
import { formatEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import type { Cidr } from '../net/cidr.ts';
import type { LoopGuard } from './loop-guard.ts';

export class DestinationPolicy {
  readonly #within: CidrSet;
  /** Networks of the list that name guarded addresses and nothing else. */
  readonly #named: CidrSet;
  readonly #loops: Pick<LoopGuard, 'isOwn' | 'isOurs'>;

  constructor(within: CidrSet, loops: Pick<LoopGuard, 'isOwn' | 'isOurs'>) {
    this.#within = within;
    this.#named = CidrSet.of(within.cidrs.filter((cidr) => GUARDED.some((guarded) => holds(guarded, cidr))));
    this.#loops = loops;
  }

  /** Why `destination` may not be connected to; undefined where it may. `peer` is the other end of the connection. */
  refusal(destination: Endpoint | undefined, peer: string): Reason | undefined {
    if (destination === undefined) return UNKNOWN;
    const { address, port } = destination;
    const because = (code: string, text: string): Reason => ({
      code,
      text: `Cannot connect to ${formatEndpoint(destination)}: ${text}`,
    });
    if (port === 0) return because('destination-address', 'it has no port');
    if (isAnyAddress(address) || !isOneHost(address))
      return because('destination-address', 'it is not the address of one host');
    if (!this.#within.has(address))
      return because('destination-not-allowed', 'it is not in originalDestination.within');
    // Whoever names loopback addresses means this host.
    if (this.#named.has(address)) return this.#loop(destination, peer, because);
    if (GUARDED_SET.has(address))
      return because(
        'destination-guarded',
        'originalDestination.within does not name such addresses themselves',
      );
    if (this.#loops.isOwn(address.text)) return because('destination-own', 'this host has the address');
    return this.#loop(destination, peer, because);
  }

  #loop(
    destination: Endpoint,
    peer: string,
    because: (code: string, text: string) => Reason,
  ): Reason | undefined {
    return this.#loops.isOurs(peer, formatEndpoint(destination))
      ? because('destination-loop', 'the connection came from this pool itself')
      : undefined;
  }
}

const UNKNOWN: Reason = {
  code: 'destination-unknown',
  text: 'It is not known where the client wanted to go',
};

/** Networks whose addresses mean something else on every host, or tell its secrets to whoever asks. */
const GUARDED: readonly Cidr[] = [
  '127.0.0.0/8',
  '::1',
  // Link-local, where most clouds have their metadata service.
  '169.254.0.0/16',
  // Metadata services elsewhere: AWS over IPv6, Alibaba, Oracle, Azure.
  'fd00:ec2::/32',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  // The same addresses behind a translator (RFC 6052, RFC 3056).
  '64:ff9b::7f00:0/104',
  '64:ff9b::a9fe:0/112',
  '2002:7f00::/24',
  '2002:a9fe::/32',
].map((text) => {
  const cidr = parseCidr(text);
  if (typeof cidr !== 'object') throw new Error(`${text} is no network`);
  return cidr;
});
const GUARDED_SET: CidrSet = CidrSet.of(GUARDED);

/** True when `inner` is `outer` or a part of it. */
function holds(outer: Cidr, inner: Cidr): boolean {
  return inner.prefix >= outer.prefix && CidrSet.of([outer]).has(inner.address);
}
