/**
 * The admin API: which method and path does what. No I/O here: a request in, an answer out.
 */
import { formatDuration, readDuration, readInteger } from '../base/units.ts';
import type { Refusal } from '../decoy/attackers.ts';
import { CONTENT_TYPES, exposition, formatFor } from '../record/metrics/exposition.ts';
import { logLevels } from '../record/program-log.ts';
import type { AdminAnswer, AdminRequest, AdminServices, Call, Route } from './call.ts';
import { failure, readObject } from './call.ts';
import { describeApi } from './description.ts';
import { bare } from './methods.ts';
import { SERVER_ROUTES } from './server-routes.ts';
import type { AttackersView, ReloadView } from './views.ts';

/** The one path that may be open to those without a token. */
export const METRICS_PATH = '/metrics';

export async function answerAdmin(request: AdminRequest, services: AdminServices): Promise<AdminAnswer> {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : request.target.slice(mark + 1));
  for (const route of ROUTES) {
    const names = namesIn(path, route.path);
    if (names === undefined) continue;
    const { body, accept } = request;
    const method = route.methods[request.method];
    if (method !== undefined)
      return await method.run({ names, name: names[0] ?? '', query, body, accept }, services);
    const allowed = Object.keys(route.methods).join(', ');
    return failure(405, 'method-not-allowed', `Cannot ${request.method} "${path}": it takes ${allowed}`);
  }
  return failure(404, 'no-such-path', `Cannot find "${path}": the admin API has no such path`);
}

const ROUTES: readonly Route[] = [
  { path: '/v1', methods: bare({ GET: { does: 'Describes this API, in OpenAPI', run: describe } }) },
  {
    path: '/v1/status',
    methods: bare({
      GET: {
        does: 'Shows listeners, pools, servers and counts',
        run: async (_call, { status }) => ({ status: 200, body: await status() }),
      },
    }),
  },
  {
    path: '/v1/traffic',
    methods: bare({
      GET: {
        does: 'Shows counts since the start, for who asks again and again',
        run: async (_call, { traffic }) => ({ status: 200, body: await traffic() }),
      },
    }),
  },
  {
    path: METRICS_PATH,
    methods: bare({ GET: { does: 'Shows metrics in the text format of Prometheus', run: showMetrics } }),
  },
  {
    path: '/v1/reload',
    methods: bare({ POST: { does: 'Reads the configuration and its rules anew', run: reloadConfig } }),
  },
  ...SERVER_ROUTES,
  {
    path: '/v1/attackers',
    methods: bare({
      GET: { does: 'Lists attackers, the latest first; ?limit=N bounds the list', run: listAttackers },
      POST: {
        does: 'Marks a client',
        body: { address: { type: 'string' }, for: { type: 'string', examples: ['2h'] } },
        run: markAttacker,
      },
    }),
  },
  {
    path: '/v1/attackers/*',
    names: ['address'],
    methods: bare({ DELETE: { does: 'Forgives an attacker', run: forgiveAttacker } }),
  },
  {
    path: '/v1/exchanges/*',
    names: ['id'],
    methods: bare({
      GET: { does: 'Shows a recent exchange, and why it got its verdict', run: showExchange },
    }),
  },
  {
    path: '/v1/log-level',
    methods: bare({
      GET: {
        does: 'Shows the least serious events that the program writes',
        run: (_call, { log }) => ({ status: 200, body: { level: log.level } }),
      },
      PUT: {
        does: 'Sets it, until the next start or reload',
        body: { level: { enum: logLevels } },
        run: setLogLevel,
      },
    }),
  },
];

function describe(): AdminAnswer {
  return { status: 200, body: describeApi(ROUTES) };
}

function setLogLevel({ body }: Call, { log }: AdminServices): AdminAnswer {
  const read = readObject(body, 'set the log level');
  if (read.kind === 'bad') return read.answer;
  const level = logLevels.find((one) => one === read.value['level']);
  if (level === undefined || Object.keys(read.value).length > 1)
    return failure(400, 'bad-level', `Cannot set the log level: "level" is none of ${logLevels.join(', ')}`);
  log.level = level;
  return { status: 200, body: { level } };
}

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
  const read = readObject(body, 'mark a client');
  if (read.kind === 'bad') return read.answer;
  const { address, for: duration, ...rest } = read.value;
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

async function reloadConfig(_call: Call, { reload }: AdminServices): Promise<AdminAnswer> {
  const reloaded = await reload();
  if (reloaded.kind === 'ok')
    return { status: 200, body: { warnings: reloaded.warnings } satisfies ReloadView };
  return failure(
    422,
    'bad-configuration',
    `Cannot reload, nothing has changed:\n${reloaded.problems.join('\n')}`,
  );
}

async function showMetrics({ accept }: Call, { metrics }: AdminServices): Promise<AdminAnswer> {
  const format = formatFor(accept);
  return { status: 200, body: exposition(await metrics(), format), type: CONTENT_TYPES[format] };
}

/** The names in the places of `*`; undefined when `path` is another. */
function namesIn(path: string, pattern: string): readonly string[] | undefined {
  const [parts, wanted] = [path.split('/'), pattern.split('/')];
  if (parts.length !== wanted.length) return undefined;
  const names: string[] = [];
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? '';
    if (want !== '*' && want !== part) return undefined;
    if (want !== '*') continue;
    const name = decoded(part);
    if (name === undefined || name === '') return undefined;
    names.push(name);
  }
  return names;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
