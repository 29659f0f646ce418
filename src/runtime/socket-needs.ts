/**
 * What a configuration asks of the system that `node:net` cannot give: sockets at addresses of others, and marks.
 *
 * A configuration that asks for none never calls libc.
 */
import type { PoolOptions } from '../balance/options.ts';
import type { Config } from '../config/config.ts';
import { NoFfiError } from '../linux/ffi.ts';
import { missing } from '../linux/probe.ts';
import type { Wanted } from '../linux/probe.ts';
import { Sockets } from '../linux/sockets.ts';

/** The system cannot do what the configuration cannot do without. */
export class SocketNeedError extends Error {
  override readonly name = 'SocketNeedError';
}

/** Undefined where nothing needs them, or they are not to be had: checkSockets says so. */
export function openSockets(config: Config): Sockets | undefined {
  if (needsOf(config).length === 0) return undefined;
  try {
    return new Sockets();
  } catch (error) {
    if (error instanceof NoFfiError) return undefined;
    throw error;
  }
}

/** Throws for what must be there and is not; warns of what has a fallback. */
export function checkSockets(config: Config, warn: (text: string) => void): void {
  for (const { owner, wanted, hasFallback } of needsOf(config)) {
    const problem = missing(wanted);
    if (problem === undefined) continue;
    if (!hasFallback) throw new SocketNeedError(`Cannot use ${owner}: ${problem}`);
    warn(`Cannot use ${owner}: ${problem}; an own address is used instead`);
  }
}

interface Need {
  /** As messages call it. */
  readonly owner: string;
  readonly wanted: Wanted;
  readonly hasFallback: boolean;
}

function needsOf(config: Config): Need[] {
  const pools = Object.entries(config.pools).map(([name, pool]) => needOf(`source of pool "${name}"`, pool));
  const decoys = Object.entries(config.decoys).map(([name, decoy]) =>
    needOf(`source of decoy "${name}"`, decoy),
  );
  const listeners = Object.entries(config.listeners).map(([name, { transparent }]): Need | undefined =>
    transparent
      ? {
          owner: `transparent listener "${name}"`,
          wanted: { transparent, marks: false },
          hasFallback: false,
        }
      : undefined,
  );
  return [...pools, ...decoys, ...listeners].filter((need) => need !== undefined);
}

function needOf(owner: string, { source }: PoolOptions): Need | undefined {
  const transparent = source.from === 'client' || source.header !== undefined;
  const marks = source.mark !== 0;
  if (!transparent && !marks && source.from === 'own') return undefined;
  return { owner, wanted: { transparent, marks }, hasFallback: source.fallback === 'own' && !marks };
}
