/** Pools: the servers that can answer, how one is chosen, and what they are told about the client. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import type { OptionsOf } from '../base/option.ts';
import type { Endpoint } from '../net/address.ts';
import { retryOptions } from './retry-options.ts';
import type { CidrSet } from '../net/cidr.ts';
import type { NamedEndpoint } from '../net/named-endpoint.ts';
import { balanceOptions } from './balance-options.ts';
import { destinationOptions } from './destination-options.ts';
import { healthOptions, serverHealthOptions } from './health/options.ts';
import { persistenceOptions } from './persistence-options.ts';
import { sourceOptions } from './source-options.ts';

/** One server of a pool. */
export type ServerOptions = OptionsOf<
  typeof serverOptions,
  { readonly endpoint: Endpoint; readonly named: NamedEndpoint }
>;

/** One pool. Times are milliseconds, sizes are bytes. */
export type PoolOptions = OptionsOf<
  typeof poolOptions,
  { readonly endpoint: Endpoint; readonly named: NamedEndpoint; readonly cidrs: CidrSet }
>;

export const serverOptions = {
  address: {
    kind: 'endpoint',
    names: true,
    presence: 'required',
    doc: 'Where the server listens: an address, or a name, which is resolved and followed as its records change (`resolver`). While a name has no address the server is down.',
  },
  addresses: {
    kind: 'integer',
    min: 1,
    max: 64,
    default: 1,
    doc: 'How many addresses of a name are used. With more than 1 it stands for so many servers, named with `-1`, `-2` and so on behind its own name; those without an address are down.',
  },
  weight: {
    kind: 'integer',
    min: 0,
    max: 256,
    default: 1,
    doc: 'Its share of the requests, relative to the other servers of the pool. A server of weight 0 gets none.',
  },
  backup: {
    kind: 'boolean',
    default: false,
    doc: 'Whether it is a backup: it gets new sessions only while no other server of the pool takes any. Sessions that it has stay with it (`persistence`).',
  },
  maxConnections: {
    kind: 'integer',
    min: 0,
    max: 1_000_000,
    presence: 'optional',
    doc: 'How many exchanges and tunnels the server may have at once, over all workers. 0 means that there is no limit. Missing means what `maxConnections` of the pool says.',
  },
  slowStart: {
    kind: 'duration',
    min: '1s',
    max: '1d',
    off: true,
    presence: 'optional',
    doc: 'How long its slow start lasts, in place of `slowStart` of the pool.',
  },
  health: {
    kind: 'section',
    table: serverHealthOptions as typeof serverHealthOptions,
    short: 'check',
    doc: 'What is otherwise for this server than the `health` of its pool says.',
  },
  cookie: {
    kind: 'text',
    pattern: "[A-Za-z0-9!#$%&'()*+./:<>?@^_`{}\\[\\]-]+",
    expects: 'a value of printable characters without spaces and " , ; | ~ \\ =',
    lengthMax: 128,
    presence: 'optional',
    doc: 'Its value in cookies of `persistence`. Clients see it. Missing, it is a hash that tells nothing about the server.',
  },
} as const;

export const poolHeaderOptions = {
  xForwardedFor: {
    kind: 'choice',
    values: ['append', 'replace', 'off'],
    default: 'append',
    doc: '`X-Forwarded-For`. `append` keeps what a trusted peer sent and adds the address of the peer; what anyone else sent is dropped first. `replace` sends the address of the client alone. `off` sends none: whatever came is removed.',
  },
  xForwardedProto: {
    kind: 'choice',
    values: ['replace', 'off'],
    default: 'replace',
    doc: '`X-Forwarded-Proto`: the scheme that the client used. `off` sends none.',
  },
  xForwardedHost: {
    kind: 'choice',
    values: ['replace', 'off'],
    default: 'replace',
    doc: '`X-Forwarded-Host`: the host that the client asked for. `off` sends none.',
  },
  forwarded: {
    kind: 'choice',
    values: ['append', 'replace', 'off'],
    default: 'off',
    doc: '`Forwarded` (RFC 7239), with the same meaning of `append`, `replace` and `off` as for `xForwardedFor`.',
  },
} as const;

export const poolConnectionOptions = {
  idle: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    default: '4s',
    doc: 'How long an unused connection to a server is kept. Keep it below the time after which the server itself closes one (often 5 s), or requests will meet connections that are being closed.',
  },
  idleMax: {
    kind: 'integer',
    min: 0,
    max: 65_536,
    default: 256,
    doc: 'How many unused connections each worker keeps for each server, and with `maxConnections` no more than would make that many with those in use. 0 opens a new connection for each request.',
  },
} as const;

export const poolTimeoutOptions = {
  queue: {
    kind: 'duration',
    min: '10ms',
    max: '1h',
    default: '5s',
    doc: 'How long a request or TCP connection may wait in the queue of the pool. Then it is answered with 503, or reset.',
  },
  connect: {
    kind: 'duration',
    min: '10ms',
    max: '5m',
    default: '5s',
    doc: 'How long a server may take to accept a connection.',
  },
  firstByte: {
    kind: 'duration',
    min: '10ms',
    max: '1d',
    default: '30s',
    doc: 'How long a server may take from the whole request to the first byte of its response.',
  },
  bodyIdle: {
    kind: 'duration',
    min: '10ms',
    max: '1d',
    default: '30s',
    doc: 'How long a server may stay silent within a response.',
  },
  write: {
    kind: 'duration',
    min: '10ms',
    max: '1d',
    default: '30s',
    doc: 'How long a server may take no more bytes of a request.',
  },
} as const;

