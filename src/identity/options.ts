/** How a listener comes to know the client's address. */
import type { OptionsOf } from '../base/option.ts';
import type { CidrSet } from '../net/cidr.ts';

/** `identity` of a listener. Times are milliseconds. */
export type IdentityOptions = OptionsOf<typeof identityOptions, { readonly cidrs: CidrSet }>;

export const identityOptions = {
  trust: {
    kind: 'cidrs',
    countMax: 4096,
    default: [],
    doc: 'The proxies whose word about the client is taken: PROXY protocol headers, `Forwarded` and `X-Forwarded-For` count only when they come from one of these networks. From anyone else they are never read. A trusted address is never marked as an attacker.',
  },
  proxyProtocol: {
    kind: 'choice',
    values: ['off', 'v1', 'v2', 'any'],
    default: 'off',
    doc: 'The PROXY protocol header that a trusted peer must send before anything else. It is required from every address in `trust` and never looked for from others, so that nobody can choose whether it is read. `any` takes either version.',
  },
  untrusted: {
    kind: 'choice',
    values: ['serve', 'refuse'],
    default: 'serve',
    doc: 'What happens to connections from addresses that are not in `trust`. `serve` takes them as clients that speak for themselves. `refuse` closes them at once, for listeners that only a proxy in front may use.',
  },
  proxyHeaderTimeout: {
    kind: 'duration',
    min: '100ms',
    max: '1m',
    default: '2s',
    doc: 'How long a trusted peer may take for its whole PROXY protocol header before the connection is closed.',
  },
  clientHeader: {
    kind: 'choice',
    values: ['off', 'forwarded', 'x-forwarded-for'],
    default: 'off',
    doc: 'The one header that names the client when a request comes from a trusted address. It is read from the right, through trusted addresses only; the first address that is not trusted is the client. A malformed value stops the reading there.',
  },
} as const;
