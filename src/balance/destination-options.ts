/** A pool that is the original destination: the key `originalDestination` of a pool. */
import type { OptionsOf } from '../base/option.ts';
import type { CidrSet } from '../net/cidr.ts';

export type DestinationOptions = OptionsOf<typeof destinationOptions, { readonly cidrs: CidrSet }>;

/** The name of the one server that such a pool has wherever servers are named: logs, metrics, `drain`. */
export const ORIGINAL_DESTINATION = 'original-destination';

/** True for a pool that has no servers of its own, and connects to where its clients wanted to go. */
export function goesOnward({
  originalDestination,
}: {
  readonly originalDestination: DestinationOptions;
}): boolean {
  return originalDestination.within.size > 0;
}

export const destinationOptions = {
  within: {
    kind: 'cidrs',
    countMax: 1024,
    default: [],
    doc: 'The networks to whose addresses connections may be made. Whoever asks for another one is answered with 403, or reset. Addresses of this host, multicast and the like are never connected to. Loopback, link-local addresses and the metadata services of clouds are only where a network of the list lies wholly within theirs: `0.0.0.0/0` is not enough, `169.254.169.254` is.',
  },
  max: {
    kind: 'integer',
    min: 1,
    max: 65_536,
    default: 1024,
    doc: 'To how many destinations, each an address with a port, each worker may have connections at once. For another one, unused connections to the one that was used least recently are closed; where all are in use, the answer is 503, or a reset.',
  },
} as const;