export const poolLimitOptions = {
  headBytes: {
    kind: 'size',
    min: '1KiB',
    max: '1MiB',
    default: '64KiB',
    doc: 'The longest head of a response: status line and header fields. A longer one is answered with 502.',
  },
  headerCount: {
    kind: 'integer',
    min: 1,
    max: 10_000,
    default: 200,
    doc: 'The most header fields in a response. More are answered with 502.',
  },
  informationalMax: {
    kind: 'integer',
    min: 0,
    max: 1000,
    default: 16,
    doc: 'The most interim responses (1xx) before the final one. More are answered with 502.',
  },
} as const;

export const poolOptions = {
  servers: {
    kind: 'map',
    noun: 'server',
    countMax: 4096,
    listPrefix: 's',
    of: {
      kind: 'section',
      table: serverOptions as typeof serverOptions,
      short: 'address',
      doc: 'A server: its address, or a section with its address and more.',
    },
    doc: 'The servers, by name. A list of addresses is accepted too; its servers are named `s1`, `s2` and so on. A pool has at least one, or `originalDestination`; a decoy without servers is the built-in one.',
  },
  originalDestination: {
    kind: 'section',
    table: destinationOptions as typeof destinationOptions,
    short: 'within',
    doc: 'In place of servers: connections are made to the address and port that the client wanted, as the connection to a `transparent` listener says it, or the PROXY protocol header of a trusted peer. One network alone is its `within`. There is one server, `original-destination`, without health checks; `maxConnections` counts all destinations together.',
  },
  balance: {
    kind: 'section',
    table: balanceOptions as typeof balanceOptions,
    short: 'by',
    doc: 'How the server of a request is chosen: one word, or a section with `by` and more. Which to take, and what each costs, is in the [guide](../guide/balancing.md).',
  },
  backups: {
    kind: 'choice',
    values: ['first', 'all'],
    default: 'first',
    doc: 'Which of several backups serve when they are needed: the first in the configuration that takes requests, or all of them, by `balance`.',
  },
  fallback: {
    kind: 'text',
    pattern: '[A-Za-z0-9_.-]+',
    expects: 'the name of a pool; of a decoy, that of a decoy',
    lengthMax: 64,
    presence: 'optional',
    doc: 'The pool that requests and TCP connections go to while no server of this one takes any, backups included; of a decoy it is another decoy. Without one they are answered with 503, or reset. Servers that are full are waited for.',
  },
  health: {
    kind: 'section',
    table: healthOptions as typeof healthOptions,
    short: 'check',
    doc: 'How the servers are checked. One that is down gets nothing until it is up again.',
  },
  persistence: {
    kind: 'section',
    table: persistenceOptions as typeof persistenceOptions,
    short: 'by',
    doc: 'Whether and how requests of one session stay with one server: one word, or a section with `by` and more. See the [guide](../guide/balancing.md#sessions).',
  },
  headers: {
    kind: 'section',
    table: poolHeaderOptions as typeof poolHeaderOptions,
    doc: 'What the servers are told about the client in header fields. A field that is set here is always removed from what the client sent, under every name that a server could take for it.',
  },
  proxyProtocol: {
    kind: 'choice',
    values: ['off', 'v1', 'v2'],
    default: 'off',
    doc: 'Whether connections to the servers begin with a PROXY protocol header that names the client, and in which version. Each client then has its own connections.',
  },
  proxyProtocolTlvs: {
    kind: 'list',
    of: { kind: 'choice', values: ['unique-id', 'authority', 'crc32c'], doc: 'The name of a TLV.' },
    countMax: 3,
    default: [],
    doc: 'What a PROXY protocol v2 header carries besides the addresses: the id of the exchange, the host that the client asked for, a checksum of the header.',
  },
  maxConnections: {
    kind: 'integer',
    min: 0,
    max: 1_000_000,
    default: 0,
    doc: 'How many exchanges and tunnels each server may have at once, over all workers. More wait in the queue. 0 means that there is no limit. Unused connections do not count.',
  },
  slowStart: {
    kind: 'duration',
    min: '1s',
    max: '1d',
    off: true,
    default: 'off',
    doc: 'How long a server that has come back, from being down or from maintenance, takes until it has its whole weight again. It gets its weight, and its `maxConnections`, in sixteen steps. At the start of the proxy every server has all of it.',
  },
  queue: {
    kind: 'integer',
    min: 0,
    max: 1_000_000,
    default: 1024,
    doc: 'How many requests and TCP connections may wait, over all workers, when every server has as many as it may. More are answered with 503 at once, or reset. 0 lets none wait.',
  },
  source: {
    kind: 'section',
    short: 'from',
    table: sourceOptions as typeof sourceOptions,
    doc: 'From which address connections to the servers are made. `client` or an address alone is its `from`. With the address of a client, connections serve requests from that address alone.',
  },
  connections: {
    kind: 'section',
    table: poolConnectionOptions as typeof poolConnectionOptions,
    doc: 'Connections to the servers.',
  },
  timeouts: {
    kind: 'section',
    table: poolTimeoutOptions as typeof poolTimeoutOptions,
    doc: 'How long the servers may take.',
  },
  limits: {
    kind: 'section',
    table: poolLimitOptions as typeof poolLimitOptions,
    doc: 'What the servers may send.',
  },
  retries: {
    kind: 'section',
    table: retryOptions as typeof retryOptions,
    short: 'max',
    doc: 'When a request is tried again: how often, or a section with more.',
  },
} as const;
