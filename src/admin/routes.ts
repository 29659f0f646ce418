/**
 * The admin API: which method and path does what. No I/O here: a request in, an answer out.
 */
import { formatDuration, readDuration, readInteger } from '../base/units.ts';
import type { Attackers, Refusal } from '../decoy/attackers.ts';
import { CONTENT_TYPES, exposition, formatFor } from '../record/metrics/exposition.ts';
import type { Sample } from '../record/metrics/family.ts';
import type { TrafficView } from './traffic-view.ts';
import type { AttackersView, ErrorView, ExchangeView, StatusView } from './views.ts';

/** What the API shows and changes. */
export interface AdminServices {
  readonly attackers: Attackers;
  /** A recent exchange by its id. Workers are asked, so it takes a moment; undefined when none of them knows it. */
  readonly explain: (id: string) => Promise<ExchangeView | undefined>;
  readonly status: () => Promise<StatusView>;
  readonly metrics: () => Promise<readonly Sample[]>;
  readonly traffic: () => Promise<TrafficView>;
}

export interface AdminRequest {
  readonly method: string;
  /** The request target: path and query. */
  readonly target: string;
  readonly body: string;
  /** The `Accept` header, or nothing. */
  readonly accept: string;
}

export interface AdminAnswer {
  readonly status: number;
  /** Written as JSON, unless there is a type: then it is text of that media type. */
  readonly body: unknown;
  readonly type?: string;
}

export async function answerAdmin(request: AdminRequest, services: AdminServices): Promise<AdminAnswer> {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : request.target.slice(mark + 1));
  for (const route of ROUTES) {
    const name = nameIn(path, route.path);
    if (name === undefined) continue;
    const handler = route.methods[request.method];
    if (handler !== undefined)
      return await handler({ name, query, body: request.body, accept: request.accept }, services);
    const allowed = Object.keys(route.methods).join(', ');
    return failure(405, 'method-not-allowed', `Cannot ${request.method} "${path}": it takes ${allowed}`);
  }
  return failure(404, 'no-such-path', `Cannot find "${path}": the admin API has no such path`);
}

export function failure(status: number, code: string, message: string): AdminAnswer {
  return { status, body: { error: { code, message } } satisfies ErrorView };
}

interface Call {
  /** What stands in the place of `*` in the path, decoded; empty when there is none. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly accept: string;
}

type Handler = (call: Call, services: AdminServices) => AdminAnswer | Promise<AdminAnswer>;

interface Route {
  /** `*` at the end stands for one name. */
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
}

const ROUTES: readonly Route[] = [
  {
    path: '/v1/status',
    methods: bare({ GET: async (_call, { status }) => ({ status: 200, body: await status() }) }),
  },
  {
    path: '/v1/traffic',
    methods: bare({ GET: async (_call, { traffic }) => ({ status: 200, body: await traffic() }) }),
  },
  { path: '/metrics', methods: bare({ GET: showMetrics }) },
  { path: '/v1/attackers', methods: bare({ GET: listAttackers, POST: markAttacker }) },
  { path: '/v1/attackers/*', methods: bare({ DELETE: forgiveAttacker }) },
  { path: '/v1/exchanges/*', methods: bare({ GET: showExchange }) },
];

/** Attackers in an answer, unless `limit` says otherwise: an answer with 100,000 of them is of no use to anyone. */
const LIMIT_DEFAULT = 1000;
const LIMIT_MAX = 10_000;
/** As `attackers.markFor` has it. */
const MARK_FOR_MIN_MS = 1000;
const MARK_FOR_MAX_MS = 24 * 86_400_000;

function listAttackers({ query }: Call, { attackers }: AdminServices): AdminAnswer {
  const limit = readInteger(query.get('limit') ?? String(LIMIT_DEFAULT));
  if (limit === undefined || limit < 1 || limit > LIMIT_MAX) {
    return failure(400, 'bad-limit', `Cannot list attackers: "limit" is not a number from 1 to ${LIMIT_MAX}`);
  }
  const marks = attackers.list();
  return {
    status: 200,
    body: { total: marks.length, attackers: marks.slice(0, limit) } satisfies AttackersView,
  };
}

function markAttacker({ body }: Call, { attackers }: AdminServices): AdminAnswer {
  const wish = readWish(body);
  if ('status' in wish) return wish;
  const result = attackers.mark(
    wish.address,
    { rule: '', exchange: '', text: 'marked by an operator' },
    wish.forMs,
  );
  return result.kind === 'mark' ? { status: 201, body: result } : refused(result);
}

interface Wish {
  readonly address: string;
  readonly forMs: number | undefined;
}

/** Reads `{"address": "192.0.2.1", "for": "2h"}`; `for` may be missing. */
function readWish(body: string): Wish | AdminAnswer {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failure(400, 'bad-body', 'Cannot mark a client: the body is not a JSON object');
  }
  const { address, for: duration, ...rest } = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    return failure(400, 'bad-body', `Cannot mark a client: "${unknown}" is not known`);
  if (typeof address !== 'string')
    return failure(400, 'bad-body', 'Cannot mark a client: "address" is missing');
  if (duration === undefined) return { address, forMs: undefined };
  const forMs = typeof duration === 'string' ? readDuration(duration) : undefined;
  if (forMs !== undefined && forMs >= MARK_FOR_MIN_MS && forMs <= MARK_FOR_MAX_MS) return { address, forMs };
  const range = `${formatDuration(MARK_FOR_MIN_MS)} to ${formatDuration(MARK_FOR_MAX_MS)}`;
  return failure(400, 'bad-duration', `Cannot mark a client: "for" is not a time from ${range} such as "2h"`);
}

const STATUS_OF_REFUSAL: Readonly<Record<Refusal['code'], number>> = {
  'no-address': 400,
  'bad-address': 400,
  never: 409,
  busy: 503,
};

function refused(refusal: Refusal): AdminAnswer {
  return failure(STATUS_OF_REFUSAL[refusal.code], refusal.code, refusal.text);
}

function forgiveAttacker({ name }: Call, { attackers }: AdminServices): AdminAnswer {
  if (attackers.forgive(name)) return { status: 200, body: { forgiven: name } };
  return failure(404, 'not-marked', `Cannot forgive "${name}": it is not marked`);
}

async function showExchange({ name }: Call, { explain }: AdminServices): Promise<AdminAnswer> {
  const view = await explain(name);
  if (view !== undefined) return { status: 200, body: view };
  return failure(404, 'no-such-exchange', `Cannot show "${name}": no recent exchange has this id`);
}

async function showMetrics({ accept }: Call, { metrics }: AdminServices): Promise<AdminAnswer> {
  const format = formatFor(accept);
  return { status: 200, body: exposition(await metrics(), format), type: CONTENT_TYPES[format] };
}

/** The name in the place of `*`, '' for a path without one, undefined when `path` is another. */
function nameIn(path: string, pattern: string): string | undefined {
  if (!pattern.endsWith('*')) return path === pattern ? '' : undefined;
  const start = pattern.slice(0, -1);
  const name = path.slice(start.length);
  if (!path.startsWith(start) || name === '' || name.includes('/')) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without a prototype, so that a method named `constructor` finds nothing. */
function bare(handlers: Readonly<Record<string, Handler>>): Readonly<Record<string, Handler>> {
  return Object.assign(Object.create(null) as Record<string, Handler>, handlers);
}
