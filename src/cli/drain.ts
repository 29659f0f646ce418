/** `sallyport drain`: takes a server out of service while Sallyport runs, and puts it back. */
import type { ServerTraffic, TrafficView } from '../admin/traffic-view.ts';
import { escapeForTerminal } from '../base/escape.ts';
import { readDuration } from '../base/units.ts';
import { ADMIN_ARGUMENTS, ADMIN_USAGE, askAdmin, CommandError, print } from './admin-socket.ts';
import type { Arguments } from './arguments.ts';
import { onePositional, readArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { counted } from './table.ts';

const POLL_MS = 200;
const TIMEOUT_DEFAULT = '10m';

export const drain: Command = {
  name: 'drain',
  summary: 'Take a server out of service, or put it back',
  usage: `sallyport drain [POOL/]SERVER [--wait] [--timeout ${TIMEOUT_DEFAULT}] [--maintenance | --ready] ${ADMIN_USAGE}`,
  run: async (args) => {
    const found = readArguments(args, {
      ...ADMIN_ARGUMENTS,
      wait: { type: 'boolean' },
      timeout: { type: 'string' },
      maintenance: { type: 'boolean' },
      ready: { type: 'boolean' },
    });
    const mode = modeOf(found);
    const waitMs = found.flag('wait') ? timeoutOf(found) : 0;
    const server = await findServer(found, onePositional(found, 'the server'));
    const changed = (await askAdmin(found, 'PATCH', pathOf(server), { mode })) as ServerTraffic;
    const last = waitMs === 0 ? changed : await untilUnused(found, server, waitMs);
    print(found, last, () => textOf(last));
    return isUnused(last) || waitMs === 0 ? 0 : 1;
  },
};

function modeOf(found: Arguments): ServerTraffic['mode'] {
  if (found.flag('ready') && (found.flag('maintenance') || found.flag('wait')))
    throw new UsageError('Cannot run: --ready goes with neither --maintenance nor --wait');
  if (found.flag('ready')) return 'ready';
  return found.flag('maintenance') ? 'maintenance' : 'drain';
}

function timeoutOf(found: Arguments): number {
  const ms = readDuration(found.text('timeout') ?? TIMEOUT_DEFAULT);
  if (ms === undefined || ms === 0) throw new UsageError('Cannot run: --timeout is no time such as "10m"');
  return ms;
}

/** `app/s1`, or `s1` where only one pool has a server of that name. Decoys are found where no pool has it. */
async function findServer(found: Arguments, text: string): Promise<ServerTraffic> {
  // The answer is of our own API, which promises this shape.
  const { servers } = (await askAdmin(found, 'GET', '/v1/traffic')) as TrafficView;
  const named = servers.filter(({ pool, name }) => text === `${pool}/${name}` || text === name);
  const ofPools = named.filter(({ isDecoy }) => !isDecoy);
  const [server, another] = ofPools.length > 0 ? ofPools : named;
  const shown = escapeForTerminal(text);
  if (server === undefined) throw new CommandError(`Cannot find server "${shown}": no pool has it`);
  if (another === undefined) return server;
  const all = named.map(({ pool, name }) => `${pool}/${name}`).join(', ');
  throw new CommandError(`Cannot choose server "${shown}": it is one of ${escapeForTerminal(all)}`);
}

function pathOf({ isDecoy, pool, name }: ServerTraffic): string {
  const kind = isDecoy ? 'decoys' : 'pools';
  return `/v1/${kind}/${encodeURIComponent(pool)}/servers/${encodeURIComponent(name)}`;
}

/** The server as it was when nothing used it any more, or when the time was over. */
async function untilUnused(found: Arguments, server: ServerTraffic, waitMs: number): Promise<ServerTraffic> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    const now = (await askAdmin(found, 'GET', pathOf(server))) as ServerTraffic;
    if (isUnused(now) || performance.now() >= endMs) return now;
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, waitMs)));
  }
}

function isUnused({ inUse, waiting }: ServerTraffic): boolean {
  return inUse === 0 && waiting === 0;
}

const MODE_TEXTS: Readonly<Record<ServerTraffic['mode'], string>> = {
  ready: 'is in service',
  drain: 'gets no new sessions',
  maintenance: 'is out of service',
};

function textOf(server: ServerTraffic): string {
  const name = escapeForTerminal(`${server.pool}/${server.name}`);
  const use = isUnused(server) ? 'nothing uses it' : `${counted(server.inUse, 'exchange')} in hand`;
  return `${name} ${MODE_TEXTS[server.mode]}; ${use}.\n`;
}
