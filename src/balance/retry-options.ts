/** When a request is tried again: the key `retries` of a pool. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import type { OptionsOf } from '../base/option.ts';

export type RetryOptions = OptionsOf<typeof retryOptions>;

/** Why a request can be tried again. A number is the status of a response that the client has seen nothing of. */
export type RetryCause = RetryOptions['on'][number];

export const retryBudgetOptions = {
  percent: {
    kind: 'integer',
    min: 0,
    max: 100,
    default: 20,
    doc: 'How many retries there may be for 100 requests, on the average of the last 10 seconds.',
  },
  perSecond: {
    kind: 'integer',
    min: 0,
    max: 10_000,
    default: 10,
    doc: 'How many more there may be in each second, so that a pool with few requests has some, too.',
  },
} as const;

export const retryOptions = {
  max: {
    kind: 'integer',
    min: 0,
    max: 10,
    default: 1,
    doc: 'How often a request is tried again. 0 for never. A kept connection that was closed (`kept-closed`) does not count, once for each request.',
  },
  on: {
    kind: 'list',
    of: {
      kind: 'choice',
      values: [
        'connect-failed',
        'connect-timeout',
        'kept-closed',
        'closed',
        'first-byte-timeout',
        'bad-response',
        '408',
        '425',
        '429',
        '500',
        '502',
        '503',
        '504',
      ],
      doc: 'What went wrong.',
    },
    countMax: 16,
    default: ['connect-failed', 'connect-timeout', 'kept-closed'],
    doc: 'After what. `connect-failed`: no connection. `connect-timeout`: none within `timeouts.connect`. `kept-closed`: a connection that was kept open was closed before it answered. `closed`: the same for any connection; a request that makes servers fall over then gets at the next one. `first-byte-timeout`: no answer within `timeouts.firstByte`. `bad-response`: the head of the response is malformed. Numbers are statuses of responses. Whatever it is, a request of which something was sent is only tried again when its method may be repeated (RFC 9110 §9.2.2), its whole body is still held, and the client has nothing of a response.',
  },
  redispatch: {
    kind: 'boolean',
    default: true,
    doc: 'Whether a retry goes to another server, if there is one, also away from the one that a session is bound to. `false` tries the same one again while it is in service.',
  },
  budget: {
    kind: 'section',
    table: retryBudgetOptions as typeof retryBudgetOptions,
    doc: 'Bounds retries of requests that a server may have seen, so that they cannot multiply an outage. Each worker counts its own. Retries of which nothing was sent are free: they give no server anything twice. So is the first after `kept-closed`.',
  },
} as const;
