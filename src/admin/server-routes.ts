/** What an operator sees of a server, and changes about it. */
import type { AdminAnswer, AdminServices, Call, Route, ServerChange, ServerPath } from './call.ts';
import { failure, readObject } from './call.ts';
import { bare } from './methods.ts';

const MODES = ['ready', 'drain', 'maintenance'] as const;
/** As `weight` of a server in the configuration has it. */
const WEIGHT_MAX = 256;

export const SERVER_ROUTES: readonly Route[] = [routeOf('pool'), routeOf('decoy')];

function routeOf(kind: ServerPath['kind']): Route {
  const pathOf = ({ names: [pool = '', server = ''] }: Call): ServerPath => ({ kind, pool, server });
  return {
    path: `/v1/${kind}s/*/servers/*`,
    names: [kind, 'server'],
    methods: bare({
      GET: {
        does: `Shows a server of a ${kind}`,
        run: (call, { servers }) => answerWith(pathOf(call), servers.view(pathOf(call))),
      },
      PATCH: {
        does: `Sets mode or weight of a server of a ${kind}, or both; a weight of null is the configured one again`,
        body: {
          mode: { enum: MODES },
          weight: { type: ['integer', 'null'], minimum: 0, maximum: WEIGHT_MAX },
        },
        run: (call, services) => change(pathOf(call), call.body, services),
      },
    }),
  };
}

function change(path: ServerPath, body: string, { servers }: AdminServices): AdminAnswer {
  const read = readObject(body, 'change a server');
  if (read.kind === 'bad') return read.answer;
  const { mode, weight, ...rest } = read.value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    return failure(400, 'bad-body', `Cannot change a server: "${unknown}" is not known`);
  const wanted = MODES.find((one) => one === mode);
  if (mode !== undefined && wanted === undefined)
    return failure(400, 'bad-mode', `Cannot change a server: "mode" is none of ${MODES.join(', ')}`);
  if (!isWeight(weight))
    return failure(400, 'bad-weight', `Cannot change a server: "weight" is not 0 to ${WEIGHT_MAX}, or null`);
  if (mode === undefined && weight === undefined)
    return failure(400, 'bad-body', 'Cannot change a server: neither "mode" nor "weight" is there');
  const changes: ServerChange = {
    ...(wanted === undefined ? {} : { mode: wanted }),
    ...(weight === undefined ? {} : { weight }),
  };
  return answerWith(path, servers.change(path, changes));
}

function isWeight(value: unknown): value is number | null | undefined {
  if (value === undefined || value === null) return true;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= WEIGHT_MAX;
}

function answerWith({ kind, pool, server }: ServerPath, view: unknown): AdminAnswer {
  if (view !== undefined) return { status: 200, body: view };
  return failure(
    404,
    'no-such-server',
    `Cannot find server "${server}": ${kind} "${pool}" has no such server`,
  );
}
