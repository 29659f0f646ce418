/** How requests of one session stay with one server: the key `persistence` of a pool. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import type { OptionsOf } from '../base/option.ts';

export type PersistenceOptions = OptionsOf<typeof persistenceOptions>;
export type CookieOptions = OptionsOf<typeof cookieOptions>;
export type EntryOptions = OptionsOf<typeof entryOptions>;

export const cookieOptions = {
  name: {
    kind: 'text',
    pattern: "[!#$%&'*+.^_`|~A-Za-z0-9-]+",
    expects: "a name of letters, digits and !#$%&'*+-.^_`|~",
    lengthMax: 128,
    default: 'SERVERID',
    doc: 'The name of the cookie.',
  },
  mode: {
    kind: 'choice',
    values: ['insert', 'rewrite', 'prefix'],
    default: 'insert',
    doc: 'Whose cookie it is. `insert`: ours, set when a client has none or another server answers it than the one that it names; one of this name that a server sets is removed. `rewrite`: the servers set one of this name, and its value becomes that of the server. `prefix`: the servers have a session cookie of this name, and the value of the server is put in front of theirs with `~`, and taken off again on the way back.',
  },
  indirect: {
    kind: 'boolean',
    default: true,
    doc: 'With `insert`: takes the cookie out of what the servers get.',
  },
  noCache: {
    kind: 'boolean',
    default: true,
    doc: 'With `insert`: adds `Cache-Control: private` to a response that the cookie is set in, so that no shared cache gives it to somebody else.',
  },
  httpOnly: {
    kind: 'boolean',
    default: true,
    doc: 'With `insert`: no script of the page gets to see the cookie.',
  },
  secure: {
    kind: 'boolean',
    default: false,
    doc: 'With `insert`: the cookie is sent back over TLS only. Set it where something in front ends TLS.',
  },
  sameSite: {
    kind: 'choice',
    values: ['off', 'strict', 'lax', 'none'],
    default: 'off',
    doc: 'With `insert`: the attribute `SameSite`. `off` sends none, which browsers take for `lax`. `none` needs `secure`.',
  },
  domain: {
    kind: 'text',
    pattern: '\\.?[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*',
    expects: 'a domain such as "example.org"',
    lengthMax: 253,
    presence: 'optional',
    doc: 'With `insert`: the attribute `Domain`, for all hosts of a domain. Missing, the cookie is for the host that was asked.',
  },
  maxIdle: {
    kind: 'duration',
    min: '4s',
    max: '24d',
    off: true,
    default: 'off',
    doc: 'With `insert`: a cookie that was last seen longer ago counts as none. The time stands in the cookie, in steps of 4 s.',
  },
  maxLife: {
    kind: 'duration',
    min: '4s',
    max: '24d',
    off: true,
    default: 'off',
    doc: 'With `insert`: a cookie that was first set longer ago counts as none, so that servers which have come since get a share of old clients too.',
  },
  secret: {
    kind: 'text',
    pattern: '[!-~]{16,}',
    expects: '16 or more printable characters without spaces',
    lengthMax: 256,
    isSecret: true,
    presence: 'optional',
    doc: 'Makes the values of servers that have no `cookie` of their own: a hash of their address with this key, which says nothing about them. Missing, a key is made once and kept with the installation. Nodes with the same pool need the same one.',
  },
} as const;

export const entryOptions = {
  key: {
    kind: 'choice',
    values: ['address', 'header', 'cookie', 'argument'],
    default: 'address',
    doc: 'What names a session: the address of its client, of IPv6 its /64, or the header, the cookie or the argument of the query that `name` names. Requests without it are balanced. A `tcp` listener knows the address alone.',
  },
  name: {
    kind: 'text',
    pattern: "[!#$%&'*+.^_`|~A-Za-z0-9-]+",
    expects: "a name of letters, digits and !#$%&'*+-.^_`|~",
    lengthMax: 128,
    presence: 'optional',
    doc: 'The name of the header, the cookie or the argument.',
  },
  expire: {
    kind: 'duration',
    min: '1s',
    max: '24d',
    default: '30m',
    doc: 'How long a session is remembered after its last request.',
  },
  max: {
    kind: 'integer',
    min: 8,
    max: 16_777_216,
    default: 100_000,
    doc: 'How many sessions there is room for, rounded up to a power of two; 16 bytes each. When there is little room left, those that end first begin to make place.',
  },
} as const;

export const persistenceOptions = {
  by: {
    kind: 'choice',
    values: ['off', 'cookie', 'entry'],
    default: 'off',
    doc: 'How a session is known. `cookie`: the client brings a cookie that names its server. `entry`: a table in memory remembers which server answered a `key` last; it survives a reload, and not a restart. A session goes on at a server that drains, and moves when its server is down or in maintenance.',
  },
  cookie: {
    kind: 'section',
    table: cookieOptions as typeof cookieOptions,
    short: 'name',
    doc: 'The cookie.',
  },
  entry: {
    kind: 'section',
    table: entryOptions as typeof entryOptions,
    short: 'key',
    doc: 'The entries of the table.',
  },
} as const;
