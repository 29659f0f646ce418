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
  /** Descriptors of all connections of clients, and how many they may take. */
  readonly descriptors: { readonly shared: SharedArrayBuffer; readonly max: number };
}

/** Counts for a configuration. What `before` has of the same name goes on. */
export function newCounts(
  config: Config,
  { workers, room }: { readonly workers: number; readonly room: number },
  before?: CountsInUse,
): CountsInUse {
  const make = (): SharedArrayBuffer => SharedCount.create(workers).shared;
  const connections = new Map(
    Object.keys(config.listeners).map((name) => [name, before?.connections.get(name) ?? make()]),
  );
  return {
    connections,
    held: before?.held ?? make(),
    descriptors: before?.descriptors ?? { shared: make(), max: room },
  };
}

/** A worker has died: nothing of it is open any more. */
export function releaseCounts({ connections, held, descriptors }: CountsInUse, worker: number): void {
  for (const shared of [...connections.values(), held, descriptors.shared])
    new SharedCount(shared, worker).releaseWorker(worker);
}
