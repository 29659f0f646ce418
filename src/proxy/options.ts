/** Listeners and routes: what is accepted, within which bounds, and what happens to it. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import { identityOptions } from '../identity/options.ts';
import type { OptionsOf } from '../base/option.ts';
import { listenerInspectionOptions, routeInspectionOptions } from '../inspect/options.ts';
import type { CidrSet } from '../net/cidr.ts';
import type { Endpoint } from '../net/address.ts';
import { udpOptions } from './udp-options.ts';

/** One listener. Times are milliseconds, sizes are bytes. */
export type ListenerOptions = OptionsOf<
  typeof listenerOptions,
  { readonly endpoint: Endpoint; readonly cidrs: CidrSet }
>;

/** One route. What is undefined is as the listener has it. */
export type RouteOptions = OptionsOf<typeof routeOptions, { readonly cidrs: CidrSet }>;

export const listenerTimeoutOptions = {
  head: {
    kind: 'duration',
    min: '100ms',
    max: '5m',
    default: '10s',
    doc: 'How long a client may take for the whole head of a request, from its first byte. Beyond that it is answered with 408.',
  },
  bodyIdle: {
    kind: 'duration',
    min: '100ms',
    max: '1d',
    default: '30s',
    doc: 'How long a client may stay silent within the body of a request.',
  },
  keepAlive: {
    kind: 'duration',
    min: '100ms',
    max: '1d',
    default: '60s',
    doc: 'How long a connection may wait for its first or its next request.',
  },
  clientWrite: {
    kind: 'duration',
    min: '100ms',
    max: '1d',
    default: '30s',
    doc: 'How long a client may take no more bytes of a response.',
  },
  tunnelIdle: {
    kind: 'duration',
    min: '100ms',
    max: '24d',
    default: '1h',
    doc: 'How long a tunnel (WebSocket, CONNECT, or a connection of a `tcp` listener) may stay silent in both directions.',
  },
  exchange: {
    kind: 'duration',
    min: '100ms',
    max: '24d',
    off: true,
    default: 'off',
    doc: 'How long one request with its response may take as a whole. Tunnels are not counted.',
  },
} as const;

export const listenerLimitOptions = {
  connections: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: 20_000,
    doc: 'How many connections may be open at once, in all workers together. Beyond that, new ones are closed at once.',
  },
  headBytes: {
    kind: 'size',
    min: '1KiB',
    max: '1MiB',
    default: '32KiB',
    doc: 'The longest head of a request: request line and header fields. A longer one is answered with 431.',
  },
  targetBytes: {
    kind: 'size',
    min: '64',
    max: '1MiB',
    default: '8KiB',
    doc: 'The longest request target. A longer one is answered with 414.',
  },
  headerCount: {
    kind: 'integer',
    min: 1,
    max: 10_000,
    default: 100,
    doc: 'The most header fields in a request. More are answered with 431.',
  },
  requestsPerConnection: {
    kind: 'integer',
    min: 0,
    max: 1_000_000_000,
    default: 0,
    doc: 'How many requests one connection may carry before it is closed. 0 means that there is no limit.',
  },
  pipelinedBytes: {
    kind: 'size',
    min: '1KiB',
    max: '16MiB',
    default: '64KiB',
    doc: 'How much of the next requests is read ahead while one is being answered. Beyond that, reading waits.',
  },
  chunkExtensionBytes: {
    kind: 'size',
    min: '0',
    max: '64KiB',
    default: '1KiB',
    doc: 'The longest chunk extensions in one body. Extensions are read past and never forwarded; longer ones are answered with 400.',
  },
  trailerBytes: {
    kind: 'size',
    min: '0',
    max: '1MiB',
    default: '8KiB',
    doc: 'The longest trailer section of a request. A longer one is answered with 431.',
  },
  bodyBytes: {
    kind: 'size',
    min: '0',
    max: '8TiB',
    off: true,
    default: 'off',
    doc: 'The longest body of a request. A longer one is answered with 413.',
  },
} as const;

