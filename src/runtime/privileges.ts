/**
 * Giving up root once the sockets are open: `runtime.user` and `runtime.group`.
 *
 * Before it: listening sockets, the token of the admin API, the seed. After it, and so owned by the user: log files and
 * the admin socket, whose folders the user must be able to write to.
 */
import { accessSync, chownSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { becomeAccount, findAccount, isAccount } from '../linux/account.ts';
import type { Account } from '../linux/account.ts';

/** Read again by every worker that is started later. */
const OWN_CODE = fileURLToPath(import.meta.url);

/**
 * What the process is to become, or undefined where it stays as it is. Makes the folder of the admin socket, before root
 * makes it for itself. Throws with a message for people.
 */
export function findPrivileges(config: Config): Account | undefined {
  const { user, group } = config.runtime;
  if (user === undefined) return undefined;
  const account = findAccount(user, group);
  if (isAccount(account)) return undefined;
  if (process.geteuid?.() === 0) {
    const { socket } = config.admin;
    if (socket !== 'off') makeFolder(dirname(socket), account);
    return account;
  }
  throw new Error(
    `Cannot use key "runtime.user": only root can become "${user}"; start it as root, or as "${user}" without the key`,
  );
}

/** Never to be undone. Throws with a message for people, and then the process must end. */
export function dropPrivileges(
  account: Account,
  config: Config,
  path: string,
  warn: (text: string) => void,
): void {
  becomeAccount(account);
  const user = config.runtime.user ?? '';
  if (!canRead(OWN_CODE)) {
    throw new Error(
      `Cannot run as user "${user}": it cannot read the program at "${OWN_CODE}"; install it where all can read it`,
    );
  }
  if (existsSync(path) && canRead(path)) return;
  warn(`User "${user}" cannot read "${path}": reloads will fail`);
}

/** A folder that is not there yet is the user's; one that is there keeps its owner. */
function makeFolder(folder: string, { uid, gid }: Account): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, uid, gid);
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
