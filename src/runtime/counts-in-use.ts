/**
 * The counts that bound what all workers have open together: connections of each listener, and bodies that are held.
 * Plain data and shared memory, so that it can be sent to a worker.
 */
import type { Config } from '../config/config.ts';
import { SharedCount } from '../state/shared-count.ts';

export interface CountsInUse {
  /** By listener. */
  readonly connections: ReadonlyMap<string, SharedArrayBuffer>;
  readonly held: SharedArrayBuffer;
}

/** Counts for a configuration. What `before` has of the same name goes on. */
export function newCounts(config: Config, workers: number, before?: CountsInUse): CountsInUse {
  const make = (): SharedArrayBuffer => SharedCount.create(workers).shared;
  const connections = new Map(
    Object.keys(config.listeners).map((name) => [name, before?.connections.get(name) ?? make()]),
  );
  return { connections, held: before?.held ?? make() };
}

/** A worker has died: nothing of it is open any more. */
export function releaseCounts({ connections, held }: CountsInUse, worker: number): void {
  for (const shared of [...connections.values(), held]) new SharedCount(shared, worker).releaseWorker(worker);
}
