/** `sallyport attackers`: lists, makes and takes away the marks that send a client to the decoy. */
import type { AttackersView } from '../admin/views.ts';
import { formatDuration } from '../base/units.ts';
import { printable, quote } from '../config/diagnostic.ts';
import type { Mark } from '../decoy/attackers.ts';
import { ADMIN_ARGUMENTS, ADMIN_USAGE, askAdmin, print } from './admin-socket.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { counted, table } from './table.ts';

export const attackers: Command = {
  name: 'attackers',
  summary: 'List, mark or forgive attackers',
  usage:
    `sallyport attackers list ${ADMIN_USAGE} [--limit N]\n` +
    `       sallyport attackers mark ADDRESS [--for 2h] ${ADMIN_USAGE}\n` +
    `       sallyport attackers forgive ADDRESS ${ADMIN_USAGE}`,
  run: async (args) => {
    const found = readArguments(args, {
      ...ADMIN_ARGUMENTS,
      for: { type: 'string' },
      limit: { type: 'string' },
    });
    const [action = 'list', address, ...more] = found.positionals;
    if (more.length > 0) throw new UsageError('Cannot run: there is more than one address');
    switch (action) {
      case 'list':
        return await list(found);
      case 'mark':
        return await mark(found, needed(address));
      case 'forgive':
        return await forgive(found, needed(address));
      default:
        throw new UsageError(`Cannot run "attackers" with ${quote(action)}: it is list, mark or forgive`);
    }
  },
};

function needed(address: string | undefined): string {
  if (address === undefined) throw new UsageError('Cannot run: the address is missing');
  return address;
}

async function list(found: Arguments): Promise<number> {
  const limit = found.text('limit');
  const path = `/v1/attackers${limit === undefined ? '' : `?limit=${encodeURIComponent(limit)}`}`;
  // The answer is of our own API, which promises this shape; the same below.
  const view = (await askAdmin(found, 'GET', path)) as AttackersView;
  print(found, view, () => listText(view, Date.now()));
  return 0;
}

export function listText(view: AttackersView, nowMs: number): string {
  if (view.total === 0) return 'Nobody is marked.\n';
  const rows = view.attackers.map((mark) => [
    mark.key,
    `${left(mark, nowMs)} left`,
    `${counted(mark.offences, 'offence')}, ${counted(mark.visits, 'visit')}`,
    mark.cause.text,
    mark.cause.exchange,
  ]);
  const rest = view.total - view.attackers.length;
  return table(rows) + (rest > 0 ? `  and ${rest} more: --limit shows them\n` : '');
}

async function mark(found: Arguments, address: string): Promise<number> {
  const duration = found.text('for');
  const body = { address, ...(duration === undefined ? {} : { for: duration }) };
  const made = (await askAdmin(found, 'POST', '/v1/attackers', body)) as Mark;
  print(found, made, () => `${made.key} is marked for ${left(made, Date.now())}.\n`);
  return 0;
}

async function forgive(found: Arguments, address: string): Promise<number> {
  const answer = await askAdmin(found, 'DELETE', `/v1/attackers/${encodeURIComponent(address)}`);
  print(found, answer, () => `${printable(address)} is no longer marked.\n`);
  return 0;
}

/** Whole seconds: nobody waits for the milliseconds of a mark. */
function left(mark: Mark, nowMs: number): string {
  return formatDuration(Math.max(0, Math.ceil((mark.endMs - nowMs) / 1000)) * 1000);
}
