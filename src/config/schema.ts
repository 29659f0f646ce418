/**
 * The whole configuration as one table. Each module owns its own part; here they come together.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import { adminOptions } from '../admin/options.ts';
import { resolverOptions } from '../balance/names/options.ts';
import { poolOptions } from '../balance/options.ts';
import { attackerOptions } from '../decoy/options.ts';
import { inspectionOptions } from '../inspect/options.ts';
import { listenerOptions, routeOptions } from '../proxy/options.ts';
import { tracingOptions } from '../proxy/tracing/options.ts';
import { logOptions } from '../record/options.ts';
import { runtimeOptions } from './runtime-options.ts';

export const configOptions = {
  listeners: {
    kind: 'map',
    noun: 'listener',
    countMax: 256,
    presence: 'required',
    of: {
      kind: 'section',
      table: listenerOptions as typeof listenerOptions,
      doc: 'A listener accepts connections and says what happens to them.',
    },
    doc: 'The listeners, by name.',
  },
  routes: {
    kind: 'map',
    noun: 'route',
    countMax: 1024,
    of: {
      kind: 'section',
      table: routeOptions as typeof routeOptions,
      doc: 'A route takes the requests that match all of its `hosts`, `paths` and `methods`, and picks their pool.',
    },
    doc: 'The routes, by name. A route is in use where a listener lists it.',
  },
  pools: {
    kind: 'map',
    noun: 'pool',
    countMax: 1024,
    of: {
      kind: 'section',
      table: poolOptions as typeof poolOptions,
      doc: 'A pool is a set of servers that can answer a request.',
    },
    doc: 'The pools, by name.',
  },
  decoys: {
    kind: 'map',
    noun: 'decoy',
    countMax: 64,
    of: {
      kind: 'section',
      table: poolOptions as typeof poolOptions,
      doc: 'A decoy has the keys of a pool; its servers are honeypots. Without servers (`trap: {}`) it is the built-in decoy.',
    },
    doc: 'The decoys, by name.',
  },
  resolver: {
    kind: 'section',
    table: resolverOptions as typeof resolverOptions,
    doc: 'How names of servers become addresses.',
  },
  inspection: {
    kind: 'section',
    table: inspectionOptions as typeof inspectionOptions,
    elsewhere: { keys: ['mode', 'sample', 'set'], hint: 'write it at a listener or a route' },
    doc: 'The rules, and what they see.',
  },
  attackers: {
    kind: 'section',
    table: attackerOptions as typeof attackerOptions,
    doc: 'Clients that are marked to be deceived.',
  },
  log: {
    kind: 'section',
    table: logOptions as typeof logOptions,
    doc: 'Logs.',
  },
  tracing: {
    kind: 'section',
    table: tracingOptions as typeof tracingOptions,
    doc: 'Traces, for an OpenTelemetry Collector.',
  },
  admin: {
    kind: 'section',
    table: adminOptions as typeof adminOptions,
    doc: 'The admin API.',
  },
  runtime: {
    kind: 'section',
    table: runtimeOptions as typeof runtimeOptions,
    doc: 'The process: its threads, its user, its end.',
  },
} as const;
