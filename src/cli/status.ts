/** `sallyport status`: what a running Sallyport is doing. */
import type { ServerView, StatusView } from '../admin/views.ts';
import type { HealthView } from '../balance/health/view.ts';
import { escapeForLog } from '../base/escape.ts';
import { formatDuration } from '../base/units.ts';
import { ADMIN_ARGUMENTS, ADMIN_USAGE, askAdmin, print } from './admin-socket.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';
import { counted, table } from './table.ts';

export const status: Command = {
  name: 'status',
  summary: 'Show listeners, pools and counts of a running Sallyport',
  usage: `sallyport status ${ADMIN_USAGE}`,
  run: async (args) => {
    const found = readOptions(args, ADMIN_ARGUMENTS);
    // The answer is of our own API, which promises this shape.
    const view = (await askAdmin(found, 'GET', '/v1/status')) as StatusView;
    print(found, view, () => statusText(view, Date.now()));
    return 0;
  },
};

export function statusText(view: StatusView, nowMs: number): string {
  const upSeconds = Math.max(0, Math.floor((nowMs - view.startedAtMs) / 1000));
  const listeners = view.listeners.map((one) => [
    one.name,
    one.protocol,
    one.addresses.join(' '),
    counted(one.connections, 'connection'),
  ]);
  const servers = view.pools.flatMap((pool) =>
    pool.servers.map((server) => [
      pool.isDecoy ? `${pool.name} (decoy)` : pool.name,
      server.name,
      server.address,
      weightText(server),
      `${server.busy} busy, ${server.idle} idle`,
      healthText(server, nowMs),
    ]),
  );
  const { exchanges, attackers } = view;
  return (
    `sallyport ${view.version}, pid ${view.pid}, up ${formatDuration(upSeconds * 1000)}, ${escapeForLog(view.configuration)}\n` +
    workersText(view.workers) +
    `\nListeners\n${table(listeners)}\nServers\n${table(servers)}\n` +
    fallbacksText(view.pools) +
    `Exchanges  ${exchanges.continue} passed, ${exchanges.deceive} deceived, ${exchanges.reply} refused, ${exchanges.drop} dropped\n` +
    `Attackers  ${attackers.count} marked of at most ${attackers.max}` +
    `${attackers.dropped === 0 ? '' : `, ${attackers.dropped} dropped to make room`}\n` +
    (view.accessLog.dropped === 0 ? '' : `Access log ${view.accessLog.dropped} lines lost\n`)
  );
}

/** `weight 2`; `weight 0.5 of 2` while an operator, its agent or slow start makes it another; and `backup`. */
function weightText({ weight, effectiveWeight, isBackup }: ServerView): string {
  const effective = effectiveWeight === weight ? '' : `${Number(effectiveWeight.toFixed(2))} of `;
  return `weight ${effective}${weight}${isBackup ? ', backup' : ''}`;
}

/** `Fallback   "app" is served by "spare"`, for each pool that another one serves for. */
function fallbacksText(pools: StatusView['pools']): string {
  return pools
    .map(({ name, servedBy }) =>
      // An earlier Sallyport that is asked says nothing of it.
      typeof servedBy === 'string' ? `Fallback   "${name}" is served by "${servedBy}"\n` : '',
    )
    .join('');
}

/** Nothing where all is as it should be. */
function workersText({ count, answering, died }: StatusView['workers']): string {
  if (died === 0 && answering === count) return '';
  const missing = answering === count ? '' : `, ${count - answering} of ${count} do not answer`;
  return `Workers    ${died} died and ${died === 1 ? 'was' : 'were'} replaced${missing}\n`;
}

/** `up, L7OK status 200`; `going down 1/3, L7STS status 500`; `down for 12s, L4CON connection refused`. */
function healthText({ health, slowStart }: ServerView, nowMs: number): string {
  if (health === null) return '';
  const { check, mode, agentMode } = health;
  const found = check === null ? '' : `${check.code} ${check.text}`.trimEnd();
  const parts = [stateText(health, nowMs), health.state === 'down' ? health.why : found];
  if (slowStart !== null) parts.push(`slow start at ${Math.round(100 * slowStart)} %`);
  if (mode !== 'ready') parts.push(MODE_TEXTS[mode]);
  if (agentMode !== 'ready') parts.push(`${MODE_TEXTS[agentMode]} by its agent`);
  return parts.filter((part) => part !== '').join(', ');
}

function stateText({ state, sinceMs, phase, progress }: HealthView, nowMs: number): string {
  const way = progress === null ? '' : `${phase} ${progress.done}/${progress.of}`;
  if (state === 'up') return way === '' ? state : way;
  const forMs = 1000 * Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  return `${way === '' ? '' : `${way}, `}down for ${formatDuration(forMs)}`;
}

const MODE_TEXTS = { drain: 'drained', maintenance: 'out of service' } as const;
