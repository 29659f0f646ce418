/**
 * What we changed on this host, and what was there before: so that it can be compared, and taken back.
 *
 * One file for each name and network namespace, below /run: rules, routes and settings do not survive a restart either.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAddress } from '../../net/address.ts';
import type { Plan } from './plan.ts';
import { ToolError } from './tool.ts';

export const STATE_FOLDER = '/run/sallyport/host';

/** Of a file that we write ourselves: PIECES_MAX of plan.ts at some 1 KiB. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

export interface Applied {
  readonly plan: Plan;
  /** Our rules as the packet filter showed them right after they were made: what differs now was changed by somebody. */
  readonly filter: readonly string[];
  /** By key: what settings were before the first time that we set them. */
  readonly before: Readonly<Record<string, string>>;
  /** For each family, whether the table `mangle` of iptables was there before; undefined if we never used it. */
  readonly hadMangle: Readonly<Record<4 | 6, boolean>> | undefined;
}

interface File extends Applied {
  readonly version: 1;
}

/** The file of a name in the network namespace of this process. */
export function statePath(folder: string, name: string): string {
  return join(folder, `${name}.${statSync('/proc/self/ns/net').ino}.json`);
}

export function readApplied(path: string): Applied | undefined {
  let text: string;
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new ToolError(`Cannot read "${path}": it is too large`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return parse(path, text);
}

function parse(path: string, text: string): Applied {
  try {
    const value = JSON.parse(text, reviveAddress) as Partial<File>;
    if (
      value.version === 1 &&
      value.plan !== undefined &&
      value.before !== undefined &&
      value.filter !== undefined
    )
      return value as File;
  } catch {
    // As below.
  }
  throw new ToolError(
    `Cannot read "${path}": it is not a state of this version; remove what it was for by hand, and the file`,
  );
}

/** An address stands there as its text. */
function reviveAddress(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('family' in value && 'text' in value)) return value;
  return parseAddress(String(value.text));
}

/** Whole or not at all. */
export function writeApplied(path: string, applied: Applied): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file: File = { version: 1, ...applied };
  const text = JSON.stringify(
    file,
    (_key, value: unknown) => (value instanceof Uint8Array ? undefined : value),
    2,
  );
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function forgetApplied(path: string): void {
  rmSync(path, { force: true });
}
