/** Decoys, and how long an attacker stays with one. */
import type { OptionsOf } from '../base/option.ts';
import type { PoolOptions } from '../balance/options.ts';
import type { CidrSet } from '../net/cidr.ts';

/** One decoy: a pool whose servers are honeypots. Without servers, the built-in decoy answers. */
export type DecoyOptions = PoolOptions;

/** `attackers` at the top of the configuration. Times are milliseconds. */
export type AttackerOptions = OptionsOf<typeof attackerOptions, { readonly cidrs: CidrSet }>;

export const attackerOptions = {
  markFor: {
    kind: 'duration',
    min: '1s',
    max: '24d',
    default: '1h',
    doc: 'How long a client that attacked goes to the decoy with everything it does. Each further hit does so anew.',
  },
  max: {
    kind: 'integer',
    min: 1,
    max: 10_000_000,
    default: 100_000,
    doc: 'How many attackers are remembered. Beyond that, the mark that would end first makes room. A reload can make it less; more than at the start takes effect at the next start.',
  },
  never: {
    kind: 'cidrs',
    countMax: 4096,
    default: [],
    doc: 'Clients that are never marked, such as your own scanners. Their attacks are still deceived, one by one. The proxies in `trust` of a listener are never marked either.',
  },
} as const;
