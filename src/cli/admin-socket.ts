/** Finds the admin socket of the Sallyport that a command is about, and asks it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { adminRequest } from '../admin/client.ts';
import { adminOptions } from '../admin/options.ts';
import { asciiJson } from '../base/escape.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import type { Arguments } from './arguments.ts';
import { DEFAULT_CONFIG } from './config-path.ts';

/** Options that every command of this kind takes. */
export const ADMIN_ARGUMENTS = {
  socket: { type: 'string', short: 's' },
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
} as const;

/** How such a command is called, for its usage. */
export const ADMIN_USAGE = '[--socket PATH | -c FILE] [--json]';

/** A command cannot go on. The message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** `--socket`, or what the configuration says, or the default beside the current folder. */
export async function findSocket(found: Arguments): Promise<string> {
  const socket = found.text('socket');
  if (socket !== undefined) return resolve(socket);
  const path = found.text('config') ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (path === undefined) return resolve(adminOptions.socket.default);
  const read = await loadConfig(path, process.env);
  if (read.kind === 'bad') throw new CommandError(read.diagnostics.map(formatDiagnostic).join('\n'));
  if (read.config.admin.socket === 'off') {
    throw new CommandError(`Cannot reach Sallyport: "admin.socket" is off in ${path}`);
  }
  return read.config.admin.socket;
}

/** The value of a successful answer. Throws CommandError with the message of any other. */
export async function askAdmin(
  found: Arguments,
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await adminRequest(await findSocket(found), method, path, body);
  if (answer.kind === 'failed') throw new CommandError(answer.message);
  return answer.value;
}

/** Prints `value` as JSON, or as `toText` makes it. JSON.stringify alone would let C1 controls through to a terminal. */
export function print(found: Arguments, value: unknown, toText: () => string): void {
  process.stdout.write(found.flag('json') ? `${asciiJson(value, 2)}\n` : toText());
}
