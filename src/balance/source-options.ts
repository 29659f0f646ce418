/** From which address connections to the servers are made: the key `source` of a pool. */
import type { OptionsOf } from '../base/option.ts';
import type { CidrSet } from '../net/cidr.ts';

export type SourceOptions = OptionsOf<typeof sourceOptions, { readonly cidrs: CidrSet }>;

export const sourceOptions = {
  from: {
    kind: 'text',
    pattern: 'own|client|[0-9A-Fa-f:.]+',
    expects: '"own", "client" or an address',
    lengthMax: 45,
    default: 'own',
    doc: 'Whose address connections to the servers come from. `own` lets the system choose one of this host. `client` is the address of the client, as `identity` decided it, which needs Linux, CAP_NET_ADMIN, and replies that come back through this host. An address is used as it is; this host must have it.',
  },
  header: {
    kind: 'text',
    pattern: "[!#$%&'*+.^_`|~A-Za-z0-9-]+",
    expects: "a name of letters, digits and !#$%&'*+-.^_`|~",
    lengthMax: 128,
    presence: 'optional',
    doc: 'Like `client`, with the address that this header of the request names, if whoever sent the request is in `trust`. Its last field counts and holds one address. Without it, from anyone else, or when it is no address, the address of the client is used.',
  },
  trust: {
    kind: 'cidrs',
    countMax: 4096,
    default: [],
    doc: 'Whose `header` is believed.',
  },
  port: {
    kind: 'choice',
    values: ['free', 'keep'],
    default: 'free',
    doc: 'The port at the address of the client. `free` lets the system choose. `keep` takes the port of the client too; where that is taken, another one, and the log says which.',
  },
  except: {
    kind: 'cidrs',
    countMax: 4096,
    default: [],
    doc: 'Clients for whom our own address is used after all. Servers answer clients of their own network directly and not through us, so that no connection comes to be: list that network here.',
  },
  fallback: {
    kind: 'choice',
    values: ['fail', 'own'],
    default: 'fail',
    doc: "What happens when the address cannot be used: the client speaks IPv6 and the server IPv4, all ports of the address are taken, or the client's address is none that could be bound. `fail` answers with 503. `own` goes on with an address of this host, for servers that would rather see a wrong client than none; the log says so.",
  },
  mark: {
    kind: 'integer',
    min: 0,
    max: 4_294_967_295,
    default: 0,
    doc: 'The mark (SO_MARK) of connections to the servers, for routing rules. 0 sets none.',
  },
} as const;