export const listenerOptions = {
  bind: {
    kind: 'endpoints',
    presence: 'required',
    countMax: 64,
    doc: 'The addresses and ports to listen on, one or a list. `:80` stands for port 80 of every address, IPv4 and IPv6.',
  },
  transparent: {
    kind: 'boolean',
    default: false,
    doc: 'Whether connections to addresses are taken that this host does not have, where the network routes them here and a TPROXY rule hands them over (`sallyport host plan` prints it). Needs Linux and CAP_NET_ADMIN. The address that a client connected to is in the access log, in PROXY protocol headers to servers, and can be asked for by `destinations` of a route.',
  },
  protocol: {
    kind: 'choice',
    values: ['http', 'tcp', 'udp'],
    default: 'http',
    doc: '`http` reads requests. `tcp` relays bytes as they are: it has no routes, and of rules those of Snort about bytes look at them. `udp` relays datagrams of proxies that send the PROXY protocol, version 2; it has neither routes nor rules, and needs Linux.',
  },
  pool: {
    kind: 'reference',
    to: 'pools',
    presence: 'optional',
    doc: 'The pool of requests that no route takes. Without one they are answered with 404. A `tcp` listener needs it.',
  },
  routes: {
    kind: 'list',
    of: { kind: 'reference', to: 'routes', doc: 'The name of a route.' },
    countMax: 1024,
    default: [],
    doc: 'The routes of this listener. They are tried in this order, and the first that matches takes the request.',
  },
  decoy: {
    kind: 'reference',
    to: 'decoys',
    presence: 'optional',
    doc: 'Where the deceived go. Without one they are answered with 403, and their connection is reset by a `tcp` listener.',
  },
  inspection: {
    kind: 'section',
    short: 'mode',
    table: listenerInspectionOptions as typeof listenerInspectionOptions,
    doc: 'Whether and how requests are inspected. `on`, `detect` or `off` alone is its `mode`.',
  },
  identity: {
    kind: 'section',
    table: identityOptions as typeof identityOptions,
    doc: "How the client's address is known. Without any of it, the client is the other end of the connection.",
  },
  udp: {
    kind: 'section',
    table: udpOptions as typeof udpOptions,
    doc: 'What a `udp` listener has besides. Its flows, each the datagrams of one client to one server, count as `limits.connections`; beyond that the one that was used least recently ends.',
  },
  timeouts: {
    kind: 'section',
    table: listenerTimeoutOptions as typeof listenerTimeoutOptions,
    doc: 'How long clients may take.',
  },
  limits: {
    kind: 'section',
    table: listenerLimitOptions as typeof listenerLimitOptions,
    doc: 'What clients may send.',
  },
} as const;

export const routeOptions = {
  hosts: {
    kind: 'list',
    of: {
      kind: 'text',
      pattern: '(?:\\*\\.)?[a-z0-9_-]{1,63}(?:\\.[a-z0-9_-]{1,63})*|\\[[0-9a-f:.]{2,45}\\]',
      expects: 'a host such as "example.org" or "*.example.org", without a port',
      lengthMax: 253,
      fold: 'lower',
      doc: 'A host, or `*.` and a host for every host below it.',
    },
    countMax: 1024,
    default: [],
    doc: 'The hosts that the route takes, without ports. `*.example.org` takes every host below `example.org`, not `example.org` itself. None means every host.',
  },
  paths: {
    kind: 'list',
    of: {
      kind: 'text',
      pattern: '/[!"$->@-~]*',
      expects: 'the beginning of a path: "/" and then printable ASCII without "?", "#" and spaces',
      lengthMax: 1024,
      doc: 'The beginning of a path.',
    },
    countMax: 1024,
    default: [],
    doc: 'The beginnings of paths that the route takes. They are compared with the path as a server may understand it: decoded once, without dot segments, empty segments and backslashes; the target that is forwarded stays as it came. None means every path.',
  },
  destinations: {
    kind: 'cidrs',
    countMax: 1024,
    default: [],
    doc: 'The addresses that the route takes: those that clients connected to, as a PROXY protocol header of a trusted peer says it, or as the connection does. Useful for listeners that have several addresses, such as `transparent` ones. None means every address.',
  },
  methods: {
    kind: 'list',
    of: {
      kind: 'text',
      pattern: '[A-Z][A-Z0-9_-]*',
      expects: 'a method such as "GET", in upper case',
      lengthMax: 32,
      doc: 'A method.',
    },
    countMax: 64,
    default: [],
    doc: 'The methods that the route takes. None means every method.',
  },
  pool: {
    kind: 'reference',
    to: 'pools',
    presence: 'required',
    doc: 'The pool of the requests that the route takes.',
  },
  decoy: {
    kind: 'reference',
    to: 'decoys',
    presence: 'optional',
    doc: 'Where the deceived go. Without one, the decoy of the listener.',
  },
  inspection: {
    kind: 'section',
    short: 'mode',
    table: routeInspectionOptions as typeof routeInspectionOptions,
    doc: 'Whether and how requests are inspected. Of what is not written, as the listener says. `on`, `detect` or `off` alone is its `mode`.',
  },
  allowConnect: {
    kind: 'boolean',
    default: false,
    doc: 'Whether CONNECT is passed on. Otherwise it is answered with 405.',
  },
  allowUpgrade: {
    kind: 'boolean',
    default: true,
    doc: 'Whether `Upgrade` (WebSocket) is passed on. Otherwise it is removed, and the request is an ordinary one.',
  },
} as const;
