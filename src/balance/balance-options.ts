/** How a server is chosen: the key `balance` of a pool. */
import type { OptionsOf } from '../base/option.ts';

export type BalanceOptions = OptionsOf<typeof balanceOptions>;

export const balanceOptions = {
  by: {
    kind: 'choice',
    values: ['round-robin', 'least-connections', 'random', 'first', 'hash', 'least-time', 'least-load'],
    default: 'round-robin',
    doc: 'The algorithm. `round-robin` takes the servers in turn, by weight. `least-connections` takes the one that has least in hand for its weight. `random` draws two by weight and takes the one of them that has less in hand. `first` takes the first that has room, so that few are in use; it needs `maxConnections`. `hash` sends requests of one `key` to one server. `least-time` takes the one that is expected to answer first, by its average time to the first byte of a response; for `tcp` listeners that is the time to connect, and for `udp` the time to the first answer. `least-load` takes the one that has least in hand for its weight and for what its agent says is left of its machine.',
  },
  key: {
    kind: 'choice',
    values: ['address', 'header', 'cookie', 'path', 'target', 'argument'],
    default: 'address',
    doc: 'What `hash` hashes. `address` is that of the client, of IPv6 its /64. `header`, `cookie` and `argument` (of the query) are those that `name` names. `path` is the target up to `?`, `target` all of it. Requests without the key take turns. A `tcp` listener knows the address alone.',
  },
  name: {
    kind: 'text',
    pattern: "[!#$%&'*+.^_`|~A-Za-z0-9-]+",
    expects: "a name of letters, digits and !#$%&'*+-.^_`|~",
    lengthMax: 128,
    presence: 'optional',
    doc: 'The name of the header, the cookie or the argument that `hash` hashes. Those of headers are the same in upper and lower case.',
  },
  bound: {
    kind: 'integer',
    min: 101,
    max: 1000,
    presence: 'optional',
    doc: 'For `hash`: how many per cent of its fair share of all requests in hand a server may have before its keys go to the next one (consistent hashing with bounded loads). 125 is a good start. Without it a key goes to its server whatever that has to do.',
  },
} as const;
