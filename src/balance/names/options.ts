/** How names of servers become addresses. */
import type { OptionsOf } from '../../base/option.ts';
import type { Endpoint } from '../../net/address.ts';

export type ResolverOptions = OptionsOf<typeof resolverOptions, { readonly endpoint: Endpoint }>;

export const resolverOptions = {
  servers: {
    kind: 'endpoints',
    countMax: 8,
    presence: 'optional',
    doc: 'The name servers that are asked, in this order. Without them those of the system, and its hosts file for what they do not know.',
  },
  families: {
    kind: 'choice',
    values: ['any', 'ipv4', 'ipv6'],
    default: 'any',
    doc: 'Which addresses are taken: A, AAAA, or both.',
  },
  timeout: {
    kind: 'duration',
    min: '100ms',
    max: '30s',
    default: '1s',
    doc: 'How long a name server may take for one answer. Each is asked twice.',
  },
  shortest: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    default: '1s',
    doc: 'How soon a name is asked for again, at the earliest, whatever its record says; also after a failure.',
  },
  longest: {
    kind: 'duration',
    min: '1s',
    max: '1d',
    default: '5m',
    doc: 'How late, at the latest.',
  },
  unknown: {
    kind: 'duration',
    min: '100ms',
    max: '1d',
    default: '10s',
    doc: 'How soon, where nothing says how long the answer holds: SRV records and the hosts file.',
  },
  hold: {
    kind: 'duration',
    min: '0s',
    max: '7d',
    default: '5m',
    doc: 'How long the last good answer is used while there is no other. Then the server is down until its name is resolved again.',
  },
} as const;
