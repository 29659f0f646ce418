/** Finds programs that are installed on the machine. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian puts daemons where the PATH of a user does not look. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];

export function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
