/**
 * Finds installed programs and asks them for their versions.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { join } from 'node:path';

/** Debian keeps servers in sbin, which is not on the PATH of an ordinary user. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of `name`, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** What `command args` prints on either stream. Empty when it cannot be run. */
export function ask(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 });
  return result.error === undefined ? `${result.stdout}${result.stderr}` : '';
}

/** The path of the shared library `name` where Debian keeps libraries, or undefined when it is not installed. */
export function findLibrary(name: string): string | undefined {
  return globSync([`/usr/lib/${name}`, `/usr/lib/*-linux-gnu/${name}`])[0];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
